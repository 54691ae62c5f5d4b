//! Whatever stands in labels and help texts, and whatever the numbers are, both formats can be read, and say the same.
//!
//! The bytes are taken piece by piece for samples of the catalogue's families and for a family with a help text.

use super::prom_text::{Exposition, Labels};
use driftgauge::exposition::{openmetrics, render, text};
use driftgauge::report::{Kind, Of, Report, Sample, Value, families};
use prometheus::proto::{Gauge, LabelPair, Metric, MetricFamily, MetricType};
use std::collections::BTreeMap;

/// Bounds as those of the latencies.
const BOUNDS: &[f64] = &[0.5, 2.0];

/// Samples by name and labels, values by their bits.
type Samples = BTreeMap<(String, Labels), u64>;

/// Whether there is any sample.
pub fn check(bytes: &[u8]) -> bool {
    let mut pieces = Pieces(bytes);
    let help = pieces.text();
    let (samples, expected) = samples(&mut pieces);
    let any = !samples.is_empty();
    let (plain, open) = render(&Report { samples, ..Report::default() });
    assert_eq!(expected, read(utf8(&plain)), "the text format");
    assert_eq!(expected, read(&as_text(utf8(&open))), "OpenMetrics");
    helps(&help);
    any
}

/// Texts and numbers from bytes; nothing and zero once they are used up.
struct Pieces<'a>(&'a [u8]);

impl Pieces<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// Up to a zero byte.
    fn text(&mut self) -> String {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(self.0.len());
        let text = String::from_utf8_lossy(&self.0[..end]).into_owned();
        self.0 = self.0.get(end + 1..).unwrap_or_default();
        text
    }

    /// A number as it is written, of any size, by its bits.
    fn number(&mut self) -> f64 {
        f64::from_le_bytes([(); 8].map(|()| self.byte()))
    }

    /// A number from zero, as counters and sums of durations are.
    fn quantity(&mut self) -> f64 {
        let number = self.number().abs();
        if number.is_nan() { 0.0 } else { number }
    }
}

/// Samples of the catalogue, no labels twice, and how they are to be read.
fn samples(pieces: &mut Pieces<'_>) -> (Vec<Sample>, Samples) {
    let (mut samples, mut expected) = (Vec::new(), Samples::new());
    while !pieces.0.is_empty() {
        let index = usize::from(pieces.byte());
        let Some(family) = families::ALL.get(index % families::ALL.len()) else { break };
        let labels: Vec<(&'static str, String)> = family.labels.iter().map(|name| (*name, pieces.text())).collect();
        let shown: Labels = labels.iter().filter(|(_, value)| !value.is_empty()).cloned().map(owned).collect();
        let named = |suffix: &str, bound: Option<&str>| -> (String, Labels) {
            let bound = bound.map(|bound| ("le".to_owned(), bound.to_owned()));
            (format!("{}{suffix}", family.name), shown.clone().into_iter().chain(bound).collect())
        };
        // The same labels twice would be a mistake of ours, which is told in a debug build.
        let first = named(if family.kind == Kind::Histogram { "_count" } else { "" }, None);
        if expected.contains_key(&first) {
            continue;
        }
        let value = match family.kind {
            Kind::Histogram => {
                let counts: Vec<u64> = (0..=BOUNDS.len()).map(|_| u64::from(pieces.byte()) << 33).collect();
                let sum = pieces.quantity();
                let to = |bounds: usize| bits(counts[..=bounds].iter().sum::<u64>() as f64);
                expected.extend([(first, to(2)), (named("_sum", None), bits(sum))]);
                let buckets = [("0.5", to(0)), ("2.0", to(1)), ("+Inf", to(2))];
                expected.extend(buckets.map(|(bound, count)| (named("_bucket", Some(bound)), count)));
                Value::Histogram { bounds: BOUNDS, counts, sum }
            }
            kind => {
                let value = if kind == Kind::Counter { pieces.quantity() } else { pieces.number() };
                expected.insert(first, bits(value));
                Value::Number(value)
            }
        };
        let labels: driftgauge::report::Labels = labels.into_iter().map(|(name, value)| (name, value.into())).collect();
        samples.push(Sample { of: Of::Family(family), labels: labels.into(), value });
    }
    (samples, expected)
}

fn owned((name, value): (&'static str, String)) -> (String, String) {
    (name.to_owned(), value)
}

/// A number as it can be compared: there is one NaN.
fn bits(value: f64) -> u64 {
    if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() }
}

fn utf8(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("an exposition that is no UTF-8")
}

fn read(text: &str) -> Samples {
    let exposition = Exposition::parse(text);
    let samples = exposition.iter().map(|(name, labels, value)| ((name.to_owned(), labels.clone()), bits(value)));
    samples.collect()
}

/// The text format of what is in OpenMetrics: heads in their order, names with the suffix of their type.
fn as_text(open: &str) -> String {
    let mut text = String::new();
    let body = open.strip_suffix("# EOF\n").expect("no end");
    let mut lines = body.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(head) = line.strip_prefix("# TYPE ") else {
            assert!(!line.starts_with('#'), "{line}");
            text.extend([line, "\n"]);
            continue;
        };
        let (name, kind) = head.split_once(' ').expect("no type");
        let of = |line: &&str, word: &str| line.starts_with(&format!("# {word} {name} "));
        if let Some(unit) = lines.next_if(|line| of(line, "UNIT")) {
            let unit = unit.rsplit(' ').next().unwrap_or_default();
            assert!(name.ends_with(&format!("_{unit}")), "{name} is not in {unit}");
        }
        let help = lines.next_if(|line| of(line, "HELP")).and_then(|line| line.splitn(4, ' ').nth(3)).unwrap_or("none");
        let (suffix, kind) = match kind {
            "counter" => ("_total", "counter"),
            "info" => ("_info", "gauge"),
            "gauge" | "histogram" => ("", kind),
            other => panic!("{name} is of the type {other}"),
        };
        text.push_str(&format!("# HELP {name}{suffix} {help}\n# TYPE {name}{suffix} {kind}\n"));
    }
    text
}

/// A help text stays on its line and is read as it was.
fn helps(help: &str) {
    let help = format!("A {help}");
    let mut pair = LabelPair::default();
    pair.set_name("text".to_owned());
    pair.set_value(help.clone());
    let mut gauge = Gauge::default();
    gauge.set_value(0.5);
    let mut metric = Metric::from_label(vec![pair]);
    metric.set_gauge(gauge);
    let mut family = MetricFamily::default();
    family.set_name("driftgauge_help".to_owned());
    family.set_help(help.clone());
    family.set_field_type(MetricType::GAUGE);
    family.set_metric(vec![metric]);
    let (mut plain, mut open) = (Vec::new(), Vec::new());
    text::encode(std::slice::from_ref(&family), &mut plain);
    openmetrics::encode(&[family], &mut open);
    let written = |bytes: &[u8]| {
        let line = utf8(bytes).split('\n').find_map(|line| line.strip_prefix("# HELP driftgauge_help "));
        line.expect("no help").to_owned()
    };
    assert_eq!(help, unescaped(&written(&plain), false));
    assert_eq!(help, unescaped(&written(&open), true));
    let labels = Labels::from([("text".to_owned(), help)]);
    let expected = Samples::from([(("driftgauge_help".to_owned(), labels), bits(0.5))]);
    assert_eq!(expected, read(utf8(&plain)));
    assert_eq!(expected, read(&as_text(utf8(&open))));
}

/// The escapes of a help text undone; a quote has one in OpenMetrics only.
fn unescaped(text: &str, quotes: bool) -> String {
    let mut plain = String::new();
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        plain.push(match character {
            '\\' => match rest.next() {
                Some('n') => '\n',
                Some('\\') => '\\',
                Some('"') if quotes => '"',
                other => panic!("{other:?} has no escape"),
            },
            '"' if quotes => panic!("a bare quote"),
            character => character,
        });
    }
    plain
}
