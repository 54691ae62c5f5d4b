//! Distributions as inline graphics: the window as filled bars, the reference as a line of steps over them.
//!
//! The two differ in form, not only in colour. Coordinates are whole numbers in a box that the style sheet stretches.

use super::html::{Html, isolated};
use super::numbers::share;
use crate::report::CellView;
use std::fmt::Write;

/// Width of a cell, and height of the box.
const CELL: usize = 8;
const HEIGHT: f64 = 30.0;
/// Cells of a small chart, and of a large one; beyond, those with the largest shares, or changes, are shown.
const SMALL_CELLS: usize = 24;
const LARGE_CELLS: usize = 12;

/// How much a small chart tells to a pointer or a screen reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Titles {
    /// Both shares of every cell.
    EveryCell,
    /// The cell that changed most.
    LargestChange,
}

/// The dial beside the name.
pub(super) fn mark(html: &mut Html) {
    html.element("svg", &[("class", "mark"), ("viewBox", "0 0 24 16"), ("aria-hidden", "true")], |html| {
        html.void("path", &[("d", "M2 15a10 10 0 0 1 20 0M12 15l5-8")]);
    });
}

/// What the two forms mean.
pub(super) fn legend(html: &mut Html) {
    html.element("p", &[("class", "legend")], |html| {
        html.raw("<i class=\"key current\"></i>this window <i class=\"key reference\"></i>reference");
    });
}

/// A small chart of the cells side by side.
pub(super) fn small(html: &mut Html, cells: &[CellView], titles: Titles) {
    let shown = strongest(cells, SMALL_CELLS, |cell| cell.reference.max(cell.current));
    let top = shown.iter().map(|cell| unit(cell.reference).max(unit(cell.current))).fold(0.0, f64::max);
    if top == 0.0 {
        return;
    }
    let level = |value: f64| (HEIGHT - (unit(value) / top * (HEIGHT - 1.0))).round() as i64;
    let (mut bars, mut steps) = (String::new(), String::new());
    for (k, cell) in shown.iter().enumerate() {
        let (left, right) = (k * CELL, (k + 1) * CELL);
        let (current, reference) = (level(cell.current), level(cell.reference));
        // Writing to a string cannot fail.
        if current < HEIGHT as i64 {
            let _ = write!(bars, "M{} {HEIGHT}V{current}h{}V{HEIGHT}z", left + 1, CELL - 2);
        }
        let _ = write!(steps, "{}{left} {reference}H{right}", if k == 0 { 'M' } else { 'L' });
    }
    let view = format!("0 0 {} {}", shown.len() * CELL, HEIGHT);
    let attributes = [("class", "small"), ("viewBox", &*view), ("preserveAspectRatio", "none"), ("role", "img")];
    html.element("svg", &attributes, |html| {
        if titles == Titles::LargestChange {
            html.leaf("title", &[], &largest_change(cells));
        }
        html.void("path", &[("d", &bars)]).void("path", &[("class", "r"), ("d", &steps)]);
        if titles == Titles::EveryCell {
            for (k, cell) in shown.iter().enumerate() {
                let left = (k * CELL).to_string();
                html.element("rect", &[("x", &left), ("width", "8"), ("height", "30")], |html| {
                    html.leaf("title", &[], &both_shares(cell));
                });
            }
        }
    });
}

/// A large chart: a line for each cell, with its label and both shares.
pub(super) fn large(html: &mut Html, cells: &[CellView]) {
    let shown = strongest(cells, LARGE_CELLS, |cell| (cell.current - cell.reference).abs());
    let top = shown.iter().map(|cell| unit(cell.reference).max(unit(cell.current))).fold(f64::MIN_POSITIVE, f64::max);
    html.element("table", &[("class", "large")], |html| {
        html.raw("<thead><tr><th scope=\"col\">cell</th><th></th><th scope=\"col\">ref.</th><th scope=\"col\">now</th></tr></thead>");
        html.element("tbody", &[], |html| {
            for cell in &shown {
                html.element("tr", &[], |html| {
                    html.element("th", &[("scope", "row")], |html| {
                        html.foreign(&cell.label);
                    });
                    html.element("td", &[], |html| pair(html, cell, top));
                    html.leaf("td", &[], &share(cell.reference)).leaf("td", &[], &share(cell.current));
                });
            }
        });
    });
    if cells.len() > shown.len() {
        html.leaf("p", &[("class", "muted")], &format!("and {} cells that changed less", cells.len() - shown.len()));
    }
}

/// A bar of the window, and the reference as a mark across it.
fn pair(html: &mut Html, cell: &CellView, top: f64) {
    let percent = |value: f64| format!("{:.1}%", unit(value) / top * 98.0);
    html.element("svg", &[("class", "bar"), ("role", "img")], |html| {
        html.leaf("title", &[], &both_shares(cell));
        html.void("rect", &[("class", "rule"), ("y", "8"), ("width", &percent(cell.reference)), ("height", "1")]);
        html.void("rect", &[("y", "4"), ("width", &percent(cell.current)), ("height", "9")]);
        html.void("rect", &[("class", "r"), ("x", &percent(cell.reference)), ("width", "2"), ("height", "17")]);
    });
}

fn both_shares(cell: &CellView) -> String {
    format!("{}: reference {}, now {}", isolated(&cell.label), share(cell.reference), share(cell.current))
}

fn largest_change(cells: &[CellView]) -> String {
    let change = |cell: &&CellView| (cell.current - cell.reference).abs();
    match cells.iter().max_by(|a, b| change(a).total_cmp(&change(b))) {
        Some(cell) => format!("Changed most: {}", both_shares(cell)),
        None => String::new(),
    }
}

/// The `most` cells with the largest weight, in their own order.
fn strongest(cells: &[CellView], most: usize, weight: impl Fn(&CellView) -> f64) -> Vec<&CellView> {
    let mut places: Vec<usize> = (0..cells.len()).collect();
    places.sort_by(|a, b| match (cells.get(*a), cells.get(*b)) {
        (Some(a), Some(b)) => weight(b).total_cmp(&weight(a)),
        _ => std::cmp::Ordering::Equal,
    });
    places.truncate(most);
    places.sort_unstable();
    places.into_iter().filter_map(|place| cells.get(place)).collect()
}

/// A share as a length that can be drawn.
fn unit(share: f64) -> f64 {
    if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 }
}
