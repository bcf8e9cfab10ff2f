"""The one family of errors that a user can mend; anything else that is raised is a bug."""


class MendableError(Exception):
    """Something that the user can put right, printed by `__main__` as `error: WHAT, WHERE. WHAT TO DO.`"""

    def __init__(self, what: str, where: str, way_out: str) -> None:
        super().__init__(what, where, way_out)
        self.what, self.where, self.way_out = what, where, way_out

    def __str__(self) -> str:
        line = f"{self.what.rstrip('.')}, {self.where.rstrip('.')}. {self.way_out.rstrip('.')}."
        return " ".join(printable(line).split())


def printable(text: str) -> str:
    """Untrusted text as it may be shown on a terminal: control and bidirectional characters become `?`."""
    return "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text)
