"""The words of the project: `docs/words.md` lists what is retired, and no public name brings a retired word back."""

import ast
import re
from collections.abc import Iterator

from index.storage.home import CLONE
from tests.test_house import BELOW, sources, tree

FIRST_OF_CONSTANTS = {"most", "least", "longest"}
WHOLE = {"marks", "gaps", "follows", "together", "grown", "chosen", "blended"}  # time gaps are a term, gaps are none
PART = re.compile(r"[A-Z]+(?=[A-Z][a-z]|\b|_|\d)|[A-Z]?[a-z]+")


def glossary() -> str:
    return (CLONE / "docs" / "words.md").read_text()


def retired() -> set[str]:
    """The words of the first column under "Retired words"."""
    rows = glossary().partition("## Retired words")[2].splitlines()
    cells = [row.split("|")[1] for row in rows if row.startswith("|") and not row.startswith(("|---", "| retired"))]
    return {word.strip() for cell in cells for word in re.sub(r"\(.*\)", "", cell).split(",")}


def public_names(module: ast.Module) -> Iterator[str]:
    """Names that a module defines for others: classes, functions, their parameters, constants and fields."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node.name
            if not isinstance(node, ast.ClassDef):
                yield from (each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs))
        body = node.body if isinstance(node, ast.Module | ast.ClassDef) else []
        for each in body:
            targets = (
                each.targets
                if isinstance(each, ast.Assign)
                else [each.target]
                if isinstance(each, ast.AnnAssign)
                else []
            )
            named = [name for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]
            yield from (name.id for name in named if not name.id.startswith("_"))


def parts(name: str) -> set[str]:
    """A name whole and in its parts: "LoadedReader" and "looked_at" give "loaded", "reader" and "looked_at" too."""
    return {name.lower(), *(part.lower() for part in PART.findall(name))}


def brings_back(name: str, words: set[str]) -> set[str]:
    """The retired words in a name."""
    found = (parts(name) & (words - FIRST_OF_CONSTANTS - WHOLE)) | ({name} & words & WHOLE)
    first = name.split("_")[0].lower()
    return found | ({first} if name.isupper() and first in words & FIRST_OF_CONSTANTS else set())


def test_no_public_name_brings_a_retired_word_back() -> None:
    words = retired()
    found = {
        f"{path}: {name}": sorted(back)
        for path in sources(*BELOW)
        for name in (path.stem, *public_names(tree(path)))
        if (back := brings_back(name, words))
    }
    assert found == {}


def test_a_retired_word_is_found_wherever_it_stands_in_a_name() -> None:
    words = {"reader", "looked_at", "most"}
    assert brings_back("LoadedReader", words) == brings_back("reader_of", words) == {"reader"}
    assert brings_back("looked_at", words) == {"looked_at"}
    assert brings_back("MOST_ROWS", words) == {"most"}
    assert not brings_back("readers_digest", words) and not brings_back("most_similar", words)


def test_every_term_of_the_glossary_is_explained_and_none_is_retired() -> None:
    rows = [
        row.split("|")[1:3] for row in glossary().partition("## Retired words")[0].splitlines() if row.startswith("|")
    ]
    terms = {cells[0].strip(): cells[1].strip() for cells in rows[2:]}
    assert len(terms) > 30 and all(terms.values())
    assert not retired() & {word.strip() for term in terms for word in term.split(",")}


def test_the_readme_leads_to_the_glossary() -> None:
    assert "docs/words.md" in (CLONE / "README.md").read_text()
