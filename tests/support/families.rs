//! Families for tests, in few words.

use prometheus::proto::{
    Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType, Quantile, Summary, Untyped,
};

type Labels<'a> = &'a [(&'a str, &'a str)];

pub fn counters(name: &str, help: &str, samples: &[(Labels<'_>, f64)]) -> MetricFamily {
    let metrics = samples.iter().map(|(labels, value)| {
        let mut counter = Counter::default();
        counter.set_value(*value);
        let mut metric = Metric::from_label(pairs(labels));
        metric.set_counter(counter);
        metric
    });
    family(name, help, MetricType::COUNTER, metrics.collect())
}

pub fn gauges(name: &str, help: &str, samples: &[(Labels<'_>, f64)]) -> MetricFamily {
    let metrics = samples.iter().map(|(labels, value)| {
        let mut gauge = Gauge::default();
        gauge.set_value(*value);
        let mut metric = Metric::from_label(pairs(labels));
        metric.set_gauge(gauge);
        metric
    });
    family(name, help, MetricType::GAUGE, metrics.collect())
}

pub fn histogram(
    name: &str,
    help: &str,
    labels: Labels<'_>,
    buckets: &[(f64, u64)],
    count: u64,
    sum: f64,
) -> MetricFamily {
    let mut histogram = Histogram::default();
    histogram.set_bucket(buckets.iter().map(|(bound, count)| bucket(*bound, *count)).collect());
    histogram.set_sample_count(count);
    histogram.set_sample_sum(sum);
    let mut metric = Metric::from_label(pairs(labels));
    metric.set_histogram(histogram);
    family(name, help, MetricType::HISTOGRAM, vec![metric])
}

pub fn summary(name: &str, quantiles: &[(f64, f64)], count: u64, sum: f64) -> MetricFamily {
    let mut summary = Summary::default();
    summary.set_quantile(quantiles.iter().map(|(level, value)| quantile(*level, *value)).collect());
    summary.set_sample_count(count);
    summary.set_sample_sum(sum);
    let mut metric = Metric::default();
    metric.set_summary(summary);
    family(name, "", MetricType::SUMMARY, vec![metric])
}

#[allow(deprecated, reason = "there is no other way to set it without the protobuf feature")]
pub fn untyped(name: &str, value: f64) -> MetricFamily {
    let mut untyped = Untyped::default();
    untyped.set_value(value);
    let mut metric = Metric::default();
    metric.set_untyped(untyped);
    family(name, "", MetricType::UNTYPED, vec![metric])
}

fn family(name: &str, help: &str, kind: MetricType, metrics: Vec<Metric>) -> MetricFamily {
    let mut family = MetricFamily::default();
    family.set_name(name.to_owned());
    family.set_help(help.to_owned());
    family.set_field_type(kind);
    family.set_metric(metrics);
    family
}

fn pairs(labels: Labels<'_>) -> Vec<LabelPair> {
    labels.iter().map(|(name, value)| pair(name, value)).collect()
}

fn pair(name: &str, value: &str) -> LabelPair {
    let mut pair = LabelPair::default();
    pair.set_name(name.to_owned());
    pair.set_value(value.to_owned());
    pair
}

fn bucket(bound: f64, count: u64) -> Bucket {
    let mut bucket = Bucket::default();
    bucket.set_upper_bound(bound);
    bucket.set_cumulative_count(count);
    bucket
}

fn quantile(level: f64, value: f64) -> Quantile {
    let mut quantile = Quantile::default();
    quantile.set_quantile(level);
    quantile.set_value(value);
    quantile
}
