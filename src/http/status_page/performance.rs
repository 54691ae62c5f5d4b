//! The performance of a window: one table of statistics beside the reference's; averages and classes are folded.

use super::html::Html;
use super::judge::{Verdict, verdict};
use super::numbers::{self, ABSENT};
use super::words;
use crate::report::{Reading, WindowView};
use crate::statistics::{Spec, Undefined};
use std::sync::Arc;

/// Averages over classes, of which the plain statistic is the better first look.
const AVERAGES: &[&str] = &["_macro", "_micro", "_weighted"];

/// Classes that are shown; more are counted only.
const CLASSES: usize = 40;

/// Whether a statistic belongs into the table at first sight.
pub(super) fn is_headline(reading: &Reading) -> bool {
    reading.class.is_none() && !is_average(reading)
}

/// A value of a statistic: ratios as percentages.
pub(super) fn shown(spec: &Spec, value: f64) -> String {
    if is_share(spec) { numbers::share(value) } else { numbers::number(value) }
}

/// The performance of a window; says so in one sentence when there is none.
pub(super) fn body(html: &mut Html, window: &WindowView) {
    let readings: Vec<&Reading> =
        window.performance.iter().filter(|r| r.outcome.err() != Some(Undefined::NotApplicable)).collect();
    if readings.is_empty() {
        html.leaf("p", &[("class", "muted")], "No performance: nothing is computed from actuals.");
        return;
    }
    if let Some(reason) = common_reason(&readings) {
        html.leaf("p", &[("class", "muted")], &format!("No performance: {}.", words::reason(reason)));
        return;
    }
    let pick = |wanted: fn(&Reading) -> bool| readings.iter().copied().filter(|r| wanted(r)).collect::<Vec<_>>();
    table(html, &pick(is_headline), window.pairs);
    let averages = pick(|reading| reading.class.is_none() && is_average(reading));
    if !averages.is_empty() {
        folded(html, "Averages over classes", |html| table(html, &averages, window.pairs));
    }
    let classes = pick(|reading| reading.class.is_some());
    if !classes.is_empty() {
        folded(html, "By class", |html| by_class(html, &classes));
    }
}

fn folded(html: &mut Html, summary: &'static str, inside: impl FnOnce(&mut Html)) {
    html.element("details", &[], |html| {
        html.raw("<summary>").raw(summary).raw("</summary>");
        html.element("div", &[("class", "scroll")], inside);
    });
}

fn is_share(spec: &Spec) -> bool {
    spec.key.ends_with("_ratio") && spec.range == (0.0, 1.0)
}

fn is_average(reading: &Reading) -> bool {
    let key = reading.spec.key;
    let key = key.strip_suffix("_ratio").unwrap_or(key);
    AVERAGES.iter().any(|suffix| key.ends_with(suffix))
}

/// The reason that all of them share.
fn common_reason(readings: &[&Reading]) -> Option<Undefined> {
    let reason = readings.first()?.outcome.err()?;
    readings.iter().all(|reading| reading.outcome == Err(reason)).then_some(reason)
}

fn table(html: &mut Html, readings: &[&Reading], pairs: u64) {
    html.element("table", &[("class", "performance")], |html| {
        html.raw(
            "<thead><tr><th scope=\"col\">statistic</th><th scope=\"col\">now</th><th scope=\"col\">reference</th>\
             <th scope=\"col\">difference</th></tr></thead>",
        );
        html.element("tbody", &[], |html| {
            for reading in readings {
                html.element("tr", &[], |html| row(html, reading, pairs));
            }
        });
    });
}

fn row(html: &mut Html, reading: &Reading, pairs: u64) {
    let spec = reading.spec;
    html.leaf("th", &[("scope", "row"), ("title", spec.help)], &words::statistic(spec));
    let reference = reading.reference.map_or_else(|| ABSENT.to_owned(), |value| shown(spec, value));
    match reading.outcome {
        Err(reason) => {
            html.leaf("td", &[("class", "reason")], words::reason(reason)).leaf("td", &[], &reference).leaf(
                "td",
                &[],
                "",
            );
        }
        Ok(outcome) => {
            html.element("td", &[], |html| {
                html.text(&shown(spec, outcome.value));
                if let Some(bound) = outcome.error_bound.filter(|bound| *bound > 0.0 && bound.is_finite()) {
                    let bound = match is_share(spec) {
                        true => numbers::bound_in_points(bound),
                        false => numbers::bound(bound),
                    };
                    html.leaf("small", &[], &format!(" ± {bound}"));
                }
            });
            html.leaf("td", &[], &reference);
            difference(html, reading, outcome.value, pairs);
        }
    }
}

fn difference(html: &mut Html, reading: &Reading, value: f64, pairs: u64) {
    let text = match reading.reference.map(|reference| value - reference) {
        None => String::new(),
        Some(change) if is_share(reading.spec) => numbers::points(change),
        Some(change) => numbers::difference(change, value),
    };
    let (class, word) = match verdict(reading, pairs) {
        Verdict::Worse => ("worse", " worse"),
        Verdict::Better => ("better", " better"),
        Verdict::Same => ("", ""),
    };
    html.element("td", &[("class", class)], |html| {
        html.text(&text).leaf("small", &[], word);
    });
}

/// A line for each class, a column for each statistic; the reference's value stands small behind it.
fn by_class(html: &mut Html, readings: &[&Reading]) {
    let mut classes: Vec<&Arc<str>> = Vec::new();
    let mut specs: Vec<&Spec> = Vec::new();
    for reading in readings {
        classes.extend(reading.class.as_ref().filter(|class| !classes.contains(class)));
        if !specs.iter().any(|spec| spec.key == reading.spec.key) {
            specs.push(reading.spec);
        }
    }
    html.element("table", &[("class", "classes")], |html| {
        html.element("thead", &[], |html| {
            html.raw("<tr><th scope=\"col\">class</th>");
            for spec in &specs {
                let name = words::statistic(spec);
                html.leaf("th", &[("scope", "col")], name.strip_suffix(" class").unwrap_or(&name));
            }
            html.raw("</tr>");
        });
        html.element("tbody", &[], |html| {
            for class in classes.iter().take(CLASSES) {
                html.element("tr", &[], |html| {
                    html.element("th", &[("scope", "row")], |html| {
                        html.foreign(class);
                    });
                    let of_class: Vec<&Reading> =
                        readings.iter().copied().filter(|reading| reading.class.as_ref() == Some(*class)).collect();
                    for spec in &specs {
                        cell(html, of_class.iter().find(|reading| reading.spec.key == spec.key).copied());
                    }
                });
            }
        });
    });
    if classes.len() > CLASSES {
        html.leaf("p", &[("class", "muted")], &format!("and {} more classes", classes.len() - CLASSES));
    }
}

fn cell(html: &mut Html, reading: Option<&Reading>) {
    match reading.map(|reading| (reading, reading.outcome)) {
        None => html.leaf("td", &[], ""),
        Some((_, Err(reason))) => html.leaf("td", &[("title", words::reason(reason))], ABSENT),
        Some((reading, Ok(outcome))) => html.element("td", &[], |html| {
            html.text(&shown(reading.spec, outcome.value));
            if let Some(reference) = reading.reference {
                html.leaf("small", &[], &format!(" / {}", shown(reading.spec, reference)));
            }
        }),
    };
}
