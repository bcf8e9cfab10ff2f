"""What reading a broken file of a model raises, told from a library that could not be imported."""

from safetensors import SafetensorError

BROKEN = (OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError, SafetensorError)


def is_import_failure(why: BaseException) -> bool:
    """Whether an error is an ImportError, or was raised because of one (transformers wraps it in a RuntimeError)."""
    seen: BaseException | None = why
    while seen is not None:
        if isinstance(seen, ImportError):
            return True
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return False
