"""The threshold of a neural network's scores: reconstruction errors of an autoencoder on 38 metrics of a machine.

`python examples/python/deep_scores.py` needs scikit-learn. The network learns the first part of a quiet recording, and
the rest calibrates: a network reconstructs what it has learned better than what is new, so errors on its training data
would put the threshold too low. Then it prints the incidents of a recording with eight faults.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

import tailspot

if TYPE_CHECKING:
    from numpy.typing import NDArray

METRICS, LEARNED, CALIBRATION, JUDGED, LENGTH = 38, 4_000, 4_000, 20_000, 40
FAULTS = range(1_000, JUDGED, 2_500)


def recording(rows: int, random: np.random.Generator, loads: NDArray[np.float64]) -> NDArray[np.float64]:
    """The metrics of a machine: three loads of its own, which all of them follow, and noise."""
    return np.tanh(random.normal(size=(rows, len(loads))) @ loads) + 0.1 * random.normal(size=(rows, METRICS))


def scores(seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The scores of quiet data that the network has not learned, and of data with faults; high is abnormal."""
    random = np.random.default_rng(seed)
    loads = random.normal(size=(3, METRICS))
    quiet, later = recording(LEARNED + CALIBRATION, random, loads), recording(JUDGED, random, loads)
    for start in FAULTS:
        later[start : start + LENGTH, random.choice(METRICS, 6, replace=False)] += 1.0
    network = MLPRegressor(hidden_layer_sizes=(24, 8, 24), max_iter=20, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(quiet[:LEARNED], quiet[:LEARNED])
    errors = [np.mean((network.predict(rows) - rows) ** 2, axis=1) for rows in (quiet[LEARNED:], later)]
    return errors[0], errors[1]


def main() -> None:
    """Print the incidents."""
    quiet, later = scores(seed=1)
    spot = tailspot.Spot(q=1e-4, level=0.98, down=False).fit(quiet)
    result = spot.step_many(later)
    for incident in result.incidents:
        print(f"{incident.first:>6} to {incident.last:>6}: {incident.count:>3} alerts, at most {incident.peak:.3f}")


if __name__ == "__main__":
    main()
