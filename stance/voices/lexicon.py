"""The words that report: verbs and nouns of speech, thought and stance, and the small words."""

from __future__ import annotations

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _doubles(verb: str) -> bool:
    """Whether the last letter doubles: plan, planned."""
    return verb in _words("plan admit commit quip permit refer") and verb[-1] not in "aeiou"


def _forms(verb: str) -> dict[str, str]:
    """Regular forms → which one it is: base, s, ed or ing."""
    if verb.endswith("e"):
        past, ing = verb + "d", verb[:-1] + "ing"
    elif verb.endswith("y") and verb[-2] not in "aeiou":
        past, ing = verb[:-1] + "ied", verb + "ing"
    else:
        stem = verb + verb[-1] if _doubles(verb) else verb
        past, ing = stem + "ed", stem + "ing"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        third = verb[:-1] + "ies"
    else:
        third = verb + ("es" if verb.endswith(("s", "sh", "ch", "x")) else "s")
    return {verb: "base", third: "s", past: "ed", ing: "ing"}


def _table(regular: str, irregular: str = "") -> dict[str, str]:
    """Form → which one; an irregular verb is given as base/s/past/participle/ing."""
    table: dict[str, str] = {}
    for verb in regular.split():
        table.update(_forms(verb))
    for verb in irregular.split():
        base, third, past, participle, ing = verb.split("/")
        table.update({participle: "pp", base: "base", third: "s", past: "ed", ing: "ing"})
    return table


SPEECH: Final = _table(
    "add announce argue ask assert boast claim comment conclude confess confirm contend continue "
    "counter declare elaborate emphasize emphasise exclaim explain insist joke lament maintain "
    "mention muse note observe point predict proclaim quip recall reiterate remark remind repeat "
    "reply report respond reveal signal speculate state stress suggest testify tweet vow warn "
    "wonder acknowledge admit allege complain concede confide demand caution disclose estimate "
    "indicate inform interject whisper shout yell post retort opine reason volunteer underscore "
    "underline advise affirm assure certify charge clarify deny inquire intone mock pronounce "
    "propose protest query rule scoff surmise theorize urge venture scream joke echo hint promise "
    "pledge threaten recount recommend relate retweet convey",
    "say/says/said/said/saying tell/tells/told/told/telling write/writes/wrote/written/writing "
    "swear/swears/swore/sworn/swearing read/reads/read/read/reading",
)
"""Verbs of speech: their subject is a speaker and what they report was said or written."""

THOUGHT: Final = _table(
    "believe doubt fear hope realize recognize suspect worry agree assume calculate figure reckon "
    "expect dispute imagine anticipate decide consider regard view accept consider perceive "
    "presume deem envision envisage guess determine document demonstrate disagree",
    "think/thinks/thought/thought/thinking know/knows/knew/known/knowing "
    "understand/understands/understood/understood/understanding feel/feels/felt/felt/feeling "
    "find/finds/found/found/finding show/shows/showed/shown/showing see/sees/saw/seen/seeing "
    "hear/hears/heard/heard/hearing",
)
"""Verbs of thought and of evidence, whose clause is reported, not vouched for."""

INTENT: Final = _table(
    "want plan intend aim wish desire refuse decline offer prefer propose agree promise pledge "
    "vow threaten hope expect demand urge encourage seek consider",
    "seek/seeks/sought/sought/seeking",
)
"""Verbs of will: what follows is a plan or a wish and the sentence stays the outlet's."""

STANCE: Final = _table(
    "accuse advocate applaud attack back bash blame blast call champion characterize cite compare "
    "condemn criticize criticise decry defend denounce deride describe discuss dismiss disavow "
    "embrace endorse favor highlight hail label lambaste laud oppose outline paint portray praise "
    "pan question rail rebuke reference refer reject renounce resent ridicule rip slam speak "
    "support tout trumpet welcome unveil love hate admire address challenge liken brand dub "
    "detail invoke downplay disparage mock promote protest refute reiterate resist respect slam "
    "stress threaten disclose examine emphasize touch trash savage object appeal lash vouch spoke "
    "backtrack echo solicit permit agree approve deplore",
    "speak/speaks/spoke/spoken/speaking",
)
"""Verbs of judgement and topic, whose object is what the subject judges or speaks of."""

TAGS: Final = frozenset(
    form
    for form in _table(
        "add ask recall reply respond note explain insist argue warn declare claim tweet continue "
        "joke quip admit acknowledge assert boast conclude confirm contend counter exclaim lament "
        "observe remark report state shout yell post predict announce complain concede wonder "
        "believe suggest",
        "say/says/said/said/saying write/writes/wrote/written/writing "
        "tell/tells/told/told/telling think/thinks/thought/thought/thinking "
        "read/reads/read/read/reading",
    )
    if not form.endswith("ing")
)
"""Forms that may stand behind what they report: “…,” she added."""

INVERTED: Final = _words(
    "said says asked asks wrote writes added adds replied replies noted notes tweeted recalled "
    "explained insisted argued warned declared continued joked quipped responded"
)
"""Forms that may stand before their speaker: “…,” said the minister."""

ADDRESSED: Final = _words(
    "tell tells told telling remind reminds reminded reminding inform informs informed assure "
    "assures assured assuring warn warns warned warning ask asks asked asking advise advised urge "
    "urges urged urging"
)
"""Forms that may take an addressee before what they report."""

CLAIMS: Final = _words(
    "accusation accusations admission allegation allegations announcement argument arguments "
    "assertion assertions assurance assurances belief boast claim claims comment comments "
    "complaint complaints conclusion concern concerns confession contention criticism declaration "
    "denial denials fear fears hope hopes insistence message notion observation opinion pledge "
    "prediction predictions promise promises proposal proposals question questions remark remarks "
    "reminder report reports suggestion suggestions statement statements suspicion testimony "
    "threat threats view views vow vows warning warnings acknowledgment acknowledgement "
    "recognition rumor rumors determination decision desire eagerness willingness plan plans "
    "intention call calls demand demands idea theory refusal support opposition"
)
"""Nouns that report: a claim that …, his plan to …"""

DOCUMENTS: Final = _words(
    "statement letter report memo tweet tweets email e-mail article op-ed column study poll "
    "survey document documents release book speech message post posts ad ads interview note essay "
    "paper video analysis lawsuit complaint filing order brief resolution headline editorial "
    "story testimony transcript remarks petition plan proposal bill website blog sign signs text "
    "texts"
)
"""What speaks for its writer."""

OCCASIONS: Final = DOCUMENTS | _words(
    "conference briefing call rally debate town hall event hearing appearance podcast meeting "
    "address episode broadcast audio recording forum week month year night morning afternoon "
    "evening summit ceremony phone telephone twitter facebook"
)
"""Where something was said, between the verb and what it reports."""

DAYS: Final = _words(
    "monday tuesday wednesday thursday friday saturday sunday today yesterday tonight january "
    "february march april may june july august september october november december"
)
TIMES: Final = DAYS | _words(
    "last this late early earlier later week month year night morning afternoon evening ago "
    "recently then again now"
)

AUXILIARIES: Final = _words(
    "has have had having is are was were be been being am will would could should may might must "
    "can cannot do does did 's 've 'd 'll 're 'm"
)
BE: Final = _words("is are was were be been being am 's 're 'm")
ADVERBS: Final = _words(
    "not never also then later now again even still just always often once ever further too only "
    "already soon long first yet instead all both nevertheless thus therefore however since once- "
    "again outright flat-out well initially"
)
CHAINS: Final = _words(
    "went going goes on continued continues continue appeared appears seemed seems began begins "
    "started managed tried sought declined refused chose had has have forced quick happy"
)
"""Words before ``to`` and a verb that keep the subject: went on to say."""

SUBJECTS: Final = _words("he she they it i we you who which")
PERSONAL: Final = _words("he she they it i we you")
POSSESSIVES: Final = _words("his her their its my our your")
DETERMINERS: Final = POSSESSIVES | _words(
    "the a an this that these those some many several few most all no every each another other "
    "one two three four five six seven eight nine ten both any more dozens hundreds"
)
PREPOSITIONS: Final = _words(
    "of for with in at from on to by about against under within among near inside into over "
    "between like without"
)
BREAKS: Final = _words(
    "and or but nor so yet if whether because while when where as than although though unless "
    "until since after before that who whom whose which what how why once despite during amid "
    "saying adding there here according"
)
"""Words that end a noun phrase."""

PLACED: Final = _words(
    "as before after during in on at while when of about to with from by following amid outside "
    "when if through via under for"
)
"""Words that may follow the verb of a tag: “…,” he said as he left."""

PARTICLES: Final = _words("de del della der den da di du van von bin ibn al el la le ben y and")
TITLES: Final = _words(
    "mr mrs ms mx dr sen rep gov gen lt col maj capt sgt adm rev hon prof president vice minister "
    "prime secretary senator representative governor general colonel major captain chancellor "
    "king queen prince princess pope judge justice mayor chairman chairwoman chief ambassador "
    "spokesman spokeswoman spokesperson director deputy foreign defense defence state u.s. us "
    "former then-president congressman congresswoman professor officer attorney speaker leader "
    "house senate republican democratic democrat press aide sir lady lord first acting interim "
    "senior nominee candidate strategist treasury of the"
)
"""Words before a name that are no part of it."""

FEMALE: Final = _words(
    "mrs ms miss chairwoman spokeswoman congresswoman queen princess lady actress mother "
    "businesswoman daughter wife"
)
MALE: Final = _words(
    "mr chairman spokesman congressman king prince pope sir lord businessman father son husband"
)

BODIES: Final = _words(
    "ministry department house senate congress party committee council university institute court "
    "government union nations states campaign agency bank times post journal news network "
    "association center centre group company corp inc office commission board bureau army force "
    "forces military police administration foundation organization organisation college school "
    "league authority coalition east west north south street city county america american "
    "americans republicans democrats white pentagon kremlin reuters press gallup poll act new "
    "national international united review magazine radio television show gazette herald tribune "
    "republican democratic democrat"
)
"""Words of names that are no person's."""

PLURALS: Final = _words(
    "they we you i people police others many some most and men women both all these those several "
    "few"
)
"""Words without the ending of a plural whose verb has none either: police say."""

SINGULARS: Final = _words("'s his its this us was is has as")
"""Words that end as a plural does and are none."""

CLAUSES: Final = _words("that if whether how why what there it he she they we i you when where who")
"""Words that begin a reported clause."""

ADVERBIALS: Final = _words("for on out of about to against at up into over with off back")
"""Small words between a verb and its object: called for."""

SPEAK: Final = _words("speak speaks spoke spoken speaking")
OPENERS: Final = _words("and but still yet meanwhile however")
"""Words that a sentence may begin with before what is reported."""

_STRICT = (
    "add continu point read rul stat post charg show find found see saw hear know knew underst "
    "feel felt determin figur consider guess demonstrat hint counter caution comment relat "
    "document view"
)
STRICT: Final = frozenset(
    form for form in SPEECH | THOUGHT if form.startswith(tuple(_STRICT.split()))
)
"""Forms with so many other meanings that a clause or a quotation must follow."""
