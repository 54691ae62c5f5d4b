//! What the detectors of drift say.

use super::super::Engine;
use super::super::evidence::Series;
use super::super::stream::{Against, Stream};
use crate::aggregate::Role;
use crate::report::families as family;
use crate::report::{Labels, Of, Report};
use crate::time::Timestamp;
use std::sync::Arc;

/// The statistic of a column's shares.
const DISTRIBUTION: &str = "distribution";

impl Engine {
    /// For each stream, the share of its features that the evidence of all series together names as drifted.
    pub(super) fn drifted_ratios(&self) -> Vec<Option<f64>> {
        let series = |stream: &Stream| -> Vec<(bool, Option<f64>)> {
            let Against::Reference(watch) = &stream.against else { return Vec::new() };
            let is_feature = |series: &Series<'_>| {
                series.statistic == DISTRIBUTION && series.column.is_some_and(|(_, role)| role == Role::Input)
            };
            watch.evidence.series().map(|series| (is_feature(&series), series.standing.log_evidence())).collect()
        };
        let by_stream: Vec<Vec<(bool, Option<f64>)>> = self.streams.iter().map(series).collect();
        let all: Vec<Option<f64>> = by_stream.iter().flatten().map(|(_, nats)| *nats).collect();
        let mut drifted = vec![false; all.len()];
        for place in self.budget.drifted(&all) {
            if let Some(drifted) = drifted.get_mut(place) {
                *drifted = true;
            }
        }
        let mut drifted = drifted.into_iter();
        let ratios = by_stream.iter().map(|series| {
            let found = series.iter().zip(drifted.by_ref()).filter(|((is_feature, _), _)| *is_feature);
            let (all, drifted) = found.fold((0, 0), |(all, drifted), (_, is)| (all + 1, drifted + usize::from(is)));
            (all > 0).then(|| drifted as f64 / all as f64)
        });
        ratios.collect()
    }
}

/// Adds the series of a stream, its share of drifted features, and the threshold they are judged by.
pub(super) fn report_evidence(
    stream: &Stream,
    threshold: f64,
    drifted: Option<f64>,
    labels: &Labels,
    report: &mut Report,
) {
    for ((column, statistic), count) in stream.alarms() {
        let at = Arc::new(series_labels(labels, column.as_ref().map(|(name, role)| (name, *role)), &statistic));
        report.push(Of::Family(&family::DRIFT_ALARMS), at, count as f64);
    }
    report_companions(stream, labels, report);
    let Against::Reference(watch) = &stream.against else { return };
    report.push(Of::Family(&family::EVIDENCE_THRESHOLD), labels.clone(), threshold);
    if let Some(ratio) = drifted {
        report.push(Of::Family(&family::FEATURES_DRIFTED), labels.clone(), ratio);
    }
    let (panes, excluded) = stream.evidence_counts();
    report.push(Of::Family(&family::EVIDENCE_PANES), labels.clone(), panes as f64);
    report.push(Of::Family(&family::EVIDENCE_EXCLUDED), labels.clone(), excluded as f64);
    for series in watch.evidence.series() {
        let at = Arc::new(series_labels(labels, series.column, series.statistic));
        if let Some(nats) = series.standing.log_evidence() {
            report.push(Of::Family(&family::EVIDENCE), at.clone(), nats);
        }
        if let Some(effect) = series.standing.effect() {
            report.push(Of::Family(&family::DRIFT_EFFECT), at.clone(), effect);
        }
        report.push(Of::Family(&family::DRIFT_EFFECT_FLOOR), at.clone(), series.floor);
        let (raised, _) = series.standing.alarm();
        report.push(Of::Family(&family::DRIFT_ALARM), at.clone(), f64::from(u8::from(raised)));
        if let Some(onset) = series.standing.onset() {
            report.push(Of::Family(&family::DRIFT_ONSET), at, Timestamp(onset).seconds());
        }
    }
}

/// Adds what the detectors of the field say.
fn report_companions(stream: &Stream, labels: &Labels, report: &mut Report) {
    let of = |detector: &'static str| {
        let mut labels = labels.clone();
        labels.push(("detector", detector.into()));
        labels
    };
    for (detector, detections) in stream.companions.detections() {
        report.push(Of::Family(&family::ERROR_DETECTIONS), of(detector), detections as f64);
    }
    for (detector, is_warned) in stream.companions.warnings() {
        report.push(Of::Family(&family::ERROR_WARNING), of(detector), f64::from(u8::from(is_warned)));
    }
    if let Some((mean, width)) = stream.companions.window() {
        report.push(Of::Family(&family::ADWIN_MEAN), labels.clone(), mean);
        report.push(Of::Family(&family::ADWIN_WIDTH), labels.clone(), width as f64);
    }
}

fn series_labels(labels: &Labels, column: Option<(&Arc<str>, Role)>, statistic: &str) -> Labels {
    let mut labels = labels.clone();
    if let Some((name, role)) = column {
        labels.push(("feature", name.clone()));
        labels.push(("role", role.as_str().into()));
    }
    labels.push(("statistic", statistic.into()));
    labels
}
