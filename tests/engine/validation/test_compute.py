"""Which device a measurement gets, what is refused, and that a reward whose card is full goes on on the CPU."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.errors import EngineError
from engine.reward.settings import ModelSettings, TrainingSettings
from engine.validation.compute import ON_CPU, Compute, choose_compute, trained_on
from engine.validation.unseen import RewardFit


@pytest.fixture
def cards(monkeypatch):
    """A machine with as many CUDA cards as it is called with; the number that was made the current one."""
    chosen = []
    before = torch.backends.cudnn.allow_tf32

    def pretend(count: int) -> list[int]:
        monkeypatch.setattr("torch.cuda.is_available", lambda: count > 0)
        monkeypatch.setattr("torch.cuda.device_count", lambda: count)
        monkeypatch.setattr("torch.cuda.set_device", chosen.append)
        monkeypatch.setattr("torch.cuda.get_device_name", lambda number: f"card {number}")
        return chosen

    yield pretend
    torch.backends.cudnn.allow_tf32 = before


def test_without_a_card_the_cpu_measures_network_by_network(cards):
    cards(0)
    for wanted in ("auto", "cpu"):
        found = choose_compute(wanted)
        assert (found.device, found.stacked, found.name, found.suffix) == ("cpu", False, "CPU", "")


def test_a_card_is_taken_by_itself_and_by_its_number(cards):
    chosen = cards(2)
    assert choose_compute("auto").name == "card 0"
    second = choose_compute("cuda:1")
    assert (second.device, second.stacked, second.name, second.suffix) == ("cuda:1", True, "card 1", "-stack-cuda")
    assert choose_compute("cpu") == ON_CPU
    assert chosen == [0, 1]
    assert not torch.backends.cudnn.allow_tf32


@pytest.mark.parametrize(("count", "wanted", "said"), [(0, "cuda", "no NVIDIA card"), (1, "cuda:1", "1 NVIDIA card")])
def test_a_card_that_is_not_there_is_refused_with_the_way_out(cards, count, wanted, said):
    cards(count)
    with pytest.raises(EngineError, match=f"'{wanted}' is not there: .*{said}"):
        choose_compute(wanted)


def test_mps_leaves_measuring_to_the_cpu_and_says_so_where_it_was_asked_for(monkeypatch, cards):
    cards(0)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: True)
    said = []
    assert choose_compute("mps", said.append).device == "cpu"
    assert said == ["mps has no 64-bit numbers, which measuring gains takes: the CPU does it."]
    assert choose_compute("auto", said.append).device == "cpu"
    assert len(said) == 1


CARD = Compute("cuda:1", stacked=True, name="card")


def test_rewards_are_trained_where_the_measurement_is_unless_their_settings_name_a_device():
    auto = TrainingSettings()
    own = TrainingSettings.model_validate({"optimiser": {"device": "cpu"}})
    assert trained_on(auto, CARD).optimiser.device == "cuda"
    assert trained_on(auto, ON_CPU).optimiser.device == "cpu"
    assert trained_on(own, CARD) == own


def test_a_reward_whose_card_is_full_is_trained_on_the_cpu_from_then_on(monkeypatch):
    devices, said = [], []

    class Scores:
        reward = np.arange(3.0)

    class Reward:
        def score(self, _clips):
            return Scores()

    def fit_reward(_clips, _pairs, _model, training, *, seed):
        devices.append(training.optimiser.device)
        if devices[-1] == "cuda":
            raise torch.OutOfMemoryError(f"CUDA out of memory at seed {seed}.")
        return Reward()

    monkeypatch.setattr("engine.reward.fit.fit_reward", fit_reward)
    fit = RewardFit(ModelSettings(), TrainingSettings(), Compute("cuda", stacked=True, name="card", say=said.append))
    assert fit(None, None, 1).tolist() == [0.0, 1.0, 2.0]
    fit(None, None, 2)
    assert devices == ["cuda", "cpu", "cpu"]
    assert said == ["card: its memory is too small for training rewards, which is done on the CPU instead."]
    assert fit.computed_on == "CPU"
