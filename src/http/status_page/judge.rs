//! What stands out, and what is noise. One place for the limits that the page draws lines at.
//!
//! They serve the eye, not the alert rules: what is shown here wakes nobody.

use crate::aggregate::Role;
use crate::report::{ColumnView, Reading, WindowView};
use crate::statistics::{Outcome, Worse};

/// Below it nothing is called more than "few observations".
pub(super) const FEW: u64 = 100;
/// A PSI that custom calls moderate.
pub(super) const PSI_MODERATE: f64 = 0.1;
/// A PSI that custom calls large.
pub(super) const PSI_LARGE: f64 = 0.2;
/// Relative change for the worse from which a performance statistic stands out.
pub(super) const WORSE: f64 = 0.05;
/// Relative change for the worse from which it is critical.
pub(super) const MUCH_WORSE: f64 = 0.2;
/// Standard errors of a performance statistic that are noise.
const NOISE: f64 = 3.0;
/// Standard errors of one of many features' ratios or PSIs that are noise.
const NOISE_OF_MANY: f64 = 5.0;

/// How far a column has moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shift {
    /// Nothing to see.
    None,
    /// Perhaps: there are too few observations to tell.
    Unsure,
    /// Between the two limits.
    Moderate,
    /// Above the upper limit.
    Large,
}

/// A performance statistic beside that of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Clearly better.
    Better,
    /// No clear difference, or no direction.
    Same,
    /// Clearly worse.
    Worse,
}

/// The statistic of a column with this key.
pub(super) fn reading<'a>(column: &'a ColumnView, key: &str) -> Option<&'a Reading> {
    column.readings.iter().find(|reading| reading.spec.key == key)
}

/// Its outcome, when it is defined and finite.
pub(super) fn outcome(column: &ColumnView, key: &str) -> Option<Outcome> {
    reading(column, key)?.outcome.ok().filter(|outcome| outcome.value.is_finite())
}

/// The value of a statistic, when it is defined and finite.
pub(super) fn finite(reading: &Reading) -> Option<f64> {
    reading.outcome.ok().map(|outcome| outcome.value).filter(|value| value.is_finite())
}

/// Records of a column in the window, missing values included.
pub(super) fn records(column: &ColumnView, window: &WindowView) -> u64 {
    match column.role {
        Role::Input | Role::Score | Role::Prediction => window.observations.max(column.observations),
        Role::Actual | Role::Derived => column.observations,
    }
}

/// The PSI to expect from chance alone, `(B - 1)(1/n + 1/m)`, and its standard deviation, `sqrt(2 / (B - 1))` of it.
pub(super) fn chance(column: &ColumnView, records: u64, reference_rows: u64) -> (f64, f64) {
    let freedom = (column.cells.len().max(2) - 1) as f64;
    let mean = freedom * (1.0 / records.max(1) as f64 + 1.0 / reference_rows.max(1) as f64);
    (mean, mean * (2.0 / freedom).sqrt())
}

/// How far a column has moved by its PSI: beyond its threshold where it has one, else by what custom calls moderate
/// and large, when that is beyond what chance alone does.
pub(super) fn shift(column: &ColumnView, window: &WindowView, reference_rows: u64) -> Shift {
    let Some(psi) = outcome(column, "psi") else { return Shift::None };
    let n = records(column, window);
    if let Some(threshold) = reading(column, "psi").and_then(|reading| reading.threshold) {
        return match psi.value {
            v if v <= threshold => Shift::None,
            _ if n < FEW => Shift::Unsure,
            v if v < PSI_LARGE.max(2.0 * threshold) => Shift::Moderate,
            _ => Shift::Large,
        };
    }
    let (mean, deviation) = chance(column, n, reference_rows);
    let clear = psi.value > (mean + NOISE_OF_MANY * deviation).max(3.0 * mean);
    match psi.value {
        v if v < PSI_MODERATE => Shift::None,
        _ if n < FEW || !clear => Shift::Unsure,
        v if v < PSI_LARGE => Shift::Moderate,
        _ => Shift::Large,
    }
}

/// By how much a ratio of a column lies above that of the reference, when it is at least a hundredth and more than
/// chance explains. `None` as well without a reference.
pub(super) fn rise(reading: &Reading, n: u64, reference_rows: u64) -> Option<f64> {
    let (value, reference) = (finite(reading)?, reading.reference?);
    let (n, m) = (n as f64, reference_rows.max(1) as f64);
    let pooled = ((value * n + reference * m) / (n + m)).clamp(0.0, 1.0);
    let error = (pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m)).sqrt();
    let rise = value - reference;
    (n >= FEW as f64 && rise >= 0.01 && rise > NOISE_OF_MANY * error).then_some(rise)
}

/// The change of a performance statistic for the worse, relative to the reference; negative when it got better.
/// `None` when it has no direction or nothing to compare with.
pub(super) fn worsening(reading: &Reading) -> Option<f64> {
    let (value, reference) = (finite(reading)?, reading.reference?);
    let change = (value - reference) / reference.abs();
    let worse = match reading.spec.worse {
        Worse::Higher => change,
        Worse::Lower => -change,
        Worse::Away | Worse::Neither => return None,
    };
    worse.is_finite().then_some(worse)
}

/// Whether a statistic is on the worse side of its threshold; `None` when it has none, or no value.
pub(super) fn beyond(reading: &Reading) -> Option<bool> {
    let (value, threshold) = (finite(reading)?, reading.threshold?);
    match reading.spec.worse {
        Worse::Higher => Some(value > threshold),
        Worse::Lower => Some(value < threshold),
        Worse::Away => Some((value - reading.spec.ideal?).abs() > threshold),
        Worse::Neither => None,
    }
}

/// Whether a performance statistic differs clearly from the reference: by a twentieth, and by more than three standard
/// errors. Of a proportion the error is `sqrt(r (1 - r) / n)`; of the others it is taken as `1 / sqrt(n)` of the
/// value, which normal errors do not reach and heavy tails seldom do. A value for one class has fewer pairs than are
/// known here, so it gets no verdict.
///
/// One that has a threshold is worse beyond it, and nowhere else.
pub(super) fn verdict(reading: &Reading, pairs: u64) -> Verdict {
    if let Some(beyond) = beyond(reading) {
        return if beyond { Verdict::Worse } else { Verdict::Same };
    }
    let (Some(worse), Some(reference)) = (worsening(reading), reading.reference) else { return Verdict::Same };
    let n = pairs.max(1) as f64;
    let relative_error = match reading.spec.range {
        (0.0, 1.0) => (reference * (1.0 - reference) / n).max(0.0).sqrt() / reference.abs(),
        _ => 1.0 / n.sqrt(),
    };
    if pairs < FEW || reading.class.is_some() || worse.abs() < WORSE.max(NOISE * relative_error) {
        Verdict::Same
    } else if worse > 0.0 {
        Verdict::Worse
    } else {
        Verdict::Better
    }
}
