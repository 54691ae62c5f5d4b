//! Samples, escapes and numbers: what the text formats have in common.

use std::io::Write;

use prometheus::proto::{Histogram, LabelPair, Metric, MetricFamily, MetricType, Summary};

/// A number behind a sample's name: counts of a histogram are exact over the whole range of `u64`.
#[derive(Clone, Copy)]
enum Value {
    Float(f64),
    Count(u64),
}

/// The label that a bucket or a quantile adds to those of its metric.
type Extra = Option<(&'static str, f64)>;

/// Writes all samples of a family.
pub(super) fn write_family(out: &mut Vec<u8>, family: &MetricFamily) {
    for metric in family.get_metric() {
        write_metric(out, family.get_field_type(), family.name(), metric);
    }
}

/// Writes all samples of one metric. `name` is the full name of a plain sample, `_total` and `_info` included.
///
/// A histogram's `+Inf` bucket and its `_count` are the same number by construction; buckets are those with a finite
/// bound. Its quantity must not be negative, or `_sum` is no counter.
fn write_metric(out: &mut Vec<u8>, kind: MetricType, name: &str, metric: &Metric) {
    match kind {
        MetricType::COUNTER => write_plain(out, name, metric, metric.get_counter().get_value()),
        MetricType::GAUGE => write_plain(out, name, metric, metric.get_gauge().get_value()),
        MetricType::UNTYPED => write_plain(out, name, metric, untyped_value(metric)),
        MetricType::HISTOGRAM => write_histogram(out, name, metric.get_label(), metric.get_histogram()),
        MetricType::SUMMARY => write_summary(out, name, metric.get_label(), metric.get_summary()),
    }
}

/// Writes the words one after the other, as they are.
pub(super) fn write_words(out: &mut Vec<u8>, words: &[&str]) {
    for word in words {
        out.extend_from_slice(word.as_bytes());
    }
}

/// Writes a help text, where `\` and LF are escaped.
pub(super) fn write_help(out: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    while let Some(at) = memchr::memchr2(b'\\', b'\n', rest) {
        rest = write_escaped_at(out, rest, at);
    }
    out.extend_from_slice(rest);
}

/// Writes what stands between quotes, where `\`, LF and `"` are escaped.
pub(super) fn write_quoted(out: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    while let Some(at) = memchr::memchr3(b'\\', b'\n', b'"', rest) {
        rest = write_escaped_at(out, rest, at);
    }
    out.extend_from_slice(rest);
}

/// Copies up to `at`, escapes the byte there, returns what follows.
fn write_escaped_at<'a>(out: &mut Vec<u8>, text: &'a [u8], at: usize) -> &'a [u8] {
    let (before, after) = text.split_at(at);
    out.extend_from_slice(before);
    let Some((special, rest)) = after.split_first() else { return after };
    out.extend_from_slice(match special {
        b'\n' => b"\\n",
        b'"' => b"\\\"",
        _ => b"\\\\",
    });
    rest
}

fn write_plain(out: &mut Vec<u8>, name: &str, metric: &Metric, value: f64) {
    write_sample(out, name, "", metric.get_label(), None, Value::Float(value));
}

fn write_histogram(out: &mut Vec<u8>, name: &str, labels: &[LabelPair], histogram: &Histogram) {
    for bucket in histogram.get_bucket().iter().filter(|bucket| bucket.upper_bound().is_finite()) {
        let count = Value::Count(bucket.cumulative_count());
        write_sample(out, name, "_bucket", labels, Some(("le", bucket.upper_bound())), count);
    }
    let count = Value::Count(histogram.get_sample_count());
    write_sample(out, name, "_bucket", labels, Some(("le", f64::INFINITY)), count);
    write_sample(out, name, "_sum", labels, None, Value::Float(histogram.get_sample_sum()));
    write_sample(out, name, "_count", labels, None, count);
}

fn write_summary(out: &mut Vec<u8>, name: &str, labels: &[LabelPair], summary: &Summary) {
    for quantile in summary.get_quantile() {
        let extra = Some(("quantile", quantile.quantile()));
        write_sample(out, name, "", labels, extra, Value::Float(quantile.value()));
    }
    write_sample(out, name, "_sum", labels, None, Value::Float(summary.sample_sum()));
    write_sample(out, name, "_count", labels, None, Value::Count(summary.sample_count()));
}

#[allow(deprecated, reason = "there is no other way to read it without the protobuf feature")]
fn untyped_value(metric: &Metric) -> f64 {
    metric.get_untyped().get_value()
}

fn write_sample(out: &mut Vec<u8>, name: &str, suffix: &str, labels: &[LabelPair], extra: Extra, value: Value) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(suffix.as_bytes());
    write_labels(out, labels, extra);
    out.push(b' ');
    match value {
        Value::Float(value) => write_float(out, value),
        Value::Count(count) => write_number(out, format_args!("{count}")),
    }
    out.push(b'\n');
}

fn write_labels(out: &mut Vec<u8>, labels: &[LabelPair], extra: Extra) {
    if labels.is_empty() && extra.is_none() {
        return;
    }
    let mut separator = b'{';
    for label in labels {
        out.push(separator);
        out.extend_from_slice(label.name().as_bytes());
        out.extend_from_slice(b"=\"");
        write_quoted(out, label.value());
        out.push(b'"');
        separator = b',';
    }
    if let Some((name, bound)) = extra {
        out.push(separator);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"=\"");
        write_bound(out, bound);
        out.push(b'"');
    }
    out.push(b'}');
}

/// The shortest text that reads back as the same number; integers without a point.
fn write_float(out: &mut Vec<u8>, value: f64) {
    /// Below it every integer is written digit by digit, and `i64` holds it.
    const INTEGERS_BELOW: f64 = 1e15;
    if !value.is_finite() {
        out.extend_from_slice(non_finite(value));
    } else if value.trunc() == value && value.abs() < INTEGERS_BELOW && !(value == 0.0 && value.is_sign_negative()) {
        write_number(out, format_args!("{}", value as i64));
    } else {
        write_number(out, format_args!("{value:?}"));
    }
}

/// The canonical spelling of OpenMetrics for `le` and `quantile`: always a point or an exponent (`1.0`), an exponent of
/// at least two digits with its sign from 1e6 on and below 1e-4 (`1e+06`).
fn write_bound(out: &mut Vec<u8>, bound: f64) {
    let plain = bound == 0.0 || (1e-4..1e6).contains(&bound.abs());
    if !bound.is_finite() {
        out.extend_from_slice(non_finite(bound));
    } else if plain {
        write_number(out, format_args!("{bound:?}"));
    } else {
        let scientific = format!("{bound:e}");
        let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
        let exponent: i32 = exponent.parse().unwrap_or_default();
        write_number(out, format_args!("{mantissa}e{exponent:+03}"));
    }
}

fn non_finite(value: f64) -> &'static [u8] {
    match value {
        f64::INFINITY => b"+Inf",
        f64::NEG_INFINITY => b"-Inf",
        _ => b"NaN",
    }
}

fn write_number(out: &mut Vec<u8>, number: std::fmt::Arguments<'_>) {
    // A vector takes every byte: there is no error to pass on.
    let _ = out.write_fmt(number);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn floats_are_shortest_and_integers_have_no_point() {
        let table = [
            (0.0, "0"),
            (-0.0, "-0.0"),
            (1.0, "1"),
            (-17.0, "-17"),
            (0.1, "0.1"),
            (0.1 + 0.2, "0.30000000000000004"),
            (999_999_999_999_999.0, "999999999999999"),
            (1e15, "1000000000000000.0"),
            (1e22, "1e22"),
            (2.5e-9, "2.5e-9"),
            (f64::MAX, "1.7976931348623157e308"),
            (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
            (5e-324, "5e-324"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ];
        for (value, expected) in table {
            assert_eq!(expected, written(|out| write_float(out, value)));
        }
    }

    #[test]
    fn bounds_are_canonical() {
        let table = [
            (0.0, "0.0"),
            (1.0, "1.0"),
            (-2.5, "-2.5"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (100_000.0, "100000.0"),
            (1e6, "1e+06"),
            (2.5e6, "2.5e+06"),
            (1e10, "1e+10"),
            (1e100, "1e+100"),
            (f64::INFINITY, "+Inf"),
        ];
        for (bound, expected) in table {
            assert_eq!(expected, written(|out| write_bound(out, bound)));
        }
    }

    #[test]
    fn exactly_three_characters_are_escaped_between_quotes_and_two_in_help() {
        let text = "a\\b\"c\nd\te\r\\n\u{e9}\u{0}";
        assert_eq!("a\\\\b\\\"c\\nd\te\r\\\\n\u{e9}\u{0}", written(|out| write_quoted(out, text)));
        assert_eq!("a\\\\b\"c\\nd\te\r\\\\n\u{e9}\u{0}", written(|out| write_help(out, text)));
    }

    /// The inverse of the escapes.
    fn unescape(text: &str) -> String {
        let mut plain = String::new();
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            match (character, character == '\\') {
                (_, true) => plain.push(match characters.next().unwrap() {
                    'n' => '\n',
                    special => special,
                }),
                (character, false) => plain.push(character),
            }
        }
        plain
    }

    proptest! {
        #[test]
        fn escapes_are_reversible_and_stay_on_their_line(text in r#"([\\"\nn]|\PC|\pC){0,24}"#) {
            for write in [write_quoted, write_help] {
                let escaped = written(|out| write(out, &text));
                prop_assert!(!escaped.contains('\n'));
                prop_assert_eq!(unescape(&escaped), &*text);
            }
        }

        #[test]
        fn floats_read_back_as_themselves(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            for write in [write_float, write_bound] {
                let read: f64 = written(|out| write(out, value)).parse().unwrap();
                prop_assert!(read.to_bits() == bits || (read.is_nan() && value.is_nan()));
            }
        }
    }
}
