//! One model and version: what it is, its windows, its performance and its features.

use super::html::Html;
use super::numbers::{self, ABSENT};
use super::{anchor, features, judge, performance, preferred};
use crate::report::{StreamView, WindowView};
use crate::time::Timestamp;

/// Digits of a hash that tell references apart.
const SHA_DIGITS: usize = 12;

/// The section of a stream.
pub(super) fn section(
    html: &mut Html,
    index: usize,
    stream: &StreamView,
    at: Option<Timestamp>,
    now: Option<Timestamp>,
) {
    let rows = stream.reference.as_ref().map_or(0, |reference| reference.rows);
    html.element("section", &[("class", "stream"), ("id", &anchor::stream(index))], |html| {
        html.element("h2", &[], |html| {
            html.foreign(&stream.key.model).text(" ").element("small", &[], |html| {
                html.foreign(&stream.key.version).text(&format!(" · {}", stream.task.as_str()));
            });
        });
        summary(html, stream, now.or(at));
        let Some((chosen, window)) = preferred(stream) else { return };
        html.element("div", &[("class", "halves")], |html| {
            html.element("div", &[], |html| {
                html.element("h3", &[("id", &anchor::performance(index))], |html| {
                    html.text("Performance ").leaf("small", &[], &format!("window {}", window.name));
                });
                performance::body(html, window);
            });
            html.element("div", &[], |html| windows(html, stream));
        });
        features::full(html, index, window, rows);
        for (_, other) in stream.windows.iter().enumerate().filter(|(place, _)| *place != chosen) {
            html.element("details", &[("class", "window")], |html| {
                html.element("summary", &[], |html| headline(html, other, rows));
                html.raw("<h4>Performance</h4>");
                performance::body(html, other);
                features::brief(html, other, rows);
            });
        }
    });
}

/// The plates at the top.
fn summary(html: &mut Html, stream: &StreamView, now: Option<Timestamp>) {
    html.element("dl", &[("class", "plates")], |html| {
        let share = numbers::part(stream.failures, stream.predictions);
        plate(html, "predictions", &numbers::count(stream.predictions), "since the counters began");
        plate(html, "failures", &numbers::count(stream.failures), &share);
        match (stream.last_prediction, now) {
            (Some(last), Some(now)) => {
                plate(html, "last prediction", &numbers::ago(now.seconds_since(last)), &numbers::moment(last));
            }
            (Some(last), None) => plate(html, "last prediction", &numbers::moment(last), ""),
            (None, _) => plate(html, "last prediction", ABSENT, "none yet"),
        }
        match (&stream.reference, &stream.warmup) {
            (Some(reference), _) => {
                let sha: String = reference.sha.chars().take(SHA_DIGITS).collect();
                let rows = format!("{} rows", numbers::count(reference.rows));
                plate(html, "reference", &rows, &format!("{} · {sha}", numbers::date(reference.created)));
            }
            (None, Some(warmup)) => {
                let progress = warmup.progress.clamp(0.0, 1.0);
                let rows = format!("of {} · {} rows", warmup.length, numbers::count(warmup.rows));
                plate(html, "learning a reference", &numbers::share(progress), &rows);
            }
            (None, None) => plate(html, "reference", "none", "drift cannot be measured"),
        }
    });
}

fn plate(html: &mut Html, name: &'static str, value: &str, beneath: &str) {
    html.element("div", &[], |html| {
        html.leaf("dt", &[], name).leaf("dd", &[], value);
        html.leaf("dd", &[("class", "muted")], beneath);
    });
}

fn windows(html: &mut Html, stream: &StreamView) {
    html.raw("<h3>Windows</h3>");
    html.element("table", &[], |html| {
        html.raw(
            "<thead><tr><th scope=\"col\">window</th><th scope=\"col\">observations</th><th scope=\"col\">failed</th>\
             <th scope=\"col\">pairs</th><th scope=\"col\">coverage</th></tr></thead>",
        );
        html.element("tbody", &[], |html| {
            for window in &stream.windows {
                html.element("tr", &[], |html| {
                    html.leaf("th", &[("scope", "row")], &window.name);
                    html.leaf("td", &[], &numbers::count(window.observations));
                    html.leaf("td", &[], &numbers::count(window.failed));
                    html.leaf("td", &[], &numbers::count(window.pairs));
                    html.leaf("td", &[], &numbers::part(window.pairs, window.observations));
                });
            }
        });
    });
}

/// What a folded window holds, in a line.
fn headline(html: &mut Html, window: &WindowView, reference_rows: u64) {
    html.leaf("b", &[], &format!("Window {}", window.name));
    let counts =
        format!("{} observations, {} pairs", numbers::count(window.observations), numbers::count(window.pairs));
    html.leaf("span", &[], &counts);
    let psi = |column| judge::outcome(column, "psi").map(|outcome| outcome.value);
    let worst = window.columns.iter().filter_map(|column| psi(column).map(|psi| (column, psi)));
    if let Some((column, psi)) = worst.max_by(|a, b| a.1.total_cmp(&b.1)) {
        html.element("span", &[], |html| {
            html.text(&format!("largest PSI {} (", numbers::aligned(psi))).foreign(&column.name).text(") ");
            features::tag(html, judge::shift(column, window, reference_rows));
        });
    }
}
