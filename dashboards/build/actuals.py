"""What is known of the truth: how actuals arrive, and performance to expect before they do."""

from .frame import Grid, repeated
from .frame import dashboard as framed
from .panels import heatmap, series, stat, target
from .queries import MODEL, SCOPE, WHY, WINDOW, notes, scope_variables, why_not

# Statistics that are estimated, too.
ESTIMATED = (
    "accuracy_ratio",
    "f1_macro_ratio",
    "roc_auc",
    "roc_auc_macro",
    "average_precision",
    "mean_absolute_error",
    "root_mean_squared_error",
)


def dashboard():
    variables = [
        *scope_variables("one"),
        repeated(
            "estimate",
            "Estimate",
            f'label_values({{__name__=~"driftgauge_estimated_.+",{WINDOW}}}, __name__)',
            f"/^driftgauge_estimated_({'|'.join(ESTIMATED)})$/",
        ),
    ]
    grid = Grid()
    for part in (glance, coverage, arrival, estimates, bounds, calibration):
        part(grid)
    return framed(
        "driftgauge-actuals",
        "driftgauge / Actuals and estimates",
        "What is known of the truth: how many actuals arrive and how late, and the performance to expect before they do.",
        variables,
        grid.panels,
        notes(MODEL),
    )


def glance(grid):
    grid.add(
        stat(
            "Coverage",
            "Share of the answered predictions in the window whose actual is known.",
            [target(f"max(driftgauge_actual_coverage_ratio{{{WINDOW}}})")],
            "percentunit",
            decimals=0,
        ),
        4,
        4,
    )
    grid.add(
        stat(
            "Least coverage",
            "The smallest coverage of any predicted class or cell of the score. Far below the coverage: actuals are missing for some predictions more "
            "than for others, and performance is biased.",
            [target(f"min(driftgauge_actual_coverage_least_ratio{{{WINDOW}}})")],
            "percentunit",
            decimals=0,
        ),
        4,
        4,
    )
    grid.add(
        stat(
            "Pairs in the window",
            "Predictions in the window whose actual is known, all chosen replicas and versions together.",
            [target(f"sum(driftgauge_window_pairs{{{WINDOW}}})")],
        ),
        4,
        4,
    )
    quantile = f"histogram_quantile(0.5, sum by (le) (rate(driftgauge_actual_delay_seconds_bucket{{{MODEL}}}[$__rate_interval])))"
    grid.add(
        stat(
            "Median delay",
            "Time from prediction to actual of half of the pairs that came lately. No value: none came lately.",
            [target(quantile)],
            "s",
        ),
        4,
        4,
    )
    unmatched = f"(sum(rate(driftgauge_actuals_unmatched_total{{{SCOPE}}}[$__rate_interval])) or vector(0)) / (sum(rate(driftgauge_actuals_total{{{SCOPE}}}[$__rate_interval])) > 0)"
    grid.add(
        stat(
            "Unmatched",
            "Share of the actuals, of all models, that found no prediction.",
            [target(unmatched)],
            "percentunit",
            decimals=1,
        ),
        4,
        4,
    )
    grid.add(
        stat(
            "Waiting",
            "Predictions and actuals of all models that are held for joining, joined ones included.",
            [target(f"sum(driftgauge_waiting_ids{{{SCOPE}}})")],
        ),
        4,
        4,
    )


def coverage(grid):
    grid.row("Coverage")
    grid.add(
        series(
            "By window",
            "Share of the answered predictions in each window whose actual is known. Short windows have less: their predictions are young.",
            [
                target(
                    f"max by (window, version) (driftgauge_actual_coverage_ratio{{{MODEL}}})", "{{window}} {{version}}"
                )
            ],
            "percentunit",
            least=0,
            most=1,
        ),
        8,
        8,
    )
    grid.add(
        series(
            "By age",
            "Coverage of the predictions that are in a window and in no shorter one: how it grows with age. A curve that stays low for old predictions "
            "is one of actuals that never come.",
            [
                target(
                    f"max by (window, version) (driftgauge_actual_coverage_age_ratio{{{MODEL}}})",
                    "{{window}} {{version}}",
                )
            ],
            "percentunit",
            least=0,
            most=1,
        ),
        8,
        8,
    )
    grid.add(
        series(
            "By predicted class",
            "Classification only: coverage by predicted class. Where only some predictions are looked into (approved loans, blocked payments) it differs.",
            [
                target(
                    f"max by (class, version) (driftgauge_actual_coverage_class_ratio{{{WINDOW}}})",
                    "{{class}} {{version}}",
                )
            ],
            "percentunit",
            least=0,
            most=1,
        ),
        8,
        8,
    )


def arrival(grid):
    grid.row("Arrival")
    rate = "[$__rate_interval]"
    grid.add(
        heatmap(
            "Delay of actuals",
            "How long after its prediction an actual comes; the darker, the more. A band that climbs is a source that falls behind.",
            [target(f"sum by (le) (rate(driftgauge_actual_delay_seconds_bucket{{{MODEL}}}{rate}))", "{{le}}")],
            "reqps",
            "s",
            buckets=True,
        ),
        8,
        8,
    )
    grid.add(
        series(
            "Quantiles of the delay",
            "Time from prediction to actual of the pairs that came lately.",
            [
                target(
                    f"histogram_quantile({q}, sum by (le) (rate(driftgauge_actual_delay_seconds_bucket{{{MODEL}}}{rate})))",
                    f"{words}",
                )
                for q, words in ((0.5, "half"), (0.9, "90 %"), (0.99, "99 %"))
            ],
            "s",
            least=0,
        ),
        8,
        8,
    )
    grid.add(
        series(
            "Predictions, actuals and pairs",
            "What comes in, of all models, and the pairs of this one, a second.",
            [
                target(f"sum(rate(driftgauge_actuals_total{{{SCOPE}}}{rate}))", "actuals of all models"),
                target(f"sum(rate(driftgauge_predictions_total{{{MODEL}}}{rate}))", "predictions"),
                target(f"sum(rate(driftgauge_actuals_scored_total{{{MODEL}}}{rate}))", "pairs"),
            ],
            "reqps",
            least=0,
        ),
        8,
        8,
    )
    grid.add(
        series(
            "Actuals that found nothing",
            "Actuals of all models that made no pair, a second, by reason (docs/METRICS.md). `unknown_id` in number: ids do not match, or predictions had gone.",
            [target(f"sum by (reason) (rate(driftgauge_actuals_unmatched_total{{{SCOPE}}}{rate}))", "{{reason}}")],
            "reqps",
            least=0,
            stacked=True,
        ),
        12,
        8,
    )
    grid.add(
        series(
            "Predictions that stopped waiting",
            "Predictions of all models for which no actual came in time, a second, by reason.",
            [target(f"sum by (reason) (rate(driftgauge_predictions_unjoined_total{{{SCOPE}}}{rate}))", "{{reason}}")],
            "reqps",
            least=0,
            stacked=True,
        ),
        12,
        8,
    )


def estimates(grid):
    grid.row("Realised and estimated")
    name = "${estimate}"
    grid.add(
        series(
            "${estimate}",
            "What the actuals say (*realised*), and what scores and features led to expect before they came (*estimated*), with its confidence band and the "
            "reference (dashed). They should lie on each other; where they part, look at the calibration residual. The estimate sees a change of the inputs, not "
            "one of the relation to the actual. No data: the task or the profile allows no estimate.",
            [
                target(f"max by (version) (driftgauge_{name}{{{WINDOW}}})", "realised {{version}}"),
                target(f"max by (version) (driftgauge_estimated_{name}{{{WINDOW}}})", "estimated {{version}}"),
                target(f"min(driftgauge_estimated_{name}_lower{{{WINDOW}}})", "lower limit"),
                target(f"max(driftgauge_estimated_{name}_upper{{{WINDOW}}})", "upper limit"),
                target(f"max by (version) (driftgauge_{name}_reference{{{MODEL}}})", "reference {{version}}"),
            ],
            repeat="estimate",
            repeatDirection="h",
            maxPerRow=3,
        ),
        24,
        8,
    )
    grid.add(
        series(
            "Calibration residual",
            "How far the actuals are from what the scores promised, in the labelled part of the window. Away from 0 the estimates can no longer be trusted. "
            + WHY,
            [
                target(f"max by (version) (driftgauge_calibration_residual{{{WINDOW}}})", "{{version}}"),
                target("vector(0)", "reference"),
            ],
        ),
        12,
        8,
    )
    grid.add(
        series(
            "Shares of the actual classes",
            "Classification only: the share of each class to expect in the actuals, and what came.",
            [
                target(
                    f"max by (class, version) (driftgauge_estimated_actual_class_ratio{{{WINDOW}}})",
                    "estimated {{class}} {{version}}",
                ),
                target(
                    f"max by (class, version) (driftgauge_actual_class_ratio{{{WINDOW}}})",
                    "realised {{class}} {{version}}",
                ),
            ],
            "percentunit",
            least=0,
            most=1,
        ),
        12,
        8,
    )


def bounds(grid):
    grid.row("When actuals are missing")
    grid.add(
        series(
            "Accuracy of all predictions",
            "Classification only. *Of pairs*: over the predictions with an actual. *Post-stratified*: pairs of each predicted class and score cell standing "
            "for all of it. *Worst* and *best case*: if all that have no actual were wrong, or right; the truth is between these two. Far apart: performance is not known.",
            [
                target(f"max by (version) (driftgauge_accuracy_{key}{{{WINDOW}}})", f"{words} {{{{version}}}}")
                for key, words in (
                    ("ratio", "of pairs"),
                    ("poststratified_ratio", "post-stratified"),
                    ("worst_case_ratio", "worst case"),
                    ("best_case_ratio", "best case"),
                )
            ],
            "percentunit",
            most=1,
        ),
        12,
        8,
    )
    grid.add(
        series(
            "Share that the correction reaches",
            "Classification only: share of the predictions whose predicted class and score cell have an actual of their own. Below 1 the post-stratified numbers say nothing of the rest.",
            [target(f"min by (version) (driftgauge_poststratified_weight_ratio{{{WINDOW}}})", "{{version}}")],
            "percentunit",
            least=0,
            most=1,
        ),
        12,
        8,
    )


def calibration(grid):
    grid.row("Calibration")
    for name, title, words, best in (
        (
            "calibration_error",
            "Calibration error",
            "Mean distance of score and share of outcomes over the cells of the score: 0 is perfect. Few pairs make it larger than it is.",
            None,
        ),
        (
            "observed_expected_ratio",
            "Observed over expected",
            "Outcomes observed over the sum of their scores: above 1 the scores promise too little, below 1 too much.",
            1,
        ),
        (
            "spiegelhalter_z",
            "Spiegelhalter's z",
            "A test of calibration: beyond 3, either way, chance does not explain it.",
            0,
        ),
    ):
        compared = (
            [target(f"max by (version) (driftgauge_{name}_reference{{{MODEL}}})", "reference {{version}}")]
            if best is None
            else [target(f"vector({best})", "reference")]
        )
        grid.add(
            series(
                title,
                f"Scores only. {words}",
                [target(f"max by (version) (driftgauge_{name}{{{WINDOW}}})", "{{version}}"), *compared],
            ),
            8,
            8,
        )
    grid.row("No value, and why")
    grid.add(why_not(WINDOW.replace('window="$window"', 'window=~"$window|"'), "the model"), 24, 8)
