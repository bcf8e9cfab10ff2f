"""The ways in which people say a value of a catalogue: synonyms, plurals, adjectives of countries, joined genres."""

from collections.abc import Iterator

from agent.language.countries import DEMONYMS
from agent.language.plurals import plurals
from agent.language.words import words_of

# By the folded words of a value, where a catalogue has it. A `*` marks what needs a noun beside it or "for" before.
SYNONYMS = {
    "sci fi": "science fiction|scifi|sf|science fictional|sciencefiction",
    "science fiction": "sci fi|scifi|sf",
    "romance": "romantic|love story|love stories",
    "comedy": "comedic|comedies",
    "animation": "animated|cartoon|cartoons|animations",
    "documentary": "documentaries|docu|doc|docs|documentry|documentries",
    "childrens": "children*|kids*|kid*|child*|family friendly",
    "children": "childrens*|kids*|kid*|child*",
    "kids": "childrens*|children*|kid*",
    "film noir": "noir|noirs|films noirs|film noirs",
    "noir": "film noir|films noirs",
    "mystery": "mysteries|whodunit|whodunits|whodunnit",
    "thriller": "thrillers|thriling|thriler|thrilers",
    "musical": "musicals",
    "western": "westerns|cowboy film|cowboy films|cowboy movie|cowboy movies",
    "biography": "biopic|biopics|biographical|biographies",
    "history": "historical",
    "sport": "sports",
    "fantasy": "fantasies",
    "war": "war time|wartime",
    "drama": "dramas|dramatic",
    "horror": "horrors|horor",
    "crime": "gangster film|gangster films|gangster movie|gangster movies",
    "rock": "rock music",
    "role playing": "rpg|rpgs",
    "rpg": "role playing",
    "rose": "rosé",
    "sparkling": "bubbly|fizz|fizzy",
    "dessert": "sweet wine|sweet wines",
    "action": "action packed",
}
BLENDS = {
    "romcom": ("romance", "comedy"),
    "romcoms": ("romance", "comedy"),
    "rom com": ("romance", "comedy"),
    "rom coms": ("romance", "comedy"),
    "dramedy": ("drama", "comedy"),
    "dramedies": ("drama", "comedy"),
}


def value_forms(value: str) -> Iterator[tuple[str, bool]]:
    """Each folded way to say a value, and whether it needs a noun beside it to be meant."""
    for part in dict.fromkeys((value, *value.split("/"))):
        words = words_of(part)
        if not words:
            continue
        plain = " ".join(words)
        spoken = "|".join(filter(None, (SYNONYMS.get(plain), DEMONYMS.get(plain)))).split("|")
        weak = {form.rstrip("*"): form.endswith("*") for form in spoken if form}
        forms = dict.fromkeys((plain, "".join(words), *plurals(words)), False)
        yield from {**forms, **weak}.items()
