//! The sources: what was read, and what of it was of no use.

use super::anchor;
use super::html::Html;
use super::numbers::{bytes, count, part};
use crate::report::SourceView;

/// The section; nothing when there is no source.
pub(super) fn section(html: &mut Html, sources: &[SourceView]) {
    if sources.is_empty() {
        return;
    }
    html.element("section", &[("id", anchor::SOURCES)], |html| {
        html.raw("<h2>Sources</h2>");
        html.element("div", &[("class", "scroll")], |html| {
            html.element("table", &[], |html| {
                html.raw(
                    "<thead><tr><th scope=\"col\">source</th><th scope=\"col\">files</th><th scope=\"col\">lines</th>\
                     <th scope=\"col\">rejected</th><th scope=\"col\">lost</th><th scope=\"col\">unread</th></tr></thead>",
                );
                html.element("tbody", &[], |html| {
                    for source in sources {
                        html.element("tr", &[], |html| row(html, source));
                    }
                });
            });
        });
    });
}

fn row(html: &mut Html, source: &SourceView) {
    html.element("th", &[("scope", "row")], |html| {
        html.foreign(&source.name);
    });
    html.leaf("td", &[], &count(source.files)).leaf("td", &[], &count(source.lines));
    html.element("td", &[], |html| {
        html.text(&count(source.rejected));
        if source.rejected > 0 {
            html.leaf("small", &[], &format!(" {}", part(source.rejected, source.lines)));
        }
    });
    html.leaf("td", &[("class", if source.lost > 0 { "worse" } else { "" })], &count(source.lost));
    html.leaf("td", &[], &bytes(source.lag_bytes));
}
