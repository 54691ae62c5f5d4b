//! What is of no stream: sources, actuals, limits.

use super::super::Engine;
use super::super::sources::Live;
use crate::pairing::Unmatched;
use crate::report::families as family;
use crate::report::{Of, Report, SourceView};
use crate::schema::RejectReason;
use std::sync::Arc;

impl Engine {
    pub(super) fn report_sources(&self, live: &Live, report: &mut Report) {
        for (index, source) in self.sources.iter().enumerate() {
            let labels = || vec![("source", source.name.clone())];
            let reasoned = |reason: &'static str| vec![("source", source.name.clone()), ("reason", reason.into())];
            let (lag, files, unreadable) = live.sources.get(index).copied().unwrap_or_default();
            report.push(Of::Family(&family::SOURCE_LINES), labels(), source.counts.lines as f64);
            report.push(Of::Family(&family::SOURCE_BYTES), labels(), source.counts.bytes as f64);
            report.push(Of::Family(&family::SOURCE_LAG), labels(), lag as f64);
            report.push(Of::Family(&family::SOURCE_FILES), labels(), files as f64);
            report.push(Of::Family(&family::SOURCE_PROBLEMS), labels(), unreadable as f64);
            for reason in RejectReason::all() {
                let count = source.counts.rejected.get(&reason).copied().unwrap_or(0);
                report.push(Of::Family(&family::DECODE_FAILURES), reasoned(reason.as_str()), count as f64);
            }
            for reason in live.lost_reasons {
                let count = source.counts.lost.get(*reason).copied().unwrap_or(0);
                report.push(Of::Family(&family::LINES_LOST), reasoned(reason), count as f64);
            }
            report.sources.push(SourceView {
                name: source.name.clone(),
                lines: source.counts.lines,
                rejected: source.counts.rejected.values().sum(),
                lost: source.counts.lost.values().sum(),
                lag_bytes: lag,
                files,
            });
        }
    }

    pub(super) fn report_actuals(&self, report: &mut Report) {
        let left = self.pairing.left();
        report.push(Of::Family(&family::ACTUALS), Vec::new(), self.actuals as f64);
        for reason in Unmatched::ALL {
            let count = match reason {
                Unmatched::NoPrediction => left.actuals_expired,
                Unmatched::Evicted => left.actuals_evicted,
                other => self.unmatched.get(other).copied().unwrap_or(0),
            };
            let labels = vec![("reason", Arc::from(reason.as_str()))];
            report.push(Of::Family(&family::ACTUALS_UNMATCHED), labels, count as f64);
        }
        for (reason, count) in [("expired", left.predictions_expired), ("evicted", left.predictions_evicted)] {
            report.push(Of::Family(&family::PREDICTIONS_UNJOINED), vec![("reason", reason.into())], count as f64);
        }
        report.push(Of::Family(&family::WAITING), Vec::new(), self.pairing.len() as f64);
        for (label, count) in [
            ("stream", self.streams_overflowed),
            ("error", self.errors.overflowed()),
            ("class", self.classes.overflowed()),
            ("model", self.models.overflowed()),
        ] {
            report.push(Of::Family(&family::OVERFLOW), vec![("label", label.into())], count as f64);
        }
    }
}
