"""Confidence intervals by SciPy, numpy and scikit-learn, from rows: `python3 tests/oracle/intervals.py`.

Writes intervals.json beside itself. Made with scipy 1.17.1, numpy 2.4.6, scikit-learn 1.9.1.
"""

import json
from pathlib import Path

import numpy as np
from scipy import stats
from sklearn.metrics import accuracy_score, brier_score_loss, f1_score, log_loss, matthews_corrcoef, roc_auc_score


def logit(p):
    return np.log(p / (1 - p))


def expit(x):
    return 1 / (1 + np.exp(-x))


def wilson(hits, trials, level):
    interval = stats.binomtest(hits, trials).proportion_ci(confidence_level=level, method="wilson")
    return [interval.low, interval.high]


def delong(scores, actual, level):
    """From the rows: the share of negatives below each positive, and the other way round."""
    pos, neg = scores[actual == 1], scores[actual == 0]
    order = (pos[:, None] > neg[None, :]) + 0.5 * (pos[:, None] == neg[None, :])
    area = order.mean()
    variance = order.mean(axis=1).var(ddof=1) / len(pos) + order.mean(axis=0).var(ddof=1) / len(neg)
    reach = stats.norm.ppf(0.5 + level / 2) * np.sqrt(variance) / (area * (1 - area))
    return {"variance": variance, "interval": [expit(logit(area) - reach), expit(logit(area) + reach)]}


def jackknife(panes, statistic, level, on_logit):
    of = lambda rows: statistic(np.concatenate(rows))
    change = logit if on_logit else lambda x: x
    back = expit if on_logit else lambda x: x
    value, g = of(panes), len(panes)
    without = np.array([change(of(panes[:j] + panes[j + 1 :])) for j in range(g)])
    error = np.sqrt((g - 1) / g * ((without - without.mean()) ** 2).sum())
    reach = stats.t.ppf(0.5 + level / 2, g - 1) * error
    return [back(change(value) - reach), back(change(value) + reach)]


def main():
    random = np.random.default_rng(20261122)
    out = {"wilson": [], "student": [], "mean": [], "delong": [], "jackknife": {}}
    for hits, trials, level in [(45, 60, 0.95), (0, 12, 0.95), (12, 12, 0.9), (1, 1000, 0.99), (99_000, 100_000, 0.5)]:
        out["wilson"].append({"hits": hits, "trials": trials, "level": level, "interval": wilson(hits, trials, level)})
    for freedom in [1, 2, 5, 19, 95, 1_000, 100_000]:
        for level in [0.5, 0.95, 0.999]:
            out["student"].append({"freedom": freedom, "level": level, "quantile": stats.t.ppf(0.5 + level / 2, freedom)})
    for size in [2, 12, 300]:
        errors = random.gamma(2.0, 3.0, size)
        low, high = stats.ttest_1samp(errors, 0).confidence_interval(0.95)
        out["mean"].append({"errors": errors.tolist(), "interval": [max(low, 0.0), high]})
    for count, separation in [(40, 1.0), (300, 0.3)]:
        # Hundredths, so that there are ties; a cell of the grid holds one of them.
        actual = (random.random(count) < 0.4).astype(int)
        scores = np.round(expit(random.normal(separation * actual, 1)), 2)
        out["delong"].append({"scores": scores.tolist(), "actual": actual.tolist(), **delong(scores, actual, 0.95)})
    panes = []
    for _ in range(24):
        size = random.integers(8, 20)
        actual = (random.random(size) < 0.45).astype(float)
        scores = np.round(expit(random.normal(1.2 * actual - 0.6, 1)), 2)
        panes.append(np.column_stack([scores, actual]))
    said = lambda rows: (rows[:, 0] > 0.5).astype(float)
    for key, statistic, on_logit in [
        ("accuracy_ratio", lambda r: accuracy_score(r[:, 1], said(r)), True),
        ("f1_macro_ratio", lambda r: f1_score(r[:, 1], said(r), average="macro"), True),
        ("matthews_correlation", lambda r: matthews_corrcoef(r[:, 1], said(r)), False),
        ("roc_auc", lambda r: roc_auc_score(r[:, 1], r[:, 0]), True),
        ("log_loss", lambda r: log_loss(r[:, 1], r[:, 0]), False),
        ("brier_score", lambda r: brier_score_loss(r[:, 1], r[:, 0]), False),
    ]:
        out["jackknife"][key] = jackknife(panes, statistic, 0.95, on_logit)
    out["panes"] = [pane.tolist() for pane in panes]
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(out, default=float) + "\n")


if __name__ == "__main__":
    main()
