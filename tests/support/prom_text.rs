//! A strict reader of the Prometheus text format: what it does not expect fails the test.
#![allow(dead_code, reason = "each test uses its part")]

use std::collections::{BTreeMap, BTreeSet};

/// Labels by name.
pub type Labels = BTreeMap<String, String>;

/// Every sample of an exposition.
#[derive(Debug, Default)]
pub struct Exposition {
    samples: BTreeMap<(String, Labels), f64>,
}

impl Exposition {
    /// Reads a whole exposition: each family once, its HELP and TYPE before its samples, no series twice.
    pub fn parse(text: &str) -> Exposition {
        assert!(text.is_empty() || text.ends_with('\n'), "the last line has no end");
        let mut samples = BTreeMap::new();
        let mut families: BTreeSet<&str> = BTreeSet::new();
        let mut helped = None;
        let mut family: Option<(&str, &str)> = None;
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').unwrap_or_else(|| panic!("no help: {line}"));
                assert!(!help.is_empty() && is_name(name), "{line}");
                assert!(families.insert(name), "a family twice: {line}");
                helped = Some(name);
                family = None;
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap_or_else(|| panic!("no type: {line}"));
                assert_eq!(Some(name), helped.take(), "TYPE must follow HELP: {line}");
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                family = Some((name, kind));
            } else {
                let (name, labels, value) = sample(line);
                let (of, kind) = family.unwrap_or_else(|| panic!("a sample without TYPE: {line}"));
                let suffixes: &[&str] = if kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
                let belongs = suffixes.iter().any(|suffix| name.strip_suffix(suffix) == Some(of));
                assert!(belongs, "a sample of another family: {line}");
                assert!(samples.insert((name, labels), value).is_none(), "a series twice: {line}");
            }
        }
        Exposition { samples }
    }

    /// Every sample: name, labels, value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Labels, f64)> {
        self.samples.iter().map(|((name, labels), value)| (name.as_str(), labels, *value))
    }

    /// The sample with exactly these labels.
    pub fn get(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.samples.get(&(name.to_owned(), labels)).copied()
    }

    /// The samples that have all of `labels`, which are taken away.
    pub fn within(&self, labels: &[(&str, &str)]) -> Exposition {
        let mut samples = BTreeMap::new();
        for ((name, all), value) in &self.samples {
            let mut rest = all.clone();
            if labels.iter().all(|(name, value)| rest.remove(*name).as_deref() == Some(*value)) {
                samples.insert((name.clone(), rest), *value);
            }
        }
        Exposition { samples }
    }

    /// The sum of a family over all its series.
    pub fn sum(&self, name: &str) -> f64 {
        self.iter().filter(|(found, _, _)| *found == name).map(|(_, _, value)| value).sum()
    }
}

fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|c| c.is_ascii_alphabetic() || c == b'_')
        && bytes.all(|c| c.is_ascii_alphanumeric() || c == b'_')
}

/// `name{label="value",...} value`
fn sample(line: &str) -> (String, Labels, f64) {
    let end = line.find(['{', ' ']).unwrap_or_else(|| panic!("no sample: {line}"));
    let (name, mut rest) = line.split_at(end);
    assert!(is_name(name), "{line}");
    let mut labels = Labels::new();
    if let Some(inner) = rest.strip_prefix('{') {
        rest = inner;
        loop {
            let (label, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("no label: {line}"));
            assert!(is_name(label), "{line}");
            let (value, after) = quoted(after).unwrap_or_else(|| panic!("no end of a label's value: {line}"));
            assert!(labels.insert(label.to_owned(), value).is_none(), "a label twice: {line}");
            match after.strip_prefix(',') {
                Some(more) => rest = more,
                None => {
                    rest = after.strip_prefix('}').unwrap_or_else(|| panic!("no end of labels: {line}"));
                    break;
                }
            }
        }
    }
    let value = rest.strip_prefix(' ').unwrap_or_else(|| panic!("no value: {line}"));
    let value = match value {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        value => value.parse().unwrap_or_else(|_| panic!("not a number: {line}")),
    };
    (name.to_owned(), labels, value)
}

/// Text up to a closing quote, with its escapes undone, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                c @ ('\\' | '"') => value.push(c),
                _ => return None,
            },
            c => value.push(c),
        }
    }
    None
}
