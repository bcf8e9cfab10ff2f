"""What a text says of other people: what they like, wrote, gave prizes to; each needs evidence of its own kind."""

import re
from collections.abc import Iterator, Sequence

from agent.explain.evidence import Evidence, FromHistory, FromReview

_PEOPLE = (
    r"people|users|others|those|everyone|everybody|anyone|anybody|whoever|viewers|readers|fans|admirers|buyers|owners|"
    r"listeners|players|customers|audiences?|crowds?"
)
_OTHERS = re.compile(rf"\b(?:{_PEOPLE})\b", re.IGNORECASE)
_MOST = re.compile(
    rf"\b(?:most|mostly|nearly all|almost all|the majority|all) (?:of )?(?:the |whom )?(?:{_PEOPLE}|them|"
    r"liked?|love[ds]?|have|had|chose)\b|\b(?:more than|over) half\b|\beveryone\b|\beverybody\b",
    re.IGNORECASE,
)
_WRITTEN = re.compile(
    r"\b(?:reviews?|reviewers?|critics?|critically|acclaim(?:ed)?|praise[ds]?|complain(?:s|ed|ts?)?|rated|ratings?|"
    r"stars|well received|popular|bestsell(?:er|ing)|best-sell(?:er|ing)|hit|cult|classic|beloved)\b",
    re.IGNORECASE,
)
_HONOURED = re.compile(
    r"\b(?:awards?|award-winning|prizes?|oscars?|nominat(?:ed|ions?)|won|winning|box office|masterpieces?|famous|"
    r"renowned|legendary|iconic)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[“\"«„]([^“”\"«»„]+)[”\"»“]")


def unbacked_opinions(text: str, evidence: Sequence[Evidence]) -> Iterator[str]:
    """What the text, less the titles that it names, says of other people where no evidence tells of it."""
    told = {each.relation for each in evidence if isinstance(each, FromHistory) and each.relation}
    quotes = [each.quote for each in evidence if isinstance(each, FromReview)]
    own = text
    for quote in quotes:
        own = own.replace(quote, " ")
    if not told and not quotes and _OTHERS.search(own):
        yield "speaks of other users without evidence"
    if not told & {"most like both", "most have both"} and _MOST.search(own):
        yield "speaks of most users without evidence"
    if not quotes and _WRITTEN.search(own):
        yield "speaks of reviews or renown without evidence"
    if _HONOURED.search(own):
        yield "speaks of honours, of which the data say nothing"
    for passage in _QUOTED.findall(own):
        if re.search(r"\w", passage):
            yield f"quotes {passage!r}, which is no evidence"
