"""The words that the rules know, as they are written before or after a stop."""

from __future__ import annotations

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TITLES: Final = _words(
    "Mr Mrs Ms Mx Messrs Mmes Mme Mlle Dr Drs Prof Profs Rev Fr Hon Msgr Sra Srta Dra "
    "Pres Gov Govs Sen Sens Rep Reps Amb Atty Dist Sec Supt Insp Det Asst Assoc "
    "Gen Gens Lt Col Cols Maj Brig Capt Cmdr Cdr Comdr Adm Sgt Cpl Pvt Pfc Spc Ens "
    "St Ste Sts Mt Mts Ft vs v viz cf e.g i.e E.g I.e"
)
"""Abbreviations that something always follows; a stop after one ends no sentence."""

STREETS: Final = _words("St Dr")
"""Titles that are also the last word of an address."""

NUMBERED: Final = _words(
    "No Nos no nos Nr Art Sec Sect Fig Figs fig figs Vol Vols vol vols Ch ch Chap chap p pp Eq "
    "Ref Para Rs ca c approx Approx Div Pt Bk Apt Ste Rm Rte Hwy ft lb lbs oz hr hrs min"
)
"""Abbreviations that a number may follow inside a sentence."""

MONTHS: Final = _words("Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec")
DAYS: Final = _words("Mon Tue Tues Wed Weds Thu Thur Thurs Fri Sat Sun")

OFTEN_LAST: Final = _words(
    "Inc Corp Co Cos Ltd LLC Plc Bros Mfg Intl Assn Assoc Dept Univ Inst Natl Jr Sr Esq al "
    "Ave Blvd Rd Hwy Ln Pl Sq Bldg "
    "Ala Ariz Ark Calif Colo Conn Del Fla Ga Ill Ind Kan Ky La Mass Md Mich Minn Miss Mo Mont "
    "Neb Nev Okla Ont Ore Pa Tenn Tex Va Vt Wash Wis Wyo Que"
)
"""Abbreviations that stand inside a sentence and at its end alike; what follows decides."""

LETTERED: Final = _words("Plan Vitamin vitamin Hepatitis hepatitis War Type type Grade Class")
"""Words whose letter is no initial: vitamin C."""

HOURS: Final = _words("a.m p.m A.M P.M")

CLOCK: Final = _words(
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May "
    "June July August September October November December Eastern Central Pacific Mountain "
    "Greenwich ET EST EDT CT CST CDT MT MST MDT PT PST PDT GMT UTC BST CET CEST IST JST"
)
"""What follows an hour in the same sentence: days, months and time zones."""

STARTERS: Final = _words(
    "A An The This That These Those He She It They We You I His Her Its Their Our My Your "
    "There Here Who What When Where Why Which How If As At By In On Of For From To With Without "
    "Under Over Between Among Amid Against After Before During Since Until While Although Though "
    "Because Despite Unless Whether But And Or So Yet Nor Not Then Thus Now Also Still Even Only "
    "Just Once Again Later Earlier Today Yesterday Meanwhile However Moreover Instead Nevertheless "
    "Some Many Most Several Few Both Each Every Another Other Others All Any Such Nobody Nothing "
    "Everyone Someone Neither Either More Last Next According Asked Speaking Did Does Do Is Was "
    "Are Were Has Had Have Would Could Should Ca Wo Perhaps Maybe Yes No One Two Three Four Five "
    "About Around Nearly Almost Along Through Within"
)
"""Words that are capitalised because a sentence begins, not because they are part of a name."""

NEWS_STARTERS: Final = _words(
    "Officials Analysts Investors Police Authorities Critics Experts Researchers Scientists "
    "Residents Witnesses Reporters Journalists Lawmakers Shares Stocks Sales Revenue Profits "
    "Prices Prosecutors Protesters Diplomats Voters Supporters Opponents Leaders Lawyers People "
    "Agents Employees Workers Troops Soldiers Families Students Doctors Companies"
)
"""Nouns that begin a sentence when a small word follows; in a title a capital would."""

COMPANY_PARTS: Final = _words("Inc Corp Co Ltd LLC Plc Brands Holdings")
EXCLAIMED: Final = _words("Yahoo Yum")
"""Names that end in an exclamation mark, and what may follow them in a longer name."""
EXCLAIMED_PARTS: Final = COMPANY_PARTS | _words("News Finance Sports Mail Japan Messenger Answers")

SPEECH: Final = _words(
    "said says say asked asks added adds replied replies wrote writes tweeted posted shouted "
    "shouts cried cries yelled told tells exclaimed demanded wondered wonders joked jokes quipped "
    "warned insisted continued recalled responded answered declared announced chanted screamed "
    "read reads argued concluded mused"
)
"""Verbs that say whose words a quotation holds."""

PARTICLES: Final = _words("of the de del della da van von der den bin ibn al el la le for and")
"""Small words inside names."""

SUFFIXES: Final = _words("Com Org Net Gov Edu Io Co Uk Eu Js Tv Pdf Html Htm Php Doc Txt")
"""Ends of domain and file names, which need no space."""

DATES: Final = MONTHS | DAYS | CLOCK
ABBREVIATIONS: Final = TITLES | NUMBERED | MONTHS | OFTEN_LAST
