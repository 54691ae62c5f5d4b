//! The parts every record may have, and where the plan puts them.

use super::{Config, aliases};
use crate::decode::{FieldPath, FieldPlan, SlotSet};
use crate::time::Unit;

/// The slots of the parts of a record.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    pub(super) time: usize,
    pub(super) id: usize,
    pub(super) model: usize,
    pub(super) version: usize,
    pub(super) prediction: usize,
    pub(super) score: usize,
    pub(super) lower: usize,
    pub(super) upper: usize,
    /// The items of a ranking.
    pub(super) items: usize,
    pub(super) actual: usize,
    /// The embedding; nothing is found there unless the mapping names it.
    pub(super) embedding: usize,
    pub(super) latency: usize,
    pub(super) error: usize,
    /// The object of features; what is below it are columns.
    pub(super) features: usize,
    /// The object of class scores.
    pub(super) scores: usize,
    /// Those of the parts that most records have not: all but time, id, model, version, prediction, score and
    /// features.
    pub(super) rare: SlotSet,
    /// The unit of the latency by the place of the path that was found.
    pub(super) latency_units: Vec<Unit>,
    /// All paths of all parts, for telling features from them in flat records.
    pub(super) paths: Vec<Vec<FieldPath>>,
    pub(super) features_paths: Vec<FieldPath>,
    pub(super) scores_paths: Vec<FieldPath>,
    /// Where lists of items or numbers may be: what is below is no feature.
    pub(super) lists_paths: Vec<FieldPath>,
}

impl Slots {
    /// Asks `plan` for every part.
    pub(super) fn new(config: &Config, plan: &mut FieldPlan) -> Slots {
        let mut paths = Vec::new();
        let mut ask = |set: &Option<String>, names: &[&str]| {
            let alternatives = paths_of(set, names);
            paths.push(alternatives.clone());
            plan.slot(alternatives)
        };
        let time = ask(&config.time, aliases::TIME);
        let id = ask(&config.id, aliases::ID);
        let model = ask(&config.model, aliases::MODEL);
        let version = ask(&config.version, aliases::VERSION);
        let prediction = ask(&config.prediction, aliases::PREDICTION);
        let score = ask(&config.score, aliases::SCORE);
        let usual = config.usual;
        let lower = ask(&config.lower, names_if(usual.intervals, aliases::LOWER));
        let upper = ask(&config.upper, names_if(usual.intervals, aliases::UPPER));
        let item_names = names_if(usual.items, aliases::ITEMS);
        let items = ask(&config.items, item_names);
        let actual_names = [aliases::ACTUAL, names_if(usual.items, aliases::RELEVANT)].concat();
        let actual = ask(&config.actual, &actual_names);
        let embedding = ask(&config.embedding, &[]);
        let latency = ask(&config.latency, aliases::LATENCY);
        let error = ask(&config.error, aliases::ERROR);
        let features = ask(&config.features, aliases::FEATURES);
        let scores = ask(&config.scores, aliases::SCORES);
        let default_unit = config.latency_unit.as_deref().and_then(unit_named).unwrap_or(Unit::Seconds);
        let latency_units = paths_of(&config.latency, aliases::LATENCY)
            .iter()
            .map(|path| path.segments().last().and_then(|name| unit_of_suffix(name)).unwrap_or(default_unit))
            .collect();
        let rare = [lower, upper, items, actual, embedding, latency, error, scores].into_iter().collect();
        let embedding_paths = paths_of(&config.embedding, &[]);
        Slots {
            time,
            id,
            model,
            version,
            prediction,
            score,
            lower,
            upper,
            items,
            actual,
            embedding,
            latency,
            error,
            features,
            scores,
            rare,
            latency_units,
            paths,
            features_paths: paths_of(&config.features, aliases::FEATURES),
            scores_paths: paths_of(&config.scores, aliases::SCORES),
            lists_paths: match config.usual.items {
                true => [paths_of(&config.items, item_names), paths_of(&config.actual, &actual_names), embedding_paths]
                    .concat(),
                false => embedding_paths,
            },
        }
    }
}

fn names_if(wanted: bool, names: &'static [&'static str]) -> &'static [&'static str] {
    if wanted { names } else { &[] }
}

/// The configured path, or the usual names.
fn paths_of(set: &Option<String>, names: &[&str]) -> Vec<FieldPath> {
    match set {
        Some(path) => vec![FieldPath::parse(path)],
        None => names.iter().map(|name| FieldPath::from_segments(vec![(*name).to_owned()])).collect(),
    }
}

/// The unit that a field's name ends in.
fn unit_of_suffix(name: &str) -> Option<Unit> {
    let suffixes = [
        ("_ms", Unit::Milliseconds),
        ("_millis", Unit::Milliseconds),
        ("_us", Unit::Microseconds),
        ("_ns", Unit::Nanoseconds),
        ("_seconds", Unit::Seconds),
        ("_s", Unit::Seconds),
    ];
    suffixes.iter().find(|(suffix, _)| name.ends_with(suffix)).map(|(_, unit)| *unit)
}

/// A unit by its name in the config.
fn unit_named(name: &str) -> Option<Unit> {
    match name {
        "s" => Some(Unit::Seconds),
        "ms" => Some(Unit::Milliseconds),
        "us" => Some(Unit::Microseconds),
        "ns" => Some(Unit::Nanoseconds),
        _ => None,
    }
}
