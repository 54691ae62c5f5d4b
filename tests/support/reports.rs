//! Reports to look at: streams that are healthy, drifted, and warming up. Values are made by formulas, not by a run.

use driftgauge::aggregate::Role;
use driftgauge::event::{StreamKey, Task};
use driftgauge::report::{
    CellView, ColumnView, Reading, ReferenceView, Report, SourceView, StreamView, WarmupView, WindowView,
};
use driftgauge::statistics::{Evaluated, Outcome, Spec, Undefined, specs};
use driftgauge::time::{Length, Timestamp};

/// The newest event of every report here.
pub const AT: Timestamp = Timestamp(1_741_417_218_000_000_000);

/// Names that try to break out of the page.
pub const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "a&b&lt;c",
    "</title></style></svg><b>",
    "年収 💰 доход",
    "\u{202e}esrever \u{5e9}\u{5dc}\u{5d5}\u{5dd}",
    "line\nbreak\u{0}nul",
    "a-very-long-name-without-any-place-to-break-it-that-goes-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on",
];

pub fn spec(key: &str) -> &'static Spec {
    specs().find(|spec| spec.key == key).unwrap()
}

pub fn reading(key: &str, outcome: Evaluated, reference: Option<f64>) -> Reading {
    Reading { spec: spec(key), class: None, outcome, reference, threshold: None }
}

fn bounded(value: f64, error_bound: f64) -> Evaluated {
    Ok(Outcome { value, error_bound: Some(error_bound) })
}

/// Shares of ten cells around `centre`, which is in cells.
fn bell(centre: f64) -> Vec<f64> {
    let weights: Vec<f64> = (0..10).map(|k| (-(k as f64 - centre).powi(2) / 8.0).exp() + 0.02).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

/// A numeric column whose centre has moved by `moved` cells.
pub fn numeric(name: &str, role: Role, n: u64, moved: f64) -> ColumnView {
    let (reference, current) = (bell(4.5), bell(4.5 + moved));
    let edge = |k: usize| 12.5 * k as f64;
    let label = |k| match k {
        0 => format!("below {}", edge(1)),
        9 => format!("{} and above", edge(9)),
        _ => format!("[{}, {})", edge(k), edge(k + 1)),
    };
    let cells: Vec<CellView> =
        (0..10).map(|k| CellView { label: label(k).into(), reference: reference[k], current: current[k] }).collect();
    let psi: f64 = cells.iter().map(|c| (c.current - c.reference) * (c.current / c.reference).ln()).sum();
    let size = moved.abs() / 2.0;
    ColumnView {
        name: name.into(),
        role,
        observations: n,
        readings: vec![
            reading("psi", Ok(psi.into()), None),
            reading("psi_debiased", Ok(psi.into()), None),
            reading("jensen_shannon", Ok((psi.sqrt() / 3.0).into()), None),
            reading("kolmogorov_smirnov", bounded((size / 3.0).min(0.95), 0.0021), None),
            reading("wasserstein", bounded(size, 0.0004), None),
            reading("mean_shift", Ok((moved / 2.0).into()), None),
            reading("missing_ratio", Ok(0.0123.into()), Some(0.0119)),
            reading("invalid_ratio", Ok(0.0.into()), Some(0.0)),
            reading("unseen_ratio", Err(Undefined::NotApplicable), None),
            reading("out_of_range_ratio", Ok((size / 100.0).into()), Some(0.0)),
        ],
        cells,
    }
}

/// A categorical column of which `moved` went from the first category to the last.
pub fn categorical(name: &str, role: Role, n: u64, categories: &[&str], moved: f64) -> ColumnView {
    let share = 1.0 / categories.len() as f64;
    let last = categories.len() - 1;
    let cells: Vec<CellView> = categories
        .iter()
        .enumerate()
        .map(|(k, name)| {
            let change = if k == 0 {
                -moved
            } else if k == last {
                moved
            } else {
                0.0
            };
            CellView { label: (*name).into(), reference: share, current: share + change * share }
        })
        .collect();
    let psi: f64 = cells.iter().map(|c| (c.current - c.reference) * (c.current / c.reference).ln()).sum();
    ColumnView {
        name: name.into(),
        role,
        observations: n,
        readings: vec![
            reading("psi", Ok(psi.into()), None),
            reading("jensen_shannon", Ok((psi.sqrt() / 3.0).into()), None),
            reading("missing_ratio", Ok(0.0.into()), Some(0.0)),
            reading("unseen_ratio", Ok(0.0.into()), Some(0.0)),
        ],
        cells,
    }
}

fn with(mut column: ColumnView, key: &str, value: f64, reference: f64) -> ColumnView {
    column.readings.retain(|reading| reading.spec.key != key);
    column.readings.push(reading(key, Ok(value.into()), Some(reference)));
    column
}

fn of_class(key: &str, class: &str, outcome: Evaluated, reference: f64) -> Reading {
    Reading { class: Some(class.into()), ..reading(key, outcome, Some(reference)) }
}

fn binary_performance() -> Vec<Reading> {
    vec![
        reading("accuracy_ratio", Ok(0.912.into()), Some(0.9102)),
        reading("balanced_accuracy_ratio", Ok(0.887.into()), Some(0.8841)),
        of_class("precision_ratio", "0", Ok(0.934.into()), 0.931),
        of_class("precision_ratio", "1", Ok(0.811.into()), 0.808),
        of_class("recall_ratio", "0", Ok(0.957.into()), 0.955),
        of_class("recall_ratio", "1", Err(Undefined::ClassNotSeen), 0.812),
        reading("precision_macro_ratio", Ok(0.872.into()), Some(0.869)),
        reading("f1_macro_ratio", Ok(0.868.into()), Some(0.865)),
        reading("f1_micro_ratio", Ok(0.912.into()), Some(0.9102)),
        reading("matthews_correlation", Ok(0.743.into()), Some(0.739)),
        reading("roc_auc", bounded(0.9521, 0.0003), Some(0.9507)),
        reading("average_precision", bounded(0.8714, 0.0011), Some(0.869)),
        reading("log_loss", bounded(0.2213, 0.0004), Some(0.2231)),
        reading("brier_score", Ok(0.0671.into()), Some(0.0675)),
        reading("spiegelhalter_z", Err(Undefined::ZeroDenominator), None),
        reading("calibration_error", bounded(0.0124, 0.0), Some(0.0119)),
    ]
}

fn regression_performance(worse: f64) -> Vec<Reading> {
    vec![
        reading("root_mean_squared_error", Ok((12_345.6 * worse).into()), Some(12_345.6)),
        reading("mean_absolute_error", Ok((8_101.2 * worse).into()), Some(8_101.2)),
        reading("mean_error", Ok((-1_204.0 * (worse - 1.0)).into()), Some(3.2)),
        reading("r_squared", Ok((1.0 - 0.19 * worse * worse).into()), Some(0.81)),
        reading("correlation", Ok((0.9 / worse).into()), Some(0.9)),
        reading("median_absolute_error", bounded(5_012.0 * worse, 33.0), Some(5_012.0)),
        reading("absolute_error_p90", Err(Undefined::ConstantActual), Some(20_100.0)),
    ]
}

fn window(name: &str, observations: u64, columns: Vec<ColumnView>, performance: Vec<Reading>) -> WindowView {
    WindowView {
        name: name.into(),
        observations,
        failed: observations / 500,
        pairs: observations * 7 / 10,
        columns,
        performance,
    }
}

/// Three windows, the shortest first, each twelve times as long as the one before it.
fn windows(
    n: u64,
    columns: impl Fn(u64) -> Vec<ColumnView>,
    performance: impl Fn() -> Vec<Reading>,
) -> Vec<WindowView> {
    [("5m", n / 12), ("1h", n), ("24h", n * 24)]
        .map(|(name, n)| window(name, n, columns(n), performance()))
        .into_iter()
        .collect()
}

fn stream(model: &str, version: &str, task: Task, windows: Vec<WindowView>) -> StreamView {
    StreamView {
        key: StreamKey { model: model.into(), version: version.into() },
        task,
        reference: Some(ReferenceView {
            sha: "9f2c4e7ab01d55e3c8810a6f".to_owned(),
            created: Timestamp::from_seconds(1_735_689_600),
            rows: 45_000,
        }),
        warmup: None,
        predictions: 1_284_551,
        failures: 2_301,
        last_prediction: Some(AT),
        windows,
    }
}

/// A binary model in which nothing happens.
pub fn healthy() -> StreamView {
    let columns = |n| {
        let mut columns: Vec<ColumnView> =
            ["age", "income", "balance", "tenure_months", "utilisation", "n_accounts", "debt_ratio", "late_payments"]
                .iter()
                .enumerate()
                .map(|(k, name)| numeric(name, Role::Input, n, 0.04 * k as f64))
                .collect();
        columns.push(categorical("region", Role::Input, n, &["north", "south", "east", "west", "OTHER"], 0.05));
        columns.push(categorical("channel", Role::Input, n, &["web", "app", "branch"], 0.02));
        columns.push(numeric("score", Role::Score, n, 0.1));
        columns.push(categorical("prediction", Role::Prediction, n, &["0", "1"], 0.03));
        columns.push(categorical("actual", Role::Actual, n * 7 / 10, &["0", "1"], 0.01));
        columns
    };
    stream("credit-risk", "2025-02-11", Task::Binary, windows(14_210, columns, binary_performance))
}

/// A regression model whose inputs have moved and whose error has grown.
pub fn drifted() -> StreamView {
    let columns = |n| {
        vec![
            numeric("floor_area_m2", Role::Input, n, 2.6),
            numeric("rooms", Role::Input, n, 0.1),
            numeric("year_built", Role::Input, n, 0.75),
            with(numeric("distance_to_centre_km", Role::Input, n, 0.05), "missing_ratio", 0.312, 0.004),
            numeric("price_per_m2_in_district", Role::Input, n, 1.4),
            numeric("garden_m2", Role::Input, n, 0.3),
            numeric("noise_db", Role::Input, n, -0.2),
            numeric("energy_class_index", Role::Input, n, 0.0),
            with(
                categorical("heating", Role::Input, n, &["gas", "oil", "district", "heat pump", "UNSEEN"], 0.5),
                "unseen_ratio",
                0.047,
                0.0,
            ),
            categorical("kind", Role::Input, n, &["flat", "house", "duplex"], 0.1),
            numeric("latitude", Role::Input, n, 0.02),
            numeric("longitude", Role::Input, n, 0.0),
            numeric("prediction", Role::Prediction, n, 1.1),
            numeric("actual", Role::Actual, n * 7 / 10, 0.4),
            numeric("absolute_error", Role::Derived, n * 7 / 10, 0.9),
        ]
    };
    let mut stream =
        stream("house-price", "v7", Task::Regression, windows(4_320, columns, || regression_performance(1.31)));
    stream.last_prediction = Some(AT.minus(Length::from_seconds(190)));
    stream.windows[1].failed = 160;
    stream
}

/// A multiclass model that learns its reference, and whose names are hostile.
pub fn warming_up() -> StreamView {
    let name = |k: usize| HOSTILE[k % HOSTILE.len()];
    let columns = |n| {
        (0..12)
            .map(|k| ColumnView {
                name: name(k).into(),
                role: Role::Input,
                observations: n,
                readings: vec![
                    reading("psi", Err(Undefined::NoReference), None),
                    reading("missing_ratio", Ok(0.01.into()), None),
                ],
                cells: HOSTILE
                    .iter()
                    .map(|label| CellView { label: (*label).into(), reference: 0.0, current: 1.0 / 9.0 })
                    .collect(),
            })
            .collect()
    };
    let performance = || {
        let mut readings = vec![reading("accuracy_ratio", Ok(0.61.into()), None)];
        readings.push(reading("roc_auc_macro", Err(Undefined::NoScores), None));
        for key in ["precision_ratio", "recall_ratio", "f1_ratio"] {
            readings.extend(
                HOSTILE
                    .iter()
                    .map(|class| Reading { class: Some((*class).into()), ..reading(key, Ok(0.5.into()), None) }),
            );
        }
        readings
    };
    StreamView {
        reference: None,
        warmup: Some(WarmupView { rows: 3_120, progress: 0.45, length: Length::from_seconds(86_400) }),
        ..stream(HOSTILE[0], HOSTILE[1], Task::Multiclass, windows(720, columns, performance))
    }
}

/// A source.
pub fn source(name: &str, rejected: u64, lost: u64, lag_bytes: u64) -> SourceView {
    SourceView { name: name.into(), lines: 1_284_551, rejected, lost, lag_bytes, files: 3 }
}

pub fn report(streams: Vec<StreamView>, sources: Vec<SourceView>) -> Report {
    Report { at: Some(AT), samples: Vec::new(), streams, sources }
}

/// One of each.
pub fn mixed() -> Report {
    report(
        vec![healthy(), drifted(), warming_up()],
        vec![source("predictions", 12, 0, 4_096), source(HOSTILE[2], 31_000, 7, 0)],
    )
}

/// A stream of `features` features and three windows.
pub fn wide(features: usize) -> StreamView {
    let columns =
        |n| (0..features).map(|k| numeric(&format!("feature_{k:03}"), Role::Input, n, (k % 7) as f64 * 0.3)).collect();
    stream("wide", "1", Task::Binary, windows(50_000, columns, binary_performance))
}
