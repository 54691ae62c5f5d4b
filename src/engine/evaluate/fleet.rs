//! The counts from which recording rules pool replicas: integers over the same cells, which add up exactly.

use super::super::config::Fleet;
use super::super::fleet::{bin, bins};
use super::super::stream::{Stream, Watch};
use super::push::{class_name, with_class};
use crate::aggregate::numeric::Numbers;
use crate::aggregate::scored::ScoreCells;
use crate::aggregate::{CoarseCells, Column, Shape, Totals};
use crate::report::families as family;
use crate::report::{Family, Labels, Of, Report};
use crate::statistics::performance::{Classification, Performance};
use std::sync::Arc;

/// Which of the two sides of a column is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Reference,
    Window,
}

/// Adds what a window counts of the chosen columns, and of its pairs.
pub(super) fn report_fleet(
    watch: &Watch,
    settings: &Fleet,
    missing_as_category: bool,
    (inputs, pairs): (&Totals, &Totals),
    at: &Labels,
    report: &mut Report,
) {
    let observer = &watch.reference.observer;
    for (columns, reference, totals) in [
        (&observer.inputs.columns, &watch.reference.inputs, inputs),
        (&observer.pairs.columns, &watch.reference.pairs, pairs),
    ] {
        report_columns(columns, [reference, totals], settings, missing_as_category, Side::Window, at, report);
    }
}

/// Adds what the reference counts of the chosen columns.
pub(super) fn report_fleet_reference(
    watch: &Watch,
    settings: &Fleet,
    missing_as_category: bool,
    at: &Labels,
    report: &mut Report,
) {
    let observer = &watch.reference.observer;
    let mut noise = watch.reference.findings.noise.iter();
    for (columns, totals) in
        [(&observer.inputs.columns, &watch.reference.inputs), (&observer.pairs.columns, &watch.reference.pairs)]
    {
        report_columns(columns, [totals, totals], settings, missing_as_category, Side::Reference, at, report);
        for column in columns {
            let known = noise.next().map_or(&[][..], |noise| &noise.dispersion);
            if settings.has(&column.name) {
                let most = known.iter().fold(1.0, |most: f64, (_, dispersion)| most.max(*dispersion));
                report.push(Of::Family(&family::REFERENCE_DISPERSION), of_column(at, column), most);
            }
        }
    }
}

/// Adds the counters of the chosen columns.
pub(super) fn report_fleet_counters(stream: &Stream, watch: &Watch, at: &Labels, report: &mut Report) {
    for (name, role, bin, count) in watch.counted.read(&stream.counts.bins) {
        let mut labels = at.clone();
        labels.extend([("feature", name.clone()), ("role", role.as_str().into()), ("bin", bin.clone())]);
        report.push(Of::Family(&family::FEATURE_BIN), labels, count as f64);
    }
}

/// Adds what the pairs of a window count: `at` are the labels of its performance.
pub(super) fn report_fleet_pairs(
    watch: &Watch,
    settings: &Fleet,
    window: &Performance<'_>,
    at: &Labels,
    report: &mut Report,
) {
    match window {
        Performance::Classification(window) => {
            if settings.performance {
                report_classes(watch, window, at, report);
            }
            let sections = window.scored.iter().flat_map(|scored| &scored.sections);
            for section in sections.filter(|_| settings.scores) {
                report_scores(section, &with_class(at, class_name(watch, Some(section.class))), report);
            }
        }
        Performance::Regression(window) if settings.performance => {
            let sums = &window.sums;
            for (moment, value) in [
                ("error", sums.error),
                ("squared_error", sums.squared_error),
                ("absolute_error", sums.absolute_error),
                ("actual", sums.actual),
                ("actual_squared", sums.actual_squared),
            ] {
                let mut labels = at.clone();
                labels.push(("moment", moment.into()));
                report.push(Of::Family(&family::WINDOW_RESIDUAL_MOMENT), labels, value);
            }
        }
        _ => {}
    }
}

/// Pairs by class, and the sums of the losses of their scores.
fn report_classes(watch: &Watch, window: &Classification<'_>, at: &Labels, report: &mut Report) {
    let matrix = &window.matrix;
    for class in 0..matrix.side() {
        let labels = Arc::new(with_class(at, class_name(watch, Some(class))));
        for (family, count) in [
            (&family::WINDOW_CLASS_HITS, matrix.hits(class)),
            (&family::WINDOW_CLASS_ACTUALS, matrix.actual(class)),
            (&family::WINDOW_CLASS_PREDICTIONS, matrix.predicted(class)),
        ] {
            report.push(Of::Family(family), labels.clone(), count as f64);
        }
    }
    if let (Some(scored), Ok(squares)) = (&window.scored, window.squared_errors()) {
        report.push(Of::Family(&family::WINDOW_SCORED_PAIRS), at.clone(), scored.rows as f64);
        report.push(Of::Family(&family::WINDOW_LOG_LOSS_MOMENT), at.clone(), scored.log_loss);
        report.push(Of::Family(&family::WINDOW_BRIER_MOMENT), at.clone(), squares);
    }
}

/// Pairs by cell of the score of one class, and the same added up from below.
fn report_scores(section: &ScoreCells<'_>, at: &Labels, report: &mut Report) {
    let mut sums = [0u64; 2];
    for (cell, counts) in section.positives.iter().zip(section.negatives).enumerate() {
        let labels = with_bin(at, bin(cell));
        let counts = [*counts.0, *counts.1];
        sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        for (family, value) in [
            (&family::WINDOW_SCORE_POSITIVES, counts[0]),
            (&family::WINDOW_SCORE_NEGATIVES, counts[1]),
            (&family::WINDOW_SCORE_POSITIVES_CUMULATIVE, sums[0]),
            (&family::WINDOW_SCORE_NEGATIVES_CUMULATIVE, sums[1]),
        ] {
            report.push(Of::Family(family), labels.clone(), value as f64);
        }
    }
}

fn report_columns(
    columns: &[Column],
    [reference, totals]: [&Totals; 2],
    settings: &Fleet,
    missing_as_category: bool,
    side: Side,
    at: &Labels,
    report: &mut Report,
) {
    for column in columns {
        let labels = || of_column(at, column);
        if settings.has(&column.name) {
            report_coarse(column, totals, missing_as_category, side, &labels(), report);
        }
        if settings.has_fine(&column.name)
            && let (Some(reference), Some(numbers)) = (Numbers::of(column, reference), Numbers::of(column, totals))
        {
            report_fine(&reference, &numbers, side, &labels(), report);
        }
    }
}

fn report_coarse(
    column: &Column,
    totals: &Totals,
    missing_as_category: bool,
    side: Side,
    at: &Labels,
    report: &mut Report,
) {
    let Some(counts) = CoarseCells::new(std::slice::from_ref(column)).counts(0, totals) else { return };
    let bins = bins(&column.shape);
    let kept = if missing_as_category { counts.len() } else { counts.len().saturating_sub(2) };
    let family = if side == Side::Window { &family::FEATURE_WINDOW_BIN } else { &family::REFERENCE_BIN };
    for (count, bin) in counts.iter().zip(&bins).take(kept) {
        report.push(Of::Family(family), with_bin(at, bin.clone()), *count as f64);
    }
    if let (Side::Reference, Shape::Numeric { grid, .. }) = (side, &column.shape) {
        for (edge, bin) in grid.coarse_edges().zip(bins) {
            report.push(Of::Family(&family::REFERENCE_BIN_EDGE), with_bin(at, bin), edge);
        }
    }
}

fn report_fine(reference: &Numbers<'_>, numbers: &Numbers<'_>, side: Side, at: &Labels, report: &mut Report) {
    let grid = reference.grid();
    let deviation = reference.variance(0).map(f64::sqrt).filter(|_| !reference.is_constant());
    let [cumulative, offsets]: [&'static Family; 2] = match side {
        Side::Reference => [&family::REFERENCE_CUMULATIVE, &family::REFERENCE_OFFSET],
        Side::Window => [&family::FEATURE_WINDOW_CUMULATIVE, &family::FEATURE_WINDOW_OFFSET],
    };
    let present = numbers.present() as f64;
    let (mut sum, mut largest) = (0u64, 0u64);
    for (cell, count) in numbers.cells().iter().enumerate() {
        let labels = with_bin(at, bin(cell));
        sum += count;
        report.push(Of::Family(cumulative), labels.clone(), sum as f64);
        if !grid.is_atomic(cell) {
            largest = largest.max(*count);
        }
        if let Some(deviation) = deviation {
            report.push(Of::Family(offsets), labels.clone(), numbers.offset_mean(cell) * present / deviation);
            if side == Side::Reference {
                let ends = grid.lower(cell).zip(grid.upper(cell));
                let width = ends.map_or(0.0, |(lower, upper)| (upper - lower) / deviation);
                report.push(Of::Family(&family::REFERENCE_BIN_WIDTH), labels, width);
            }
        }
    }
    if side == Side::Reference && present > 0.0 {
        report.push(Of::Family(&family::REFERENCE_LARGEST_CELL), at.clone(), largest as f64 / present);
    }
}

fn of_column(at: &Labels, column: &Column) -> Labels {
    let mut labels = at.clone();
    labels.extend([("feature", column.name.clone()), ("role", column.role.as_str().into())]);
    labels
}

fn with_bin(at: &Labels, bin: Arc<str>) -> Arc<Labels> {
    let mut labels = at.clone();
    labels.push(("bin", bin));
    Arc::new(labels)
}
