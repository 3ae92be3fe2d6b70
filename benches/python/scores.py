"""Measures the alert rate of `tailspot.sklearn.SpotThreshold` on clean normal data: the table of docs/scores.md.

`python benches/python/scores.py` fits each detector on 500 and 2,000 rows of 10 and 50 columns and judges fresh rows of
the same law: the alerts, in q, are the mean of all data sets. The last column counts those in which a point at 100 in
every coordinate was missed. Thresholds from few rows scatter most, so there are more data sets of 500 rows: 40,000 rows
for each line. It needs numpy, scikit-learn and pyod, and takes half an hour. Beginnings of names choose detectors.
"""

from __future__ import annotations

import argparse
import warnings
from typing import Any

import numpy as np
from pyod.models.hbos import HBOS
from pyod.models.knn import KNN
from pyod.models.ocsvm import OCSVM
from pyod.models.pca import PCA
from sklearn.covariance import EllipticEnvelope
from sklearn.ensemble import IsolationForest
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import LocalOutlierFactor
from sklearn.svm import OneClassSVM

from tailspot.sklearn import SpotThreshold

DETECTORS: dict[str, Any] = {
    "OneClassSVM": OneClassSVM(),
    "LOF(3)": LocalOutlierFactor(3, novelty=True),
    "LOF(20)": LocalOutlierFactor(20, novelty=True),
    "GaussianMixture(5)": GaussianMixture(5, random_state=0),
    "EllipticEnvelope": EllipticEnvelope(random_state=0),
    "IsolationForest": IsolationForest(random_state=0),
    "pyod HBOS": HBOS(),
    "pyod KNN": KNN(),
    "pyod PCA": PCA(),
    "pyod OCSVM": OCSVM(),
}
SHAPES = [(500, 10), (500, 50), (2000, 10), (2000, 50)]
Q, FRESH, IN_ALL = 1e-3, 5000, 40_000


def measured(detector: Any, rows: int, columns: int, seeds: range) -> tuple[float, int]:
    """The mean alert rate in q, and in how many seeds the far point was missed."""
    alerts = missed = 0
    for seed in seeds:
        random = np.random.default_rng([seed, rows, columns])
        model = SpotThreshold(detector, q=Q).fit(random.normal(size=(rows, columns)))
        alerts += int(np.sum(model.predict(random.normal(size=(FRESH, columns))) == -1))
        missed += int(model.predict(np.full((1, columns), 100.0))[0] == 1)
    return alerts / (len(seeds) * FRESH * Q), missed


def main() -> None:
    """Print the table as it is measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="detectors whose names begin so; all without")
    parser.add_argument("--first", type=int, default=1, help="the first seed (default: 1)")
    parser.add_argument("--rows", type=int, help="500 or 2000; both without")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    print("| detector | rows | columns | alerts, in q | far points missed |\n|---|---|---|---|---|")
    for name, detector in DETECTORS.items():
        if options.names and not name.startswith(tuple(options.names)):
            continue
        for rows, columns in SHAPES:
            if options.rows in (None, rows):
                seeds = range(options.first, options.first + IN_ALL // rows)
                rate, missed = measured(detector, rows, columns, seeds)
                print(f"| {name} | {rows} | {columns} | {rate:.2f} | {missed} of {len(seeds)} |", flush=True)


if __name__ == "__main__":
    main()
