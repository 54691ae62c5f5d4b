//! Report -> metric families: what both formats are written from.
//!
//! Families are sorted by name and samples by their labels, so that the same report is always the same bytes. A label
//! with an empty value is left out, because to a Prometheus server it is the same as an absent one.

use std::cmp::Ordering;
use std::collections::HashMap;

use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType};

use crate::report::{Kind, Labels, Of, Report, Sample, Value};

/// The samples of a report by family, one family after the other: there is never more than one. Of samples with the same
/// labels, which a server would refuse, only the first is kept; they are told by their labels being in the same order,
/// which is that of their family.
pub fn families(report: &Report) -> impl Iterator<Item = MetricFamily> {
    sorted(&report.samples).into_iter().map(|Sorted { name, of, samples }| family(name, of, &samples))
}

/// Samples of one family, by their labels, each different.
pub(super) struct Sorted<'a> {
    pub(super) name: String,
    pub(super) of: Of,
    pub(super) samples: Vec<&'a Sample>,
}

/// The samples by family, in the order of their names.
pub(super) fn sorted(samples: &[Sample]) -> Vec<Sorted<'_>> {
    let mut by_name: HashMap<(&str, &str), (Of, Vec<&Sample>)> = HashMap::new();
    for sample in samples {
        by_name.entry(sample.of.name()).or_insert_with(|| (sample.of, Vec::new())).1.push(sample);
    }
    let families = by_name.into_iter().map(|((name, suffix), (of, mut samples))| {
        let name = format!("{name}{suffix}");
        samples.sort_by(|left, right| compare(&left.labels, &right.labels));
        let all = samples.len();
        samples.dedup_by(|later, first| compare(&later.labels, &first.labels) == Ordering::Equal);
        debug_assert_eq!(all, samples.len(), "{name} has samples with the same labels");
        Sorted { name, of, samples }
    });
    let mut families: Vec<_> = families.collect();
    families.sort_unstable_by(|left, right| left.name.cmp(&right.name));
    families
}

/// A family with these samples, in this order.
pub(super) fn family(name: String, of: Of, samples: &[&Sample]) -> MetricFamily {
    let mut family = MetricFamily::default();
    family.set_name(name);
    family.set_help(of.help());
    family.set_field_type(match of.kind() {
        Kind::Counter => MetricType::COUNTER,
        Kind::Gauge => MetricType::GAUGE,
        Kind::Histogram => MetricType::HISTOGRAM,
    });
    family.set_metric(samples.iter().filter_map(|sample| metric(of.kind(), sample)).collect());
    family
}

/// The order of samples of a family.
pub(super) fn compare(left: &Labels, right: &Labels) -> Ordering {
    shown(left).cmp(shown(right))
}

/// The labels that have a value.
pub(super) fn shown(labels: &Labels) -> impl Iterator<Item = (&str, &str)> {
    labels.iter().map(|(name, value)| (*name, &**value)).filter(|(_, value)| !value.is_empty())
}

/// One series; `None` when its value is not of the kind of its family.
fn metric(kind: Kind, sample: &Sample) -> Option<Metric> {
    let mut metric = Metric::from_label(shown(&sample.labels).map(pair).collect());
    match (kind, &sample.value) {
        (Kind::Counter, Value::Number(value)) => {
            let mut counter = Counter::default();
            counter.set_value(*value);
            metric.set_counter(counter);
        }
        (Kind::Gauge, Value::Number(value)) => {
            let mut gauge = Gauge::default();
            gauge.set_value(*value);
            metric.set_gauge(gauge);
        }
        (Kind::Histogram, Value::Histogram { bounds, counts, sum }) => {
            metric.set_histogram(histogram(bounds, counts, *sum));
        }
        _ => {
            debug_assert!(false, "{:?} is not the value of a {kind:?}", sample.value);
            return None;
        }
    }
    Some(metric)
}

fn pair((name, value): (&str, &str)) -> LabelPair {
    let mut pair = LabelPair::default();
    pair.set_name(name.to_owned());
    pair.set_value(value.to_owned());
    pair
}

/// Counts between bounds, cumulated.
fn histogram(bounds: &[f64], counts: &[u64], sum: f64) -> Histogram {
    let mut cumulated = 0;
    let buckets = bounds.iter().copied().chain([f64::INFINITY]).zip(counts).map(|(bound, count)| {
        cumulated += count;
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(bound);
        bucket.set_cumulative_count(cumulated);
        bucket
    });
    let mut histogram = Histogram::default();
    histogram.set_bucket(buckets.collect());
    histogram.set_sample_count(cumulated);
    histogram.set_sample_sum(sum);
    histogram
}

#[cfg(test)]
mod tests {
    use super::super::{few_words, render, text};
    use super::families as each;
    use super::*;
    use crate::report::families::{BUILD_INFO, LATENCY, PREDICTIONS};
    use crate::statistics::{Companion, drift};

    fn sample(of: Of, labels: &[(&'static str, &str)], value: f64) -> Sample {
        let labels: crate::report::Labels = labels.iter().map(|(name, value)| (*name, (*value).into())).collect();
        Sample { of, labels: labels.into(), value: Value::Number(value) }
    }

    fn families(report: &Report) -> Vec<MetricFamily> {
        each(report).collect()
    }

    fn report(samples: Vec<Sample>) -> Report {
        Report { samples, ..Report::default() }
    }

    #[test]
    fn nothing_reported_is_no_family() {
        assert_eq!(Vec::<MetricFamily>::new(), families(&report(Vec::new())));
        assert_eq!((Vec::new(), b"# EOF\n".to_vec()), render(&report(Vec::new())));
    }

    #[test]
    fn families_are_sorted_by_name_and_samples_by_labels() {
        let predictions = Of::Family(&PREDICTIONS);
        let shuffled = [
            sample(predictions, &[("model", "b"), ("version", "1")], 1.0),
            sample(Of::Family(&BUILD_INFO), &[("version", "2")], 1.0),
            sample(predictions, &[("model", "a"), ("version", "2")], 2.0),
            sample(predictions, &[("model", "a"), ("version", "10")], 3.0),
        ];
        let expected = vec![
            few_words::gauges(BUILD_INFO.name, BUILD_INFO.help, &[(&[("version", "2")], 1.0)]),
            few_words::counters(
                PREDICTIONS.name,
                PREDICTIONS.help,
                &[
                    (&[("model", "a"), ("version", "10")], 3.0),
                    (&[("model", "a"), ("version", "2")], 2.0),
                    (&[("model", "b"), ("version", "1")], 1.0),
                ],
            ),
        ];
        assert_eq!(expected, families(&report(shuffled.to_vec())));
        assert_eq!(expected, families(&report(shuffled.into_iter().rev().collect())));
    }

    #[test]
    fn a_companion_is_a_family_of_its_own() {
        let spec = &drift::ENTRIES[0].spec;
        let companion = Of::Companion(spec, Companion::ErrorBound);
        let made = families(&report(vec![sample(companion, &[], 1.0), sample(Of::Statistic(spec), &[], 2.0)]));
        let names: Vec<_> = made.iter().map(MetricFamily::name).collect();
        assert_eq!(vec![spec.name.to_owned(), format!("{}_error_bound", spec.name)], names);
    }

    #[test]
    fn labels_without_a_value_are_left_out() {
        let made = families(&report(vec![sample(Of::Family(&PREDICTIONS), &[("version", ""), ("model", "a")], 1.0)]));
        let expected = few_words::counters(PREDICTIONS.name, PREDICTIONS.help, &[(&[("model", "a")], 1.0)]);
        assert_eq!(vec![expected], made);
    }

    #[test]
    fn histograms_are_cumulated_to_infinity() {
        let value = Value::Histogram { bounds: &[0.5, 1.0], counts: vec![1, 0, 2], sum: 7.5 };
        let made = families(&report(vec![Sample { of: Of::Family(&LATENCY), labels: Vec::new().into(), value }]));
        let buckets = [(0.5, 1), (1.0, 1), (f64::INFINITY, 3)];
        assert_eq!(vec![few_words::histogram(LATENCY.name, LATENCY.help, &[], &buckets, 3, 7.5)], made);
        let mut written = Vec::new();
        text::encode(&made, &mut written);
        assert!(String::from_utf8(written).unwrap().contains("_bucket{le=\"+Inf\"} 3\n"));
    }

    fn repeated() -> Report {
        let predictions = Of::Family(&PREDICTIONS);
        report(vec![
            sample(predictions, &[("model", "a")], 1.0),
            sample(predictions, &[("model", "a"), ("version", "")], 2.0),
        ])
    }

    #[test]
    #[cfg(debug_assertions)]
    #[should_panic = "driftgauge_predictions_total has samples with the same labels"]
    fn the_same_labels_twice_are_a_bug() {
        families(&repeated());
    }

    #[test]
    #[cfg(not(debug_assertions))]
    fn of_the_same_labels_the_first_sample_is_kept() {
        let expected = few_words::counters(PREDICTIONS.name, PREDICTIONS.help, &[(&[("model", "a")], 1.0)]);
        assert_eq!(vec![expected], families(&repeated()));
    }
}
