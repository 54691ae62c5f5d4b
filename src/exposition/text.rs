//! The Prometheus text format, version 0.0.4: what every scraper and `promtool check metrics` reads.

use prometheus::proto::{MetricFamily, MetricType};

use super::lines;

/// The `Content-Type` of the output.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Appends the families to `out`. A family without samples is left out, an empty help text has no `HELP` line.
pub fn encode(families: &[MetricFamily], out: &mut Vec<u8>) {
    for family in families.iter().filter(|family| !family.get_metric().is_empty()) {
        write_header(out, family);
        lines::write_family(out, family);
    }
}

/// Appends what stands above the samples of a family.
pub(super) fn write_header(out: &mut Vec<u8>, family: &MetricFamily) {
    if !family.help().is_empty() {
        lines::write_words(out, &["# HELP ", family.name(), " "]);
        lines::write_help(out, family.help());
        out.push(b'\n');
    }
    lines::write_words(out, &["# TYPE ", family.name(), " ", type_word(family.get_field_type()), "\n"]);
}

fn type_word(kind: MetricType) -> &'static str {
    match kind {
        MetricType::COUNTER => "counter",
        MetricType::GAUGE => "gauge",
        MetricType::SUMMARY => "summary",
        MetricType::UNTYPED => "untyped",
        MetricType::HISTOGRAM => "histogram",
    }
}

#[cfg(test)]
mod tests {
    use super::super::few_words as families;
    use super::*;

    fn encoded(families: &[MetricFamily]) -> String {
        let mut out = Vec::new();
        encode(families, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn nothing_is_written_for_no_families_and_for_families_without_samples() {
        assert_eq!("", encoded(&[]));
        assert_eq!("", encoded(&[families::gauges("a", "Help.", &[])]));
    }

    #[test]
    fn each_type_is_written_as_the_format_demands() {
        let table = [
            (
                families::counters("a_total", "Help.", &[(&[("x", "1"), ("y", "\"")], 2.0)]),
                "# HELP a_total Help.\n# TYPE a_total counter\na_total{x=\"1\",y=\"\\\"\"} 2\n",
            ),
            (families::gauges("a", "", &[(&[], f64::NAN)]), "# TYPE a gauge\na NaN\n"),
            (
                families::gauges("a", "Say \"a\\b\"\nagain.", &[(&[], 0.5)]),
                "# HELP a Say \"a\\\\b\"\\nagain.\n# TYPE a gauge\na 0.5\n",
            ),
            (
                families::histogram("a_seconds", "Help.", &[("x", "1")], &[(0.5, 1), (1.0, 2)], 3, 4.5),
                "# HELP a_seconds Help.\n# TYPE a_seconds histogram\n\
                 a_seconds_bucket{x=\"1\",le=\"0.5\"} 1\na_seconds_bucket{x=\"1\",le=\"1.0\"} 2\n\
                 a_seconds_bucket{x=\"1\",le=\"+Inf\"} 3\na_seconds_sum{x=\"1\"} 4.5\na_seconds_count{x=\"1\"} 3\n",
            ),
            (
                families::histogram("a", "", &[], &[(f64::INFINITY, 3)], u64::MAX, 0.0),
                "# TYPE a histogram\na_bucket{le=\"+Inf\"} 18446744073709551615\na_sum 0\n\
                 a_count 18446744073709551615\n",
            ),
            (
                families::summary("a", &[(0.5, 2.0), (1.0, 3.0)], 7, 9.0),
                "# TYPE a summary\na{quantile=\"0.5\"} 2\na{quantile=\"1.0\"} 3\na_sum 9\na_count 7\n",
            ),
            (families::untyped("a", 3.0), "# TYPE a untyped\na 3\n"),
        ];
        for (family, expected) in table {
            assert_eq!(expected, encoded(&[family]));
        }
    }
}
