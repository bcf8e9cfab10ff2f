"""The house rules: imports run down only, one door for each heavy library, no pickle, small files, a quick `--help`."""

import ast
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from index.storage.home import CLONE

BELOW = {
    "index": {"index"},
    "agent": {"index", "agent"},
    "finetune": {"index", "agent", "finetune"},
    "eval": {"index", "agent", "eval"},
}
OURS = {*BELOW, "tests", "docs"}
DOORS = {"faiss": 1, "gradio": 1, "peft": 1, "bm25s": 1, "textblob": 1}  # in how many files a library may be imported
HEAVY = {"torch", "transformers", "faiss", "gradio", "peft", "sentence_transformers", "sklearn", "matplotlib", "bm25s"}
PICKLES = {".pkl", ".pickle", ".pt", ".pth", ".bin", ".ckpt", ".joblib", ".dill", ".npz", ".h5"}
PICKLING = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
MAX_FILE, MAX_FUNCTION, MAX_PARAMETERS = 300, 60, 6
WHERE_MADE = re.compile(r"\.\./shared|/work/|/tmp/|/root/|/home/\w")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def files() -> tuple[Path, ...]:
    """Every file that is or would be committed, relative to the clone."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=CLONE,
        capture_output=True,
        check=True,
    )
    found = (Path(os.fsdecode(name)) for name in listed.stdout.split(b"\0") if name)
    return tuple(sorted(path for path in found if (CLONE / path).is_file()))


@cache
def sources(*tops: str) -> tuple[Path, ...]:
    """The Python files below some of our folders, of all where none is named."""
    return tuple(path for path in files() if path.suffix == ".py" and path.parts[0] in (tops or OURS))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse((CLONE / path).read_text(encoding="utf-8"), str(path))


def imported(path: Path) -> Iterator[str]:
    """The full names of modules that a file imports anywhere, in its functions and for its types too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            yield node.module or ""


def tops(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


def functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def test_there_is_something_to_look_at() -> None:
    assert all(len(sources(room)) > 5 for room in BELOW)
    assert Path("tests/test_house.py") in sources("tests")


# --- floors and doors -------------------------------------------------------


@pytest.mark.parametrize("room", BELOW)
def test_imports_run_down_only(room: str) -> None:
    up = {str(path): sorted((tops(path) & OURS) - BELOW[room]) for path in sources(room)}
    assert {path: names for path, names in up.items() if names} == {}


def test_a_room_is_never_imported_by_its_name_alone() -> None:
    found = [
        f"{path}:{node.lineno}"
        for path in sources()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Import) and any(alias.name in BELOW for alias in node.names)
    ]
    assert found == []


def modules_of(room: str) -> dict[str, Path]:
    """The room's modules by their full names, packages by the names of their folders."""
    named = {".".join(path.with_suffix("").parts): path for path in sources(room)}
    return {name.removesuffix(".__init__"): path for name, path in named.items()}


def imports_within(room: str) -> dict[str, set[str]]:
    """For each module of a room the others of the room that it imports, in its functions and for its types too."""
    modules = modules_of(room)
    found: dict[str, set[str]] = defaultdict(set)
    for name, path in modules.items():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == room:
                targets = {f"{node.module}.{alias.name}" for alias in node.names}
                found[name] |= {target if target in modules else str(node.module) for target in targets}
    return found


def circle(arrows: dict[str, set[str]]) -> list[str]:
    """What lies on circles of arrows: everything that reaches itself."""
    reached = {name: set(ends) for name, ends in arrows.items()}
    for middle in reached:  # Warshall's closure
        for name, ends in reached.items():
            if middle in ends:
                reached[name] = ends | reached[middle]
    return sorted(name for name, ends in reached.items() if name in ends)


def folder_of(module: str, modules: dict[str, Path]) -> str:
    """The folder of a module; a file that lies in the room itself stands for itself."""
    inside = module if modules[module].name == "__init__.py" else module.rpartition(".")[0]
    return module if "." not in inside else inside


@pytest.mark.parametrize("room", BELOW)
def test_no_file_of_a_room_imports_itself_by_way_of_others(room: str) -> None:
    assert circle(imports_within(room)) == []


@pytest.mark.parametrize("room", BELOW)
def test_imports_between_the_folders_of_a_room_run_in_one_direction(room: str) -> None:
    modules = modules_of(room)
    arrows: dict[str, set[str]] = defaultdict(set)
    for name, ends in imports_within(room).items():
        own = folder_of(name, modules)
        arrows[own] |= {folder_of(end, modules) for end in ends} - {own}
    assert circle(dict(arrows)) == []


def test_a_circle_is_found_whatever_its_length() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"d"}, "d": {"b"}}) == ["b", "c", "d"]
    assert circle({"a": {"b", "c"}, "b": {"c"}}) == []


@pytest.mark.parametrize("library", DOORS)
def test_a_heavy_library_has_its_door(library: str) -> None:
    doors = [str(path) for path in sources(*BELOW) if library in tops(path)]
    assert 0 < len(doors) <= DOORS[library], doors


def test_records_and_errors_import_nothing_heavy() -> None:
    for name in ("errors", "storage/home", "command_line", "types", "data/records"):
        assert not tops(Path(f"index/{name}.py")) & (HEAVY | {"pyarrow", "scipy"})


@pytest.mark.parametrize("room", BELOW)
def test_help_of_a_room_loads_no_heavy_library(room: str) -> None:
    said = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", room, "--help"], cwd=CLONE, capture_output=True, text=True
    )
    assert said.returncode == 0
    assert f"python -m {room}" in said.stdout
    loaded = {line.split("|")[-1].strip() for line in said.stderr.splitlines()}
    assert f"{room}" in loaded
    assert loaded & HEAVY == set()


def test_every_source_file_is_linted_and_none_is_ignored_by_git() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--show-files"], cwd=CLONE, capture_output=True, text=True, check=True
    )
    linted = {Path(line).relative_to(CLONE) for line in listed.stdout.splitlines() if line.endswith(".py")}
    assert set(sources()) - linted == set()
    new = [str(path.parent / "new.py") for path in sources(*BELOW)]
    ignored = subprocess.run(["git", "check-ignore", *sorted(set(new))], cwd=CLONE, capture_output=True, text=True)
    assert (ignored.stdout, ignored.returncode) == ("", 1)


# --- no pickle --------------------------------------------------------------


def test_no_file_can_hold_a_pickle() -> None:
    assert [str(path) for path in files() if path.suffix in PICKLES] == []


def test_nothing_is_pickled_and_nothing_is_unpickled() -> None:
    found: dict[str, list[str]] = defaultdict(list)
    for path in sources():
        found[str(path)] += sorted(tops(path) & PICKLING)
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Attribute) and ast.unparse(node) in ("torch.load", "torch.save"):
                found[str(path)].append(f"{node.lineno}: {ast.unparse(node)}")
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle" and ast.unparse(node.value) != "False":
                found[str(path)].append(f"{node.value.lineno}: allow_pickle={ast.unparse(node.value)}")
    assert {path: names for path, names in found.items() if names} == {}


# --- one way to write JSON ----------------------------------------------------


def test_json_is_written_in_one_place_so_that_no_other_lets_a_nan_through() -> None:
    writing = {
        str(path)
        for path in sources(*BELOW)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("json.dump", "json.dumps")
    }
    assert writing == {"index/storage/json_text.py"}


# --- small files, said in words ---------------------------------------------


def test_no_file_of_a_room_is_long() -> None:
    lengths = {str(path): len((CLONE / path).read_text().splitlines()) for path in sources(*BELOW, "docs")}
    assert {path: n for path, n in lengths.items() if n > MAX_FILE} == {}


def test_no_function_is_long() -> None:
    long = {
        f"{path}:{each.name}": (each.end_lineno or 0) - each.lineno + 1
        for path in sources()
        for each in functions(path)
        if (each.end_lineno or 0) - each.lineno >= MAX_FUNCTION
    }
    assert long == {}


def test_no_function_takes_many_parameters() -> None:
    many = {}
    for path in sources(*BELOW):
        for each in functions(path):
            if each.name == "__init__":  # the settings of a model, each with its default
                continue
            named = [a.arg for a in (*each.args.posonlyargs, *each.args.args, *each.args.kwonlyargs)]
            n = len([name for name in named if name not in ("self", "cls")])
            if n > MAX_PARAMETERS:
                many[f"{path}:{each.name}"] = n
    assert many == {}


def test_every_file_begins_by_saying_what_it_is_for() -> None:
    silent = [str(path) for path in sources() if not (ast.get_docstring(tree(path)) or "").strip()]
    assert silent == []


def test_what_is_public_in_a_room_says_what_it_is_for() -> None:
    silent = [
        f"{path}:{node.name}"
        for path in sources(*BELOW)
        for node in tree(path).body
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert silent == []


def test_no_error_is_caught_whatever_it_is() -> None:
    caught = [
        f"{path}:{node.lineno}"
        for path in sources()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
    ]
    assert caught == []


def test_a_check_that_is_switched_off_has_its_reason_beside_it() -> None:
    bare = re.compile(r"#\s*type:\s*ignore(\[[\w, -]+\])?\s*$|#\s*type:\s*ignore(?!\[)")
    found = [
        f"{path}:{number}"
        for path in sources()
        for number, line in enumerate((CLONE / path).read_text().splitlines(), 1)
        if bare.search(line) and path.name != "test_house.py"
    ]
    assert found == []


def test_no_file_names_a_folder_of_the_machine_that_it_was_made_on() -> None:
    texts = (path for path in files() if path.suffix in (".py", ".md", ".toml", ".json", ".txt", ".js", ".css", ""))
    found = {}
    for path in texts:
        if path.name != "test_house.py":
            named = set(WHERE_MADE.findall((CLONE / path).read_text(encoding="utf-8", errors="replace")))
            if named:
                found[str(path)] = named
    assert found == {}
