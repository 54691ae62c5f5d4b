//! Reads every file of every source once, merged by the time of events, and evaluates at the end.

use super::{AppError, longest_delay, lost_reasons, source_configs};
use crate::config::Config;
use crate::engine::{Engine, Live};
use crate::event::Happening;
use crate::references::References;
use crate::report::Report;
use crate::source::Whole;
use crate::tail;
use crate::time::Timestamp;
use std::sync::Arc;

/// What a replay is asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Predictions from this time on are left out, and windows end at it.
    pub until: Option<Timestamp>,
    /// Actuals that became known at or after this time are left out.
    pub known_before: Option<Timestamp>,
}

/// Reads to the end once. `progress` is told the number of events now and then.
pub fn replay(
    config: &Config,
    references: &Arc<References>,
    options: Options,
    mut progress: impl FnMut(u64),
) -> Result<(Engine, Report), AppError> {
    let configs = source_configs(config);
    let names: Vec<Arc<str>> = configs.iter().map(|config| config.name.clone()).collect();
    let mut engine = Engine::new(config.engine.clone(), longest_delay(&config.models), &names)?;
    let mut files = Vec::new();
    for (index, config) in configs.iter().enumerate() {
        if config.tail.paths.iter().any(|path| path == "-") {
            let lines = tail::FileLines::from_reader(std::io::stdin(), config.tail.max_line_bytes);
            files.push(Whole::new(index, config, "-".into(), lines, references.clone()));
        }
        let whole = tail::Config { read_gz: true, ..config.tail.clone() };
        for path in whole.files() {
            let place = path.display().to_string();
            let file = Whole::open(index, config, path, references.clone())
                .map_err(|source| AppError::Read { path: place, source })?;
            files.push(file);
        }
    }
    let mut live: Vec<bool> = vec![true; files.len()];
    let mut events = 0u64;
    while let Some(next) = earliest(&mut files, &mut live, &mut engine)? {
        let file = &mut files[next];
        let (batch, index) = file.take();
        if batch.events.get(index).is_some_and(|event| wanted(event, options)) {
            engine.ingest_some(batch, index..index + 1, references.as_ref(), None);
        }
        events += 1;
        if events.is_multiple_of(65_536) {
            engine.tidy();
            progress(events);
        }
        for (key, reference) in engine.take_learned() {
            references.learned(&key, reference);
        }
    }
    if let Some(end) = options.until.map(|until| Timestamp(until.0 - 1)).or(engine.now()) {
        engine.advance(end);
    }
    let report = engine.evaluate(&Live { sources: Vec::new(), lost_reasons: lost_reasons() });
    Ok((engine, report))
}

fn wanted(event: &crate::event::Event, options: Options) -> bool {
    let limit = match event.happening {
        Happening::Prediction(_) => options.until,
        Happening::Actual(_) => options.known_before,
    };
    match (event.at, limit) {
        (Some(at), Some(limit)) => at < limit,
        _ => true,
    }
}

/// The file with the earliest next event; events without a time come at once, ties go to the first file.
fn earliest(files: &mut [Whole], live: &mut [bool], engine: &mut Engine) -> Result<Option<usize>, AppError> {
    let mut best: Option<(Option<Timestamp>, usize)> = None;
    for (index, file) in files.iter_mut().enumerate() {
        while live[index] && file.event().is_none() {
            let refilled = file.refill();
            match refilled.map_err(|source| AppError::Read { path: file.path().display().to_string(), source })? {
                Some((counts, rejects)) => {
                    engine.count(file.source, &counts);
                    for (path, offset, reject) in rejects {
                        let path = path.display().to_string();
                        tracing::debug!(path, end_offset = offset, reason = %reject, "line rejected");
                    }
                }
                None => live[index] = false,
            }
        }
        if let Some(event) = file.event()
            && best.is_none_or(|(at, _)| event.at < at)
        {
            best = Some((event.at, index));
        }
    }
    Ok(best.map(|(_, index)| index))
}
