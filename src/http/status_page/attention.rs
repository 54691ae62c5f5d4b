//! The first thing on the page: what stands out, most severe first, each with its number, what it is compared with,
//! and a link to the place.

mod columns;
mod facts;
mod inputs;
mod performance;

use super::html::Html;
use super::preferred;
use crate::report::Report;
use crate::time::Timestamp;
use facts::{Fact, Severity};

/// Lines that are shown at once, and with those that unfold; more are counted only.
const FIRST: usize = 12;
const MOST: usize = 50;

/// The section.
pub(super) fn section(html: &mut Html, report: &Report, now: Option<Timestamp>) {
    let facts = collect(report, now);
    let alarming = facts.iter().filter(|fact| fact.severity < Severity::Note).count();
    html.element("section", &[("class", "attention"), ("aria-labelledby", "attention")], |html| {
        html.leaf("h2", &[("id", "attention")], "Needs attention");
        if alarming == 0 && !report.streams.is_empty() {
            html.leaf("p", &[("class", "calm")], "Nothing stands out.");
        }
        let (first, rest) = facts.split_at(facts.len().min(FIRST));
        list(html, report, first);
        if !rest.is_empty() {
            html.element("details", &[], |html| {
                html.leaf("summary", &[], &format!("{} more", rest.len()));
                list(html, report, rest.get(..MOST).unwrap_or(rest));
                if rest.len() > MOST {
                    let text = format!("and {} more, which are in the features below", rest.len() - MOST);
                    html.leaf("p", &[("class", "muted")], &text);
                }
            });
        }
    });
}

fn collect(report: &Report, now: Option<Timestamp>) -> Vec<Fact> {
    let mut facts = Vec::new();
    for (index, stream) in report.streams.iter().enumerate() {
        inputs::stream(index, stream, report.at, now, &mut facts);
        if let Some((_, window)) = preferred(stream) {
            let reference_rows = stream.reference.as_ref().map(|reference| reference.rows);
            performance::window(index, stream, window, &mut facts);
            if let Some(rows) = reference_rows {
                columns::window(index, window, rows, &mut facts);
            }
        }
    }
    inputs::sources(&report.sources, &mut facts);
    facts.sort_by(Fact::by_severity);
    facts
}

fn list(html: &mut Html, report: &Report, facts: &[Fact]) {
    if facts.is_empty() {
        return;
    }
    html.element("ul", &[], |html| {
        for fact in facts {
            html.element("li", &[("class", fact.severity.class())], |html| {
                html.leaf("b", &[("class", "tag")], fact.severity.word());
                html.element("p", &[], |html| headline(html, fact));
                html.leaf("span", &[], &fact.evidence);
                html.element("span", &[("class", "where")], |html| place(html, report, fact));
            });
        }
    });
}

/// What it is about, as the link to it, and what is wrong with it.
fn headline(html: &mut Html, fact: &Fact) {
    let target = format!("#{}", fact.anchor);
    match &fact.subject {
        None => html.leaf("a", &[("href", &target)], &fact.headline),
        Some(subject) => html
            .element("a", &[("href", &target)], |html| {
                html.foreign(subject);
            })
            .text(" ")
            .text(&fact.headline),
    };
}

fn place(html: &mut Html, report: &Report, fact: &Fact) {
    let Some(stream) = fact.stream.and_then(|index| report.streams.get(index)) else {
        html.text("source");
        return;
    };
    html.foreign(&stream.key.model).text(" ").foreign(&stream.key.version);
    if let Some((_, window)) = preferred(stream) {
        html.text(" · ").text(&window.name);
    }
}
