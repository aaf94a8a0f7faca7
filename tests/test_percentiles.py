"""Bootstrap means and their percentile intervals."""

from __future__ import annotations

import numpy as np
import pytest

from stance.percentiles import interval_of, resampled_means


@pytest.mark.parametrize("resamples", [1, 2, 37, 2_000])
@pytest.mark.parametrize("n", [1, 2, 5, 40])
def test_intervals_are_those_of_numpy_to_the_last_bit(n: int, resamples: int) -> None:
    generator = np.random.default_rng(n)
    values = np.hstack([generator.random((n, 3)) < 0.3, generator.random((n, 3)).round(1)])
    cells, counts = np.unique(values, axis=0, return_counts=True)
    drawn = np.random.default_rng(7).multinomial(n, counts / n, size=resamples) @ cells / n
    tail = (1 - 0.95) / 2
    expected = np.quantile(drawn, [tail, 1 - tail], axis=0)
    found = resampled_means(values, resamples, np.random.default_rng(7)).interval(np.arange(6))
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(interval_of(np.ascontiguousarray(drawn.T)), expected)
