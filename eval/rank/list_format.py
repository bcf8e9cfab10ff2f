"""The format of candidate files and written lists: CSV with `user_id,item_ids`, ids separated by spaces, best first.

An id that holds a blank, or begins with a quotation mark, is written as a JSON string: `"blue cat" i7`.
"""

import csv
import gzip
import io
import json
import re
import sys
import zlib
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from index.errors import MendableError
from index.storage.json_text import json_text

COLUMNS = ("user_id", "item_ids")
_BLANK = r" \t\r\n\f\v"
_TOKEN = re.compile(rf'"(?:[^"\\]|\\.)*"(?=[{_BLANK}]|$)|[^{_BLANK}]+', re.DOTALL)
_NEEDS_QUOTES = re.compile(rf'[{_BLANK}]|^"|^$')


def write_lists(lists: Iterable[tuple[str, Sequence[str]]]) -> bytes:
    """Users with their ids as a gzipped file; the same lists give the same bytes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((user, join_ids(ids)) for user, ids in lists)
    return gzip.compress(text.getvalue().encode(), mtime=0)


def read_lists(path: Path) -> Iterator[tuple[int, str, str]]:
    """Line number, user and ids, not yet split, of each row. Raises MendableError where the file is no such table."""
    csv.field_size_limit(sys.maxsize)  # a list of a whole catalogue is longer than the module expects
    try:
        with _opened(path) as file:
            reader = csv.reader(file, strict=True)
            header = [name.strip().lstrip("\ufeff") for name in next(reader, [])]
            if not set(COLUMNS) <= set(header):
                raise _no_table(f"the columns are {', '.join(header)[:80]!r}", f"{path}:1")
            user, ids = (header.index(name) for name in COLUMNS)
            for row in reader:
                if row and len(row) != len(header):
                    raise _no_table(f"a row has {len(row)} columns, not {len(header)}", f"{path}:{reader.line_num}")
                if row:
                    yield reader.line_num, row[user], row[ids]
    except (EOFError, zlib.error, UnicodeDecodeError, csv.Error, gzip.BadGzipFile) as why:
        raise _no_table(f"the file cannot be read ({why})", str(path)) from why
    except OSError as why:
        raise MendableError(
            f"cannot read a candidate file ({why.strerror})", f"--candidates {path}", "Give the path of a file"
        ) from why


def join_ids(ids: Iterable[str]) -> str:
    """Ids as one text that `split_ids` takes apart again, whatever they hold."""
    return " ".join(json_text(each) if _NEEDS_QUOTES.search(each) else each for each in ids)


def split_ids(text: str, known: Container[str]) -> list[str]:
    """The ids of a text; one in quotation marks that is known only with them is taken as it stands."""
    return [_unquoted(token, known) for token in _TOKEN.findall(text)]


def _unquoted(token: str, known: Container[str]) -> str:
    if not token.startswith('"'):
        return token
    try:
        inner = str(json.loads(token, strict=False))
    except ValueError:
        return token
    return token if token in known and inner not in known else inner


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    with path.open("rb") as raw:
        content = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
        yield io.TextIOWrapper(content, "utf-8", newline="")


def _no_table(what: str, where: str) -> MendableError:
    return MendableError(what, where, f"A candidate file is CSV in UTF-8 with the columns {','.join(COLUMNS)}")
