//! One line of the list, and the order of the lines.

use std::cmp::Ordering;
use std::sync::Arc;

/// How much it matters, most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Severity {
    /// Look now.
    Critical,
    /// Look today.
    Warning,
    /// Good to know: says why something is not shown.
    Note,
}

impl Severity {
    /// The class in the style sheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Severity::Critical => "critical",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }

    /// As it is shown.
    pub(super) fn word(self) -> &'static str {
        self.class()
    }
}

/// Something that stands out.
#[derive(Clone, Debug)]
pub(super) struct Fact {
    /// How much it matters.
    pub(super) severity: Severity,
    /// How many times over its limit; orders facts of one severity.
    pub(super) excess: f64,
    /// The feature or source it is about: a name from outside.
    pub(super) subject: Option<Arc<str>>,
    /// What is wrong, with the number.
    pub(super) headline: String,
    /// What the number is compared with, and of how many.
    pub(super) evidence: String,
    /// The stream it is about, by its place in the report.
    pub(super) stream: Option<usize>,
    /// The id of the place on the page.
    pub(super) anchor: String,
}

impl Fact {
    /// Most severe first, then by how far over the limit.
    pub(super) fn by_severity(&self, other: &Fact) -> Ordering {
        self.severity.cmp(&other.severity).then(other.excess.total_cmp(&self.excess))
    }
}
