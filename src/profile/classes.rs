//! The classes of a task and their scores, from what was seen.

use super::survey::{Options, SurveyError};
use crate::event::Task;
use std::sync::Arc;

/// Classes of a task; more are taken together as others.
pub(super) const CLASSES: usize = 100;

/// The classes: those with scores in the order of the scores (the single score has no name), then the others by their
/// text, numbers by size.
pub(super) fn classes_of<'a>(
    task: Task,
    scored: impl Iterator<Item = &'a str>,
    seen: Vec<(String, u64)>,
) -> Vec<Arc<str>> {
    let mut classes: Vec<String> = scored.filter(|class| !class.is_empty()).map(str::to_owned).collect();
    let mut others = seen;
    others.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut others: Vec<String> = others.into_iter().map(|(text, _)| text).collect();
    others.truncate(2 * CLASSES);
    // Numbers before texts: the two have no order in common.
    others.sort_by(|a, b| match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(x), Ok(y)) => x.total_cmp(&y).then_with(|| a.cmp(b)),
        (x, y) => y.is_ok().cmp(&x.is_ok()).then_with(|| a.cmp(b)),
    });
    for class in others {
        if !classes.contains(&class) && classes.len() < CLASSES {
            classes.push(class);
        }
    }
    let mut classes = classes.into_iter().map(Arc::from).collect();
    complete_binary(task, &mut classes);
    classes
}

/// The other class of a binary task of which one class or none was seen: the usual pairs.
fn complete_binary(task: Task, classes: &mut Vec<Arc<str>>) {
    let missing: &[&str] = match classes.as_slice() {
        _ if task != Task::Binary => &[],
        [] => &["0", "1"],
        [one] => match &**one {
            "0" => &["1"],
            "1" => &["0"],
            "false" => &["true"],
            "true" => &["false"],
            _ => &[],
        },
        _ => &[],
    };
    if !missing.is_empty() {
        classes.extend(missing.iter().map(|class| Arc::from(*class)));
        classes.sort();
    }
}

/// The index of the positive class of a binary task; `None` of another task, or when no class was seen.
pub(super) fn positive_of(options: &Options, classes: &[Arc<str>]) -> Result<Option<usize>, SurveyError> {
    if options.task != Task::Binary {
        return Ok(None);
    }
    let listed = classes.iter().map(|c| format!("{c:?}")).collect::<Vec<_>>().join(", ");
    if classes.len() > 2 {
        return Err(SurveyError::NotBinary(listed));
    }
    let positive = match &options.positive_class {
        Some(class) => {
            index_of(classes, class).map(Some).ok_or(SurveyError::UnknownPositive(class.clone(), listed.clone()))
        }
        None => match index_of(classes, "1").or_else(|| index_of(classes, "true")) {
            Some(positive) => Ok(Some(positive)),
            None if classes.is_empty() => Ok(None),
            None => Err(SurveyError::Positive(listed.clone())),
        },
    }?;
    if classes.len() == 1 { Err(SurveyError::OneClass(listed)) } else { Ok(positive) }
}

/// The class whose score a score of this name is (the single score has none); `None` when it is of no use. `single`
/// says that single scores were logged.
pub(super) fn scored_class(
    task: Task,
    name: &str,
    single: bool,
    classes: &[Arc<str>],
    positive: Option<usize>,
) -> Option<usize> {
    match (task, name) {
        (Task::Regression | Task::Ranking, _) => None,
        (Task::Binary, "") => positive,
        // Of a binary task the positive class's own score, when the single one is not logged.
        (Task::Binary, class) if !single => index_of(classes, class).filter(|index| Some(*index) == positive),
        (Task::Multiclass, class) => index_of(classes, class),
        _ => None,
    }
}

fn index_of(classes: &[Arc<str>], class: &str) -> Option<usize> {
    classes.iter().position(|known| **known == *class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_ordered_numbers_first() {
        let seen = ["b", "10", "9", "a", "-1"].map(|text| (text.to_owned(), 1)).to_vec();
        let classes = classes_of(Task::Multiclass, std::iter::empty(), seen);
        assert_eq!(vec!["-1", "9", "10", "a", "b"], classes.iter().map(|c| &**c).collect::<Vec<_>>());
    }

    #[test]
    fn the_other_class_of_a_usual_pair_is_known() {
        for (seen, expected) in [
            (vec![], vec!["0", "1"]),
            (vec!["1"], vec!["0", "1"]),
            (vec!["true"], vec!["false", "true"]),
            (vec!["yes"], vec!["yes"]),
        ] {
            let mut classes: Vec<Arc<str>> = seen.into_iter().map(Arc::from).collect();
            complete_binary(Task::Binary, &mut classes);
            assert_eq!(expected, classes.iter().map(|c| &**c).collect::<Vec<_>>());
        }
    }
}
