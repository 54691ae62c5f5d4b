"""Writes drift.json: raw seeded data, grids chosen here, and the numbers that SciPy and numpy compute from the raw data.

Run by hand, with Python 3, numpy and scipy: python3 tests/oracle/drift.py
"""

import json
import math
import pathlib

import numpy as np
import scipy
from scipy import special, stats

rng = np.random.default_rng(20240607)


def digits(values, n=6):
    return [float(f"%.{n}g" % v) for v in values]


def quantiles(values, parts):
    return [float(q) for q in np.quantile(values, np.arange(1, parts) / parts, method="inverted_cdf")]


def grid(reference, parts):
    """Fine and coarse edges from the finite reference values."""
    values = np.array([v for v in reference if v is not None and math.isfinite(v)])
    smallest, largest, median = float(values.min()), float(values.max()), float(np.median(values))
    seen, counts = np.unique(values, return_counts=True)
    atoms = [float(v) for v, c in zip(seen, counts) if c / len(values) >= 1 / (2 * parts)]
    heavy = [float(v) for v, c in zip(seen, counts) if c / len(values) >= 1 / 10]
    below = lambda v: float(np.nextafter(v + 0.0, -math.inf))
    coarse = set(quantiles(values, 10)) | set(heavy) | {below(v) for v in heavy}
    fine = coarse | set(quantiles(values, parts)) | {below(smallest), largest} | set(atoms) | {below(v) for v in atoms}
    for j in (2, 4, 8):
        fine |= {median + j * (largest - median), median - j * (median - smallest)}
    return {
        "edges": sorted(v + 0.0 for v in fine),
        "coarse_edges": sorted(v + 0.0 for v in coarse),
        "smallest": smallest,
        "largest": largest,
        "center": float(values.mean()),
        "deviation": float(values.std()),
    }


def divergences(r, c):
    """On the counts of coarse cells: Jeffreys for the first five, raw shares for the rest."""
    r, c = np.array(r, float), np.array(c, float)
    keep = r + c > 0
    r, c = r[keep], c[keep]
    m, n, cells = r.sum(), c.sum(), len(r)
    if m == 0 or n == 0:
        return {}
    p, q = (r + 0.5) / (m + cells / 2), (c + 0.5) / (n + cells / 2)
    psi = float(np.sum((q - p) * np.log(q / p)))
    a = (p + q) / 2
    out = {
        "psi": psi,
        "psi_debiased": max(0.0, psi - (cells - 1) * (1 / n + 1 / m)),
        "kullback_leibler": float(stats.entropy(q, p)),
        "jensen_shannon": float(np.sqrt((stats.entropy(p, a, base=2) + stats.entropy(q, a, base=2)) / 2)),
        "jensen_shannon_divergence": float((stats.entropy(p, a) + stats.entropy(q, a)) / 2),
        "hellinger": float(np.sqrt(1 - np.sum(np.sqrt(p * q)))),
        "total_variation": float(np.abs(r / m - c / n).sum() / 2),
        "largest_difference": float(np.abs(r / m - c / n).max()),
    }
    result = stats.chi2_contingency(np.array([r, c]), correction=False)
    out["chi_square"] = float(result.statistic)
    out["chi_square_pvalue"] = float(result.pvalue) if cells > 1 else None
    return out


def ranks(x, y, edges):
    """CvM and AD by their definition at the right edges of the fine cells."""
    m, n = len(x), len(y)
    at = np.array(edges + [math.inf])
    f = np.searchsorted(np.sort(x), at, side="right") / m
    g = np.searchsorted(np.sort(y), at, side="right") / n
    mass = np.diff(np.concatenate([[0], f]))
    pooled = (m * f + n * g) / (m + n)
    inside = (pooled > 0) & (pooled < 1)
    effective = n * m / (n + m)
    d = (f - g) ** 2 * mass
    return (
        float(effective * d.sum()),
        float(effective * (d[inside] / (pooled[inside] * (1 - pooled[inside]))).sum()),
    )


def side(values, g):
    present = np.array([v for v in values if v is not None])
    finite = present[np.isfinite(present)] if len(present) else present
    outside = [v for v in present if v < g["smallest"] or v > g["largest"]]
    return {
        "missing_ratio": values.count(None) / len(values),
        "invalid_ratio": 0.0,
        "unseen_ratio": None,
        "out_of_range_ratio": len(outside) / len(present) if len(present) else None,
        "mean": float(np.mean(finite)) if len(finite) else None,
        "standard_deviation": float(np.std(finite, ddof=1)) if len(finite) > 1 else None,
    }


KEYS = """psi psi_debiased kullback_leibler jensen_shannon hellinger total_variation largest_difference chi_square
chi_square_pvalue kolmogorov_smirnov wasserstein drift_auc mean_shift variance_ratio cramer_von_mises anderson_darling
energy_distance jensen_shannon_divergence kolmogorov_smirnov_pvalue wasserstein_distance""".split()


def numeric(name, reference, window, parts=64, exact=False):
    """`exact`: every value has a cell of its own, so that nothing but the exact numbers will do."""
    g = grid(reference, parts)
    coarse = lambda v: np.bincount(
        np.searchsorted(g["coarse_edges"], v, side="left"), minlength=len(g["coarse_edges"]) + 1
    )
    x = np.array([v for v in reference if v is not None])
    y = np.array([v for v in window if v is not None])
    cells = lambda v, raw: list(coarse(v) if len(v) else np.zeros(len(g["coarse_edges"]) + 1)) + [raw.count(None)]
    expected = divergences(cells(x, reference), cells(y, window))
    if len(y):
        expected["kolmogorov_smirnov"] = float(stats.ks_2samp(x, y, method="asymp").statistic)
        root = math.sqrt(len(x) * len(y) / (len(x) + len(y)))
        corrected = (root + 0.12 + 0.11 / root) * expected["kolmogorov_smirnov"]
        expected["kolmogorov_smirnov_pvalue"] = float(special.kolmogorov(corrected))
        expected["drift_auc"] = float(stats.mannwhitneyu(y, x).statistic) / (len(x) * len(y))
        expected["cramer_von_mises"], expected["anderson_darling"] = ranks(x, y, g["edges"])
        if exact:
            f = lambda s, at: np.searchsorted(np.sort(s), at, side="right") / len(s)
            whole = len(x) * len(y) / (len(x) + len(y)) * np.mean((f(x, x) - f(y, x)) ** 2)
            assert math.isclose(whole, expected["cramer_von_mises"], rel_tol=1e-12), name
        # An infinity stands on the outermost edge.
        hold = lambda v: np.clip(v, g["edges"][0], g["edges"][-1]) if not np.isfinite(v).all() else v
        hx, hy = hold(x), hold(y)
        fx, fy = x[np.isfinite(x)], y[np.isfinite(y)]
        expected["energy_distance"] = float(stats.energy_distance(hx, hy)) ** 2
        expected["wasserstein_distance"] = float(stats.wasserstein_distance(hx, hy))
        if fx.min() < fx.max():
            expected["wasserstein"] = float(stats.wasserstein_distance(hx, hy) / fx.std())
            expected["mean_shift"] = float((fy.mean() - fx.mean()) / fx.std())
            if len(fx) > 1 and len(fy) > 1 and fy.min() < fy.max():
                expected["variance_ratio"] = float(np.log(fy.var(ddof=1) / fx.var(ddof=1)))
    text = lambda v: repr(v) if v is not None and math.isinf(v) else v
    return {
        "name": name,
        "exact": exact,
        "reference": [text(v) for v in reference],
        "window": [text(v) for v in window],
        **g,
        "drift": {key: expected.get(key) for key in KEYS},
        "reference_side": side(reference, g),
        "window_side": side(window, g),
    }


def categorical(name, reference, window, limit):
    known, counts = np.unique([v for v in reference if v is not None], return_counts=True)
    order = sorted(zip(known, counts), key=lambda pair: (-pair[1], pair[0]))
    own = [str(text) for text, _ in order[:limit]]
    others = {str(text) for text, _ in order[limit:]}

    def count(values):
        rest = [v for v in values if v is not None and v not in own]
        other = sum(v in others for v in rest)
        return [values.count(text) for text in own] + [other, len(rest) - other, values.count(None)]

    expected = divergences(count(reference), count(window))

    def shares(values):
        present = len(values) - values.count(None)
        return {
            "missing_ratio": values.count(None) / len(values),
            "invalid_ratio": 0.0,
            "unseen_ratio": count(values)[-2] / present if present else None,
            "out_of_range_ratio": None,
            "mean": None,
            "standard_deviation": None,
        }

    return {
        "name": name,
        "reference": reference,
        "window": window,
        "categories": [[str(text), int(rows)] for text, rows in order],
        "limit": limit,
        "drift": {key: expected.get(key) for key in KEYS},
        "reference_side": shares(reference),
        "window_side": shares(window),
    }


def sprinkle(values, share):
    return [None if rng.random() < share else v for v in values]


def zipf(names, size, power):
    weights = np.arange(1, len(names) + 1) ** -power
    return [str(v) for v in rng.choice(names, size=size, p=weights / weights.sum())]


normal = digits(rng.normal(10, 3, 800))
letters = [f"c{i}" for i in range(30)]
cases = {
    "tools": {"scipy": scipy.__version__, "numpy": np.__version__},
    "numeric": [
        numeric("normal, shifted", normal, digits(rng.normal(11, 3, 500))),
        numeric("normal, not shifted", normal, digits(rng.normal(10, 3, 500))),
        numeric("normal, other spread", normal, digits(rng.normal(10, 5, 500)), parts=128),
        numeric("lognormal", digits(rng.lognormal(0, 2, 800)), digits(rng.lognormal(0.3, 2.2, 500))),
        numeric("far from zero", digits(1e6 + rng.normal(0, 1, 600), 12), digits(1e6 + rng.normal(0.2, 1, 400), 12)),
        numeric("tiny values", digits(rng.exponential(1e-9, 400)), digits(rng.exponential(2e-9, 300))),
        numeric(
            "four tenths zero",
            digits(np.where(rng.random(800) < 0.4, 0, rng.gamma(2, 3, 800))),
            digits(np.where(rng.random(500) < 0.3, 0, rng.gamma(2, 3, 500))),
        ),
        numeric(
            "integers",
            [float(v) for v in rng.integers(0, 12, 800)],
            [float(v) for v in rng.integers(1, 13, 500).clip(0, 11)],
            exact=True,
        ),
        numeric("constant reference", [5.0] * 60, [4.0] * 10 + [5.0] * 30 + [7.5] * 20),
        numeric("constant on both sides", [0.1] * 60, [0.1] * 30, exact=True),
        numeric(
            "missing on both sides",
            sprinkle(digits(rng.normal(-1, 0.2, 500)), 0.1),
            sprinkle(digits(rng.normal(-1, 0.3, 300)), 0.25),
        ),
        numeric("all missing in the window", digits(rng.normal(0, 1, 100)), [None] * 40),
        numeric("no overlap", digits(rng.uniform(0, 1, 200)), digits(rng.uniform(50, 60, 100))),
        numeric("three against one", [1.5, 2.0, 4.0], [3.0]),
        numeric(
            "infinities",
            digits(rng.normal(0, 1, 300)),
            digits(rng.normal(0, 1, 200)) + [math.inf] * 7 + [-math.inf] * 2,
        ),
    ],
    "categorical": [
        categorical("rare and unseen", zipf(letters, 900, 1.2), zipf(letters + ["new", "newer"], 400, 1.0), 10),
        categorical("missing", sprinkle(zipf(letters[:4], 500, 1.0), 0.05), sprinkle(zipf(letters[:4], 300, 0.8), 0.2), 64),
        categorical("all unseen", ["a", "b"] * 20, ["x", "y", "z"] * 9, 64),
        categorical("one against one", ["a"], ["b"], 64),
    ],
}
path = pathlib.Path(__file__).with_name("drift.json")
path.write_text(json.dumps(cases, separators=(",", ":"), allow_nan=False) + "\n")
print(path, path.stat().st_size)
