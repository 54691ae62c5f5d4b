"""One model: how well it does, how far its inputs and outputs have moved, and why."""

from .frame import Grid, repeated
from .frame import dashboard as framed
from .panels import (
    BLUE,
    ORANGE,
    RED,
    bars,
    cells,
    mapping,
    now,
    override,
    series,
    stat,
    steps,
    table,
    target,
    timeline,
)
from .queries import (
    MODEL,
    RATIO_STEPS,
    STATUS,
    STATUS_STEPS,
    STATUS_WORDS,
    WHY,
    WINDOW,
    evidence,
    first,
    in_thresholds,
    linked,
    notes,
    scope_variables,
    share,
    status,
    to,
    why_not,
)

# The evidence is of columns and of losses; the latter have no feature.
OF_COLUMNS = ',feature!=""'

# The statistics that are drawn, whatever the task: those that a model has are the values of the variable.
DRAWN = (
    "accuracy_ratio",
    "precision_ratio",
    "recall_ratio",
    "f1_macro_ratio",
    "roc_auc",
    "roc_auc_macro",
    "average_precision",
    "log_loss",
    "calibration_error",
    "actual_class_ratio",
    "root_mean_squared_error",
    "mean_absolute_error",
    "mean_error",
    "r_squared",
    "interval_coverage_ratio",
    "normalized_discounted_cumulative_gain",
    "mean_reciprocal_rank",
    "hit_ratio",
)


def dashboard():
    variables = [
        *scope_variables("one"),
        repeated(
            "performance",
            "Performance",
            f'label_values({{__name__=~"driftgauge_.+",{WINDOW}}}, __name__)',
            f"/^driftgauge_({'|'.join(DRAWN)})$/",
        ),
        repeated(
            "output",
            "Output",
            f'label_values(driftgauge_feature_observations{{{MODEL},role=~"score|prediction"}}, feature)',
        ),
    ]
    grid = Grid()
    for part in (glance, performance, drift, output, quality, service, versions, causes, segments):
        part(grid)
    return framed(
        "driftgauge-model",
        "driftgauge / Model",
        "One model: how well it does, how far its inputs and outputs have moved, and why.",
        variables,
        grid.panels,
        notes(MODEL),
    )


def to_feature(field="Column"):
    return (
        to("driftgauge-feature", var__model="${model}", var__feature=f"${{__data.fields.{field}}}")
        + "&${version:queryparam}&${window:queryparam}"
    )


def glance(grid):
    grid.add(
        stat(
            "Status",
            STATUS_WORDS,
            [target(f"max({status(MODEL, WINDOW)})")],
            colors=STATUS_STEPS,
            texts=STATUS,
            trend=False,
        ),
        4,
        4,
    )
    grid.add(
        stat(
            "Farthest column",
            "The column whose PSI is the most thresholds from the reference. Above 1 is more than chance and tolerance explain.",
            [now(f"topk(1, max by (feature) ({in_thresholds(WINDOW)}))", "{{feature}}")],
            "suffix: x threshold",
            colors=RATIO_STEPS,
            names=True,
            trend=False,
            decimals=1,
        ),
        4,
        4,
    )
    grid.add(
        stat(
            "Features drifted",
            "Share of the features that the evidence of all series together names as drifted.",
            [target(f"max(driftgauge_features_drifted_ratio{{{MODEL}}})")],
            "percentunit",
            decimals=0,
        ),
        3,
        4,
    )
    grid.add(
        stat(
            "Performance",
            "What the task is judged by first, in the window and of the reference: accuracy, R squared or gain (nDCG). "
            + WHY,
            [
                now(f"min by (measured) ({first('', WINDOW)})", "{{measured}}"),
                now(f"max by (measured) ({first('_reference', MODEL)})", "reference"),
            ],
            names=True,
            trend=False,
            decimals=3,
        ),
        4,
        4,
    )
    grid.add(
        stat(
            "Coverage of actuals",
            "Share of the answered predictions in the window whose actual is known. Performance says little without it.",
            [target(f"max(driftgauge_actual_coverage_ratio{{{WINDOW}}})")],
            "percentunit",
            decimals=0,
        ),
        3,
        4,
    )
    identity = (
        f"time() - max by (sha) (driftgauge_reference_timestamp_seconds{{{MODEL}}} * on (job, instance, model, version) group_left (sha) "
        f"driftgauge_reference_info{{{MODEL}}})"
    )
    grid.add(
        stat(
            "Reference",
            "The first letters of the hash of the reference in use, and its age. More than one: versions or replicas differ in it.",
            [now(f'label_replace({identity}, "short", "$1", "sha", "(.{{8}}).*")', "{{short}}")],
            "s",
            names=True,
            trend=False,
            decimals=0,
        ),
        3,
        4,
    )
    grid.add(
        stat(
            "Newest prediction",
            "How long ago the newest prediction was made, by its own time.",
            [target(f"time() - max(driftgauge_last_prediction_timestamp_seconds{{{MODEL}}})")],
            "s",
            trend=False,
            decimals=0,
        ),
        3,
        4,
    )


def performance(grid):
    grid.row("Performance")
    name = "driftgauge_${performance}"
    grid.add(
        series(
            "${performance}",
            "The statistic in the window, for each class where it has classes, version and replica. The band is its confidence interval: what chance may have "
            "to do with it; by class there is none here. "
            "Dashed: the reference (blue) and the threshold set in the config (red; none is set unless you do). Worse for certain is a band "
            "that is wholly on the wrong side of the blue line. " + WHY,
            [
                target(f"{name}{{{WINDOW}}}", "{{class}} {{version}} {{instance}}"),
                target(f'min({name}_lower{{{WINDOW},class=""}})', "lower limit"),
                target(f'max({name}_upper{{{WINDOW},class=""}})', "upper limit"),
                target(f"max by (class, version) ({name}_reference{{{MODEL}}})", "reference {{class}} {{version}}"),
                target(f"max by (class, version) ({name}_threshold{{{WINDOW}}})", "threshold {{class}} {{version}}"),
                # The threshold of a mean error is its distance from 0.
                target(
                    f'-max by (version) ({{__name__="{name}_threshold",__name__="driftgauge_mean_error_threshold",{WINDOW}}})',
                    "threshold {{version}}",
                ),
            ],
            repeat="performance",
            repeatDirection="h",
            maxPerRow=3,
        ),
        24,
        8,
    )


def drift(grid):
    grid.row("Drift")
    grid.add(
        timeline(
            "Columns against their thresholds",
            "The PSI of each column in thresholds: green is within what chance and tolerance explain, orange is over the threshold, red over twice of "
            "it. The worst of the chosen versions and replicas. Several columns at once point to the traffic, a single one to its source.",
            [target(f"max by (feature) ({in_thresholds(WINDOW)})", "{{feature}}")],
            RATIO_STEPS,
            unit="suffix: x threshold",
            decimals=1,
        ),
        24,
        9,
    )
    by = "max by (feature, role)"
    queries = [
        f"{by} ({in_thresholds(WINDOW)})",
        f"{by} (driftgauge_feature_psi{{{WINDOW}}})",
        f"{by} (driftgauge_feature_psi_threshold{{{WINDOW}}})",
        f"{by} (driftgauge_feature_mean_shift_sd{{{WINDOW}}})",
        f"{by} (driftgauge_feature_missing_ratio{{{WINDOW}}})",
        f"{by} ({evidence(MODEL, OF_COLUMNS)})",
        f"{by} (driftgauge_drift_alarm{{{MODEL}{OF_COLUMNS}}})",
        f"{by} (driftgauge_drift_onset_timestamp_seconds{{{MODEL}{OF_COLUMNS}}}) * 1000",
        f"{by} (driftgauge_feature_importance{{{MODEL}}})",
    ]
    columns = [
        ("feature", "Column"),
        ("role", "Role"),
        ("Value #A", "PSI / threshold"),
        ("Value #B", "PSI"),
        ("Value #C", "Threshold"),
        ("Value #D", "Mean shift"),
        ("Value #E", "Missing"),
        ("Value #F", "Evidence / threshold"),
        ("Value #G", "Alarm"),
        ("Value #H", "Drift since"),
        ("Value #I", "Importance"),
    ]
    overrides = [
        override("PSI / threshold", decimals=2, thresholds=RATIO_STEPS, custom__displayMode="color-background-solid"),
        override("/^(PSI|Threshold|Mean shift|Importance)$/", decimals=3),
        override("Mean shift", unit="suffix: sd", decimals=2),
        override("Missing", unit="percentunit", decimals=1),
        override(
            "Evidence / threshold", decimals=2, thresholds=steps("text", (1, RED)), custom__displayMode="color-text"
        ),
        override(
            "Alarm",
            mappings=[
                {
                    "type": "value",
                    "options": {"0": {"text": "-", "index": 0}, "1": {"text": "alarm", "color": RED, "index": 1}},
                }
            ],
            custom__displayMode="color-text",
        ),
        override("Drift since", unit="dateTimeFromNow"),
        linked("Column", to_feature()),
    ]
    grid.add(
        table(
            "Columns",
            "Every column, the farthest from the reference first. *Mean shift* is in standard deviations of the reference. *Evidence*: from 1 on, "
            "and with an effect that is large enough, there is an alarm; *Drift since*: when the drift of the last alarm began. A name "
            "leads to the column's own dashboard.",
            [cells(query) for query in queries],
            columns,
            order=("PSI / threshold", True),
            overrides=overrides,
        ),
        24,
        10,
    )
    grid.add(
        series(
            "Evidence",
            "The ten largest of the evidence that a column or a loss has left its reference, in nats; at the threshold, and with an effect "
            "that is large enough, it is an alarm. It may be looked at all the time. During an alarm the evidence is what the alarm was raised with. What is "
            "below 0.1 is drawn there.",
            [
                target(
                    f"clamp_min(topk(10, max by (feature, role, statistic) (driftgauge_drift_log_evalue{{{MODEL}}})), 0.1)",
                    "{{feature}} {{statistic}}",
                ),
                target(f"max(driftgauge_drift_log_evalue_threshold{{{MODEL}}})", "threshold"),
            ],
            log=True,
        ),
        12,
        9,
    )
    alarm = f"driftgauge_drift_alarm{{{MODEL}}} == 1"

    def of_alarms(family):
        same = "on (job, instance, model, version, feature, role, statistic)"
        return f"max by (feature, role, statistic) ({family}{{{MODEL}}} and {same} ({alarm}))"

    grid.add(
        table(
            "Alarms",
            "The alarms that hold now: how large the drift is, the size from which it counts, and when it began by the evidence. A row without a column "
            "is a loss of the model: its relation to the actual has changed. Empty: no alarm.",
            [
                cells(of_alarms("driftgauge_drift_effect")),
                cells(of_alarms("driftgauge_drift_effect_floor")),
                cells(of_alarms("driftgauge_drift_onset_timestamp_seconds") + " * 1000"),
            ],
            [
                ("feature", "Column"),
                ("role", "Role"),
                ("statistic", "Statistic"),
                ("Value #A", "Effect"),
                ("Value #B", "Floor"),
                ("Value #C", "Since"),
            ],
            order=("Since", False),
            overrides=[
                override("/^(Effect|Floor)$/", decimals=3),
                override("Since", unit="dateTimeAsIso"),
                linked("Column", to_feature()),
            ],
        ),
        12,
        9,
    )
    grid.add(
        series(
            "Unusual rows",
            "Share of the predictions whose outlier score is beyond a quantile of the reference's scores, with the same of the reference "
            "(dashed): rows can be unusual as a whole while each column is as it was.",
            [
                target(
                    f"max by (level, version) (driftgauge_outlier_ratio{{{WINDOW}}})", "beyond {{level}} {{version}}"
                ),
                target(f"max by (level) (driftgauge_outlier_ratio_reference{{{MODEL}}})", "reference {{level}}"),
            ],
            "percentunit",
            least=0,
        ),
        12,
        8,
    )
    grid.add(
        series(
            "Rows as a whole",
            "The maximum mean discrepancy of window and reference with its threshold. It is there when the profile was built with "
            "`[multivariate] mmd = true`.",
            [
                target(f"max by (version) (driftgauge_maximum_mean_discrepancy{{{WINDOW}}})", "{{version}}"),
                target(
                    f"max by (version) (driftgauge_maximum_mean_discrepancy_threshold{{{WINDOW}}})",
                    "threshold {{version}}",
                ),
            ],
            least=0,
        ),
        12,
        8,
    )


def output(grid):
    grid.row("Score and prediction")
    scope = WINDOW + ',feature="$output",role=~"score|prediction"'
    grid.add(
        bars(
            "${output}: now and in the reference",
            "Share of the window's values in each cell of the reference, all chosen replicas together, beside the reference's own. Cells are the "
            "deciles of the reference, named by their right edge; the last one and those of categories by their number, then the categories the reference did not "
            "know, missing and invalid values. No data: the config does not name the column in `[fleet] features`, or the task has no such output.",
            [
                cells(share("driftgauge_feature_window_bin", scope)),
                cells(share("driftgauge_reference_bin", scope.replace(',window="$window"', ""))),
            ],
            "cell",
            [("Value #A", "now"), ("Value #B", "reference")],
            colors=(("now", ORANGE), ("reference", BLUE)),
            order="bin",
            repeat="output",
            repeatDirection="h",
            maxPerRow=3,
        ),
        24,
        8,
    )
    outputs = 'role=~"score|prediction"'
    grid.add(
        series(
            "Mean of score and prediction",
            "The mean of each numeric output in the window, for each version, with that of the reference (dashed). Two versions that "
            "see the same traffic should agree.",
            [
                target(
                    f"avg by (feature, role, version) (driftgauge_feature_mean{{{WINDOW},{outputs}}})",
                    "{{feature}} {{version}}",
                ),
                target(
                    f"max by (feature, role) (driftgauge_feature_mean_reference{{{MODEL},{outputs}}})",
                    "reference {{feature}}",
                ),
            ],
        ),
        12,
        8,
    )
    by_class = f"sum by (class) (rate(driftgauge_predicted_class_total{{{MODEL}}}[$__rate_interval]))"
    all_of_it = (
        f'label_replace(sum(rate(driftgauge_predictions_total{{{MODEL}}}[$__rate_interval])), "class", "all", "", "")'
    )
    grid.add(
        series(
            "Predictions by class",
            "Predictions a second by predicted class; of a task without classes all of them.",
            [target(f"{by_class} or on () {all_of_it}", "{{class}}")],
            "reqps",
            least=0,
            stacked=True,
        ),
        12,
        8,
    )


def quality(grid):
    grid.row("Quality of the data")
    for name, title, words in (
        ("missing", "Missing values", "Share of records in which the column is null, absent or NaN"),
        ("invalid", "Invalid values", "Share of records in which the column's value is of the wrong kind"),
        (
            "unseen",
            "Unseen categories",
            "Share of the values of a categorical column whose category the reference did not know",
        ),
        (
            "out_of_range",
            "Out of range",
            "Share of the values of a numeric column below the smallest or above the largest of the reference",
        ),
    ):
        family = f"driftgauge_feature_{name}_ratio"
        expr = f"topk(5, max by (feature) ({family}{{{WINDOW}}} - ignoring (window) group_left () {family}_reference{{{MODEL}}}))"
        grid.add(
            series(
                title,
                f"{words}, less that of the reference: the five largest. Above 0 there are more of them than there were.",
                [target(expr, "{{feature}}"), target("vector(0)", "reference")],
                "percentunit",
            ),
            6,
            8,
        )


def service(grid):
    grid.row("Service")
    rate = "[$__rate_interval]"
    grid.add(
        series(
            "Predictions",
            "Predictions read a second by version, failures included.",
            [target(f"sum by (version) (rate(driftgauge_predictions_total{{{MODEL}}}{rate}))", "{{version}}")],
            "reqps",
            least=0,
        ),
        8,
        8,
    )
    grid.add(
        series(
            "Failures",
            "Failed predictions a second, by type of failure as logged. No data: none failed since the start.",
            [target(f"sum by (error) (rate(driftgauge_prediction_failures_total{{{MODEL}}}{rate}))", "{{error}}")],
            "reqps",
            least=0,
            stacked=True,
        ),
        8,
        8,
    )
    grid.add(
        series(
            "Latency",
            "Quantiles of the latency of answered predictions in the window, with those of the reference where it has latencies (dashed). No "
            "data: the log has no latencies.",
            [
                target(
                    f"max by (level, version) (driftgauge_window_latency_seconds{{{WINDOW}}})",
                    "quantile {{level}} {{version}}",
                ),
                target(
                    f"max by (level) (driftgauge_window_latency_reference_seconds{{{MODEL}}})", "reference {{level}}"
                ),
            ],
            "s",
            least=0,
        ),
        8,
        8,
    )


def versions(grid):
    grid.row("Versions side by side")
    by = "by (version)"
    measured = first("", WINDOW).replace("by (model, version)", by)
    reference = first("_reference", MODEL).replace("by (model, version)", by)
    rate = f"sum {by} (rate(driftgauge_predictions_total{{{MODEL}}}[$__rate_interval]))"
    failed = f"sum {by} (rate(driftgauge_prediction_failures_total{{{MODEL}}}[$__rate_interval])) / ({rate} > 0)"
    queries = [
        status(MODEL, WINDOW).replace("by (model, version)", by),
        f"min {by} (driftgauge_version_first_seen_timestamp_seconds{{{MODEL}}}) * 1000",
        rate,
        failed,
        f"sum {by} (driftgauge_window_observations{{{WINDOW}}})",
        measured,
        reference,
        f"max {by} (driftgauge_actual_coverage_ratio{{{WINDOW}}})",
        f"max {by} ({in_thresholds(WINDOW)})",
        f"max {by} ({evidence(MODEL)})",
        f'max {by} (driftgauge_window_latency_seconds{{{WINDOW},level="0.95"}})',
    ]
    columns = [
        ("version", "Version"),
        ("Value #A", "Status"),
        ("Value #B", "First seen"),
        ("Value #C", "Predictions a second"),
        ("Value #D", "Failed"),
        ("Value #E", "In the window"),
        ("measured", "Measured by"),
        ("Value #F", "Performance"),
        ("Value #G", "Reference"),
        ("Value #H", "Coverage"),
        ("Value #I", "Largest PSI / threshold"),
        ("Value #J", "Evidence / threshold"),
        ("Value #K", "Latency, 95 %"),
    ]
    overrides = [
        override(
            "Status", mappings=mapping(STATUS), thresholds=STATUS_STEPS, custom__displayMode="color-background-solid"
        ),
        override("First seen", unit="dateTimeAsIso"),
        override("Predictions a second", decimals=2),
        override("/^(Failed|Coverage)$/", unit="percentunit", decimals=1),
        override("/^(Performance|Reference)$/", decimals=3),
        override("/threshold$/", decimals=2),
        override("Latency, 95 %", unit="s"),
    ]
    grid.add(
        table(
            "Versions",
            "A row for each version with the same numbers beside each other; the newest first. A difference in performance means something when "
            "both have many predictions, the same coverage and the same kind of traffic.",
            [cells(query) for query in queries],
            columns,
            order=("First seen", True),
            overrides=overrides,
        ),
        24,
        6,
    )


def causes(grid):
    grid.row("What accounts for the change")
    grid.add(
        series(
            "Change of the loss",
            "Mean loss of the labelled rows less that of the reference: share of wrong predictions, or the mean absolute error of a "
            "regression. Above 0 the model is worse than it was. " + WHY,
            [
                target(f"max by (version) (driftgauge_loss_shift{{{WINDOW}}})", "{{version}}"),
                target("vector(0)", "reference"),
            ],
        ),
        8,
        9,
    )
    by = "max by (feature)"
    queries = [
        f"{by} (driftgauge_feature_{name}{{{WINDOW}}})"
        for name in (
            "drift_importance",
            "prediction_shift",
            "loss_shift_expected",
            "loss_shift_covariate",
            "loss_shift_within",
            "loss_shift_spread",
        )
    ]
    columns = [
        ("feature", "Column"),
        ("Value #A", "Drift x importance"),
        ("Value #B", "Shift of the prediction"),
        ("Value #C", "Expected loss"),
        ("Value #D", "Loss, by its shift"),
        ("Value #E", "Loss, within cells"),
        ("Value #F", "Unevenness"),
    ]
    grid.add(
        table(
            "Causes",
            "Of each ranking the first columns only. *Drift x importance*: where the model is most exposed. *Shift of the prediction*: how much of the "
            "moved mean of the score the column accounts for. *Expected loss*: from predictions alone. *Loss, by its shift* and *within cells*: the two parts "
            "of the change of the loss, with `[causes] losses = true`. A large part within cells of all columns means that the relation to the actual "
            "has changed (concept drift). *Unevenness*: how differently the cells of the column fare.",
            [cells(query) for query in queries],
            columns,
            order=("Drift x importance", True),
            overrides=[
                override("/^(Drift|Shift|Expected|Loss|Unevenness)/", decimals=4),
                linked("Column", to_feature()),
            ],
        ),
        16,
        9,
    )


def segments(grid):
    grid.row("Segments")
    by = "by (feature, segment)"
    error = f"driftgauge_segment_mean_absolute_error{{{WINDOW}}}"
    grid.add(
        series(
            "Accuracy or error by segment",
            "Accuracy, or of a regression the mean absolute error, in the parts of the traffic that `[segments] features` "
            "declares. No data: it declares none. " + WHY,
            [
                target(
                    f"min {by} (driftgauge_segment_accuracy_ratio{{{WINDOW}}}) or max {by} ({error})",
                    "{{feature}} {{segment}}",
                )
            ],
        ),
        12,
        8,
    )
    differences = (
        ("accuracy", "accuracy"),
        ("demographic_parity", "predicted positives"),
        ("equal_opportunity", "recall"),
        ("predictive_parity", "precision"),
    )
    grid.add(
        series(
            "Gaps between segments",
            "The largest less the smallest over the segments of a feature: 0 is no gap. Small segments have none. "
            + WHY,
            [
                *(
                    target(f"max by (feature) (driftgauge_{name}_difference{{{WINDOW}}})", f"{words} {{{{feature}}}}")
                    for name, words in differences
                ),
                target(f"max by (feature) ({error}) - min by (feature) ({error})", "error {{feature}}"),
            ],
            least=0,
        ),
        12,
        8,
    )
    grid.row("No value, and why")
    grid.add(why_not(WINDOW.replace('window="$window"', 'window=~"$window|"'), "the model"), 24, 8)
