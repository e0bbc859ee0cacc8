"""Reading the tables of the data folder: tab-separated, quotes are letters."""

import csv
from pathlib import Path


def table(path: Path) -> list[list[str]]:
    """Return the rows of the tab-separated file at `path`, its header too."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def column(path: Path, at: int) -> list[str]:
    """Return what stands in column `at` of every row."""
    return [row[at] for row in table(path)]


def records(path: Path) -> list[dict[str, str]]:
    """Return the rows of a file with a header, by the names of its columns."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
