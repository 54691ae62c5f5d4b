"""Quantiles of the chi-square law by SciPy: writes chi_square.json and psi_thresholds.json beside itself.

Rows of chi_square.json: tail probability, degrees of freedom, non-centrality, quantile. Rows of psi_thresholds.json:
tail probability, number of cells, tolerated PSI, dispersion, effective size, threshold of PSI.
"""

import json
from pathlib import Path

from scipy.stats import chi2, ncx2

HERE = Path(__file__).parent


def quantile(tail, freedom, noncentrality):
    if noncentrality == 0:
        return float(chi2.isf(tail, freedom))
    return float(ncx2.isf(tail, freedom, noncentrality))


laws = [
    [tail, freedom, noncentrality, quantile(tail, freedom, noncentrality)]
    for tail in (0.5, 0.05, 0.01, 0.001, 0.0001, 0.000001)
    for freedom in (1, 2, 4, 9, 12, 19, 70)
    for noncentrality in (0, 0.001, 0.3, 2, 10, 60, 400, 999, 1001, 5000, 1e5, 1e6)
]
(HERE / "chi_square.json").write_text(json.dumps(laws) + "\n")

reference = 100_000
thresholds = []
for tail, cells, tolerance in ((0.01, 10, 0), (0.01, 10, 0.02), (0.01, 10, 0.1), (0.01, 20, 0.1), (0.001, 12, 0.02)):
    for dispersion in (1, 1.5, 3):
        for rows in (100, 300, 1000, 3000, 10_000, 100_000, 1_000_000):
            effective = rows * reference / (rows + reference)
            found = dispersion * quantile(tail, cells - 1, effective * tolerance / dispersion) / effective
            thresholds.append([tail, cells, tolerance, dispersion, effective, found])
(HERE / "psi_thresholds.json").write_text(json.dumps(thresholds) + "\n")
