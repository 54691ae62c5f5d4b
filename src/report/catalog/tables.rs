//! The catalogue for people: on a terminal and as a page.

use std::fmt::Write;

use super::{CatalogEntry, GROUPS, catalog};
use crate::report::{Kind, Of};
use crate::statistics::Undefined;

/// What stands above the tables of the page.
const INTRODUCTION: &str = include_str!("introduction.md");

/// One line for each family: name, kind, labels and what it is, in aligned columns.
pub fn plain() -> String {
    let rows: Vec<[String; 4]> = catalog()
        .iter()
        .map(|entry| [entry.name.clone(), word(entry.kind).to_owned(), entry.labels.join(","), summary(entry)])
        .collect();
    let width = |column: fn(&[String; 4]) -> &String| rows.iter().map(|row| column(row).len()).max().unwrap_or(0);
    let (names, kinds, labels) = (width(|row| &row[0]), width(|row| &row[1]), width(|row| &row[2]));
    let mut out = String::new();
    for [name, kind, label, summary] in &rows {
        // A string takes every text: there is no error to pass on.
        let _ = writeln!(out, "{name:names$}  {kind:kinds$}  {label:labels$}  {summary}");
    }
    out
}

/// The page: how to read the families, the reasons of what is undefined, and a table for each group.
pub fn markdown() -> String {
    let mut out = INTRODUCTION.to_owned();
    out.push_str("\n| reason | meaning |\n|---|---|\n");
    for reason in Undefined::ALL {
        push_row(&mut out, &[&code(reason.as_str()), reason.meaning()]);
    }
    let entries = catalog();
    for (group, about) in GROUPS {
        let entries: Vec<_> = entries.iter().filter(|entry| entry.group == *group).collect();
        push_group(&mut out, group, about, &entries);
    }
    out
}

fn push_group(out: &mut String, group: &str, about: &str, entries: &[&CatalogEntry]) {
    out.push_str(&format!("\n## {}\n\n{about}\n\n", capital(group)));
    let keyed = entries.iter().any(|entry| matches!(entry.of, Of::Statistic(_)));
    out.push_str(match keyed {
        true => "| family | statistic | kind | labels | help |\n|---|---|---|---|---|\n",
        false => "| family | kind | labels | help |\n|---|---|---|---|\n",
    });
    for entry in entries {
        let labels: Vec<_> = entry.labels.iter().map(|label| code(label)).collect();
        let (name, labels) = (code(&entry.name), labels.join(", "));
        let key = key(entry);
        let cells = [name.as_str(), &key, word(entry.kind), &labels, &entry.help];
        match keyed {
            true => push_row(out, &cells),
            false => push_row(out, &[cells[0], cells[2], cells[3], cells[4]]),
        }
    }
}

/// A row of a table, where a bar would end a cell and two underscores begin bold text.
fn push_row(out: &mut String, cells: &[&str]) {
    for cell in cells {
        out.push_str("| ");
        if !cell.is_empty() {
            out.push_str(&format!("{} ", cell.replace('|', "\\|").replace("__", "\\_\\_")));
        }
    }
    out.push_str("|\n");
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

/// The key of a statistic; nothing for another family, companions included.
fn key(entry: &CatalogEntry) -> String {
    match entry.of {
        Of::Statistic(spec) => code(spec.key),
        Of::Family(_) | Of::Companion(..) => String::new(),
    }
}

/// One sentence: the first of the help text, or what a companion is to the statistic in the line above it.
fn summary(entry: &CatalogEntry) -> String {
    match entry.of {
        Of::Companion(_, companion) => format!("{}.", capital(companion.help())),
        Of::Family(_) | Of::Statistic(_) => match entry.help.split_once(". ") {
            Some((first, _)) => format!("{first}."),
            None => entry.help.clone(),
        },
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
    }
}

/// The text with its first letter in upper case.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_aligned_and_end_in_a_sentence() {
        let plain = plain();
        let column = plain.lines().next().and_then(|line| line.find("counter"));
        assert_eq!(catalog().len(), plain.lines().count());
        for line in plain.lines() {
            let kind = line.find("  ").map(|at| at + line[at..].len() - line[at..].trim_start().len());
            assert_eq!(column, kind, "{line}");
            assert!(line.ends_with('.'), "{line}");
        }
    }

    #[test]
    fn the_page_has_a_table_for_each_group() {
        let page = markdown();
        for (group, _) in GROUPS {
            assert!(page.contains(&format!("\n## {}\n", capital(group))), "{group}");
        }
    }

    #[test]
    fn a_bar_stays_in_its_cell_and_an_empty_cell_is_kept() {
        let mut row = String::new();
        push_row(&mut row, &["a|b", "", "__c"]);
        assert_eq!("| a\\|b | | \\_\\_c |\n", row);
    }
}
