"""Talks between a simulated user and a policy, ended when the target was shown or the turns are used up."""

from dataclasses import dataclass
from typing import Any

from eval.dialogue.policies import Policy
from eval.dialogue.simulator import SimulatedUser


@dataclass(frozen=True)
class Exchange:
    """One turn: the user's utterance, and the ids that were shown after it."""

    utterance: str
    shown: tuple[str, ...]


@dataclass(frozen=True)
class Talk:
    """One talk of one user with one policy."""

    policy: str
    user: str
    target: str
    turns: tuple[Exchange, ...]

    def found_by(self, turn: int) -> bool:
        """Whether the target was shown in one of the first `turn` turns."""
        return any(self.target in each.shown for each in self.turns[:turn])

    def as_json(self) -> dict[str, Any]:
        """As a line of the file of predictions."""
        turns = [{"said": each.utterance, "shown": list(each.shown)} for each in self.turns]
        return {"policy": self.policy, "user": self.user, "target": self.target, "turns": turns}


def run_talk(name: str, policy: Policy, user: SimulatedUser, turns: int) -> Talk:
    """Let a simulated user talk with a policy until the target is shown, for at most so many turns."""
    target = user.profile.target.item_id
    exchanges: list[Exchange] = []
    utterance = user.opening()
    for _ in range(turns):
        shown = tuple(policy.answer(utterance))
        exchanges.append(Exchange(utterance, shown))
        if target in shown:
            break
        utterance = user.answer(shown)
    return Talk(name, user.profile.user, target, tuple(exchanges))
