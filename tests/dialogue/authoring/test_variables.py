import pytest
import yaml

from appliance.dialogue import load
from appliance.dialogue.authoring.variables import Traces, scan
from tests.dialogue.authoring.guide import check_mistake, guide_files, mistakes

FILE = "processes/goodbye.yaml"


def traces(**processes: str) -> Traces:
    return Traces({
        name: scan(yaml.compose(text, Loader=yaml.SafeLoader)) for name, text in processes.items()
    })  # fmt: skip


def test_scan():
    """Finds what steps set and where they lead, however deep they stand."""
    trace = scan(
        yaml.compose(
            "steps:\n- if: x\n  then:\n  - set: {a: 1, b: none}\n  else:\n  - call: c\n    as: d\n"
            "    nothing:\n    - process: p\n- do: q\n",
            Loader=yaml.SafeLoader,
        )
    )
    assert trace.sets == {"a": [""], "b": [], "d": ["c"]}
    assert (trace.goes, trace.does) == ({"p", "q"}, {"q"})


def test_before_and_during():
    """Knows what callers have set, and what sub-processes leave behind."""
    found = traces(
        main="steps:\n- set: {a: 1}\n- do: sub\n- process: last",
        sub="steps:\n- set: {b: 1}\n- process: deep",
        deep="steps:\n- set: {c: 1}",
        last="steps:\n- set: {d: 1}",
    )
    assert found.during("main") == {"a", "b", "c"}
    assert found.before("last") == {"a", "b", "c"}
    assert found.before("deep") == {"a", "b", "c"}
    assert found.before("main") == frozenset()
    assert found.returned("sub") == {"b", "c"}
    assert found.all() == {"a", "b", "c", "d"}


def with_steps(steps: str) -> dict[str, str]:
    return {**guide_files(), FILE: f"steps:\n{steps}- end: hang-up\n"}


AGAIN = """
- ask: sure
  label: again
  prompt: Sure?
- if: a
  then:
  - say: '{a}'
- set: {a: 1}
- if: sure
  then:
  - goto: again
"""


@pytest.mark.parametrize(
    "steps",
    [
        "- set: {a: 1}\n- say: '{a}'\n",
        "- if: not a\n  then:\n  - set: {a: 1}\n- say: '{a}'\n",
        "- set: {a: a + 1}\n- say: '{a}'\n",
        "- call: all_wards\n  as: a\n- say: '{a.rows.0.name}'\n",
        "- call: all_wards\n  as: a\n  failed:\n  - say: '{a}'\n- say: x\n",
        "- do: message\n- say: '{tries}'\n",
        AGAIN,
    ],
)
def test_set_before_it_is_used(steps):
    """Takes a variable that some way through the steps has set."""
    load(with_steps(steps))


@pytest.mark.parametrize(
    ("steps", "field"),
    [
        ("- say: '{a}'\n- set: {a: 1}\n", "steps[0]"),
        ("- if: open\n  then:\n  - say: '{a}'\n  else:\n  - set: {a: 1}\n", "steps[0].then[0]"),
        ("- note: x\n  fields: {y: '{a}'}\n- set: {a: 1}\n", "steps[0]"),
        ("- ask: sure\n  prompt: '{a}?'\n- set: {a: 1}\n", "steps[0]"),
        ("- transfer: service\n  say: '{a}'\n  failed:\n  - set: {a: 1}\n", "steps[0]"),
        ("- call: extension_of\n  with: {team: '=a'}\n- set: {a: 1}\n", "steps[0]"),
        ("- say: '{tries}'\n- do: message\n", "steps[0]"),
    ],
)
def test_used_before_it_is_set(steps, field):
    """Names a sentence or request that speaks of a variable too early."""
    found = mistakes(with_steps(steps))
    assert [(m.file, m.field) for m in found] == [(FILE, field)]
    assert "is used before any step has set it" in found[0].reason


def test_a_variable_of_another_process():
    """Does not know what only an unrelated process sets."""
    found = mistakes(with_steps("- say: '{last.value}'\n"))
    assert "'{last.value}' is not known" in found[0].reason


def test_columns_of_an_answer():
    """Names a column that a system does not answer."""
    check_mistake(
        "processes/meter_reading.yaml", "{last.value}.", "{last.valu}.",
        "steps[5].then[0].say", "did you mean 'value'",
    )  # fmt: skip


def test_who_calls_is_filled_by_a_step_too():
    """Knows the columns of the result of authentication, those that a step adds among them."""
    load(with_steps("- say: '{customer.name}'\n"))
    found = mistakes(with_steps("- say: '{customer.value}'\n"))
    assert "'customer' has no 'value'" in found[0].reason
    steps = "- call: last_reading\n  with: {customer: a, meter: b}\n  as: customer\n"
    load(with_steps(f"{steps}- say: '{{customer.name}} {{customer.value}}'\n"))
