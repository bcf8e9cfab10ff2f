"""Whether a text can be judged: it is English, and more than noise.

A classifier of languages (py3langid) decides. Of a few words it knows little, so that these are judged too where enough
of them are common words of English reviews.
"""

import re
from functools import cache
from typing import Any

from index.sentiment.emoji_words import put_emoji_into_words

ENGLISH = "en"
MAX_LOOKED_AT = 600  # characters of a text by which its language is told
MAX_FEW = 6  # words, up to which a text may pass by its common words alone
MIN_COMMON = 0.4  # share of them
MIN_LATIN = 0.7  # share of Latin letters among all letters
MIN_WORDS_IN_TEXT = 0.4  # share of letters among all signs but blanks, below which a text is no sentence
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
VOWEL = re.compile(r"[aeiouyAEIOUY]")
COMMON = frozenset(
    re.findall(
        r"\S+",
        """
        a about after again all alright always am amazing an and annoying any are as at average awesome awful back bad
        badly beautiful because best better bonus boring bought box bravo brilliant brilliantly broke broken bulky but
        buy by came can can't cannot case cheap cheaply clean clear comfortable complaint complaints cool could couldn't
        crap crappy cute damaged day days dead decent defective delighted did didn't died different difficult
        disappointed disappointing disappointment do does doesn't don't dull durable easily easy enjoy enjoyed enough
        epic excellent expected expensive failed failure fake fantastic far fast faulty favorite fine fit fits flawed
        flawless flimsy for from fun funny garbage gave get gets gift give go goes gone good got great happy hard hardly
        has hate hated have haven't heavy help helpful here high highly horrible how i i'd i'll i'm i've if impressed
        impressive in inferior is isn't issue issues it it'll it's its job joke junk just know lame last lasted less
        light like liked little lol long looks loud lousy love loved lovely loves low made makes many mediocre meh more
        most much must my neat need needs never new nice nicely no nobody none nope nor not nothing now of off ok okay
        old on one only or ordered our out outstanding over overpriced perfect perfectly pleasant pleased pointless poor
        poorly pretty price quick quickly quiet quite rather ready really recommend recommended refund reliable returned
        returning right rubbish sad same satisfied save seems sent she shipping should slow smooth so solid some
        something soon sound sounds star stars stay still stopped strong stuff sturdy stylish superb sure sweet swell
        take terrible than thank thanks that that's the their them then there these they thing things think this those
        thought tight to too top tough trash tried true try ugly uncomfortable unfortunately unreliable unusable up us
        usable use used useful useless very want wanted was wasn't waste wasted way we weak well went were what when
        where which while who why will wish with without won't wonderful wonky work worked working works worst worth
        worthless worthy would wouldn't wow wrong yeah years yes yet you your yuck yum
        """,
    )
)


SHARED = frozenset(  # words that are common in other languages too
    re.findall(
        r"\w+",
        """
        a all am an any are as at best better can case come cool do fake fan far fast fine fit for go hard i if in is
        it just last lame made me my no of old on one or over price set sent so some star super sure the to too up
        us was we well were wow yes yet you
        """,
    )
)
ONLY_ENGLISH = COMMON - SHARED
MIN_ENGLISH, MIN_ENGLISH_SHARE = 3, 0.2  # words that are English only, beyond which the classifier is not asked


def is_judgeable(text: str) -> bool:
    """False for what is empty, of another language or script, or typed at random."""
    shown = put_emoji_into_words(text[: 4 * MAX_LOOKED_AT])
    looked_at = " ".join(shown.split())[:MAX_LOOKED_AT]
    words = WORD.findall(looked_at)
    if not words or not _has_words(looked_at):
        return False
    few = len(words) <= MAX_FEW
    plain = [word.lower().replace("’", "'") for word in words]
    common = sum(word in COMMON for word in plain) / len(words)
    english = sum(word in ONLY_ENGLISH for word in plain)
    if (few and common >= MIN_COMMON) or english >= max(MIN_ENGLISH, MIN_ENGLISH_SHARE * len(words)):
        return True
    if _is_noise(words):
        return False
    return _language(looked_at.lower() if looked_at.isupper() else looked_at) == ENGLISH and (common > 0 or few)


def _has_words(text: str) -> bool:
    """Whether there are letters enough, and Latin ones among them."""
    letters = [sign for sign in text if sign.isalpha()]
    n_signs = sum(not sign.isspace() for sign in text)
    latin = sum(bool(LATIN.match(sign)) for sign in letters)
    return len(letters) >= MIN_WORDS_IN_TEXT * n_signs and latin >= MIN_LATIN * len(letters)


def _is_noise(words: list[str]) -> bool:
    """Whether half of the longer words have no vowel, or are one letter over and over."""
    longer = [word for word in words if len(word) > 2]
    odd = sum(not VOWEL.search(word) or len(set(word.lower())) == 1 for word in longer)
    return bool(longer) and odd >= len(longer) / 2


def _language(text: str) -> str:
    """The code of the language that a text is most likely in."""
    return str(_classifier().classify(text.encode("utf-8", "replace").decode())[0])


@cache
def _classifier() -> Any:
    import py3langid

    return py3langid
