//! `driftgauge check`

use super::{ConfigArgument, Failure, load_config, references};
use crate::aggregate::Role;
use crate::app::source_configs;
use crate::config::Config;
use crate::derive::{Fitted, Wanted};
use crate::engine::unanswered;
use crate::event::{Batch, Datum, Happening, Served, StreamKey};
use crate::http::Access;
use crate::profile::{ReferenceSource, Resolved, Standing};
use crate::references::References;
use crate::schema::RejectReason;
use crate::source::{self, Whole};
use crate::statistics::quality::Side;
use crate::tail;
use crate::time::Season;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Blocks of lines looked at of each source.
const BLOCKS: usize = 2;

/// Report every problem in config, profiles and mapping, each with its place. Exit code 2 when there is one.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: driftgauge check --config driftgauge.toml")]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigArgument,
}

pub(super) fn check(arguments: &Arguments) -> Result<(), Failure> {
    let config = load_config(&arguments.config.config)?;
    let references = references(&config, false)?;
    let mut problems: Vec<String> = references.problems().iter().map(ToString::to_string).collect();
    if let Some(Err(found)) = config.web_config_file.as_deref().map(Access::load) {
        problems.extend(found.iter().cloned());
    }
    let mut notes = Vec::new();
    check_maturity(&config, &mut notes);
    check_sources(&config, &references, &mut problems, &mut notes);
    notes.iter().for_each(|note| eprintln!("note: {note}"));
    if problems.is_empty() {
        println!("{}: no problem found", arguments.config.config.display());
        return Ok(());
    }
    Err(Failure::Problems(problems.join("\n")))
}

/// Windows of pairs that stay behind further than actuals are waited for.
fn check_maturity(config: &Config, notes: &mut Vec<String>) {
    for model in &config.models {
        let (maturity, max_delay) = (model.performance.maturity, model.performance.max_delay);
        if maturity > max_delay {
            notes.push(format!(
                "model {}: performance.maturity of {maturity} is longer than max_delay of {max_delay}: no actual comes \
                 between the two, so the windows are older than they need be",
                model.name
            ));
        }
    }
}

/// What the first lines of a source hold.
#[derive(Default)]
struct Seen {
    lines: u64,
    predictions: u64,
    /// Predictions that say what was predicted, by class, number or score.
    answered: u64,
    with_id: u64,
    with_time: u64,
    actuals: u64,
    /// Values present by stream and feature.
    features: BTreeMap<(StreamKey, Arc<str>), u64>,
}

fn check_sources(config: &Config, references: &Arc<References>, problems: &mut Vec<String>, notes: &mut Vec<String>) {
    for (index, source) in source_configs(config).into_iter().enumerate() {
        let name = &source.name;
        let whole = tail::Config { read_gz: true, ..source.tail.clone() };
        let first_of = |pattern: &String| {
            let one = tail::Config { paths: vec![pattern.clone()], ..whole.clone() };
            one.files().into_iter().next()
        };
        let firsts: Vec<_> = whole.paths.iter().filter_map(first_of).collect();
        if firsts.is_empty() {
            notes.push(format!("source {name}: no file yet, its mapping was not checked"));
        }
        for path in firsts {
            check_file(index, &source, &path, references, problems, notes);
        }
    }
}

/// Looks at the first lines of one file.
fn check_file(
    index: usize,
    source: &source::Config,
    path: &Path,
    references: &Arc<References>,
    problems: &mut Vec<String>,
    notes: &mut Vec<String>,
) {
    let name = &source.name;
    let place = path.display().to_string();
    let mut file = match Whole::open(index, source, path.to_owned(), references.clone()) {
        Ok(file) => file,
        Err(error) => {
            problems.push(format!("source {name}: {place}: {error}"));
            return;
        }
    };
    let mut seen = Seen::default();
    let mut rejected = BTreeMap::new();
    for _ in 0..BLOCKS {
        match file.refill() {
            Ok(Some((counts, rejects))) => {
                seen.lines += counts.lines;
                seen.add(file.batch());
                for (reason, count) in counts.rejected {
                    let first = rejects.iter().find(|(_, _, reject)| reject.reason == reason);
                    let entry = rejected.entry(reason).or_insert((0, None));
                    entry.0 += count;
                    entry.1 = entry.1.or(first.map(|(_, offset, reject)| (*offset, *reject)));
                }
            }
            Ok(None) => break,
            Err(error) => {
                problems.push(format!("source {name}: {place}: {error}"));
                break;
            }
        }
    }
    for (reason, (count, first)) in rejected {
        let at = first.map_or(String::new(), |(offset, reject)| format!(", the first ends at byte {offset}: {reject}"));
        let found = format!(
            "source {name}: {place}: {count} of the first {} lines rejected as {}{at}",
            seen.lines,
            reason.as_str()
        );
        // A log may hold other models besides those configured.
        let shared = reason == RejectReason::UnknownModel && seen.predictions + seen.actuals > 0;
        if shared { notes.push(found) } else { problems.push(found) }
    }
    note_lacking(references, &seen, notes);
    note_segments(&seen, references, notes);
    seen.features.retain(|(key, feature), present| *present > 0 || !is_empty(references, key, feature));
    seen.judge(name, &place, problems, notes);
    notes.extend(unanswered_thresholds(&seen, references));
}

/// The thresholds that the references of the streams in a file cannot answer.
fn unanswered_thresholds(seen: &Seen, references: &References) -> Vec<String> {
    let streams: BTreeSet<&StreamKey> = seen.features.keys().map(|(key, _)| key).collect();
    let mut notes = Vec::new();
    for key in streams {
        let Some(Resolved { model, standing: Standing::Loaded { reference, .. } }) = references.resolve(key) else {
            continue;
        };
        for place in unanswered(&reference, &model) {
            let StreamKey { model, version } = key;
            notes.push(format!(
                "{place}: the reference of {model} {version} cannot answer it, so that it is no threshold: it lacks the \
                 feature, actuals, or 30 chunks with a value"
            ));
        }
    }
    notes
}

/// Notes what the config asks for and the reference of a stream was not fitted for.
fn note_lacking(references: &References, seen: &Seen, notes: &mut Vec<String>) {
    let keys: BTreeSet<&StreamKey> = seen.features.keys().map(|(key, _)| key).collect();
    for key in keys {
        let Some(Resolved { model, standing }) = references.resolve(key) else { continue };
        let note = |part: &str, why: &str| format!("model {key}: multivariate.{part} is on, but {why}");
        match standing {
            Standing::Loaded { reference, .. } => {
                let counted = reference.findings.seasons.as_ref().map(|seasons| seasons.season);
                if let Some(season) = model.drift.season.filter(|season| Some(*season) != counted) {
                    let (season, has) = (season.as_str(), counted.map_or("no season", Season::as_str));
                    notes.push(format!(
                        "model {key}: drift.season is {season}, but its profile has {has}: build it again, from rows that \
                         have a time"
                    ));
                }
                let lacking = model.multivariate.lacking(reference.observer.frame.derived.fitted());
                notes.extend(lacking.into_iter().map(|part| note(part, "its profile has none: build it again")));
            }
            Standing::Learn => {
                if let Some(season) = model.drift.season {
                    let season = season.as_str();
                    notes.push(format!(
                        "model {key}: drift.season is {season}, but a learned profile has no season: build one"
                    ));
                }
                // What is on unless told otherwise needs no word.
                let asked = Wanted { outlier: false, ..model.multivariate };
                let lacking = asked.lacking(&Fitted::default());
                notes.extend(lacking.into_iter().map(|part| note(part, "a learned profile has none: build one")));
            }
            Standing::Unavailable => {}
        }
    }
}

/// Features that are declared as segments and that the profile of a stream does not have.
fn note_segments(seen: &Seen, references: &Arc<References>, notes: &mut Vec<String>) {
    let keys: BTreeSet<&StreamKey> = seen.features.keys().map(|(key, _)| key).collect();
    for key in keys {
        let Some(resolved) = references.resolve(key) else { continue };
        let Standing::Loaded { reference, .. } = &resolved.standing else { continue };
        let has = |name: &String| reference.observer.frame.features.iter().any(|(known, _)| **known == **name);
        for name in resolved.model.segments.features.iter().filter(|name| !has(name)) {
            let note = format!("segments.features: the profile of {key} has no feature {name:?}, it has no segments");
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
    }
}

/// Whether the reference of a stream has no value of a feature either.
fn is_empty(references: &References, key: &StreamKey, feature: &str) -> bool {
    let Some(Standing::Loaded { reference, .. }) = references.resolve(key).map(|resolved| resolved.standing) else {
        return false;
    };
    let mut columns = reference.observer.inputs.columns.iter();
    let column = columns.find(|column| column.role == Role::Input && &*column.name == feature);
    column.and_then(|column| Side::new(column, &reference.inputs)).is_some_and(|side| side.present() == 0)
}

impl Seen {
    fn add(&mut self, batch: &Batch) {
        for event in &batch.events {
            let Happening::Prediction(prediction) = &event.happening else {
                self.actuals += 1;
                continue;
            };
            self.predictions += 1;
            self.with_id += u64::from(event.id.is_some());
            self.with_time += u64::from(event.at.is_some());
            let Served::Answered { prediction: answer, score, scores, items, .. } = &prediction.served else {
                self.answered += 1;
                continue;
            };
            let scored = !score.is_nan() || batch.scores(scores).iter().any(|score| !score.is_nan());
            self.answered += u64::from(scored || items.is_some() || !matches!(answer, Datum::Missing | Datum::Invalid));
            let Some((key, columns)) = batch.streams.get(prediction.stream as usize) else { continue };
            for ((feature, _), datum) in columns.features.iter().zip(batch.data(&prediction.features)) {
                let present = u64::from(!matches!(datum, Datum::Missing | Datum::Invalid));
                *self.features.entry((key.clone(), feature.clone())).or_insert(0) += present;
            }
        }
    }

    fn judge(&self, name: &str, place: &str, problems: &mut Vec<String>, notes: &mut Vec<String>) {
        let of = format!("of the first {} predictions", self.predictions);
        for ((stream, feature), present) in &self.features {
            if *present == 0 {
                problems.push(format!(
                    "source {name}: {place}: feature {feature} of {stream} is in none {of}: see schema.features"
                ));
            }
        }
        if self.predictions > 0 {
            if self.answered == 0 {
                problems.push(format!(
                    "source {name}: {place}: none {of} says what was predicted: see schema.prediction, schema.score and \
                     schema.items"
                ));
            }
            if self.with_time == 0 {
                notes.push(format!("source {name}: none {of} has a time, arrival will count: see schema.time"));
            }
            if self.with_id == 0 {
                notes.push(format!("source {name}: none {of} has an id, actuals cannot be joined: see schema.id"));
            }
        }
        let (lines, predictions, actuals) = (self.lines, self.predictions, self.actuals);
        notes.push(format!(
            "source {name}: {place}: {lines} lines looked at, {predictions} predictions, {actuals} actuals"
        ));
    }
}
