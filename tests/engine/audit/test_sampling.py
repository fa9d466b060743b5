"""Which clips are measured: the same for one seed, whatever the order in which they are known."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.audit.sampling import sample_of


@given(st.sets(st.text(max_size=5), max_size=30), st.integers(1, 40), st.integers(0, 5), st.randoms())
def test_a_sample_depends_on_the_clips_and_the_seed_alone(ids: set[str], most: int, seed: int, random: object) -> None:
    shuffled = sorted(ids)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    drawn = sample_of(shuffled, most, seed)
    assert drawn == sample_of(sorted(ids), most, seed)
    assert set(drawn) <= ids
    assert len(drawn) == len(set(drawn)) == min(most, len(ids))


def test_another_seed_draws_another_sample() -> None:
    ids = [f"c{place:03}" for place in range(200)]
    assert len({tuple(sample_of(ids, 20, seed)) for seed in range(5)}) == 5
