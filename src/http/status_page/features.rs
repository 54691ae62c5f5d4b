//! The columns of a window, worst first: a line each with its distribution, and the worst few in large.

mod table;

use super::charts;
use super::html::Html;
use super::judge::{self, Shift, outcome};
use super::numbers;
use crate::aggregate::Role;
use crate::report::{ColumnView, WindowView};
use table::Line;
pub(super) use table::tag;

/// Columns with a large chart.
const LARGE: usize = 3;
/// Lines that are shown at once.
const FIRST: usize = 25;
/// Lines of a folded window.
const BRIEF: usize = 25;

/// All columns with their distributions, and anchors.
pub(super) fn full(html: &mut Html, stream: usize, window: &WindowView, reference_rows: u64) {
    let lines = ordered(window, reference_rows);
    html.element("h3", &[], |html| {
        html.text("Features ").leaf("small", &[], &format!("window {}, worst first", window.name));
    });
    if lines.is_empty() {
        html.leaf("p", &[("class", "muted")], "No column is compared yet.");
        return;
    }
    charts::legend(html);
    largest(html, &lines);
    let (first, rest) = lines.split_at(lines.len().min(FIRST));
    table::full(html, stream, first, charts::Titles::EveryCell);
    if !rest.is_empty() {
        html.element("details", &[], |html| {
            html.leaf("summary", &[], &format!("{} more features", rest.len()));
            table::full(html, stream, rest, charts::Titles::LargestChange);
        });
    }
}

/// The worst columns of a folded window, without distributions.
pub(super) fn brief(html: &mut Html, window: &WindowView, reference_rows: u64) {
    let lines = ordered(window, reference_rows);
    if lines.is_empty() {
        return;
    }
    html.raw("<h4>Features</h4>");
    table::brief(html, lines.get(..BRIEF).unwrap_or(&lines));
    if lines.len() > BRIEF {
        html.element("p", &[("class", "muted")], |html| {
            html.text(&format!("{} more are in the ", lines.len() - BRIEF)).leaf(
                "a",
                &[("href", "metrics")],
                "metrics",
            );
        });
    }
}

/// What the model gives comes first, then what it gets; each by PSI.
fn ordered(window: &WindowView, reference_rows: u64) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = window
        .columns
        .iter()
        .enumerate()
        .map(|(index, column)| Line {
            index,
            column,
            psi: psi(column),
            shift: judge::shift(column, window, reference_rows),
            records: judge::records(column, window),
            reference_rows,
        })
        .collect();
    lines.sort_by(|a, b| group(a.column.role).cmp(&group(b.column.role)).then(b.psi.total_cmp(&a.psi)));
    lines
}

/// Its PSI; what has none is last.
fn psi(column: &ColumnView) -> f64 {
    outcome(column, "psi").map_or(-1.0, |outcome| outcome.value)
}

fn group(role: Role) -> u8 {
    match role {
        Role::Score | Role::Prediction | Role::Actual => 0,
        Role::Derived => 1,
        Role::Input => 2,
    }
}

/// The worst columns in large: at once when one of them has moved, else to be unfolded.
fn largest(html: &mut Html, lines: &[Line<'_>]) {
    let mut worst: Vec<&Line<'_>> =
        lines.iter().filter(|line| line.psi >= 0.0 && !line.column.cells.is_empty()).collect();
    worst.sort_by(|a, b| b.psi.total_cmp(&a.psi));
    worst.truncate(LARGE);
    if worst.iter().any(|line| line.shift != Shift::None) {
        cards(html, &worst);
    } else if !worst.is_empty() {
        html.element("details", &[], |html| {
            html.raw("<summary>Those that differ most, in large</summary>");
            cards(html, &worst);
        });
    }
}

fn cards(html: &mut Html, worst: &[&Line<'_>]) {
    html.element("div", &[("class", "cards")], |html| {
        for line in worst {
            html.element("figure", &[], |html| {
                html.element("figcaption", &[], |html| {
                    html.element("b", &[], |html| {
                        html.foreign(&line.column.name);
                    });
                    html.leaf("span", &[], &format!("PSI {}", numbers::aligned(line.psi)));
                    tag(html, line.shift);
                });
                charts::large(html, &line.column.cells);
            });
        }
    });
}
