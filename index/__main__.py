"""The commands of the index room: `python -m index COMMAND`."""

from collections.abc import Sequence

from index.command_line import run, run_command
from index.commands import add, build, fetch, import_files, remove, search

ABOUT = "Imports domains, builds their indexes and searches them."
COMMANDS = (fetch.COMMAND, import_files.COMMAND, build.COMMAND, add.COMMAND, remove.COMMAND, search.COMMAND)


def main(arguments: Sequence[str]) -> int | None:
    """Run one command; without one, print the help. Raises MendableError."""
    return run_command("index", ABOUT, COMMANDS, arguments)


if __name__ == "__main__":
    run(main)
