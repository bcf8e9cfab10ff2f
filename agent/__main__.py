"""The commands of the agent: `python -m agent COMMAND`."""

from collections.abc import Sequence

from agent.commands import chat, recommend, replay
from index.command_line import run, run_command

ABOUT = "A recommendation agent you can talk to."
COMMANDS = (recommend.COMMAND, replay.COMMAND, chat.COMMAND)


def main(arguments: Sequence[str]) -> int | None:
    """Run one command; without one, print the help. Raises MendableError."""
    return run_command("agent", ABOUT, COMMANDS, arguments)


if __name__ == "__main__":
    run(main)
