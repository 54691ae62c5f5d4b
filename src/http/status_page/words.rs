//! Statistics and reasons in words.

use crate::statistics::{Spec, Undefined};

/// Parts of a key that are not plain words.
const SPELLINGS: &[(&str, &str)] = &[
    ("roc", "ROC"),
    ("auc", "AUC"),
    ("f1", "F1"),
    ("p90", "p90"),
    ("fpr", "FPR"),
    ("psi", "PSI"),
    ("cohen", "Cohen"),
    ("matthews", "Matthews"),
    ("brier", "Brier"),
    ("gini", "Gini"),
    ("kolmogorov", "Kolmogorov"),
    ("smirnov", "Smirnov"),
    ("spiegelhalter", "Spiegelhalter"),
    ("wasserstein", "Wasserstein"),
];

/// The name of a statistic, made of its key.
pub(super) fn statistic(spec: &Spec) -> String {
    if spec.key == "r_squared" {
        return "R²".to_owned();
    }
    let key = spec.key.strip_suffix("_ratio").unwrap_or(spec.key);
    let words: Vec<&str> = key
        .split('_')
        .map(|part| SPELLINGS.iter().find(|(plain, _)| *plain == part).map_or(part, |(_, proper)| proper))
        .collect();
    let mut name = words.join(" ");
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    name
}

/// A name inside a sentence: small, unless it is spelled with capitals.
pub(super) fn inside(name: &str) -> String {
    let proper = SPELLINGS.iter().any(|(_, proper)| name.starts_with(proper));
    let mut letters = name.chars();
    match letters.next() {
        Some(first) if !proper && letters.as_str().starts_with(|c: char| c.is_lowercase()) => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => name.to_owned(),
    }
}

/// Why there is no number.
pub(super) fn reason(reason: Undefined) -> &'static str {
    match reason {
        Undefined::NoObservations => "nothing observed in this window",
        Undefined::TooFew => "too few observations",
        Undefined::NotApplicable => "does not apply",
        Undefined::ConstantReference => "the reference has one value only",
        Undefined::NoReference => "no reference yet",
        Undefined::NoActuals => "no actuals in this window",
        Undefined::ActualsTooLate => "actuals come later than the window reaches back",
        Undefined::CoverageBelowMinimum => "too few of the predictions have an actual",
        Undefined::ArrivalAxis => "pairs are counted when their actual arrives",
        Undefined::ClassWithoutActuals => "a predicted class has no actual",
        Undefined::ClassNotSeen => "class not seen in this window",
        Undefined::ConstantActual => "all actuals are alike",
        Undefined::NoScores => "no scores logged",
        Undefined::NoReferenceActuals => "the reference has no actuals",
        Undefined::IllConditioned => "the classes cannot be told apart",
        Undefined::NoIntervals => "no intervals logged with the predictions",
        Undefined::NoRelevantItems => "no request with a relevant item",
        Undefined::ZeroDenominator => "a division by zero",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::performance::entry;

    #[test]
    fn keys_become_words() {
        for (expected, key) in [
            ("Accuracy", "accuracy_ratio"),
            ("ROC AUC", "roc_auc"),
            ("F1 macro", "f1_macro_ratio"),
            ("Recall at FPR", "recall_at_fpr_ratio"),
            ("R²", "r_squared"),
            ("Absolute error p90", "absolute_error_p90"),
        ] {
            assert_eq!(expected, statistic(&entry(key).unwrap().spec));
        }
        assert_eq!(
            ["accuracy", "ROC AUC", "R²", "Brier score"],
            ["Accuracy", "ROC AUC", "R²", "Brier score"].map(inside).each_ref().map(String::as_str)
        );
    }
}
