"""What the agent can do in one turn: the records between the policy that decides and what performs and words them."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from agent.constraints import State, Verdict

ListChange = Literal["new", "more", "keep"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One action: `state` is held after it; the list is made anew, of items that were not shown before, or kept."""

    is_undoable: ClassVar[bool] = True
    state: State
    list_change: ListChange = "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Open(Action):
    """Show a list before anything is said."""

    is_undoable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Remarks:
    """What has to be said of a message beside its answer: titles that the catalogue lacks, notes on how it was read."""

    unknown_titles: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Action):
    """An answer to a message."""

    remarks: Remarks = Remarks()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommend(Answer):
    """Recommend items; `asks_back` where nothing is known of the user or of a wish."""

    asks_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerQuestion(Answer):
    """Say what the catalogue knows of the items `about`; `words` are those of the question."""

    about: tuple[str, ...]
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainItems(Answer):
    """Give the reasons for the items `about`, as far as they are in the list that is shown."""

    about: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareItems(Answer):
    """Say what the items `about` have in common and what not."""

    about: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Greet(Answer):
    """Answer a greeting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptThanks(Answer):
    """Answer thanks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotDo(Answer):
    """Say that what is asked is not what a recommendation agent can do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskBack(Answer):
    """Ask what the user would like: their message was empty, quoted others, or named nothing to go on."""

    because: Literal["empty", "quoted", "vague"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordVerdict(Action):
    """Hold that the user likes, dislikes or has seen an item."""

    item_id: str
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseItem(Action):
    """Say that the catalogue has no item of this id."""

    item_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetNamed(Action):
    """Drop what the user named from the state."""

    asks_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingToForget(Action):
    """Say that the state holds nothing of what the user named."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartOver(Action):
    """Drop the whole state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack(Action):
    """Go back to before the latest turn that is not yet undone: its state, and its list."""

    is_undoable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingToUndo(Action):
    """Say that there is no turn to undo."""

    is_undoable: ClassVar[bool] = False
