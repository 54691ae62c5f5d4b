//! OpenMetrics 1.0.0: what a Prometheus server asks for first.
//!
//! A sample has the name it has in the other format. What differs is the name of its family, which here is without the
//! suffix that the type implies:
//!
//! | family | here |
//! |---|---|
//! | counter `x_total` | counter `x` |
//! | counter without `_total` | unknown: a suffix of ours would be a second name of the series |
//! | gauge `x_info`, all samples 1 | info `x` |
//! | untyped | unknown |
//!
//! A family name that ends in `_seconds`, `_bytes` or `_ratio` declares this unit.

use prometheus::proto::{MetricFamily, MetricType};

use super::lines;

/// The `Content-Type` of the output.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The units declared when a family's name ends in one.
const UNITS: [&str; 3] = ["seconds", "bytes", "ratio"];

/// Appends the families and the end marker to `out`. A family without samples is left out, an empty help text has no
/// `HELP` line.
///
/// No two families may differ only by `_total` or `_info`; readers of this format refuse that.
pub fn encode(families: &[MetricFamily], out: &mut Vec<u8>) {
    families.iter().for_each(|family| write_family(out, family));
    write_end(out);
}

/// Appends a family, unless it is without samples.
fn write_family(out: &mut Vec<u8>, family: &MetricFamily) {
    if family.get_metric().is_empty() {
        return;
    }
    write_header(out, family, all_are_one(family));
    lines::write_family(out, family);
}

/// Appends the end marker.
pub(super) fn write_end(out: &mut Vec<u8>) {
    out.extend_from_slice(b"# EOF\n");
}

/// Appends what stands above the samples of a family, which it need not have; they may be all 1.
pub(super) fn write_header(out: &mut Vec<u8>, family: &MetricFamily, all_are_one: bool) {
    let (name, word) = name_and_type(family, all_are_one);
    lines::write_words(out, &["# TYPE ", name, " ", word, "\n"]);
    if let Some(unit) = unit(name).filter(|_| word != "info") {
        lines::write_words(out, &["# UNIT ", name, " ", unit, "\n"]);
    }
    if !family.help().is_empty() {
        lines::write_words(out, &["# HELP ", name, " "]);
        lines::write_quoted(out, family.help());
        out.push(b'\n');
    }
}

fn name_and_type(family: &MetricFamily, all_are_one: bool) -> (&str, &'static str) {
    let name = family.name();
    match family.get_field_type() {
        MetricType::COUNTER => name.strip_suffix("_total").map_or((name, "unknown"), |base| (base, "counter")),
        MetricType::GAUGE if all_are_one => name.strip_suffix("_info").map_or((name, "gauge"), |base| (base, "info")),
        MetricType::GAUGE => (name, "gauge"),
        MetricType::SUMMARY => (name, "summary"),
        MetricType::UNTYPED => (name, "unknown"),
        MetricType::HISTOGRAM => (name, "histogram"),
    }
}

/// Whether every sample of a gauge is 1.
pub(super) fn all_are_one(family: &MetricFamily) -> bool {
    family.get_metric().iter().all(|metric| metric.get_gauge().get_value() == 1.0)
}

fn unit(name: &str) -> Option<&'static str> {
    UNITS.into_iter().find(|unit| name.strip_suffix(unit).is_some_and(|rest| rest.ends_with('_')))
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
    fn only_the_end_is_written_for_no_families_and_for_families_without_samples() {
        assert_eq!("# EOF\n", encoded(&[]));
        assert_eq!("# EOF\n", encoded(&[families::gauges("a", "Help.", &[])]));
    }

    #[test]
    fn each_type_is_written_as_the_format_demands() {
        let table = [
            (
                families::counters("a_seconds_total", "Help.", &[(&[("x", "\n")], 2.0)]),
                "# TYPE a_seconds counter\n# UNIT a_seconds seconds\n# HELP a_seconds Help.\n\
                 a_seconds_total{x=\"\\n\"} 2\n",
            ),
            (families::counters("a", "", &[(&[], 2.0)]), "# TYPE a unknown\na 2\n"),
            (families::gauges("a_info", "", &[(&[("x", "1")], 1.0)]), "# TYPE a info\na_info{x=\"1\"} 1\n"),
            (families::gauges("a_info", "", &[(&[], 1.0), (&[], 2.0)]), "# TYPE a_info gauge\na_info 1\na_info 2\n"),
            (families::gauges("a_bytes_info", "", &[(&[], 1.0)]), "# TYPE a_bytes info\na_bytes_info 1\n"),
            (
                families::gauges("a_ratio", "", &[(&[], 0.5)]),
                "# TYPE a_ratio gauge\n# UNIT a_ratio ratio\na_ratio 0.5\n",
            ),
            (families::gauges("megabytes", "", &[(&[], 0.5)]), "# TYPE megabytes gauge\nmegabytes 0.5\n"),
            (
                families::gauges("a", "Say \"a\\b\"\nagain.", &[(&[], 1.0)]),
                "# TYPE a gauge\n# HELP a Say \\\"a\\\\b\\\"\\nagain.\na 1\n",
            ),
            (
                families::histogram("a_seconds", "Help.", &[], &[(1.0, 2), (1e6, 3)], 3, 4.5),
                "# TYPE a_seconds histogram\n# UNIT a_seconds seconds\n# HELP a_seconds Help.\n\
                 a_seconds_bucket{le=\"1.0\"} 2\na_seconds_bucket{le=\"1e+06\"} 3\n\
                 a_seconds_bucket{le=\"+Inf\"} 3\na_seconds_sum 4.5\na_seconds_count 3\n",
            ),
            (families::untyped("a", 3.0), "# TYPE a unknown\na 3\n"),
        ];
        for (family, expected) in table {
            assert_eq!(format!("{expected}# EOF\n"), encoded(&[family]));
        }
    }
}
