"""The ways in which people say a value of a catalogue: plural, adjective, other spellings, people of a country."""

from collections.abc import Iterator

from agent.language.tokens import words_of

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
DEMONYMS = {
    "argentina": "argentinian|argentine",
    "australia": "australian|aussie",
    "austria": "austrian",
    "belgium": "belgian",
    "brazil": "brazilian",
    "bulgaria": "bulgarian",
    "canada": "canadian",
    "chile": "chilean",
    "china": "chinese",
    "colombia": "colombian",
    "croatia": "croatian",
    "cuba": "cuban",
    "czech republic": "czech",
    "denmark": "danish",
    "egypt": "egyptian",
    "finland": "finnish",
    "france": "french",
    "georgia": "georgian",
    "germany": "german",
    "greece": "greek",
    "hungary": "hungarian",
    "iceland": "icelandic",
    "india": "indian",
    "iran": "iranian|persian",
    "ireland": "irish",
    "israel": "israeli",
    "italy": "italian",
    "japan": "japanese",
    "lebanon": "lebanese",
    "luxembourg": "luxembourgish",
    "mexico": "mexican",
    "moldova": "moldovan",
    "morocco": "moroccan",
    "netherlands": "dutch",
    "new zealand": "new zealander|kiwi",
    "norway": "norwegian",
    "peru": "peruvian",
    "poland": "polish",
    "portugal": "portuguese",
    "romania": "romanian",
    "russia": "russian",
    "scotland": "scottish",
    "slovakia": "slovak",
    "slovenia": "slovenian",
    "south africa": "south african",
    "south korea": "korean|south korean",
    "soviet union": "soviet",
    "spain": "spanish",
    "sweden": "swedish",
    "switzerland": "swiss",
    "taiwan": "taiwanese",
    "thailand": "thai",
    "turkey": "turkish",
    "ukraine": "ukrainian",
    "united kingdom": "british|uk|great britain|britain|english",
    "uk": "british|united kingdom|great britain|britain|english",
    "united states": "american|us|usa|united states of america|the us|the states",
    "usa": "american|us|united states|united states of america|the states",
    "uruguay": "uruguayan",
    "vietnam": "vietnamese",
    "wales": "welsh",
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


def plurals(words: tuple[str, ...]) -> Iterator[str]:
    """The plural of a singular value and the singular of a plural one."""
    *before, last = words
    changed = [last + "s"]
    if last.endswith("y") and last[-2:-1] not in "aeiou":
        changed = [last[:-1] + "ies"]
    elif last.endswith(("s", "x", "ch", "sh")):
        changed = [last + "es"]
    if last.endswith("ies"):
        changed.append(last[:-3] + "y")
    elif last.endswith("s") and not last.endswith("ss") and len(last) > 3:
        changed.append(last[:-1])
    return (" ".join((*before, form)) for form in changed)


def is_plural(word: str) -> bool:
    """Whether a word looks like a plural: "comedies", "westerns"."""
    return len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is"))
