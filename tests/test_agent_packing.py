"""Packed scoring: the same as a pass for each pair, whatever the other candidates are and however the history grew."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch
from torch import Tensor

from agent.rerank.packed_scoring import MAX_CANDIDATES, Prefix, plain_mask, read, states_after
from agent.rerank.prefix_cache import PrefixCache

WIDTH, HISTORY, LONGEST = 32, 11, 5


def bert() -> Any:
    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=9, hidden_size=WIDTH, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48
    )
    return BertModel(config, add_pooling_layer=False)


def llama() -> Any:
    from transformers import LlamaConfig, LlamaModel

    config = LlamaConfig(
        vocab_size=9,
        hidden_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=48,
        pad_token_id=0,
    )
    return LlamaModel(config)


def gpt2() -> Any:
    from transformers import GPT2Config, GPT2Model

    return GPT2Model(GPT2Config(vocab_size=9, n_embd=WIDTH, n_layer=2, n_head=4, bos_token_id=0, eos_token_id=0))


@dataclass(frozen=True)
class Case:
    """A model, whether it reads one way only, a history and candidates of uneven length."""

    model: Any
    causal: bool
    history: Tensor
    candidates: Tensor
    present: Tensor

    def packed(self, chosen: Any = slice(None), prefix: Prefix | None = None) -> Tensor:
        with torch.inference_mode():
            prefix = prefix or read(self.model, self.history, Prefix(), self.causal)
            return states_after(self.model, prefix, self.candidates[chosen], self.present[chosen], self.causal)

    def one_by_one(self) -> Tensor:
        """States of each candidate by a plain pass over the history and it alone, 0 where it has no token."""
        found = torch.zeros_like(self.candidates)
        for n in range(len(self.candidates)):
            length = int(self.present[n].sum())
            pair = torch.cat([self.history[0], self.candidates[n, :length]])[None]
            segments = (torch.arange(pair.shape[1]) >= HISTORY).long()[None]
            mask = plain_mask(segments, torch.ones_like(segments), self.causal)
            with torch.inference_mode():
                states = self.model(inputs_embeds=pair, attention_mask=mask).last_hidden_state
            found[n, :length] = states[0, HISTORY:]
        return found


BASES = {"bert": (bert, False), "bert-one-way": (bert, True), "llama": (llama, True), "gpt2": (gpt2, True)}


@pytest.fixture(params=list(BASES))
def case(request: pytest.FixtureRequest) -> Case:
    make, causal = BASES[request.param]
    torch.manual_seed(3)
    lengths = torch.randint(1, LONGEST + 1, (12,))
    return Case(
        make().eval(),
        causal,
        torch.randn(1, HISTORY, WIDTH),
        torch.randn(12, LONGEST, WIDTH),
        torch.arange(LONGEST)[None] < lengths[:, None],
    )


def relative(a: Tensor, b: Tensor) -> float:
    return float((a - b).abs().max() / b.abs().max())


def test_packed_states_are_those_of_one_pass_for_each_pair(case: Case) -> None:
    assert relative(case.packed(), case.one_by_one()) < 1e-5


def test_packed_states_are_near_in_half_precision(case: Case) -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = case.packed().float()
    assert relative(found, case.one_by_one()) < 2e-2


def test_a_candidate_knows_nothing_of_the_others_or_their_order(case: Case) -> None:
    whole = case.packed()
    order = torch.tensor([7, 0, 11, 3])
    assert relative(case.packed(order), whole[order]) < 1e-5
    assert relative(case.packed(slice(4, 5)), whole[4:5]) < 1e-5


def test_more_candidates_than_one_pass_takes_are_judged_alike(case: Case) -> None:
    times = MAX_CANDIDATES // 12 + 2
    many = replace(case, candidates=case.candidates.repeat(times, 1, 1), present=case.present.repeat(times, 1))
    assert relative(many.packed(), case.packed().repeat(times, 1, 1)) < 1e-5


def test_no_candidates_give_no_states(case: Case) -> None:
    assert case.packed(slice(0, 0)).shape == (0, LONGEST, WIDTH)


def test_candidates_without_a_history_see_themselves_only(case: Case) -> None:
    alone = case.packed(prefix=Prefix())
    length = int(case.present[0].sum())
    mask = plain_mask(torch.ones(1, length), torch.ones(1, length), case.causal)
    with torch.inference_mode():
        plain = case.model(inputs_embeds=case.candidates[:1, :length], attention_mask=mask).last_hidden_state
    assert relative(alone[:1, :length], plain) < 1e-5


def test_the_model_has_its_own_attention_again_afterwards(case: Case) -> None:
    before = case.model.config._attn_implementation
    case.packed()
    assert case.model.config._attn_implementation == before


def test_gradients_flow_through_history_and_candidates(case: Case) -> None:
    history, candidates = (part.clone().requires_grad_() for part in (case.history, case.candidates))
    prefix = read(case.model, history, Prefix(), case.causal)
    states = states_after(case.model, prefix, candidates, case.present, case.causal)
    (states * torch.randn_like(states)).sum().backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    assert history.grad is not None and history.grad.abs().sum() > 0
    assert candidates.grad is not None and (candidates.grad.abs().sum(-1) > 0).equal(case.present)


# --- a history that grows ---------------------------------------------------


def test_a_history_read_in_parts_is_the_same_as_read_at_once(case: Case) -> None:
    if not case.causal:
        with pytest.raises(ValueError, match="both ways"), torch.inference_mode():
            read(case.model, case.history[:, 4:], read(case.model, case.history[:, :4], Prefix(), False), False)
        return
    with torch.inference_mode():
        extended = read(case.model, case.history[:, 4:], read(case.model, case.history[:, :4], Prefix()))
        cut = read(case.model, case.history[:, 9:], read(case.model, case.history, Prefix()).cut(9))
    for prefix in (extended, cut):
        assert relative(case.packed(prefix=prefix), case.packed()) < 1e-5
        assert prefix.length == HISTORY
        assert prefix.last is not None


def test_reading_on_leaves_what_was_read_before_as_it_was(case: Case) -> None:
    if not case.causal:
        pytest.skip("what sees both ways cannot be read on")
    with torch.inference_mode():
        first = read(case.model, case.history[:, :4], Prefix())
        kept = first.keys[0].clone()
        read(case.model, case.history[:, 4:], first)
    assert first.length == 4
    assert first.keys[0].equal(kept)


@dataclass
class Spy:
    """Reads without a model and tells from where."""

    calls: list[int]

    def upon(self, tokens: list[str]) -> Callable[[int, Prefix], Prefix]:
        def read_on(known: int, prefix: Prefix) -> Prefix:
            self.calls.append(known)
            assert prefix.length == known
            return Prefix(len(tokens))

        return read_on


@pytest.mark.parametrize(
    ("turns", "from_"),
    [
        (["abc", "abcd"], [0, 3]),  # a new event: only it is read
        (["abc", "abc"], [0]),  # the same again: nothing
        (["abcd", "abc"], [0, 2]),  # undone: the last one again, for its state
        (["abc", "abx", "abcd"], [0, 2, 3]),  # the turn before the last is still known
        (["abc", "xbc"], [0, 0]),
    ],
)
def test_a_turn_pays_for_what_is_new(turns: list[str], from_: list[int]) -> None:
    kept, spy = PrefixCache(), Spy([])
    for turn in turns:
        assert kept.prefix(list(turn), spy.upon(list(turn))).length == len(turn)
    assert spy.calls == from_


def test_what_sees_both_ways_is_read_anew_where_it_changed() -> None:
    kept, spy = PrefixCache(causal=False), Spy([])
    for turn in ("abc", "abcd", "abc"):
        kept.prefix(list(turn), spy.upon(list(turn)))
    assert spy.calls == [0, 0]
    assert kept.tokens_read == 7


def test_only_the_last_few_histories_are_kept() -> None:
    kept, spy = PrefixCache(most=2), Spy([])
    for turn in ("abc", "xyz", "uvw", "abcd"):
        kept.prefix(list(turn), spy.upon(list(turn)))
    assert spy.calls == [0, 0, 0, 0]
