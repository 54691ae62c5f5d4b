//! An evaluation in parts, which are shared with the evaluations before and after it.

use super::{Report, Sample, SourceView, StreamView, WindowView};
use crate::time::Timestamp;
use std::sync::Arc;

/// A part of what is said of a stream.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Its series, all of them of one model and version.
    pub samples: Vec<Sample>,
    /// What the status page shows, when it is the part of a window.
    pub window: Option<Arc<WindowView>>,
}

impl Part {
    /// A part that takes no more memory than it needs, as it may be kept for long.
    pub fn new(mut samples: Vec<Sample>, window: Option<WindowView>) -> Part {
        samples.shrink_to_fit();
        Part { samples, window: window.map(Arc::new) }
    }
}

/// What is said of one model and version.
#[derive(Clone, Debug)]
pub struct StreamEdition {
    /// What the status page shows, without the windows.
    pub view: StreamView,
    /// Everything else. A part that is the same one as before has not changed.
    pub parts: Vec<Arc<Part>>,
}

/// One evaluation: a [`Report`] of which most is shared.
#[derive(Clone, Debug, Default)]
pub struct Edition {
    /// What is of no stream.
    pub rest: Report,
    /// By model and version, in their order.
    pub streams: Vec<StreamEdition>,
}

impl Edition {
    /// How many series there are.
    pub fn series(&self) -> usize {
        let parts = self.streams.iter().flat_map(|stream| &stream.parts);
        self.rest.samples.len() + parts.map(|part| part.samples.len()).sum::<usize>()
    }

    /// The same as one report. What nobody else has is moved.
    pub fn into_report(self) -> Report {
        let mut report = self.rest;
        for StreamEdition { mut view, parts } in self.streams {
            for part in parts {
                let part = Arc::unwrap_or_clone(part);
                report.samples.extend(part.samples);
                view.windows.extend(part.window.map(Arc::unwrap_or_clone));
            }
            report.streams.push(view);
        }
        report
    }

    /// What the status page shows.
    pub fn views(&self) -> Views {
        let streams = self.streams.iter().map(|StreamEdition { view, parts }| {
            let windows = parts.iter().filter_map(|part| part.window.clone());
            (view.clone(), windows.collect())
        });
        Views { at: self.rest.at, streams: streams.collect(), sources: self.rest.sources.clone() }
    }
}

/// What the status page shows of an edition, without its series.
#[derive(Clone, Debug)]
pub struct Views {
    at: Option<Timestamp>,
    streams: Vec<(StreamView, Vec<Arc<WindowView>>)>,
    sources: Vec<SourceView>,
}

impl Views {
    /// The same as a report that has no series.
    pub fn report(&self) -> Report {
        let streams = self.streams.iter().map(|(view, windows)| {
            let windows = windows.iter().map(|window| WindowView::clone(window)).collect();
            StreamView { windows, ..view.clone() }
        });
        Report { at: self.at, samples: Vec::new(), streams: streams.collect(), sources: self.sources.clone() }
    }
}
