"""The thresholds of deep detectors as ads-evt sets them, from the package itself."""

from __future__ import annotations

from conftest import needs

from tailspot import Spot

ads_evt, np = needs("ads_evt"), needs("numpy")


def test_the_first_threshold_as_published_is_that_of_ads_evt() -> None:
    for seed in range(5):
        quiet, later = np.random.default_rng(seed).gamma(4.0, size=(2, 4000))
        peer = ads_evt.SPOT(q=1e-3)
        peer.fit(init_data=quiet, data=later)
        peer.initialize(level=0.98)
        theirs = peer.summary()["Extreme Value"]["extreme quantile"]
        spot = Spot(q=1e-3, level=0.98, down=False, bounded=False, threshold="plug_in").fit(quiet)
        # Its search for the shape may end at the exponential, which has a lower likelihood.
        assert abs(spot.get_upper_threshold() / theirs - 1.0) < 0.05
        found, peers = set(spot.judge(later).anomalies.tolist()), set(np.flatnonzero(later > theirs).tolist())
        assert found <= peers or peers <= found
        assert 0 < len(found & peers) <= len(found | peers) <= len(found & peers) + 3
