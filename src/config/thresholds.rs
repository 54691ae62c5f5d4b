//! The table `[thresholds]`: its keys are those of statistics, its values numbers or choices in words.

use super::suggest;
use super::value::Value;
use crate::engine::config::{Choice, Thresholds};
use crate::statistics::{Companion, Spec, specs};
use std::collections::BTreeMap;

/// The forms of a value, for who wrote another.
const FORMS: &str = "a number, or one of \"quantile 0.99\" (0.9, 0.95 or 0.99 of the reference's chunks keep it), \
                     \"3 sd\" (mean and standard deviations of the reference's chunks), \"reference - 0.05\", \
                     \"reference + 0.1\", \"reference * 0.95\"";

/// The levels of the quantiles that a profile keeps.
const LEVELS: [f64; 3] = [0.9, 0.95, 0.99];

/// The statistics that can have a threshold.
fn statistics() -> impl Iterator<Item = &'static Spec> {
    specs().filter(|spec| spec.companions.contains(&Companion::Threshold))
}

/// Reads the table.
pub(super) fn read(value: &Value<'_>) -> Thresholds {
    let mut thresholds = Thresholds::default();
    for (name, value) in value.named().unwrap_or_default() {
        if name == "features" {
            for (feature, value) in value.named().unwrap_or_default() {
                let choices = value.named().unwrap_or_default().into_iter();
                let choices: BTreeMap<_, _> = choices.filter_map(|(key, value)| one(&key, &value, true)).collect();
                thresholds.features.insert(feature, choices);
            }
        } else {
            thresholds.general.extend(one(&name, &value, false));
        }
    }
    thresholds
}

/// One statistic and its choice. Of one feature, only statistics of columns.
fn one(key: &str, value: &Value<'_>, of_feature: bool) -> Option<(String, Choice)> {
    let is_named = |spec: &&Spec| {
        spec.key == key || spec.name == key || spec.name.strip_prefix("driftgauge_").is_some_and(|name| name == key)
    };
    let of_column = |spec: &Spec| spec.name.starts_with("driftgauge_feature_");
    let allowed = || statistics().filter(|spec| !of_feature || of_column(spec));
    let Some(spec) = allowed().find(is_named) else {
        let near = suggest::nearest(key, allowed().map(|spec| spec.key).chain((!of_feature).then_some("features")));
        let hint = near.map_or_else(String::new, |near| format!("; did you mean {near:?}?"));
        let of = if of_feature { " of a feature" } else { "" };
        value.problem(format!("no statistic{of} that can have a threshold{hint}"));
        return None;
    };
    let choice = choice(value).or_else(|| value.expected(FORMS))?;
    if of_column(spec) && matches!(choice, Choice::Reference(..)) {
        value.problem("the reference has no value of its own to compare with: give a number, a quantile or \"3 sd\"");
        return None;
    }
    Some((spec.key.to_owned(), choice))
}

fn choice(value: &Value<'_>) -> Option<Choice> {
    if let Some(number) = value.number() {
        return Some(Choice::Value(number));
    }
    let words: Vec<&str> = value.word()?.split_whitespace().collect();
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
    match words.as_slice() {
        ["quantile", level] => number(level).filter(|level| LEVELS.contains(level)).map(Choice::Quantile),
        [deviations, "sd"] => number(deviations).filter(|deviations| *deviations >= 0.0).map(Choice::Deviations),
        ["reference"] => Some(Choice::Reference(1.0, 0.0)),
        ["reference", "-", less] => number(less).map(|less| Choice::Reference(1.0, -less)),
        ["reference", "+", more] => number(more).map(|more| Choice::Reference(1.0, more)),
        ["reference", "*", factor] => number(factor).map(|factor| Choice::Reference(factor, 0.0)),
        _ => None,
    }
}
