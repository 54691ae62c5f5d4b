//! Laws of the pages in `docs/`: every statistic is explained, every family named exists, every link leads somewhere.
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

use driftgauge::report::Kind;
use driftgauge::report::catalog::catalog;
use driftgauge::statistics::specs;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What the series of a histogram add to its name.
const HISTOGRAM: [&str; 3] = ["_bucket", "_sum", "_count"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The pages in `docs/`, and the readme when there is one.
fn pages() -> Vec<(PathBuf, String)> {
    let listed = std::fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = listed.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    paths.push(root().join("README.md"));
    paths.sort();
    let pages = paths.into_iter().filter(|path| path.exists());
    pages.map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

/// Runs of letters, digits and underscores; the markdown of a page may have a backslash before an underscore.
fn words(text: &str) -> BTreeSet<String> {
    let plain = text.replace("\\_", "_");
    plain.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').map(str::to_owned).collect()
}

/// The headings of a page as the anchors that GitHub makes of them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut code = false;
    let headings = text.lines().filter(|line| {
        code ^= line.starts_with("```");
        !code && line.starts_with('#')
    });
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    headings
        .map(|line| line.trim_start_matches('#').trim().to_lowercase().chars().filter(kept).collect::<String>())
        .map(|heading| heading.replace(' ', "-"))
        .collect()
}

/// The targets of `](...)`, code left out.
fn links(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    let mut code = false;
    for line in text.lines() {
        code ^= line.starts_with("```");
        if code {
            continue;
        }
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("");
        let ends = prose.match_indices("](").map(|(at, _)| &prose[at + 2..]);
        links.extend(ends.filter_map(|rest| rest.split_once(')')).map(|(target, _)| target.to_owned()));
    }
    links
}

#[test]
fn every_statistic_is_explained() {
    let page = std::fs::read_to_string(root().join("docs/STATISTICS.md")).unwrap();
    let coded: BTreeSet<&str> = page.split('`').skip(1).step_by(2).collect();
    let missing: Vec<&str> = specs()
        .map(|spec| spec.name)
        .filter(|name| !coded.contains(name) && !coded.contains(name.trim_start_matches("driftgauge_")))
        .collect();
    assert_eq!(Vec::<&str>::new(), missing, "not in docs/STATISTICS.md");
}

#[test]
fn every_family_that_a_page_names_exists() {
    let mut known = BTreeSet::new();
    for entry in catalog() {
        if entry.kind == Kind::Histogram {
            known.extend(HISTOGRAM.iter().map(|suffix| format!("{}{suffix}", entry.name)));
        }
        known.insert(entry.name);
    }
    for (path, text) in pages() {
        let named = words(&text).into_iter().filter(|word| word.starts_with("driftgauge_") && word != "driftgauge_");
        let unknown: Vec<String> = named.filter(|word| !known.contains(word)).collect();
        assert_eq!(Vec::<String>::new(), unknown, "{}", path.display());
    }
}

#[test]
fn every_relative_link_leads_somewhere() {
    for (path, text) in pages() {
        for link in links(&text) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (file, anchor) = link.split_once('#').map_or((link.as_str(), None), |(f, a)| (f, Some(a)));
            let target = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            assert!(target.exists(), "{}: {link}", path.display());
            if let Some(anchor) = anchor {
                let headings = anchors(&std::fs::read_to_string(&target).unwrap());
                assert!(headings.contains(anchor), "{}: no heading for {link}", path.display());
            }
        }
    }
}

#[test]
fn every_test_that_the_page_on_reliability_names_exists() {
    let page = std::fs::read_to_string(root().join("docs/RELIABILITY.md")).unwrap();
    let named: Vec<&str> = page.split('`').skip(1).step_by(2).filter(|code| code.contains("::")).collect();
    let missing = |code: &&str| {
        let (file, test) = code.rsplit_once("::").unwrap();
        let file = if file.starts_with("src/") { format!("{file}.rs") } else { format!("tests/{file}.rs") };
        !std::fs::read_to_string(root().join(file)).is_ok_and(|text| text.contains(&format!("fn {test}(")))
    };
    assert!(!named.is_empty());
    assert_eq!(Vec::<&str>::new(), named.iter().copied().filter(missing).collect::<Vec<_>>());
}
