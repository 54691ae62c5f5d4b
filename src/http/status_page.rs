//! The page at `/`: what is wrong, then everything behind it, for a person with a browser.
//!
//! It is rendered once for each evaluation, needs no script and no second request, and holds under a content security
//! policy that allows inline styles only. All that comes from outside goes through `html::Html`, which escapes it.
//! Links are relative, so that the page works behind a prefix.
//!
//! Of the windows of a stream one is shown in full, the middle one of the list (`preferred`): the first is usually
//! the noisiest, the last the slowest. The others are folded.

mod anchor;
mod attention;
mod charts;
mod features;
mod html;
mod judge;
mod numbers;
mod performance;
mod sources;
mod streams;
mod words;

use crate::report::{Report, StreamView, WindowView};
use crate::time::Timestamp;
use html::Html;
use std::collections::BTreeSet;

/// Everything the page looks like.
const STYLE: &str = include_str!("status_page/style.css");

/// The mark in the tab of a browser, which then asks for no `favicon.ico`.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath \
    d='M2 12a6 6 0 1 1 12 0M8 12l3-5' fill='none' stroke='%231d6a96' stroke-width='2' \
    stroke-linecap='round'/%3E%3C/svg%3E";

/// The page of a report. `now` is the time of the clock, with which the times of events are compared; without it
/// they are compared with the newest event.
pub fn render(report: &Report, now: Option<Timestamp>, version: &str) -> Vec<u8> {
    let mut page = Html::default();
    page.raw("<!DOCTYPE html>\n");
    page.element("html", &[("lang", "en")], |html| {
        html.element("head", &[], head);
        html.element("body", &[], |html| {
            header(html, report, now, version);
            html.element("main", &[], |html| {
                attention::section(html, report, now);
                for (index, stream) in report.streams.iter().enumerate() {
                    streams::section(html, index, stream, report.at, now);
                }
                if report.streams.is_empty() {
                    html.leaf(
                        "p",
                        &[("class", "calm")],
                        "No model has been seen yet: no line with a prediction was read.",
                    );
                }
                sources::section(html, &report.sources);
            });
        });
    });
    page.raw("\n");
    page.into_bytes()
}

/// The window that is shown in full, and its place in the list: the middle one.
fn preferred(stream: &StreamView) -> Option<(usize, &WindowView)> {
    let middle = stream.windows.len() / 2;
    stream.windows.get(middle).map(|window| (middle, window))
}

fn head(html: &mut Html) {
    html.void("meta", &[("charset", "utf-8")]);
    html.void("meta", &[("name", "viewport"), ("content", "width=device-width,initial-scale=1")]);
    html.void("meta", &[("name", "color-scheme"), ("content", "light dark")]);
    html.leaf("title", &[], "driftgauge");
    html.void("link", &[("rel", "icon"), ("href", ICON)]);
    html.raw("<style>").raw(STYLE).raw("</style>");
}

fn header(html: &mut Html, report: &Report, now: Option<Timestamp>, version: &str) {
    html.element("header", &[], |html| {
        html.element("h1", &[], |html| {
            charts::mark(html);
            html.text("driftgauge ").element("small", &[], |html| {
                html.foreign(version);
            });
        });
        html.element("p", &[], |html| {
            html.text(&models(report)).text(" · ");
            match report.at {
                None => html.text("no event yet"),
                Some(at) => html.text("events up to ").leaf("b", &[], &numbers::moment(at)),
            };
            if let (Some(at), Some(now)) = (report.at, now) {
                html.text(&format!(", {}", numbers::ago(now.seconds_since(at))));
            }
        });
        html.element("nav", &[], |html| {
            for (target, name) in [("metrics", "metrics"), ("-/healthy", "healthy"), ("-/ready", "ready")] {
                html.leaf("a", &[("href", target)], name);
            }
        });
    });
}

fn models(report: &Report) -> String {
    let models: BTreeSet<&str> = report.streams.iter().map(|stream| &*stream.key.model).collect();
    let (models, versions) = (models.len() as u64, report.streams.len() as u64);
    let plural = if models == 1 { "" } else { "s" };
    match versions > models {
        false => format!("{} model{plural}", numbers::count(models)),
        true => format!("{} model{plural} in {} versions", numbers::count(models), numbers::count(versions)),
    }
}
