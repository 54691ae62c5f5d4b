//! The two tables of columns: the full one, and the brief one of a folded window.

use crate::http::status_page::charts::{self, Titles};
use crate::http::status_page::html::Html;
use crate::http::status_page::judge::{Shift, finite, reading, rise};
use crate::http::status_page::numbers::{self, ABSENT};
use crate::http::status_page::{anchor, words};
use crate::report::{ColumnView, Reading};

/// Ratios that are shown under the name when they are above the reference's by [`ODD`].
const ODDITIES: &[(&str, &str)] =
    &[("unseen_ratio", "unseen"), ("out_of_range_ratio", "out of range"), ("invalid_ratio", "wrong kind")];

const ODD: f64 = 0.001;

/// Lines of the full table that get a distribution; a page of thousands of features stays readable without.
const CHARTS: usize = 100;

/// A column and what the table is ordered and marked by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// Its place in the window.
    pub(super) index: usize,
    /// The column.
    pub(super) column: &'a ColumnView,
    /// Its PSI, or less than 0.
    pub(super) psi: f64,
    /// How far it has moved.
    pub(super) shift: Shift,
    /// Records in the window, missing values included.
    pub(super) records: u64,
    /// Rows of the reference.
    pub(super) reference_rows: u64,
}

impl Line<'_> {
    /// The class of a ratio that is clearly above the reference's.
    fn risen(&self, ratio: &Reading) -> &'static str {
        if rise(ratio, self.records, self.reference_rows).is_some() { "risen" } else { "" }
    }
}

/// The full table.
pub(super) fn full(html: &mut Html, stream: usize, lines: &[Line<'_>], titles: Titles) {
    html.element("table", &[("class", "features")], |html| {
        html.raw(
            "<thead><tr><th scope=\"col\">feature</th><th scope=\"col\">distribution</th><th scope=\"col\">n</th>\
             <th scope=\"col\">PSI</th><th scope=\"col\">JS</th><th scope=\"col\">KS</th>\
             <th scope=\"col\">Wasserstein</th><th scope=\"col\">mean shift</th><th scope=\"col\">missing / ref.</th></tr></thead>",
        );
        html.element("tbody", &[], |html| {
            for (place, line) in lines.iter().enumerate() {
                html.element("tr", &[("id", &anchor::column(stream, line.index))], |html| {
                    name(html, line);
                    html.element("td", &[], |html| {
                        if place < CHARTS {
                            charts::small(html, &line.column.cells, titles);
                        }
                    });
                    html.leaf("td", &[], &numbers::count(line.column.observations));
                    psi(html, line);
                    for key in ["jensen_shannon", "kolmogorov_smirnov", "wasserstein", "mean_shift"] {
                        value(html, line.column, key);
                    }
                    missing(html, line);
                });
            }
        });
    });
}

/// The brief table.
pub(super) fn brief(html: &mut Html, lines: &[Line<'_>]) {
    html.element("table", &[("class", "brief")], |html| {
        html.raw(
            "<thead><tr><th scope=\"col\">feature</th><th scope=\"col\">n</th><th scope=\"col\">PSI</th>\
             <th scope=\"col\">KS</th><th scope=\"col\">missing / ref.</th></tr></thead>",
        );
        html.element("tbody", &[], |html| {
            for line in lines {
                html.element("tr", &[], |html| {
                    html.element("th", &[], |html| {
                        html.foreign(&line.column.name);
                    });
                    html.leaf("td", &[], &numbers::count(line.column.observations));
                    psi(html, line);
                    value(html, line.column, "kolmogorov_smirnov");
                    missing(html, line);
                });
            }
        });
    });
}

/// How far a column has moved, in a word.
pub(in crate::http::status_page) fn tag(html: &mut Html, shift: Shift) {
    match shift {
        Shift::None => html,
        Shift::Unsure => html.raw("<b class=\"tag\">few observations</b>"),
        Shift::Moderate => html.raw("<b class=\"tag warning\">moderate</b>"),
        Shift::Large => html.raw("<b class=\"tag critical\">large</b>"),
    };
}

fn name(html: &mut Html, line: &Line<'_>) {
    let column = line.column;
    html.element("th", &[("scope", "row")], |html| {
        html.foreign(&column.name);
        if column.role.as_str() != "input" {
            html.text(" ").leaf("small", &[], column.role.as_str());
        }
        for (key, word) in ODDITIES {
            let Some(ratio) = reading(column, key) else { continue };
            if let Some(value) = finite(ratio).filter(|value| value - ratio.reference.unwrap_or(0.0) >= ODD) {
                let text = format!("{} {word}", numbers::share(value));
                html.element("div", &[], |html| {
                    html.leaf("small", &[("class", line.risen(ratio))], &text);
                });
            }
        }
    });
}

fn psi(html: &mut Html, line: &Line<'_>) {
    match reading(line.column, "psi").map(|reading| reading.outcome) {
        None => html.leaf("td", &[], ABSENT),
        Some(Err(reason)) => html.leaf("td", &[("class", "reason")], words::reason(reason)),
        Some(Ok(outcome)) => html.element("td", &[], |html| {
            tag(html, line.shift);
            html.text(&numbers::aligned(outcome.value));
        }),
    };
}

fn value(html: &mut Html, column: &ColumnView, key: &str) {
    match reading(column, key).map(|reading| reading.outcome) {
        None => html.leaf("td", &[], ""),
        Some(Err(reason)) => html.leaf("td", &[("title", words::reason(reason))], ABSENT),
        Some(Ok(outcome)) => html.element("td", &[], |html| {
            html.text(&numbers::aligned(outcome.value));
            if let Some(bound) = outcome.error_bound.filter(|bound| *bound >= 0.0005) {
                html.leaf("small", &[], &format!(" ± {}", numbers::bound(bound)));
            }
        }),
    };
}

/// The share of missing values, and the reference's.
fn missing(html: &mut Html, line: &Line<'_>) {
    let Some(ratio) = reading(line.column, "missing_ratio") else {
        html.leaf("td", &[], "");
        return;
    };
    match ratio.outcome {
        Err(reason) => html.leaf("td", &[("title", words::reason(reason))], ABSENT),
        Ok(outcome) => html.element("td", &[], |html| {
            match line.risen(ratio) {
                "" => html.text(&numbers::share(outcome.value)),
                class => html.leaf("span", &[("class", class)], &numbers::share(outcome.value)),
            };
            if let Some(reference) = ratio.reference.filter(|reference| *reference > 0.0 || outcome.value > 0.0) {
                html.leaf("small", &[], &format!(" / {}", numbers::share(reference)));
            }
        }),
    };
}
