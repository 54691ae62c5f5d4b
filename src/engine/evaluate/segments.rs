//! The statistics of declared segments, and the gaps between them.

use super::super::config;
use super::super::segments::{Segmented, SegmentedFeature};
use super::push::push_outcome;
use crate::aggregate::Totals;
use crate::aggregate::segments::SegmentCounts;
use crate::report::families as family;
use crate::report::{Labels, Of, Report};
use crate::statistics::segments::{ENTRIES, Segments};
use crate::statistics::{Companion, Spec, Undefined};
use std::sync::Arc;

/// What has no value as long as there is no reference; nothing when no feature is declared.
pub(super) fn segment_specs(settings: &config::Segments) -> impl Iterator<Item = &'static Spec> {
    let declared = !settings.features.is_empty();
    ENTRIES.iter().map(|entry| &entry.spec).filter(move |_| declared)
}

/// Adds what a window says of each declared feature.
pub(super) fn report_segments(
    segmented: &Segmented,
    settings: &config::Segments,
    (inputs, pairs): (&Totals, &Totals),
    too_late: bool,
    at: &Labels,
    report: &mut Report,
) {
    for (feature, counts) in segmented.read(inputs, pairs) {
        let rows = |counts: &SegmentCounts| [counts.predictions, counts.pairs.rows()];
        let [predictions, labelled] = [0, 1].map(|of| counts.iter().map(|counts| rows(counts)[of]).sum::<u64>());
        let of_feature = Arc::new(with(at, feature, None));
        // Segments that neither side has, such as that of unseen values, are not shown.
        let known = feature.reference.iter().zip(&counts).map(|(r, c)| rows(r)[0] + rows(c)[0] + rows(c)[1] > 0);
        let labels: Vec<Option<Arc<Labels>>> = known
            .enumerate()
            .map(|(segment, known)| known.then(|| Arc::new(with(at, feature, Some(segment)))))
            .collect();
        for (counts, labels) in counts.iter().zip(&labels) {
            let Some(labels) = labels else { continue };
            let rows = rows(counts);
            report.push(Of::Family(&family::SEGMENT_OBSERVATIONS), labels.clone(), rows[0] as f64);
            report.push(Of::Family(&family::SEGMENT_PAIRS), labels.clone(), rows[1] as f64);
        }
        let window = Segments { segments: &counts, least: settings.least };
        for entry in ENTRIES {
            let values = entry.values(&window);
            let nothing = match (entry.needs_actuals, predictions, labelled) {
                (true, _, 0) if too_late => Some(Undefined::ActualsTooLate),
                (true, _, 0) => Some(Undefined::NoActuals),
                (false, 0, _) => Some(Undefined::NoObservations),
                _ => None,
            };
            if let Some(reason) = nothing.filter(|_| !values.is_empty()) {
                // Said once for all segments.
                push_outcome(&entry.spec, Err(reason), &of_feature, report);
                continue;
            }
            for (segment, outcome) in values {
                let labels = match segment {
                    Some(segment) => labels.get(segment).and_then(Option::as_ref),
                    None => Some(&of_feature),
                };
                if let Some(labels) = labels {
                    push_outcome(&entry.spec, outcome, labels, report);
                }
            }
        }
    }
}

/// Adds what the reference says of each segment.
pub(super) fn report_segments_reference(segmented: &Segmented, least: u64, at: &Labels, report: &mut Report) {
    for feature in &segmented.features {
        let reference = Segments { segments: &feature.reference, least };
        for entry in ENTRIES.iter().filter(|entry| entry.spec.companions.contains(&Companion::Reference)) {
            for (segment, outcome) in entry.values(&reference) {
                if let Ok(outcome) = outcome {
                    let labels = with(at, feature, segment);
                    report.push(Of::Companion(&entry.spec, Companion::Reference), labels, outcome.value);
                }
            }
        }
    }
}

fn with(at: &Labels, feature: &SegmentedFeature, segment: Option<usize>) -> Labels {
    let mut labels = at.clone();
    labels.push(("feature", feature.name.clone()));
    let name = segment.and_then(|segment| feature.segments.get(segment));
    labels.extend(name.map(|name| ("segment", name.clone())));
    labels
}
