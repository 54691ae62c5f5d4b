"""Prints the tables of STATISTICS.md that are computed, and the numbers of its worked readings.

Run by hand, with Python 3, numpy and scipy: python3 docs/tables.py
"""

import math

import numpy as np
from scipy import stats

DRAWS = 20_000
CELLS = 10


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(str(field) for field in row) + " |")
    print()


def number(x):
    """Two significant digits, without an exponent."""
    if x == 0:
        return "0"
    exponent = math.floor(math.log10(float(f"{abs(x):.1e}")))
    return f"{x:.{max(0, 1 - exponent)}f}"


def jeffreys(counts):
    counts = np.asarray(counts, float)
    return (counts + 0.5) / (counts.sum(axis=-1, keepdims=True) + counts.shape[-1] / 2)


def psi(r, c):
    p, q = jeffreys(r), jeffreys(c)
    return ((q - p) * np.log(q / p)).sum(axis=-1)


def psi_floor(r, c, floor=1e-4):
    """As with a constant in place of a share of zero."""
    p, q = (np.asarray(x, float) / np.sum(x, axis=-1, keepdims=True) for x in (r, c))
    p, q = np.where(p == 0, floor, p), np.where(q == 0, floor, q)
    return ((q - p) * np.log(q / p)).sum(axis=-1)


def jensen_shannon(r, c):
    p, q = jeffreys(r), jeffreys(c)
    a = (p + q) / 2
    return np.sqrt((p * np.log2(p / a) + q * np.log2(q / a)).sum(axis=-1) / 2)


def chance():
    """Ten equal cells, nothing drifted: simulated."""
    rng = np.random.default_rng(20250309)
    shares = np.full(CELLS, 1 / CELLS)
    rows = []
    for n in (50, 100, 300, 1_000, 10_000, 100_000):
        for m in sorted({n, 100_000}):
            r, c = rng.multinomial(m, shares, DRAWS), rng.multinomial(n, shares, DRAWS)
            values = psi(r, c)
            debiased = np.maximum(0, values - (CELLS - 1) * (1 / n + 1 / m))
            rate = lambda limit: f"{100 * np.mean(values > limit):.1f} %"
            rows.append((
                n, m, number((CELLS - 1) * (1 / n + 1 / m)), number(values.mean()), number(np.quantile(values, 0.95)),
                rate(0.1), rate(0.2), f"{100 * np.mean(debiased > 0.1):.1f} %", number(jensen_shannon(r, c).mean()),
                number(math.sqrt(math.pi / 2) * math.log(2) * math.sqrt(1 / n + 1 / m)),
            ))
    table(["n", "m", "(B-1)(1/n+1/m)", "mean PSI", "95 % of PSI below", "PSI > 0.1", "PSI > 0.2", "debiased > 0.1",
           "mean JS", "mean KS"], rows)


def errors():
    """Standard errors by the formulas of the text."""
    rng = np.random.default_rng(20250310)
    rows = []
    for n in (50, 100, 300, 1_000, 10_000, 100_000):
        positives = 0.05 * n
        scores = rng.random((max(1, min(2_000, 20_000_000 // n)), n))
        hits = rng.random(scores.shape) < scores
        bins = np.ceil(scores * 10).astype(int)
        calibration = sum(np.abs(((hits - scores) * (bins == b)).sum(axis=1)) for b in range(1, 11)) / n
        rows.append((
            n, number(math.sqrt(0.9 * 0.1 / n)), number(math.sqrt(0.6 * 0.4 / positives)),
            number(math.sqrt(0.8 * 0.2 / positives)), number(1 / math.sqrt(positives)), number(calibration.mean()),
            number(math.sqrt(1 / n)), number(math.sqrt(2 / (n - 1))), number(3 / n),
        ))
    table(["n", "accuracy 0.9", "recall 0.6, class of 5 %", "ROC AUC 0.8, 5 % positives: at most",
           "observed/expected, 5 % positives", "calibration error of a calibrated model", "mean shift",
           "log variance ratio", "not seen once: true share at most (95 %)"], rows)


def emptied():
    """One cell of ten, a hundredth of the reference (m = 100000), empties: what it adds to PSI."""
    m, p = 100_000, 0.01
    rows = []
    for n in (100, 1_000, 10_000, 100_000):
        ours_p, ours_q = (p * m + 0.5) / (m + CELLS / 2), 0.5 / (n + CELLS / 2)
        azure_p, azure_q = (p * m + 1) / (m + CELLS), 1 / (n + CELLS)
        part = lambda p, q: number((q - p) * math.log(q / p))
        rows.append((n, part(ours_p, ours_q), part(p, 1e-4), part(azure_p, azure_q), "infinite"))
    table(["n", "driftgauge (1/2 a cell)", "floor 1e-4 (Evidently)", "1 a cell (Azure)", "nothing (deequ)"], rows)


def drift_reading():
    """Ten cells of 1000 reference rows each, and a window of 1000 that leans to the right."""
    r, c = [1000] * 10, [60, 80, 90, 95, 100, 105, 110, 115, 120, 125]
    m, n = sum(r), sum(c)
    p, q = jeffreys(r), jeffreys(c)
    raw = np.abs(np.array(r) / m - np.array(c) / n)
    chi = stats.chi2_contingency(np.array([r, c]), correction=False)
    value = float(psi(r, c))
    rows = [
        ("psi", value), ("its chance level", 9 * (1 / n + 1 / m)), ("psi_debiased", value - 9 * (1 / n + 1 / m)),
        ("kullback_leibler, window from reference", float((q * np.log(q / p)).sum())),
        ("the other way round", float((p * np.log(p / q)).sum())),
        ("jensen_shannon", float(jensen_shannon(r, c))),
        ("the same with natural logarithms", float(jensen_shannon(r, c)) * math.sqrt(math.log(2))),
        ("the divergence in base 2", float(jensen_shannon(r, c)) ** 2),
        ("hellinger", math.sqrt(1 - float(np.sqrt(p * q).sum()))), ("total_variation", raw.sum() / 2),
        ("largest_difference", raw.max()), ("chi_square", chi.statistic), ("chi_square_pvalue", chi.pvalue),
    ]
    gone, stayed = [1000] * 10 + [0], [95] * 10 + [50]
    rows.append(("psi of a column of which 5 % went missing", float(psi(gone, stayed))))
    table(["ten cells", "value"], [(name, f"{x:.4g}") for name, x in rows])


def shift_reading():
    """A normal column moves by 0.2 of its deviation; n = 1000, m = 10000."""
    n, m, shift = 1_000, 10_000, 0.2
    x = np.linspace(-10, 10, 2_000_001)
    step = x[1] - x[0]
    f, g = stats.norm.cdf(x), stats.norm.cdf(x - shift)
    size, density = n * m / (n + m), stats.norm.pdf(x)
    h = (m * f + n * g) / (m + n)
    inside = (h > 0) & (h < 1)
    d2 = (f - g) ** 2
    rows = [
        ("kolmogorov_smirnov", np.abs(f - g).max()), ("wasserstein", np.abs(f - g).sum() * step),
        ("mean_shift", shift), ("drift_auc", stats.norm.cdf(shift / math.sqrt(2))), ("variance_ratio", 0.0),
        ("energy_distance, deviation 1", 2 * d2.sum() * step),
        ("cramer_von_mises less chance", size * (d2 * density).sum() * step),
        ("anderson_darling less chance", size * (d2[inside] * density[inside] / (h * (1 - h))[inside]).sum() * step),
    ]
    table(["move by 0.2", "value"], [(name, f"{v:.4g}") for name, v in rows])
    root = math.sqrt(1 / n + 1 / m)
    spread = np.sqrt(f * (1 - f)).sum() * step
    rows = [
        ("KS passed in 1 of 20", 1.358 * root), ("wasserstein", math.sqrt(2 / math.pi) * spread * root),
        ("mean_shift, one standard error", root), ("drift_auc, one standard error", math.sqrt((n + m + 1) / (12 * n * m))),
        ("energy_distance", 2 / math.sqrt(math.pi) * root**2),
    ]
    table(["by chance", "value"], [(name, f"{v:.4g}") for name, v in rows])


def class_reading():
    """1000 pairs, 50 positives: 30 found, 20 missed, 30 false alarms."""
    tp, fn, fp, tn = 30, 20, 30, 920
    n = tp + fn + fp + tn
    precision, recall, specificity = tp / (tp + fp), tp / (tp + fn), tn / (tn + fp)
    f1, f1_other = 2 * tp / (2 * tp + fp + fn), 2 * tn / (2 * tn + fp + fn)
    agree, by_chance = (tp + tn) / n, ((tp + fn) * (tp + fp) + (tn + fp) * (tn + fn)) / n**2
    correlation = (tp * tn - fp * fn) / math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    other, share = tn / (tn + fn), (tp + fn) / n
    rows = [
        ("accuracy", agree), ("balanced_accuracy", (recall + specificity) / 2), ("precision", precision),
        ("precision of the other class", other), ("recall", recall), ("specificity", specificity), ("f1", f1),
        ("precision_macro", (precision + other) / 2), ("precision_weighted", share * precision + (1 - share) * other),
        ("recall_macro", (recall + specificity) / 2), ("f1_macro", (f1 + f1_other) / 2),
        ("f1_weighted", share * f1 + (1 - share) * f1_other), ("cohen_kappa", (agree - by_chance) / (1 - by_chance)),
        ("matthews_correlation", correlation), ("standard error of recall", math.sqrt(recall * (1 - recall) / (tp + fn))),
        ("precision at a quarter of the positives", tp / 4 / (tp / 4 + (tn + fp + 0.75 * (tp + fn)) * fp / (tn + fp))),
    ]
    table(["1000 pairs", "value"], [(name, f"{x:.4g}") for name, x in rows])


if __name__ == "__main__":
    for part in (chance, errors, emptied, drift_reading, shift_reading, class_reading):
        print(f"<!-- {part.__doc__} -->")
        part()
