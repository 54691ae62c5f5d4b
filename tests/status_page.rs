//! The page at `/`: what it says, and that nothing from outside becomes part of its markup.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "the helpers of a test are part of it")]

#[path = "support/markup.rs"]
mod markup;
#[path = "support/reports.rs"]
mod reports;

use driftgauge::aggregate::Role;
use driftgauge::http::status_page::render;
use driftgauge::report::{Report, StreamView};
use driftgauge::statistics::Undefined;
use driftgauge::time::Length;
use markup::Markup;
use std::collections::BTreeSet;

/// Every attribute the page uses; none of them runs or loads anything.
const ATTRIBUTES: &[&str] = &[
    "aria-hidden",
    "aria-labelledby",
    "charset",
    "class",
    "content",
    "d",
    "height",
    "href",
    "id",
    "lang",
    "name",
    "preserveAspectRatio",
    "rel",
    "role",
    "scope",
    "title",
    "viewBox",
    "width",
    "x",
    "y",
];

fn page(report: &Report) -> String {
    String::from_utf8(render(report, Some(reports::AT.plus(Length::from_seconds(20))), "0.1.0")).unwrap()
}

fn one(stream: StreamView) -> Report {
    reports::report(vec![stream], vec![reports::source("predictions", 0, 0, 0)])
}

/// The list of what stands out.
fn attention(page: &str) -> &str {
    page.split_once("<section class=\"attention\"").unwrap().1.split_once("</section>").unwrap().0
}

#[test]
fn the_page_is_well_formed_and_written_for_a_look_at_it() {
    let page = page(&reports::mixed());
    Markup::read(&page);
    std::fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/status.html"), page).unwrap();
}

#[test]
fn names_from_outside_are_never_markup() {
    let report = reports::mixed();
    let page = page(&report);
    for part in ["<script", "<img", "<b></", "alert(1)>", "a&b", "' on", "\0", "line\nbreak", "\u{202e}"] {
        assert!(!page.contains(part), "{part:?}");
    }
    for (tag, name, _) in &Markup::read(&page).attributes {
        assert!(ATTRIBUTES.contains(&name.as_str()), "{tag} has {name}");
    }
    for name in
        ["&lt;script&gt;alert(1)&lt;/script&gt;", "a&amp;b&amp;lt;c", "年収 💰 доход", "line\u{fffd}break\u{fffd}nul"]
    {
        assert!(page.contains(&format!("<bdi>{name}</bdi>")), "{name}");
    }
}

#[test]
fn the_version_is_escaped_too() {
    let page = String::from_utf8(render(&Report::default(), None, "<i>")).unwrap();
    assert!(page.contains("&lt;i&gt;") && !page.contains("<i>"));
}

#[test]
fn ids_are_unique_and_every_anchor_points_to_one() {
    for report in [reports::mixed(), one(reports::wide(40)), Report::default()] {
        let page = page(&report);
        let markup = Markup::read(&page);
        let ids = markup.values("id");
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(unique.len(), ids.len());
        for href in markup.values("href") {
            match href.strip_prefix('#') {
                Some(id) => assert!(unique.contains(id), "{id}"),
                None => {
                    assert!(["metrics", "-/healthy", "-/ready"].contains(&href) || href.starts_with("data:"), "{href}")
                }
            }
        }
    }
}

#[test]
fn nothing_is_loaded_and_nothing_runs() {
    let markup = Markup::read(&page(&reports::mixed()));
    assert!(markup.attributes.iter().all(|(tag, name, _)| tag != "script" && name != "src" && !name.starts_with("on")));
    assert!(!markup.style.contains("url(") && !markup.style.contains("@import"));
}

#[test]
fn what_is_not_finite_is_not_shown() {
    let mut stream = reports::drifted();
    for window in &mut stream.windows {
        let readings = window.columns.iter_mut().flat_map(|column| &mut column.readings).chain(&mut window.performance);
        for (k, reading) in readings.enumerate() {
            let value = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e308, -1e-308][k % 5];
            reading.outcome = Ok(value.into());
            reading.reference = Some([f64::INFINITY, f64::NAN, 0.0][k % 3]);
        }
        for cell in window.columns.iter_mut().flat_map(|column| &mut column.cells) {
            cell.current = f64::NAN;
            cell.reference = f64::INFINITY;
        }
    }
    for report in [one(stream), reports::mixed()] {
        let page = page(&report);
        let markup = Markup::read(&page);
        let values = markup.attributes.iter().map(|(_, _, value)| value.as_str());
        for text in values.chain([markup.text.as_str()]) {
            let words = || text.split(|c: char| !c.is_alphanumeric());
            assert!(words().all(|word| !["nan", "inf", "infinity"].contains(&word.to_lowercase().as_str())), "{text}");
        }
    }
}

#[test]
fn the_worst_feature_is_among_the_first_to_be_seen() {
    let page = page(&reports::mixed());
    let list = attention(&page);
    for claim in ["floor_area_m2", "large shift, PSI", "Root mean squared error", "heating", "of the lines rejected"] {
        assert!(list.contains(claim), "{claim}");
    }
    assert!(list.contains("31.2 % missing") && list.contains("reference 0.40 %"));
    assert!(!list.contains("Nothing stands out"));
    let first = list.find("Root mean squared error").unwrap();
    assert!(first < list.find("floor_area_m2").unwrap() && first < list.find("warning").unwrap());
}

#[test]
fn a_healthy_report_says_that_nothing_stands_out() {
    let page = page(&one(reports::healthy()));
    let list = attention(&page);
    assert!(list.contains("Nothing stands out."));
    assert!(!list.contains("<li"), "{list}");
}

#[test]
fn windows_but_the_middle_one_are_folded_and_say_what_they_hold() {
    let page = page(&one(reports::drifted()));
    assert_eq!(2, page.matches("<details class=\"window\">").count());
    assert!(page.contains("<summary><b>Window 24h</b><span>103,680 observations, 72,576 pairs</span>"));
}

#[test]
fn few_observations_do_not_alarm() {
    let mut stream = reports::drifted();
    for window in &mut stream.windows {
        (window.observations, window.pairs, window.failed) = (60, 40, 3);
        window.columns.iter_mut().for_each(|column| column.observations = 60);
    }
    let page = page(&one(stream));
    let list = attention(&page);
    assert!(list.contains("few observations") && list.contains("Nothing stands out."), "{list}");
    assert!(!list.contains("critical") && !list.contains("class=\"warning\""));
}

#[test]
fn a_psi_that_chance_explains_does_not_alarm() {
    let mut stream = reports::healthy();
    let window = &mut stream.windows[1];
    (window.observations, window.failed) = (120, 0);
    // PSI 0.15 or so, where chance alone gives 9/120.
    window.columns = vec![reports::numeric("x", Role::Input, 120, 0.8)];
    assert!(attention(&page(&one(stream))).contains("Nothing stands out."));
}

#[test]
fn reasons_are_shown_in_words() {
    let page = page(&reports::mixed());
    for reason in ["no reference yet", "all actuals are alike", "a division by zero", "class not seen in this window"] {
        assert!(page.contains(reason), "{reason}");
    }
    let mut stream = reports::healthy();
    for window in &mut stream.windows {
        window.pairs = 0;
        window.performance.iter_mut().for_each(|reading| reading.outcome = Err(Undefined::NoActuals));
    }
    let page = self::page(&one(stream));
    assert!(page.contains("No performance: no actuals in this window."));
    assert!(attention(&page).contains("no actuals"));
}

#[test]
fn a_stream_says_what_it_waits_for() {
    let page = page(&one(reports::warming_up()));
    assert!(attention(&page).contains("learning a reference, 45.0 % done"));
    let mut stream = reports::warming_up();
    stream.warmup = None;
    assert!(attention(&self::page(&one(stream))).contains("no usable reference"));
}

#[test]
fn a_hundred_features_in_three_windows_fit_into_150_kilobytes() {
    let page = page(&one(reports::wide(100)));
    Markup::read(&page);
    assert!(page.len() < 150_000, "{}", page.len());
}

#[test]
fn an_empty_report_is_a_page() {
    for now in [None, Some(reports::AT)] {
        let page = String::from_utf8(render(&Report::default(), now, "0.1.0")).unwrap();
        Markup::read(&page);
        assert!(page.contains("No model has been seen yet"));
    }
}

#[test]
fn a_stream_without_windows_is_a_page() {
    let mut stream = reports::healthy();
    stream.windows.clear();
    stream.last_prediction = None;
    Markup::read(&page(&one(stream)));
}
