//! An evaluation in parts, which are shared with the evaluations before and after it.

use super::{Report, Sample, StreamView, WindowView};
use std::sync::Arc;

/// A part of what is said of a stream.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Its series, all of them of one model and version.
    pub samples: Vec<Sample>,
    /// What the status page shows, when it is the part of a window.
    pub window: Option<WindowView>,
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
                view.windows.extend(part.window);
            }
            report.streams.push(view);
        }
        report
    }

    /// What the status page shows: a report without series.
    pub fn views(&self) -> Report {
        let streams = self.streams.iter().map(|StreamEdition { view, parts }| {
            let windows = parts.iter().filter_map(|part| part.window.clone()).collect();
            StreamView { windows, ..view.clone() }
        });
        let (at, sources) = (self.rest.at, self.rest.sources.clone());
        Report { at, samples: Vec::new(), streams: streams.collect(), sources }
    }
}
