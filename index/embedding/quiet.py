"""Keeps libraries that load models from writing to the terminal."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_loading() -> Iterator[None]:
    """No progress bars and no warnings of transformers and PEFT while a model is loaded; errors are raised as ever."""
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers leaves it untyped
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
