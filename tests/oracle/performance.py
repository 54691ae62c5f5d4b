"""Writes performance.json: seeded raw rows and what scikit-learn, numpy and scipy say of them.

Run with numpy, scipy and scikit-learn: `python performance.py`. The Rust test feeds the rows through the aggregates.
"""

import json
import pathlib
import warnings

import numpy
import scipy.stats
import sklearn
import sklearn.calibration
import sklearn.metrics as metrics

warnings.filterwarnings("ignore")
rng = numpy.random.default_rng(20240607)


def number(value):
    value = float(value)
    return value if numpy.isfinite(value) else None


def confusion(actual, predicted, classes):
    """Names as in the list of entries. Undefined is null."""
    out = {"values": {}, "classes": {}}
    values = out["values"]
    values["accuracy_ratio"] = metrics.accuracy_score(actual, predicted)
    values["balanced_accuracy_ratio"] = metrics.balanced_accuracy_score(actual, predicted)
    one = len(set(actual)) == 1
    values["matthews_correlation"] = (
        None if one or len(set(predicted)) == 1 else metrics.matthews_corrcoef(actual, predicted)
    )
    values["cohen_kappa"] = (
        None if one and set(actual) == set(predicted) else metrics.cohen_kappa_score(actual, predicted)
    )
    for average in ["macro", "micro", "weighted"]:
        p, r, f, _ = metrics.precision_recall_fscore_support(actual, predicted, average=average, zero_division=0)
        values[f"precision_{average}_ratio"] = p
        values[f"recall_{average}_ratio"] = r
        values[f"f1_{average}_ratio"] = f
    p, r, f, _ = metrics.precision_recall_fscore_support(
        actual, predicted, labels=classes, average=None, zero_division=numpy.nan
    )
    actual, predicted = numpy.array(actual), numpy.array(predicted)
    for k, c in enumerate(classes):
        others = actual != c
        specificity = None if not others.any() else float((predicted[others] != c).mean())
        left_alone = predicted != c
        negative = None if not left_alone.any() else float((actual[left_alone] != c).mean())
        out["classes"][c] = {
            "precision_ratio": number(p[k]),
            "recall_ratio": number(r[k]),
            "f1_ratio": number(f[k]),
            "specificity_ratio": specificity,
            "negative_predictive_value_ratio": negative,
            "actual_class_ratio": float((actual == c).mean()),
            "predicted_class_ratio": float((predicted == c).mean()),
        }
    return out


def ranking(y, s):
    """Of one class against the rest."""
    y, s = numpy.array(y), numpy.array(s)
    out = {"roc_auc": None, "average_precision": None}
    if y.any():
        out["average_precision"] = metrics.average_precision_score(y, s)
    if y.any() and not y.all():
        out["roc_auc"] = metrics.roc_auc_score(y, s)
    return out


def calibration(hit, score):
    hit, score = numpy.array(hit, float), numpy.array(score)
    edges = numpy.arange(1, 10) / 10
    bins = numpy.searchsorted(edges, score, side="left")
    error = debiased = squares = 0.0
    for b in range(10):
        h, s = hit[bins == b], score[bins == b]
        if len(h) == 0:
            continue
        weight, gap = len(h) / len(hit), abs(h.mean() - s.mean())
        error += weight * gap
        debiased += weight * (gap - numpy.sqrt(2 * s.mean() * (1 - s.mean()) / (numpy.pi * len(h))))
        if len(h) > 1:
            squares += weight * (gap**2 - h.mean() * (1 - h.mean()) / (len(h) - 1))
    variance = ((1 - 2 * score) ** 2 * score * (1 - score)).sum()
    return {
        "calibration_error": error,
        "calibration_error_debiased": debiased,
        "calibration_error_squared_debiased": squares,
        "observed_expected_ratio": number(hit.sum() / score.sum()) if score.sum() > 0 else None,
        "spiegelhalter_z": number(((hit - score) * (1 - 2 * score)).sum() / numpy.sqrt(variance)),
    }


def binary(name, y, s):
    y, s = numpy.array(y), numpy.array(s)
    predicted = (s > 0.5).astype(int)
    classes = ["0", "1"]
    out = confusion([classes[i] for i in y], [classes[i] for i in predicted], classes)
    values = out["values"]
    values.update(ranking(y == 1, s))
    values.update(calibration(y, s))
    values["log_loss"] = metrics.log_loss(y, s, labels=[0, 1])
    values["brier_score"] = metrics.brier_score_loss(y, s, pos_label=1)
    mixed = values["roc_auc"] is not None
    values["gini"] = 2 * values["roc_auc"] - 1 if mixed else None
    values["score_kolmogorov_smirnov"] = scipy.stats.ks_2samp(s[y == 1], s[y == 0]).statistic if mixed else None
    if mixed:
        fpr, tpr, _ = metrics.roc_curve(y, s, drop_intermediate=False)
        values["recall_at_fpr_ratio"] = tpr[fpr <= 0.05].max()
    else:
        values["recall_at_fpr_ratio"] = None
    # scikit-learn's own bins, whose edges differ from i / 10 by a unit in the last place at most.
    hits, means = sklearn.calibration.calibration_curve(y, s, n_bins=10)
    edges = numpy.linspace(0, 1, 11)
    counts = numpy.bincount(numpy.searchsorted(edges[1:-1], s), minlength=10)
    counts = counts[counts > 0]
    assert abs((counts / len(y) * abs(hits - means)).sum() - values["calibration_error"]) < 1e-12
    return {
        "name": name,
        "classes": classes,
        "positive": 1,
        "actual": y.tolist(),
        "predicted": predicted.tolist(),
        "scores": [[v] for v in s.tolist()],
        "expected": out,
    }


def multiclass(name, classes, actual, scores):
    """Actuals are indices; the one past the last class is an unknown class."""
    actual, scores = numpy.array(actual), numpy.array(scores)
    predicted = scores.argmax(axis=1)
    texts = classes + ["never seen"]
    out = confusion([texts[i] for i in actual], [texts[i] for i in predicted], classes)
    values = out["values"]
    areas, precisions = [], []
    for k, c in enumerate(classes):
        one = ranking(actual == k, scores[:, k])
        out["classes"][c]["roc_auc_class"] = one["roc_auc"]
        out["classes"][c]["average_precision_class"] = one["average_precision"]
        out["classes"][c]["brier_score_class"] = float(((scores[:, k] - (actual == k)) ** 2).mean())
        areas.append(one["roc_auc"])
        precisions.append(one["average_precision"])
    mean = lambda all: numpy.mean([v for v in all if v is not None])
    values["roc_auc_macro"] = mean(areas)
    values["average_precision_macro"] = mean(precisions)
    values.update(calibration(predicted == actual, scores.max(axis=1)))
    # A class without a score is a class scored 0.
    padded = numpy.hstack([scores, numpy.zeros((len(scores), 1))])
    labels = list(range(len(texts)))
    values["log_loss"] = metrics.log_loss(actual, padded, labels=labels)
    values["brier_score"] = metrics.brier_score_loss(actual, padded, labels=labels, scale_by_half=False)
    return {
        "name": name,
        "classes": classes,
        "positive": None,
        "actual": actual.tolist(),
        "predicted": predicted.tolist(),
        "scores": scores.tolist(),
        "expected": out,
    }


def intervals(y, z, level):
    """Intervals around the predictions, some without an end and some with the ends crossed, and what they give."""
    own = numpy.random.default_rng(len(y))
    spread = max(abs(z - y).mean(), 0.01)
    lower = (z - spread * own.uniform(0.5, 2, len(y))).round(4)
    upper = (z + spread * own.uniform(0.5, 2, len(y))).round(4)
    crossed = own.random(len(y)) < 0.05
    lower[crossed], upper[crossed] = upper[crossed], lower[crossed]
    hit = own.random(len(y)) < 0.05
    lower[hit] = y[hit]
    known = own.random(len(y)) > 0.1
    values = dict.fromkeys(["interval_coverage_ratio", "interval_width", "pinball_loss"])
    if known.any():
        a, low, high = y[known], lower[known], upper[known]
        values["interval_coverage_ratio"] = ((low <= a) & (a <= high)).mean()
        values["interval_width"] = numpy.maximum(high - low, 0).mean()
        values["pinball_loss"] = (
            metrics.mean_pinball_loss(a, low, alpha=(1 - level) / 2)
            + metrics.mean_pinball_loss(a, high, alpha=(1 + level) / 2)
        ) / 2
    ends = [[low, high] if there else None for low, high, there in zip(lower.tolist(), upper.tolist(), known)]
    return ends, values


def ranked(name, depth, requests):
    """Requests of items shown and a gain for each relevant item."""
    judged = [(shown, wanted) for shown, wanted in requests if wanted]
    values = dict.fromkeys(["normalized_discounted_cumulative_gain", "mean_reciprocal_rank", "hit_ratio"])
    if judged:
        gains, ranks = [], []
        for shown, wanted in judged:
            first = [item not in shown[:place] for place, item in enumerate(shown)]
            relevance = [wanted.get(item, 0) * once for item, once in zip(shown, first)]
            ranks.append(next((place for place, gain in enumerate(relevance, 1) if gain > 0), numpy.inf))
            # scikit-learn ranks every item: those not shown come after others that nobody wants.
            relevance += [0] * depth + [gain for item, gain in wanted.items() if item not in shown]
            gains.append(metrics.ndcg_score([relevance], [range(len(relevance), 0, -1)], k=depth))
        values["normalized_discounted_cumulative_gain"] = numpy.mean(gains)
        values["mean_reciprocal_rank"] = numpy.mean(1 / numpy.array(ranks))
        values["hit_ratio"] = numpy.mean(numpy.array(ranks) <= depth)
    values["relevant_request_ratio"] = len(judged) / len(requests)
    impressions = sum(len(shown) for shown, _ in requests)
    clicks = sum(len(set(shown) & set(wanted)) for shown, wanted in requests)
    values["click_through_ratio"] = clicks / impressions if impressions else None
    return {
        "name": name,
        "depth": depth,
        "requests": [[shown, sorted(wanted.items(), key=lambda pair: -pair[1])] for shown, wanted in requests],
        "expected": {"values": {k: None if v is None else number(v) for k, v in values.items()}},
    }


def requests(count, items, gains):
    """Lists shown out of `items`, one in ten with an item twice; relevant items shown or not."""
    own = numpy.random.default_rng(count)
    out = []
    for _ in range(count):
        shown = own.permutation(items)[: own.integers(0, 15)].tolist()
        if shown and own.random() < 0.1:
            shown.append(shown[0])
        wanted = own.permutation(items)[: own.integers(0, 5)].tolist()
        out.append((shown, {item: float(own.choice(gains)) for item in wanted}))
    return out


def regression(name, actual, predicted, center, deviation, level=0.9):
    y, z = numpy.array(actual), numpy.array(predicted)
    ends, of_intervals = intervals(y, z, level)
    e = z - y
    other = abs(y) >= numpy.finfo(float).eps
    constant = len(set(y)) == 1
    size = abs(y) + abs(z)
    values = {
        "root_mean_squared_error": metrics.root_mean_squared_error(y, z),
        "mean_absolute_error": metrics.mean_absolute_error(y, z),
        "mean_error": e.mean(),
        "error_variance": e.var(),
        "mean_absolute_percentage_error_ratio": (
            metrics.mean_absolute_percentage_error(y[other], z[other]) if other.any() else None
        ),
        "symmetric_mean_absolute_percentage_error_ratio": numpy.where(
            size > 0, 2 * abs(e) / numpy.where(size > 0, size, 1), 0
        ).mean(),
        "weighted_absolute_percentage_error_ratio": abs(e).sum() / abs(y).sum() if other.any() else None,
        "r_squared": None if constant else metrics.r2_score(y, z),
        "explained_variance_ratio": None if constant else metrics.explained_variance_score(y, z),
        "correlation": None if constant or len(set(z)) == 1 else numpy.corrcoef(y, z)[0, 1],
        "median_absolute_error": metrics.median_absolute_error(y, z),
        "absolute_error_p90": numpy.quantile(abs(e), 0.9),
        **of_intervals,
    }
    return {
        "name": name,
        "center": center,
        "deviation": deviation,
        "actual": y.tolist(),
        "predicted": z.tolist(),
        "level": level,
        "intervals": ends,
        "expected": {"values": {k: None if v is None else float(v) for k, v in values.items()}},
    }


def softmax(x):
    e = numpy.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def scores_of(y, separation, shift):
    return 1 / (1 + numpy.exp(-(rng.normal(size=len(y)) + separation * y + shift)))


y = rng.integers(0, 2, 800)
rare = (rng.random(1500) < 0.01).astype(int)
ties = rng.integers(0, 2, 600)
few = rng.integers(0, 2, 7)
tied = numpy.clip(numpy.round(scores_of(ties, 2.0, -1.0) * 1.3 - 0.15, 1), 0, 1)
cases = [
    binary("balanced", y, scores_of(y, 1.5, -0.8).round(6)),
    binary("one percent positive", rare, scores_of(rare, 2.5, -4.0).round(9)),
    binary("ties, exact 0 and 1", ties, tied),
    binary("only negatives", [0] * 50, rng.random(50).round(6)),
    binary("only positives", [1] * 50, rng.random(50).round(6)),
    binary("constant score", few, [0.3] * 7),
    binary("seven rows", few, rng.random(7).round(6)),
]
classes = ["a", "b", "c", "d"]
for name, present, rows in [("four classes", 4, 700), ("absent class", 3, 300), ("unknown class", 5, 400)]:
    shares = numpy.array([0.5, 0.3, 0.15, 0.03, 0.02])[:present]
    actual = rng.choice(present, rows, p=shares / shares.sum())
    logits = rng.normal(size=(rows, 4))
    inside = actual < 4
    logits[inside, actual[inside]] += 1.5
    if name == "absent class":
        logits[:, 3] = -30
    raw = softmax(logits).round(7)
    # What rounding left over goes to the largest.
    raw[numpy.arange(rows), raw.argmax(axis=1)] += 1 - raw.sum(axis=1)
    cases.append(multiclass(name, classes, actual, raw))

price = rng.lognormal(9, 0.6, 500).round(2)
counts = rng.poisson(1.2, 400).astype(float)
far = rng.normal(1.0e6, 5.0, 300)
regressions = [
    regression("prices", price, (price * rng.lognormal(0.02, 0.2, 500)).round(2), 9000.0, 6000.0, 0.8),
    regression("zero actuals", counts, numpy.clip(counts + rng.normal(0, 0.7, 400), 0, None).round(4), 1.0, 1.0),
    regression("exact zeros on both sides", [0.0] * 20, [0.0] * 19 + [2.0], 0.5, 1.0),
    regression("constant actual", [7.3] * 60, (7.3 + rng.normal(0, 1, 60)).round(4), 7.0, 2.0),
    regression("constant prediction", rng.normal(size=60).round(4), [0.1] * 60, 0.0, 1.0),
    regression("far from zero", far, far + rng.normal(0, 0.01, 300), 1.0e6, 5.0),
    regression("an outlier", price[:100], numpy.append(price[:99], 1.0e9), 9000.0, 6000.0),
    regression("negative", rng.normal(-50, 10, 200), rng.normal(-50, 10, 200), -40.0, 10.0),
    regression("a good model", price, (price + rng.normal(0.5, 2.0, 500)).round(4), 9000.0, 6000.0),
    regression("one pair", [3.0], [5.0], 0.0, 1.0),
]
rankings = [
    ranked("clicks", 10, requests(300, 30, [1])),
    ranked("grades", 3, requests(301, 20, [0.5, 1, 2, 3])),
    ranked("only the first", 1, requests(100, 10, [1, 1000])),
    ranked("large gains", 100, requests(50, 200, [1e-9, 1e12])),
    ranked("nothing relevant", 5, [([1, 2, 3], {}), ([], {}), ([4], {})]),
    ranked("nothing shown", 5, [([], {1: 1.0}), ([], {})]),
    ranked("one item", 5, [([1], {1: 2.0})]),
]
for case in cases:
    case["expected"]["values"] = {
        k: None if v is None else number(v) for k, v in case["expected"]["values"].items()
    }
out = {
    "tools": {"numpy": numpy.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__},
    "classification": cases,
    "regression": regressions,
    "ranking": rankings,
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(out, indent=None, separators=(",", ":"), allow_nan=False) + "\n")
print(path.stat().st_size)
