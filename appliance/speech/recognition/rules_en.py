"""How numbers, dates, times and amounts are said in English (notation: `rules`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

RULES: Final[Mapping[str, str]] = {
    "lead": "{[um | uh | well] [it is | it's | that is | that's | that would be | about | around]}",
    "please": "{[please | thank you | thanks]}",
    "digit": "zero | oh | one | two | three | four | five | six | seven | eight | nine",
    "unit": "one | two | three | four | five | six | seven | eight | nine",
    "teen": """ten | eleven | twelve | thirteen | fourteen | fifteen | sixteen | seventeen
        | eighteen | nineteen""",
    "ten": "twenty | thirty | forty | fifty | sixty | seventy | eighty | ninety",
    "two": "<unit> | <teen> | <ten> [<unit>]",
    "hundreds": "(<unit> | <teen> | a) hundred [[and] <two>]",
    "three": "<two> | <hundreds>",
    "thousands": "(<three> | a) thousand [[and] <three>]",
    "million": "(<two> | a) million [[and] (<three> | <thousands>)]",
    "cardinal": "zero | <three> | <thousands> | <million>",
    "point": "point <digit> [<digit> [<digit>]]",
    "number": """<lead> ([minus] <cardinal> [<point>] | [minus] <digit> <digit> [<digit> [<digit>
        [<digit> [<digit>]]]] | <two> <two> | none) <please>""",
    "rank": """first | second | third | fourth | fifth | sixth | seventh | eighth | ninth | tenth
        | eleventh | twelfth | thirteenth | fourteenth | fifteenth | sixteenth | seventeenth
        | eighteenth | nineteenth | twentieth | thirtieth | thirty first
        | twenty (first | second | third | fourth | fifth | sixth | seventh | eighth | ninth)""",
    "month": """january | february | march | april | may | june | july | august | september
        | october | november | december""",
    "weekday": "monday | tuesday | wednesday | thursday | friday | saturday | sunday",
    "year": """(nineteen | twenty) (<two> | oh <unit> | hundred) | two thousand [[and] <two>]""",
    "daytime": "morning | afternoon | evening | night",
    "near": """today | tonight | tomorrow [<daytime>] | yesterday | the day after tomorrow
        | the day before yesterday | this (<daytime> | week | month | weekend)
        | next (week | month | year | weekend) | last (week | month | year | weekend)
        | in (a | <two>) (day | days | week | weeks | month | months | year | years)
        | (a | <two>) (day | days | week | weeks | month | months | year | years) ago""",
    "day": """[this | next | last] <weekday> [<daytime>]
        | [<weekday>] [the] <rank> [[of] <month> [<year>]]
        | [<weekday>] <month> [the] (<rank> | <two>) [<year>] | <month> [<year>] | <near>""",
    "date": "<lead> {[on | for | from | since]} <day> <please>",
    "hour": """one | two | three | four | five | six | seven | eight | nine | ten | eleven
        | twelve""",
    "past": "five | ten | a quarter | quarter | twenty | twenty five",
    "minute": "oh <unit> | <teen> | (twenty | thirty | forty | fifty) [<unit>]",
    "part": """a m | p m | in the (morning | afternoon | evening) | at night""",
    "clock": """(<hour> | <teen> | twenty [one | two | three]) <minute> [<part>]
        | <hour> [o'clock] [<part>] | (half past | <past> [minutes] (past | to | after | before
        | of | till)) <hour> [<part>] | half <hour> | [twelve] (noon | midday | midnight)""",
    "time": "<lead> {[at | for | from | by | until | before | after]} <clock> <please>",
    "money": """dollar | dollars | euro | euros | pound | pounds | cent | cents | pence | francs
        | bucks | quid""",
    "measure": """percent | per cent | kilo | kilos | kilograms | grams | pounds | ounces | liters
        | litres | gallons | meters | metres | feet | inches | miles | kilometers | kilometres
        | hours | hour | minutes | minute | seconds | days | day | weeks | week | months | month
        | years | year | people | persons | nights | night | times | pieces | boxes | bottles
        | kilowatt hours | degrees | square (meters | metres | feet) | units""",
    "sum": """<cardinal> [<point>] <money> [[and] (<two> [cents | pence] | a half)]
        | <two> <two> [<money>] | <cardinal> [<point>] [<measure>]
        | (a | one | half a | half an | a half | one and a half | <two> and a half)
          (<money> | <measure>)""",
    "amount": "<lead> {[for]} <sum> <please>",
}
