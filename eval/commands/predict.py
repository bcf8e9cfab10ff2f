"""`python -m eval predict --domain NAME`: whether a user will like an item."""

import argparse

from eval.commands.evaluation_flags import add_evaluation_flags
from index.command_line import Command, Parser, positive_int

FOLDS = 5


def add_flags(parser: Parser) -> None:
    """The models and the folds."""
    add_evaluation_flags(parser)
    parser.add_argument("--models", metavar="A,B,…", default="logistic,tree", help="logistic, tree, agent")
    parser.add_argument("--folds", metavar="N", type=positive_int, default=FOLDS, help="folds over users (default 5)")


def run(options: argparse.Namespace) -> None:
    """Predict, and print the figures as JSON. Raises MendableError."""
    from index.data.domain import existing_folder

    existing_folder(options.domain)

    from eval.predict.command import PredictSettings, run_predict
    from index.storage.json_text import print_json

    print_json(run_predict(PredictSettings.of(options)), indent=1)


COMMAND = Command("predict", "whether a user will like an item", add_flags, run)
