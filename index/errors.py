"""The one family of errors that a user can mend; anything else that is raised is a bug."""

import errno
import os
import re

from index.printable import printable_line

_RUST_NUMBER = re.compile(r"\(os error (\d+)\)")
ELSEWHERE = "set PALATE_HOME to a folder that can be written"
WAYS_OUT = {
    errno.ENOSPC: f"Free some space there, or {ELSEWHERE}",
    errno.EDQUOT: f"Free some of your quota or ask for more, or {ELSEWHERE}",
    errno.EFBIG: f"Allow larger files (`ulimit -f`), or {ELSEWHERE}",
    errno.EROFS: f"This file system can only be read: mount it for writing, or {ELSEWHERE}",
    errno.EACCES: f"Give yourself the right to read and write there, or {ELSEWHERE}",
    errno.EPERM: f"Give yourself the right to read and write there, or {ELSEWHERE}",
    errno.ENOTDIR: f"A file stands where a folder is needed: move it away, or {ELSEWHERE}",
    errno.EEXIST: f"A file stands where a folder is needed: move it away, or {ELSEWHERE}",
    errno.EISDIR: "A folder stands where a file is needed: move it away",
    errno.ENAMETOOLONG: "Use a shorter name",
    errno.EMFILE: "Allow more open files (`ulimit -n`)",
    errno.EIO: f"Check the disk, or {ELSEWHERE}",
}


class MendableError(Exception):
    """Something that the user can put right, printed by `__main__` as `error: WHAT, WHERE. WHAT TO DO.`"""

    def __init__(self, what: str, where: str, way_out: str) -> None:
        super().__init__(what, where, way_out)
        self.what, self.where, self.way_out = what, where, way_out

    def __str__(self) -> str:
        return printable_line(f"{self.what.rstrip('.')}, {self.where.rstrip('.')}. {self.way_out.rstrip('.')}.")


def write_error(why: OSError, where: object) -> MendableError:
    """A write that failed, in the operating system's own words, with the way out for that reason."""
    return MendableError(f"cannot write ({reason(why)})", os.fsdecode(why.filename or str(where)), way_out(why))


def reason(why: OSError) -> str:
    """What the operating system says of an error, without what libraries write around it."""
    number = _number(why)
    return os.strerror(number) if number else why.strerror or str(why) or type(why).__name__


def first_line(why: BaseException) -> str:
    """What an error says in its first line, its kind where it says nothing."""
    said = str(why).strip()
    return said.splitlines()[0] if said else type(why).__name__


def way_out(why: OSError) -> str:
    """What can be done about an error of the operating system."""
    return WAYS_OUT.get(_number(why), f"Check that path, or {ELSEWHERE}")


def _number(why: OSError) -> int:
    """The error's number, 0 where it has none; libraries in Rust give it in their text only."""
    written = _RUST_NUMBER.search(str(why))
    return why.errno or (int(written[1]) if written else 0)
