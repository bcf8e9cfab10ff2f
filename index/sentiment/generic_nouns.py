"""Nouns that are aspects of nothing: people, times, amounts, and what any review is about."""

_PEOPLE = (
    "son daughter wife husband friend kid child boy girl man woman guy people person family brother sister mother "
    "father mom dad grandson granddaughter nephew niece husband everyone someone anyone nobody customer buyer seller "
    "owner user reviewer folk lady gentleman teacher student player beginner pro professional company manufacturer "
    "amazon ebay store shop dealer brand vendor name"
)
_TIMES = (
    "time year month week day hour minute second today yesterday tomorrow night morning evening weekend christmas "
    "birthday moment while age century decade season past future start end beginning once"
)
_AMOUNTS = (
    "lot bit ton bunch couple pair few piece half part number amount plenty rest dozen hundred thousand all none "
    "star one two three four five ten percent dollar buck cent inch foot mile pound ounce"
)
_REVIEWS = (
    "thing something anything nothing everything stuff item product review purchase order gift present deal way kind "
    "sort type reason point example problem issue complaint fact idea thought opinion question answer "
    "experience job world life home house place room work use need want hope love hate try try bad good best worst "
    "better great pro con plus minus downside upside advantage disadvantage choice option difference result change "
    "return refund alternative recommendation word story money fan luck penny practice trouble surprise pleasure fun "
    "addition improvement update version model unit set box situation matter chance list line side top bottom front "
    "back middle hand head eye ear mind body anyone mine yours hers theirs course research look yes okay thanks "
    "feature quality-wise understanding decision purchase investment buy success failure mistake value-wise "
    "right left check fall move drop figure spot stage record gig rock pop musician guitarist drummer song music band "
    "finger pic picks accessory equipment device base card hearing travel "
    "disappointment favorite winner joke junk garbage crap trash waste must bonus solution"
)
PEOPLE = frozenset(_PEOPLE.split())
GENERIC_NOUNS = frozenset(f"{_PEOPLE} {_TIMES} {_AMOUNTS} {_REVIEWS}".split())
