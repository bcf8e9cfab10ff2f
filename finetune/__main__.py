"""The commands of the finetuning: `python -m finetune COMMAND`."""

from collections.abc import Sequence

from finetune.commands import adapters, rank, reasons, sentiment, sentiment_lines, speed
from index.command_line import run, run_command

ABOUT = "Tunes the agent's models on a domain's own histories."
COMMANDS = (rank.COMMAND, sentiment.COMMAND, sentiment_lines.COMMAND, reasons.COMMAND, adapters.COMMAND, speed.COMMAND)


def main(arguments: Sequence[str]) -> int | None:
    """Run one command; without one, print the help. Raises MendableError."""
    return run_command("finetune", ABOUT, COMMANDS, arguments)


if __name__ == "__main__":
    run(main)
