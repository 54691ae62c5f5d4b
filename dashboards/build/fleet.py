"""All models at a glance: which one needs a look, and why."""

from .frame import Grid
from .frame import dashboard as framed
from .panels import (
    GREEN,
    ORANGE,
    RED,
    cells,
    mapping,
    override,
    series,
    stat,
    steps,
    table,
    target,
    timeline,
)
from .queries import (
    RATIO_STEPS,
    SCOPE,
    STATUS,
    STATUS_STEPS,
    STATUS_WORDS,
    WHY,
    evidence,
    first,
    in_thresholds,
    linked,
    notes,
    scope_variables,
    status,
    to,
    why_not,
)

ALL = SCOPE + ',model=~"$model",version=~"$version"'
WINDOWS = ALL + ',window=~"$window"'


def dashboard():
    grid = Grid()
    glance(grid)
    models(grid)
    over_time(grid)
    return framed(
        "driftgauge-fleet",
        "driftgauge / Fleet",
        "All models: which one needs a look, and why. From here to the model, and on to the feature.",
        scope_variables("many"),
        grid.panels,
        notes(ALL),
    )


def glance(grid):
    count = f"count(max by (model, version) (driftgauge_last_prediction_timestamp_seconds{{{ALL}}}))"
    grid.add(
        stat(
            "Models and versions", "How many models and versions have had a prediction.", [target(count)], trend=False
        ),
        3,
        4,
    )
    for value, color, name, words in (
        (3, RED, "Drift alarms", "Models and versions with an alarm of the evidence."),
        (
            2,
            ORANGE,
            "Worse than reference",
            "Models and versions whose whole confidence interval is below the reference, without an alarm.",
        ),
        (1, "yellow", "Over a threshold", "Models and versions with a PSI above its threshold, and nothing worse."),
    ):
        expr = f"count(({status(ALL, WINDOWS)}) == {value}) or vector(0)"
        grid.add(stat(name, words, [target(expr)], colors=steps(GREEN, (1, color))), 3, 4)
    rate = f"sum(rate(driftgauge_predictions_total{{{ALL}}}[$__rate_interval]))"
    failed = f"(sum(rate(driftgauge_prediction_failures_total{{{ALL}}}[$__rate_interval])) or vector(0)) / ({rate} > 0)"
    grid.add(stat("Predictions", "Predictions read a second, failures included.", [target(rate)], "reqps"), 3, 4)
    grid.add(stat("Failed", "Share of the predictions that failed.", [target(failed)], "percentunit", decimals=2), 3, 4)
    up = f"count(up{{{SCOPE}}} == 1) / count(up{{{SCOPE}}})"
    grid.add(
        stat(
            "driftgauge up",
            "Share of the driftgauge processes that Prometheus could scrape. Below 100 % numbers are missing: see *Health of driftgauge*.",
            [target(up)],
            "percentunit",
            colors=steps(RED, (1, GREEN)),
        ),
        3,
        4,
    )
    alerts = 'count(ALERTS{job=~"$job",alertname=~"Driftgauge.+",alertstate="firing"}) or vector(0)'
    grid.add(
        stat(
            "Alerts firing",
            "Alerts of the shipped rules. It is 0, too, when Prometheus has not loaded them.",
            [target(alerts)],
            colors=steps(GREEN, (1, RED)),
        ),
        3,
        4,
    )


def models(grid):
    worst = f"max by (model, version, feature) ({in_thresholds(WINDOWS)})"
    worst = f'label_replace(topk by (model, version) (1, {worst}), "worst", "$1", "feature", "(.*)")'
    queries = [
        status(ALL, WINDOWS),
        f"max by (model, version, worst) ({worst})",
        first("", WINDOWS),
        first("_reference", ALL),
        f"max by (model, version) ({evidence(ALL)})",
        f"max by (model, version) (driftgauge_drift_onset_timestamp_seconds{{{ALL}}} and on (job, instance, model, version, feature, role, statistic) (driftgauge_drift_alarm{{{ALL}}} == 1)) * 1000",
        f"max by (model, version) (driftgauge_actual_coverage_ratio{{{WINDOWS}}})",
        f"max by (model, version) (driftgauge_window_observations{{{WINDOWS}}})",
        f"time() - max by (model, version) (driftgauge_last_prediction_timestamp_seconds{{{ALL}}})",
        f"time() - max by (model, version) (driftgauge_reference_timestamp_seconds{{{ALL}}})",
    ]
    columns = [
        ("model", "Model"),
        ("version", "Version"),
        ("Value #A", "Status"),
        ("worst", "Worst column"),
        ("Value #B", "PSI / threshold"),
        ("measured", "Measured by"),
        ("Value #C", "Performance"),
        ("Value #D", "Reference"),
        ("Value #E", "Evidence / threshold"),
        ("Value #F", "Drift since"),
        ("Value #G", "Coverage"),
        ("Value #H", "Predictions"),
        ("Value #I", "Newest"),
        ("Value #J", "Reference's age"),
    ]
    overrides = [
        override(
            "Status",
            mappings=mapping(STATUS),
            thresholds=STATUS_STEPS,
            custom__displayMode="color-background-solid",
            custom__width=170,
        ),
        override("PSI / threshold", decimals=2, thresholds=RATIO_STEPS, custom__displayMode="color-text"),
        override("/^(Performance|Reference)$/", decimals=3),
        override(
            "Evidence / threshold", decimals=2, thresholds=steps("text", (1, RED)), custom__displayMode="color-text"
        ),
        override("Drift since", unit="dateTimeFromNow"),
        override("Coverage", unit="percentunit", decimals=0),
        override("/^(Newest|Reference's age)$/", unit="s", decimals=0),
        linked(
            "Model",
            to("driftgauge-model", var__model="${__data.fields.Model}", var__version="${__data.fields.Version}"),
        ),
        linked(
            "Worst column",
            to(
                "driftgauge-feature",
                var__model="${__data.fields.Model}",
                var__version="${__data.fields.Version}",
                var__feature='${__data.fields["Worst column"]}',
            ),
        ),
    ]
    grid.row("Models")
    grid.add(
        table(
            "Models",
            "A row for each model and version, the worst of the chosen windows and replicas. Status: "
            + STATUS_WORDS
            + " *PSI / threshold*: the "
            "column that has left the reference farthest, in thresholds: above 1 is more than chance and tolerance explain. *Evidence / "
            "threshold*: from 1 on there is an alarm. *Coverage*: share of predictions whose actual is known; performance says "
            "little without it. An empty cell has no value: the table below says why. A model and a column lead to their own dashboards.",
            [cells(query) for query in queries],
            columns,
            order=("Status", True),
            overrides=overrides,
        ),
        24,
        9,
    )


def over_time(grid):
    grid.row("Over time")
    grid.add(
        timeline(
            "Status",
            "The status of each model and version over time. " + STATUS_WORDS,
            [target(status(ALL, WINDOWS), "{{model}} {{version}}")],
            STATUS_STEPS,
            STATUS,
        ),
        12,
        8,
    )
    grid.add(
        series(
            "Evidence of drift",
            "The largest evidence of each model and version in thresholds; from 1 on, and with an effect that is large enough, it is an alarm. It may "
            "be looked at all the time: the budget of false alarms holds for all series together. What is below 0.01 is drawn there.",
            [
                target(f"clamp_min(max by (model, version) ({evidence(ALL)}), 0.01)", "{{model}} {{version}}"),
                target("vector(1)", "threshold"),
            ],
            log=True,
        ),
        12,
        8,
    )
    grid.add(
        series(
            "Performance less reference",
            "Accuracy, R squared or gain (nDCG) less that of the reference, the smallest of the chosen windows: below 0 the model is worse than "
            "it was. " + WHY,
            [
                target(
                    f"({first('', WINDOWS)}) - on (model, version, measured) ({first('_reference', ALL)})",
                    "{{model}} {{version}}: {{measured}}",
                ),
                target("vector(0)", "reference"),
            ],
        ),
        12,
        8,
    )
    grid.add(
        series(
            "Farthest column",
            "The largest PSI of each model and version, in thresholds: above 1 is more than chance and tolerance explain.",
            [
                target(f"max by (model, version) ({in_thresholds(WINDOWS)})", "{{model}} {{version}}"),
                target("vector(1)", "threshold"),
            ],
            log=True,
        ),
        12,
        8,
    )
    grid.add(
        series(
            "Predictions",
            "Predictions read a second, by model and version, failures included.",
            [
                target(
                    f"sum by (model, version) (rate(driftgauge_predictions_total{{{ALL}}}[$__rate_interval]))",
                    "{{model}} {{version}}",
                )
            ],
            "reqps",
            least=0,
        ),
        12,
        8,
    )
    grid.add(
        series(
            "Coverage of actuals",
            "Share of the answered predictions whose actual is known, the largest of the chosen windows.",
            [
                target(
                    f"max by (model, version) (driftgauge_actual_coverage_ratio{{{WINDOWS}}})", "{{model}} {{version}}"
                )
            ],
            "percentunit",
            least=0,
            most=1,
        ),
        12,
        8,
    )
    alerts = 'max by (alertname, severity, model, version) (ALERTS{job=~"$job",alertname=~"Driftgauge.+",alertstate="firing"})'
    grid.add(
        table(
            "Alerts firing",
            "What the shipped rules say. Empty: nothing fires, or Prometheus has not loaded alert-rules/driftgauge-alerts.yaml.",
            [cells(alerts)],
            [("severity", "Severity"), ("alertname", "Alert"), ("model", "Model"), ("version", "Version")],
            order=("Severity", False),
            overrides=[linked("Model", to("driftgauge-model", var__model="${__data.fields.Model}"))],
        ),
        12,
        8,
    )
    grid.add(why_not(WINDOWS.replace('window=~"$window"', 'window=~"$window|"'), "the chosen models"), 12, 8)
