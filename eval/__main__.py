"""The commands of the evaluation: `python -m eval COMMAND`."""

from collections.abc import Sequence

from eval.commands import bench, compare, dialogue, predict, rank, reasons, sentiment
from index.command_line import run, run_command

ABOUT = "Evaluates how well the program recommends, explains, predicts and converses, and how fast it is."
COMMANDS = (
    rank.COMMAND,
    compare.COMMAND,
    predict.COMMAND,
    reasons.COMMAND,
    sentiment.COMMAND,
    dialogue.COMMAND,
    bench.COMMAND,
)


def main(arguments: Sequence[str]) -> int | None:
    """Run one command; without one, print the help. Raises MendableError."""
    return run_command("eval", ABOUT, COMMANDS, arguments)


if __name__ == "__main__":
    run(main)
