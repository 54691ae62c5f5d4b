"""Queries that several dashboards ask, and the words for their answers."""

from . import frame
from .panels import BLUE, GREEN, ORANGE, PURPLE, RED, YELLOW, cells, override, steps, table

# Which driftgauge; every query has at least this.
SCOPE = 'job=~"$job",instance=~"$instance"'
# One model.
MODEL = SCOPE + ',model="$model",version=~"$version"'
WINDOW = MODEL + ',window="$window"'

# The statistic a task is judged by first: its name, what to call it, and its limit that says worse than the reference.
FIRST = (
    ("accuracy_ratio", "accuracy"),
    ("r_squared", "R squared"),
    ("normalized_discounted_cumulative_gain", "gain (nDCG)"),
)

STATUS = {
    -1: ("learning", BLUE),
    0: ("ok", GREEN),
    1: ("over a threshold", YELLOW),
    2: ("worse than reference", ORANGE),
    3: ("drift alarm", RED),
}
STATUS_STEPS = steps(BLUE, (0, GREEN), (1, YELLOW), (2, ORANGE), (3, RED))
STATUS_WORDS = (
    "**drift alarm**: the evidence has raised an alarm, which holds for its cool-down; **worse than reference**: the whole "
    "confidence interval of accuracy, R squared or gain is below the value of the reference; **over a threshold**: the PSI of "
    "a column is above its threshold in the window; **ok**: none of these; **learning**: a reference is learned "
    "from the traffic, and there are no windows yet."
)

# A column's PSI in thresholds, and what that means.
RATIO_STEPS = steps(GREEN, (1, ORANGE), (2, RED))

WHY = "Where there is no value, the table *No value, and why* says the reason."


def status(scope, windows):
    """How a model and version is, as in STATUS."""
    worse = " or ".join(
        f"2 * (driftgauge_{name}_upper{{{windows}}} < on (job, instance, model, version) group_left () "
        f"driftgauge_{name}_reference{{{scope}}}) ^ 0"
        for name, _ in FIRST
    )
    return (
        f"max by (model, version) (-1 * (driftgauge_warmup_progress_ratio{{{scope}}} < 1) ^ 0 "
        f"or 0 * driftgauge_window_observations{{{windows}}} "
        f"or (driftgauge_feature_psi{{{windows}}} > driftgauge_feature_psi_threshold{{{windows}}}) ^ 0 "
        f"or {worse} or 3 * (driftgauge_drift_alarm{{{scope}}} == 1))"
    )


def first(companion, scope, least=True, label="measured"):
    """The first statistic of each model, or its companion, with its name as a label."""
    fold = "min" if least else "max"
    return " or ".join(
        f'label_replace({fold} by (model, version) (driftgauge_{name}{companion}{{{scope}}}), "{label}", "{words}", "", "")'
        for name, words in FIRST
    )


def in_thresholds(scope):
    """The PSI of each column over its threshold."""
    return f"driftgauge_feature_psi{{{scope}}} / driftgauge_feature_psi_threshold{{{scope}}}"


def evidence(scope, more=""):
    """The evidence of each series over the threshold of alarms; `more` is said of the evidence alone."""
    return (
        f"driftgauge_drift_log_evalue{{{scope}{more}}} / on (job, instance, model, version) group_left () "
        f"driftgauge_drift_log_evalue_threshold{{{scope}}}"
    )


def share(family, scope):
    """The share of each cell of a column, of all replicas together, with the right edge of the cell as `cell`."""
    of_bins = f"(sum by (bin) ({family}{{{scope}}}) / scalar(sum({family}{{{scope}}})))"
    reference = scope.replace(',window="$window"', "")
    edges = f'count_values by (bin) ("edge", max by (bin) (driftgauge_reference_bin_edge{{{reference}}}))'
    # A few digits of the edge are enough to tell where it is.
    short = f'label_replace({edges}, "cell", "up to $1", "edge", "(-?[0-9]+(?:[.]0*[0-9]{{1,3}})?).*")'
    return (
        f"{of_bins} * on (bin) group_left (cell) {short} "
        f'or on (bin) label_replace(label_replace({of_bins}, "cell", "$1", "bin", "(.*)"), "cell", "cell $1", "bin", "([0-9]+)")'
    )


def scope_variables(model=None):
    """Which driftgauge, and which model and window: `model` is `one`, `many` or nothing."""
    found = [
        frame.variable("job", "Job", "label_values(driftgauge_build_info, job)", multi=True),
        frame.variable(
            "instance", "Instance", 'label_values(driftgauge_build_info{job=~"$job"}, instance)', multi=True
        ),
    ]
    of_model = SCOPE + (',model="$model"' if model == "one" else ',model=~"$model"')
    if model:
        query = f"label_values(driftgauge_predictions_total{{{SCOPE}}}, model)"
        found.append(frame.variable("model", "Model", query, multi=model == "many"))
        query = f"label_values(driftgauge_predictions_total{{{of_model}}}, version)"
        found.append(frame.variable("version", "Version", query, multi=True, sort=2))
        query = f"label_values(driftgauge_window_observations{{{of_model}}}, window)"
        found.append(frame.variable("window", "Window", query, multi=model == "many", sort=3))
    return found


def notes(scope):
    """What happened to the models: new versions and references, the onset of drift, alarms, alerts."""
    model = scope.split(",")[2]
    return [
        frame.note(
            "New versions",
            BLUE,
            f"max by (model, version) (driftgauge_version_first_seen_timestamp_seconds{{{scope}}}) * 1000",
            "{{model}} {{version}}",
            "First prediction of this version.",
            at_value=True,
        ),
        frame.note(
            "New references",
            PURPLE,
            f"max by (model, version) (changes(driftgauge_reference_timestamp_seconds{{{scope}}}[$__rate_interval])) > 0",
            "new reference of {{model}} {{version}}",
            "The windows began anew.",
        ),
        frame.note(
            "Onset of drift",
            ORANGE,
            f"max by (model, version, feature, statistic) (driftgauge_drift_onset_timestamp_seconds{{{scope}}}) * 1000",
            "drift of {{feature}} began",
            "{{model}} {{version}}: {{statistic}}, by the evidence.",
            at_value=True,
        ),
        frame.note(
            "Alarms",
            RED,
            f"max by (model, version) (driftgauge_drift_alarm{{{scope}}}) == 1",
            "drift alarm of {{model}} {{version}}",
            "The evidence of at least one column or loss is over its threshold.",
        ),
        frame.note(
            "Alerts",
            YELLOW,
            f'max by (alertname, severity, model, version) (ALERTS{{job=~"$job",{model},alertname=~"Driftgauge.+",alertstate="firing"}})',
            "{{alertname}}",
            "{{severity}}: {{model}} {{version}}",
            enabled=False,
        ),
    ]


def why_not(scope, noun):
    """The table of what has no value."""
    expr = (
        f"count by (statistic, reason) (count by (statistic, reason, feature, class, segment) "
        f"(driftgauge_undefined_info{{{scope}}}))"
    )
    return table(
        "No value, and why",
        f"Each statistic of {noun} that has no value now, the reason, and for how many columns, classes or segments. An absent "
        "value is never zero. Reasons: `no_observations` and `too_few`: wait, or choose a longer window; `no_actuals` and "
        "`actuals_too_late`: look at *Actuals and estimates*; `no_reference` and `no_reference_actuals`: the profile lacks it; "
        "the others are in docs/METRICS.md. Empty: everything has a value.",
        [cells(expr)],
        [("statistic", "Statistic"), ("reason", "Reason"), ("Value", "How many")],
        order=("Statistic", False),
    )


def linked(name, url):
    """A column of a table that leads elsewhere."""
    return override(name, links=[{"title": "Look closer", "url": url, "targetBlank": False}])


def to(uid, **more):
    """Where a link leads: to a dashboard, with the times and the variables of this one."""
    kept = "&".join(f"${{{name}:queryparam}}" for name in ("datasource", "job", "instance"))
    more = "".join(f"&{name.replace('__', '-')}={value}" for name, value in more.items())
    return f"/d/{uid}?{kept}&${{__url_time_range}}{more}"
