"""Sentences about things that one buys, put together from slots: praise, blame, negation, contrast, aspects."""

from dataclasses import dataclass

import numpy as np


def _parts(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


ASPECTS = _parts(
    "battery life|battery|screen|display|sound|sound quality|picture|picture quality|image quality|strap|case|price|"
    "size|weight|design|look|software|interface|menu|menus|remote|remote control|buttons|button|keypad|keyboard|"
    "lens|zoom|flash|viewfinder|autofocus|lens cap|memory card|storage|hard drive|player|headphones|earbuds|"
    "speakers|speaker|volume|reception|signal|microphone|ringtones|camera|phone|manual|instructions|"
    "customer service|support|warranty|shipping|packaging|delivery|build quality|construction|finish|material|"
    "fabric|color|smell|scent|taste|texture|fit|comfort|cable|plug|adapter|charger|stand|clamp|tuner|strings|tone|"
    "pickups|neck|action|bridge|pedal|amp|knobs|switch|setup|installation|navigation|transfer speed|speed|"
    "performance|features|feature|options|value|durability|zipper|handle|lid|motor|filter|blade|fan|mouse|trackpad|"
    "hinge|stitching|sole|laces|acting|plot|ending|story|cast|staff|food|room"
)
PRAISE = _parts(
    "great|excellent|fantastic|perfect|amazing|superb|very good|good|nice|solid|impressive|wonderful|outstanding|"
    "beautiful|crisp and clear|easy to use|reliable|sturdy|comfortable|top notch|better than expected|well made|"
    "fast|smooth|brilliant|the best i have ever had|worth every penny|flawless|a joy to use|surprisingly good|"
    "decent|fine|bright|quiet|generous"
)
BLAME = _parts(
    "terrible|awful|horrible|poor|bad|very bad|disappointing|useless|weak|cheap|flimsy|unreliable|mediocre|lousy|"
    "annoying|too small|too heavy|too short|too loud|too slow|way too complicated|a joke|a nightmare|"
    "worse than expected|broken|defective|hard to use|confusing|blurry|noisy|scratchy|uncomfortable|overpriced|"
    "not worth it|the worst i have ever seen"
)
ABOUT = {  # clauses about an aspect {a}; {p} praises and {b} blames
    0.8: _parts(
        "the {a} is {p}|the {a} was {p}|i love the {a}|{p} {a}|the {a} works perfectly|i am very happy with the {a}|"
        "i really like the {a}|the {a} could not be better|you can't beat the {a}|the {a} exceeded my expectations|"
        "the {a} has never let me down|nothing beats the {a}|i have had no trouble with the {a}|"
        "there is nothing wrong with the {a}|i have no complaints about the {a}|the {a} never fails|"
        "i can't praise the {a} enough|i was worried about the {a} , but it is {p}|the {a} is anything but {b}|"
        "i thought the {a} would be {b} ; it is {p}|do not worry about the {a} , it is {p}|hats off for the {a}"
    ),
    0.4: _parts(
        "the {a} is not {b} at all|the {a} isn't {b}|the {a} is not bad|not a bad {a}|the {a} does its job|"
        "the {a} is good enough|the {a} is hardly {b}|i can live with the {a}|the {a} is never {b}"
    ),
    -0.4: _parts(
        "the {a} could be better|the {a} is just ok , nothing more|the {a} takes some getting used to|"
        "i wish the {a} was better|the {a} is less than {p}|the {a} leaves something to be desired|"
        "the {a} is not as {p} as they say|i expected more of the {a}|my only complaint is the {a}|"
        "the only problem is the {a}|the one drawback is the {a}"
    ),
    -0.8: _parts(
        "the {a} is {b}|the {a} was {b}|i hate the {a}|{b} {a}|the {a} broke after a week|the {a} stopped working|"
        "the {a} died on me|the {a} is not {p}|the {a} isn't {p} at all|the {a} was never {p}|the {a} is hardly {p}|"
        "the {a} doesn't work|the {a} never worked|the {a} fell apart|i would not call the {a} {p}|"
        "the {a} would be {p} if it worked|i wanted to like the {a} , i could not|so much for the {p} {a}|"
        "i have nothing good to say about the {a}|don't expect a {p} {a}|the {a} is far from {p}|"
        "i had to return it because of the {a}|the {a} worked for a month , then it failed|"
        "stay away if you need a {p} {a}|they call the {a} {p} ; it is {b}|there is nothing {p} about the {a}|"
        "no way is the {a} {p}"
    ),
}
WHOLE = {  # sentences about a whole thing
    0.85: _parts(
        "i would buy it again|i can only recommend it|i recommend it to everyone|five stars|love it|loved it|"
        "best one i ever had|works like a charm|exactly what i needed|does what it promises|i could not be happier|"
        "you won't regret it|never had a problem with it|not one complaint|couldn't ask for more|what a find|"
        "i use it every day|nothing to complain about|can't go wrong with this|i had my doubts and they are gone|"
        "great buy|even better than i hoped|money well spent|a keeper|i am impressed|cheap and still {p}|"
        "it looks cheap but is {p}"
    ),
    -0.85: _parts(
        "don't buy it|i would not buy it again|i can't recommend it|one star|hate it|hated it|worst one i ever had|"
        "it does not work|sent it back|total junk|a complete waste|you will regret it|nothing but problems|"
        "couldn't be more disappointed|look elsewhere|i want my money back|not worth the money|"
        "it went straight into the bin|broke on the first day|lasted two weeks|i had high hopes and they are gone|"
        "hardly worth the price|barely works|it could have been {p}|i expected {p} and got {b}|keep your cash|avoid|"
        "not {p} at all|no good"
    ),
    0.0: _parts(
        "i bought it last month|it arrived on tuesday|it comes in a box|i use it at home|it has two buttons|"
        "this is my second one|my brother has one too|it is made of aluminium|the manual is in english|"
        "it is about ten inches long|what does it cost ?|i will write more when i have tried it|"
        "it runs on two batteries|i ordered it in black"
    ),
}
CONTRASTS = _parts(" but |, but | , however | although |, though | ; |. | yet | while |. but | - ")
ADDITIONS = _parts(" and |, and | , also |. | ; |. plus , ")
PRAISE_ENDS = _parts("!|!!!| 👍| 😍| :)||.|.")
BLAME_ENDS = _parts("!|!!!| 👎| 😡| :(||.|.")


@dataclass(frozen=True)
class Clause:
    """Words, how good what they say is, and of which aspect, empty for the whole."""

    text: str
    label: float
    aspect: str = ""


def draw_clause(random: np.random.Generator, is_good: bool) -> Clause:
    """A clause about an aspect, or about the whole thing."""
    if random.random() < 0.25:
        label = 0.85 if is_good else -0.85
        return Clause(_fill(str(random.choice(WHOLE[label])), "", random), label)
    label = float(random.choice([0.8, 0.8, 0.4] if is_good else [-0.8, -0.8, -0.4]))
    aspect = str(random.choice(ASPECTS))
    return Clause(_fill(str(random.choice(ABOUT[label])), aspect, random), label, aspect)


def draw_neutral(random: np.random.Generator) -> Clause:
    """A sentence that says nothing good or bad."""
    return Clause(str(random.choice(WHOLE[0.0])), 0.0)


def ending(random: np.random.Generator, label: float) -> str:
    """What a sentence ends with."""
    return str(random.choice(PRAISE_ENDS if label > 0 else BLAME_ENDS if label < 0 else (".", "", " ?")))


def _fill(template: str, aspect: str, random: np.random.Generator) -> str:
    return template.format(a=aspect, p=random.choice(PRAISE), b=random.choice(BLAME))
