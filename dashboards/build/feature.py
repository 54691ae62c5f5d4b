"""One column of one model: its distribution, every statistic, and the evidence."""

from .frame import Grid, repeated, variable
from .frame import dashboard as framed
from .panels import BLUE, GREEN, ORANGE, RED, bars, cells, heatmap, now, override, series, stat, table, target
from .queries import MODEL, RATIO_STEPS, WHY, WINDOW, in_thresholds, notes, scope_variables, share, why_not

COLUMN = MODEL + ',feature="$feature"'
HERE = WINDOW + ',feature="$feature"'


def dashboard():
    variables = [
        *scope_variables("one"),
        variable("feature", "Feature", f"label_values(driftgauge_feature_observations{{{MODEL}}}, feature)"),
        repeated(
            "statistic",
            "Statistic",
            f'label_values({{__name__=~"driftgauge_feature_.+_threshold",{HERE}}}, __name__)',
            "/^driftgauge_feature_(.+)_threshold$/",
        ),
    ]
    grid = Grid()
    for part in (glance, distribution, statistics, quality, evidence, causes):
        part(grid)
    return framed(
        "driftgauge-feature",
        "driftgauge / Feature",
        "One column of one model, be it an input, the score, the prediction or the actual: its distribution, every statistic, and the evidence.",
        variables,
        grid.panels,
        [*notes(MODEL)[:2], *notes(COLUMN)[2:]],
    )


def glance(grid):
    ratio = f"max({in_thresholds(HERE)})"
    grid.add(
        stat(
            "PSI / threshold",
            "The population stability index in thresholds: above 1 is more than chance and tolerance explain.",
            [target(ratio)],
            "suffix: x threshold",
            colors=RATIO_STEPS,
            decimals=2,
        ),
        4,
        4,
    )
    grid.add(
        stat(
            "Sigma",
            "How many standard deviations the PSI is above what chance alone gives. Large windows make small drifts certain: look at the PSI itself, too.",
            [target(f"max(driftgauge_feature_psi_sigma{{{HERE}}})")],
            "suffix: sigma",
            decimals=1,
        ),
        4,
        4,
    )
    grid.add(
        stat(
            "Alarm",
            "Whether an alarm of the evidence holds for this column.",
            [target(f"max(driftgauge_drift_alarm{{{COLUMN}}})")],
            texts={0: ("none", GREEN), 1: ("drift alarm", RED)},
            trend=False,
        ),
        4,
        4,
    )
    grid.add(
        stat(
            "Drift since",
            "When the drift of the last alarm began, by the evidence. No value: there was no alarm.",
            [now(f"max(driftgauge_drift_onset_timestamp_seconds{{{COLUMN}}}) * 1000")],
            "dateTimeFromNow",
            trend=False,
        ),
        4,
        4,
    )
    grid.add(
        stat(
            "Values in the window",
            "Values of the column, missing and invalid ones left out, all chosen replicas and versions together. Few values make wide thresholds.",
            [target(f"sum(driftgauge_feature_observations{{{HERE}}})")],
        ),
        4,
        4,
    )
    grid.add(
        stat(
            "Importance",
            "How much the column matters to the model, of 1 for all features together. No value: the profile says nothing of it.",
            [target(f"max(driftgauge_feature_importance{{{COLUMN}}})")],
            "percentunit",
            trend=False,
            decimals=1,
        ),
        4,
        4,
    )


def distribution(grid):
    grid.row("Distribution")
    cells_of = (
        "Cells are the deciles of the reference, named by their right edge; the last one and those of categories by their number (the most frequent "
        "first), then other and unseen categories, missing and invalid values. No data: the config does not name the column in `[fleet] features`."
    )
    grid.add(
        bars(
            "Now and in the reference",
            "Share of the window's values in each cell of the reference, all chosen replicas together, beside the reference's own. Where the orange bars "
            "are higher, there is more of it than there was. " + cells_of,
            [cells(share("driftgauge_feature_window_bin", HERE)), cells(share("driftgauge_reference_bin", COLUMN))],
            "cell",
            [("Value #A", "now"), ("Value #B", "reference")],
            colors=(("now", ORANGE), ("reference", BLUE)),
            order="bin",
        ),
        12,
        10,
    )
    shares = f"sum by (bin) (driftgauge_feature_window_bin{{{HERE}}}) / on () group_left () sum(driftgauge_feature_window_bin{{{HERE}}})"
    grid.add(
        heatmap(
            "How it moved",
            "The share of each cell over time; the darker, the more. As long as nothing moves the rows keep their shade. "
            + cells_of,
            [target(shares, "{{bin}}")],
        ),
        12,
        10,
    )
    grid.add(
        series(
            "Mean",
            "Mean of the finite values in the window, by version, with that of the reference (dashed). Numbers only.",
            [
                target(f"avg by (role, version) (driftgauge_feature_mean{{{HERE}}})", "{{role}} {{version}}"),
                target(f"max by (role) (driftgauge_feature_mean_reference{{{COLUMN}}})", "reference {{role}}"),
            ],
        ),
        12,
        7,
    )
    grid.add(
        series(
            "Standard deviation",
            "Standard deviation of the finite values in the window, by version, with that of the reference (dashed). Numbers only.",
            [
                target(
                    f"avg by (role, version) (driftgauge_feature_standard_deviation{{{HERE}}})", "{{role}} {{version}}"
                ),
                target(
                    f"max by (role) (driftgauge_feature_standard_deviation_reference{{{COLUMN}}})", "reference {{role}}"
                ),
            ],
            least=0,
        ),
        12,
        7,
    )


def limits(name):
    """The thresholds of a statistic. That of one that is worse both ways is a distance: from 0, of the AUC from 0.5."""
    auc = "driftgauge_feature_drift_auc_threshold"
    found = 'max by (role, version) ({{__name__="{}_threshold",__name__{},{}}})'
    return (
        found.format(name, f'!="{auc}"', HERE),
        "-" + found.format(name, '=~"driftgauge_feature_(mean_shift_sd|variance_ratio_log)_threshold"', HERE),
        "0.5 + " + found.format(name, f'="{auc}"', HERE),
        "0.5 - " + found.format(name, f'="{auc}"', HERE),
    )


def statistics(grid):
    grid.row("Every statistic with its threshold")
    name = "driftgauge_feature_${statistic}"
    grid.add(
        series(
            "${statistic}",
            "The statistic for each version and replica, with its threshold (dashed): beyond it the drift is more than chance and tolerance explain, or than was "
            "set. Statistics that are worse both ways (mean shift, log of the variance ratio, drift AUC) have one on either side. "
            + WHY,
            [
                target(f"{name}{{{HERE}}}", "{{role}} {{version}} {{instance}}"),
                *(target(expr, "threshold {{role}} {{version}}") for expr in limits(name)),
            ],
            repeat="statistic",
            repeatDirection="h",
            maxPerRow=3,
        ),
        24,
        7,
    )

    def named(names, suffix):
        found = f'{{__name__=~"driftgauge_feature_({names}){suffix}",{HERE}}}'
        return f'max by (role, statistic) (label_replace({found}, "statistic", "$1", "__name__", "driftgauge_feature_(.+?){suffix}"))'

    names = (
        "psi|psi_debiased|kullback_leibler_divergence|jensen_shannon_distance|jensen_shannon_divergence|hellinger_distance|total_variation|"
        "largest_difference|chi_square|chi_square_pvalue|kolmogorov_smirnov|kolmogorov_smirnov_pvalue|wasserstein_sd|wasserstein_distance|"
        "drift_auc|mean_shift_sd|variance_ratio_log|cramer_von_mises|anderson_darling|energy_distance"
    )
    grid.add(
        table(
            "All statistics now",
            "What each says now, with its threshold and how far the exact value may be from the one shown; the largest of the chosen versions "
            "and replicas. p-values are worse when they are small; of what is worse both ways the threshold is the distance from 0, or from 0.5 of the drift AUC.",
            [cells(named(names, "")), cells(named(names, "_threshold")), cells(named(names, "_error_bound"))],
            [
                ("statistic", "Statistic"),
                ("role", "Role"),
                ("Value #A", "Value"),
                ("Value #B", "Threshold"),
                ("Value #C", "Error bound"),
            ],
            order=("Statistic", False),
            overrides=[override("/^(Value|Threshold|Error bound)$/", decimals=5)],
        ),
        12,
        9,
    )
    grid.add(why_not(HERE.replace('window="$window"', 'window=~"$window|"'), "the column"), 12, 9)


def quality(grid):
    grid.row("Quality")
    for title, words, names in (
        ("Missing", "Share of records in which the column is null, absent or NaN", ("missing",)),
        ("Invalid", "Share of records in which the value is of the wrong kind", ("invalid",)),
        (
            "Unseen or out of range",
            "Share of the values whose category the reference did not know, or of numbers below its smallest or above its "
            "largest",
            ("unseen", "out_of_range"),
        ),
    ):
        values = " or ".join(f"max by (role, version) (driftgauge_feature_{name}_ratio{{{HERE}}})" for name in names)
        references = " or ".join(
            f"max by (role) (driftgauge_feature_{name}_ratio_reference{{{COLUMN}}})" for name in names
        )
        grid.add(
            series(
                title,
                f"{words}, with that of the reference (dashed).",
                [target(values, "{{role}} {{version}}"), target(references, "reference {{role}}")],
                "percentunit",
                least=0,
            ),
            8,
            7,
        )


def evidence(grid):
    grid.row("Evidence")
    grid.add(
        series(
            "Evidence",
            "ln of the evidence that the column has left its reference at any time since the detector began, with the threshold of an alarm (dashed). It may be "
            "looked at all the time. What is below 0.1 is drawn there. Only the threshold: the evidence does not look at this column.",
            [
                target(
                    f"clamp_min(max by (statistic, role, version) (driftgauge_drift_log_evalue{{{COLUMN}}}), 0.1)",
                    "{{statistic}} {{role}} {{version}}",
                ),
                target(f"max(driftgauge_drift_log_evalue_threshold{{{MODEL}}})", "threshold"),
            ],
            log=True,
        ),
        12,
        8,
    )
    grid.add(
        series(
            "Effect",
            "How large the recent drift is, with the size from which evidence is an alarm (dashed). Evidence without effect is a drift that is certain and does not matter.",
            [
                target(
                    f"max by (statistic, role, version) (driftgauge_drift_effect{{{COLUMN}}})",
                    "{{statistic}} {{role}} {{version}}",
                ),
                target(f"max by (statistic) (driftgauge_drift_effect_floor{{{COLUMN}}})", "threshold {{statistic}}"),
            ],
            least=0,
        ),
        12,
        8,
    )


def causes(grid):
    grid.row("What it does to the model")
    grid.add(
        series(
            "Shift of the prediction",
            "Shift of the mean score, or prediction, that the shift of this column accounts for. No data: the column is not among the first ones.",
            [target(f"max by (version) (driftgauge_feature_prediction_shift{{{HERE}}})", "{{version}}")],
        ),
        12,
        7,
    )
    grid.add(
        series(
            "Change of the loss",
            "The part of the change of the loss that the shift of the column accounts for, and the part inside its cells. No data: `[causes] losses` is off, or "
            "the column is not among the first ones.",
            [
                target(
                    f"max by (version) (driftgauge_feature_loss_shift_covariate{{{HERE}}})", "by its shift {{version}}"
                ),
                target(
                    f"max by (version) (driftgauge_feature_loss_shift_within{{{HERE}}})", "within its cells {{version}}"
                ),
                target(
                    f"max by (version) (driftgauge_feature_loss_shift_expected{{{HERE}}})",
                    "expected, from predictions {{version}}",
                ),
            ],
        ),
        12,
        7,
    )
