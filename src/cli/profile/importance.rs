//! A file of feature importances: a JSON object, or CSV of two columns.

use std::path::Path;

/// What is wrong with such a file.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum ImportanceError {
    /// Not of either form.
    #[error("not a JSON object of numbers: {0}")]
    Json(#[from] serde_json::Error),
    /// A line of CSV without a name and a number.
    #[error("line {0} is not a feature, a comma and a number")]
    Line(usize),
    /// Importances are sizes: signs of coefficients are to be dropped before.
    #[error("the importance of {0:?} is not a finite number of at least 0")]
    Size(String),
    /// Named and not in the reference.
    #[error("{0:?} is not a feature of the reference, which has {1}")]
    Unknown(String, String),
    /// Named more than once.
    #[error("{0:?} is named twice")]
    Twice(String),
    /// No feature has one above 0.
    #[error("no feature has an importance above 0")]
    Nothing,
}

/// The importance of each of `features`, in their order; those that the file does not name have 0.
pub(in crate::cli) fn parse(path: &Path, text: &str, features: &[&str]) -> Result<Vec<f64>, ImportanceError> {
    let json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let named = if json { of_json(text)? } else { of_csv(text)? };
    let mut importance = vec![None; features.len()];
    for (name, size) in named {
        if !(size.is_finite() && size >= 0.0) {
            return Err(ImportanceError::Size(name));
        }
        let place = features.iter().position(|feature| *feature == name);
        match place.and_then(|place| importance.get_mut(place)) {
            None => return Err(ImportanceError::Unknown(name, features.join(", "))),
            Some(Some(_)) => return Err(ImportanceError::Twice(name)),
            Some(place) => *place = Some(size),
        }
    }
    let importance: Vec<f64> = importance.into_iter().map(|size| size.unwrap_or(0.0)).collect();
    if importance.iter().all(|size| *size == 0.0) { Err(ImportanceError::Nothing) } else { Ok(importance) }
}

fn of_json(text: &str) -> Result<Vec<(String, f64)>, ImportanceError> {
    let named: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text)?;
    let sizes = named.into_iter().map(|(name, value)| match value.as_f64() {
        Some(size) => Ok((name, size)),
        None => Err(ImportanceError::Size(name)),
    });
    sizes.collect()
}

/// A first line whose second field is no number is a header.
fn of_csv(text: &str) -> Result<Vec<(String, f64)>, ImportanceError> {
    let mut named = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        // The number is behind the last comma: names may have commas, in quotes or not.
        let Some((name, size)) = line.rsplit_once(',') else { return Err(ImportanceError::Line(index + 1)) };
        match size.trim().parse() {
            Ok(size) => named.push((name.trim().trim_matches('"').to_owned(), size)),
            Err(_) if index == 0 => {}
            Err(_) => return Err(ImportanceError::Line(index + 1)),
        }
    }
    Ok(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Result<Vec<f64>, String> {
        parse(Path::new(name), text, &["a", "b", "c"]).map_err(|error| error.to_string())
    }

    #[test]
    fn both_forms_are_read() {
        assert_eq!(Ok(vec![0.5, 0.0, 2.0]), read("i.json", r#"{"c": 2, "a": 0.5}"#));
        assert_eq!(Ok(vec![0.5, 0.0, 2.0]), read("i.csv", "feature,importance\nc,2\n\"a\",0.5\n"));
        assert_eq!(Ok(vec![0.5, 0.0, 2.0]), read("i.txt", "c,2\na,0.5"));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_place() {
        for (name, text, message) in [
            ("i.json", "[1]", "not a JSON object"),
            ("i.json", r#"{"a": "x"}"#, "the importance of \"a\""),
            ("i.csv", "a,1\nb", "line 2"),
            ("i.csv", "a,1\nb,x", "line 2"),
            ("i.csv", "a,-1", "the importance of \"a\""),
            ("i.csv", "d,1", "\"d\" is not a feature of the reference, which has a, b, c"),
            ("i.csv", "a,1\na,2", "\"a\" is named twice"),
            ("i.csv", "a,0", "no feature has an importance above 0"),
        ] {
            let error = read(name, text).unwrap_err();
            assert!(error.contains(message), "{text}: {error}");
        }
    }
}
