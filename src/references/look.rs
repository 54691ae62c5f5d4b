//! What a look at a profile's place finds.

use crate::engine::config::Model;
use crate::event::Task;
use crate::profile::Reference;
use std::error::Error;
use std::sync::Arc;

/// What tells one content of a place from the next, without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stamp {
    /// Of a file: when it was changed, in nanoseconds since the epoch, and which it is.
    File { modified: (i64, i64), size: u64, inode: u64, device: u64 },
    /// Of a response: its validators, as they came.
    Response { etag: Option<Vec<u8>>, last_modified: Option<Vec<u8>> },
}

/// What was found.
#[derive(Debug)]
pub(super) enum Look {
    /// The content of the last time.
    Unchanged,
    /// A content, and the reference it is, or what is wrong with it.
    Content(Stamp, Result<Arc<Reference>, String>),
    /// Nothing, and why.
    Nothing(String),
}

/// The reference in a content that a model can use.
pub(super) fn read(bytes: &[u8], model: &Model) -> Result<Arc<Reference>, String> {
    let reference = Reference::from_json(bytes).map_err(|error| chain(&error))?;
    match unfit(&reference, model) {
        Some(message) => Err(message),
        None => Ok(Arc::new(reference)),
    }
}

/// Whether two models can use the same references.
pub(super) fn takes_the_same(one: &Model, other: &Model) -> bool {
    let wants = |model: &Model| {
        let positive = model.performance.positive_class.clone().filter(|_| model.task == Task::Binary);
        (model.task, positive, (model.task == Task::Ranking).then_some(model.performance.k))
    };
    wants(one) == wants(other)
}

/// Why a model cannot use a reference.
fn unfit(reference: &Reference, model: &Model) -> Option<String> {
    let frame = &reference.observer.frame;
    if frame.task != model.task {
        let (of, is) = (noun(frame.task), model.task.as_str());
        return Some(format!("the profile is of {of}, the model is {is}"));
    }
    if frame.task == Task::Ranking && frame.depth != model.performance.k {
        let (of, is) = (frame.depth, model.performance.k);
        return Some(format!("the profile was built with performance.k = {of}, the model has {is}: build it again"));
    }
    let wanted = model.performance.positive_class.as_deref().filter(|_| model.task == Task::Binary)?;
    let positive = frame.positive.and_then(|positive| frame.classes.get(positive)).map(|class| &**class);
    match positive {
        Some(positive) if positive == wanted => None,
        Some(positive) => Some(format!("the positive class of the profile is {positive:?}, of the model {wanted:?}")),
        None => Some(format!("the profile has no positive class, the one of the model is {wanted:?}")),
    }
}

fn noun(task: Task) -> &'static str {
    match task {
        Task::Binary => "a binary classification",
        Task::Multiclass => "a multiclass classification",
        Task::Regression => "a regression",
        Task::Ranking => "a ranking",
    }
}

/// An error with its sources, in one line; a source that the message before it already tells is left out.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let message = error.to_string();
        if !text.ends_with(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        source = error.source();
    }
    text
}
