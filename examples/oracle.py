"""What the scripts `expected.py` of the examples share: the numbers by numpy, scipy and scikit-learn, from the rows.

The divergences are those of driftgauge's own definition (the head of `src/statistics/drift/psi.rs`); the rule of their
cells is told again in `tests/oracle/definitions.py`. Everything else is what its usual name says.
"""

import csv
import gzip
import json
from collections import Counter
from datetime import datetime

import numpy
from scipy import stats
from sklearn import metrics

PANES = [86400, 21600, 3600, 900, 300, 60, 15, 5, 1]


def lines_of(path):
    return gzip.decompress(path.read_bytes()).decode().splitlines()


def csv_rows(path):
    return list(csv.DictReader(lines_of(path)))


def json_rows(path):
    return [json.loads(line) for line in lines_of(path)]


def seconds(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def number(text):
    """A number, or None of what is missing."""
    return None if text in ("", None) else float(text)


def window_end(newest, length):
    """The end of the newest pane. A pane is at most a sixtieth of the window."""
    pane = next(pane for pane in PANES if pane * 60 <= length and length % pane == 0)
    return (newest // pane + 1) * pane


class Output:
    """The lines of expected.prom."""

    def __init__(self, model, version):
        self.stream = {"model": model, "version": version}
        self.exact, self.bounded = [], []

    def add(self, name, value, where="exact", **labels):
        text = ",".join(f'{key}="{value}"' for key, value in (self.stream | labels).items())
        getattr(self, where).append((name, f"driftgauge_{name}{{{text}}} {float(value)!r}"))

    def undefined(self, statistic, reason, **labels):
        self.add("undefined_info", 1, **labels, statistic=statistic, reason=reason)

    def plain(self, name, value, **labels):
        """A series without a stream."""
        text = ",".join(f'{key}="{value}"' for key, value in labels.items())
        series = f"driftgauge_{name}{{{text}}}" if labels else f"driftgauge_{name}"
        self.exact.append((name, f"{series} {float(value)!r}"))

    def write(self, path):
        bounds = [f"# bound driftgauge_{name}" for name in sorted({name for name, _ in self.bounded})]
        line = lambda entries: [line for _, line in entries]
        path.write_text("\n".join([*line(self.exact), *bounds, *line(self.bounded)]) + "\n")


def deviation(values, ddof=0):
    """The standard deviation; of equal values it is zero, not what is left by rounding."""
    return values.std(ddof=ddof) if values.min() < values.max() else 0.0


def cells_of_numbers(reference, window):
    present = numpy.sort([x for x in reference if x is not None])
    edges = set(numpy.quantile(present, numpy.arange(1, 10) / 10, method="inverted_cdf").tolist())
    for value, count in zip(*numpy.unique(present, return_counts=True)):
        if count * 10 >= len(present):
            edges |= {float(value), float(numpy.nextafter(value, -numpy.inf))}
    edges = sorted(edges)

    def cells(column):
        at = numpy.searchsorted(edges, [x for x in column if x is not None], side="left")
        return [*numpy.bincount(at, minlength=len(edges) + 1), sum(x is None for x in column)]

    return numpy.array([cells(reference), cells(window)], float)


def cells_of_categories(reference, window):
    known = sorted({x for x in reference if x is not None})

    def cells(column):
        counts = Counter(column)
        known_counts = [counts[category] for category in known]
        return [*known_counts, len(column) - sum(known_counts) - counts[None], counts[None]]

    return numpy.array([cells(reference), cells(window)], float)


def divergences(cells):
    cells = cells[:, cells.sum(axis=0) > 0]
    sizes, count = cells.sum(axis=1), cells.shape[1]
    p, q = (cells + 0.5) / (sizes + count / 2)[:, None]
    raw = cells / sizes[:, None]
    a, psi = (p + q) / 2, numpy.sum((q - p) * numpy.log(q / p))
    values = {
        "psi": psi,
        "psi_debiased": max(0, psi - (count - 1) * (1 / sizes).sum()),
        "kullback_leibler_divergence": stats.entropy(q, p),
        "jensen_shannon_distance": numpy.sqrt((stats.entropy(p, a, base=2) + stats.entropy(q, a, base=2)) / 2),
        "hellinger_distance": numpy.linalg.norm(numpy.sqrt(p) - numpy.sqrt(q)) / numpy.sqrt(2),
        "total_variation": numpy.abs(raw[1] - raw[0]).sum() / 2,
        "largest_difference": numpy.abs(raw[1] - raw[0]).max(),
    }
    if count > 1:
        chi_square = stats.chi2_contingency(cells, correction=False)
        values |= {"chi_square": chi_square.statistic, "chi_square_pvalue": chi_square.pvalue}
    return values


# What an input column shows when the config names no statistics; the other roles show all.
INPUT = {"psi", "psi_debiased", "jensen_shannon_distance"}
INPUT_CATEGORY = INPUT | {"largest_difference"}


def column(out, name, role, kind, reference, current, **labels):
    """Drift, quality and moments of one column in one window."""
    labels |= {"feature": name, "role": role}
    of_reference = {key: value for key, value in labels.items() if key != "window"}
    present = lambda values: numpy.array([x for x in values if x is not None])
    r, w = present(reference), present(current)
    out.add("feature_observations", len(w), **labels)
    out.add("feature_missing_ratio", 1 - len(w) / len(current), **labels)
    out.add("feature_missing_ratio_reference", 1 - len(r) / len(reference), **of_reference)
    if kind == "categorical":
        values, shown = divergences(cells_of_categories(reference, current)), INPUT_CATEGORY
        out.add("feature_unseen_ratio", numpy.mean(~numpy.isin(w, r)), **labels)
    else:
        values, shown = divergences(cells_of_numbers(reference, current)), INPUT
        out.add("feature_out_of_range_ratio", numpy.mean((w < r.min()) | (w > r.max())), **labels)
        for suffix, x, where in [("", w, labels), ("_reference", r, of_reference)]:
            out.add(f"feature_mean{suffix}", x.mean(), **where)
            out.add(f"feature_standard_deviation{suffix}", deviation(x, 1), **where)
        ks = stats.ks_2samp(r, w, method="asymp").statistic
        out.add("feature_kolmogorov_smirnov", ks, "bounded", **labels)
        if deviation(r) > 0:
            out.add("feature_mean_shift_sd", (w.mean() - r.mean()) / r.std(), **labels)
            out.add("feature_wasserstein_sd", stats.wasserstein_distance(r, w) / r.std(), "bounded", **labels)
        else:
            out.undefined("mean_shift", "constant_reference", **labels)
            out.undefined("wasserstein", "constant_reference", **labels)
        if role != "input":
            auc = stats.mannwhitneyu(w, r).statistic / len(w) / len(r)
            out.add("feature_drift_auc", auc, "bounded", **labels)
            # scipy has the square root of half of it.
            out.add("feature_energy_distance", stats.energy_distance(r, w) ** 2, "bounded", **labels)
            out.add("feature_variance_ratio_log", numpy.log(w.var(ddof=1) / r.var(ddof=1)), **labels)
    for key, value in values.items():
        if role != "input" or key in shown:
            out.add(f"feature_{key}", value, **labels)


def classification(out, actual, predicted, classes, suffix="", **labels):
    """Everything of predicted and actual classes."""
    actual, predicted = numpy.array(actual), numpy.array(predicted)
    add = lambda name, value, **more: out.add(name + suffix, value, **labels, **more)
    add("accuracy_ratio", metrics.accuracy_score(actual, predicted))
    add("matthews_correlation", metrics.matthews_corrcoef(actual, predicted))
    add("cohen_kappa", metrics.cohen_kappa_score(actual, predicted))
    recall = metrics.recall_score(actual, predicted, labels=sorted(set(actual)), average="macro", zero_division=0)
    add("balanced_accuracy_ratio", recall)
    scores = {"precision": metrics.precision_score, "recall": metrics.recall_score, "f1": metrics.f1_score}
    for name, score in scores.items():
        for average in ["macro", "micro", "weighted"]:
            add(f"{name}_{average}_ratio", score(actual, predicted, average=average, zero_division=0))
        each = score(actual, predicted, labels=classes, average=None, zero_division=numpy.nan)
        for label, value in zip(classes, each):
            if not numpy.isnan(value):
                add(f"{name}_ratio", value, **{"class": label})
            elif not suffix:
                out.undefined(f"{name}_ratio", "class_not_seen", **labels, **{"class": label})
    for label in classes:
        others = actual != label
        if others.any():
            add("specificity_ratio", numpy.mean(predicted[others] != label), **{"class": label})
        add("actual_class_ratio", numpy.mean(actual == label), **{"class": label})
        add("predicted_class_ratio", numpy.mean(predicted == label), **{"class": label})


def calibration(out, outcomes, scores, suffix="", **labels):
    """How far scores are from outcomes, in ten bins whose upper edges belong to them."""
    add = lambda name, value: out.add(name + suffix, value, **labels)
    bins = numpy.maximum(numpy.ceil(numpy.round(scores * 10, 9)), 1)
    parts = [(outcomes[bins == b], scores[bins == b]) for b in numpy.unique(bins)]
    error = sum(abs(y.sum() - p.sum()) for y, p in parts) / len(scores)
    add("calibration_error", error)
    chance = sum(numpy.sqrt(2 * p.mean() * (1 - p.mean()) * len(p) / numpy.pi) for _, p in parts) / len(scores)
    add("calibration_error_debiased", error - chance)
    add("observed_expected_ratio", outcomes.sum() / scores.sum())
    spread = numpy.sqrt(numpy.sum((1 - 2 * scores) ** 2 * scores * (1 - scores)))
    add("spiegelhalter_z", numpy.sum((outcomes - scores) * (1 - 2 * scores)) / spread)


def counts(out, records, line_counts, windows, actual_of):
    """The series that count, then each window with its answered and its paired records.

    A record has `time`, `id`, `error` and `latency` in ms; `line_counts` is the lines by source, `actual_of` the
    actual of an id.
    """
    answered = [record for record in records if not record["error"]]
    out.add("predictions_total", len(records))
    for error, count in Counter(record["error"] for record in records if record["error"]).items():
        out.add("prediction_failures_total", count, error=error)
    paired = sum(record["id"] in actual_of for record in answered)
    ids = {record["id"] for record in records}
    out.plain("actuals_total", len(actual_of))
    out.add("actuals_scored_total", paired)
    failed = sum(record["id"] in actual_of for record in records if record["error"])
    out.plain("actuals_unmatched_total", failed, reason="failed_request")
    out.plain("actuals_unmatched_total", sum(id not in ids for id in actual_of), reason="no_prediction")
    out.plain("actuals_unmatched_total", 0, reason="invalid")
    out.plain("predictions_unjoined_total", 0, reason="expired")
    out.add("prediction_latency_seconds_count", len(answered))
    out.add("prediction_latency_seconds_sum", sum(record["latency"] for record in answered) / 1000)
    for source in ["predictions", "actuals"]:
        out.plain("source_lines_total", line_counts[source], source=source)
        out.plain("decode_failures_total", 0, source=source, reason="syntax")
    out.add("last_prediction_timestamp_seconds", max(record["time"] for record in records))
    newest = max(record["time"] for record in records)
    for window, length in windows.items():
        end = window_end(newest, length)
        inside = [record for record in records if end - length <= record["time"] < end]
        ok = [record for record in inside if not record["error"]]
        pairs = [record for record in ok if record["id"] in actual_of]
        out.add("window_end_timestamp_seconds", end, window=window)
        out.add("window_observations", len(ok), window=window)
        out.add("window_failed_predictions", len(inside) - len(ok), window=window)
        out.add("window_pairs", len(pairs), window=window)
        out.add("actual_coverage_ratio", len(pairs) / len(ok), window=window)
        latency = [record["latency"] / 1000 for record in ok]
        for level in [0.5, 0.99]:
            exact = numpy.quantile(latency, level, method="inverted_cdf")
            out.add("window_latency_seconds", exact, "bounded", window=window, level=f"{level:g}")
        yield window, ok, pairs
