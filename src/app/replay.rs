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
use std::cmp::Reverse;
use std::collections::BinaryHeap;
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
    let mut files: Vec<Whole> = Vec::new();
    // The next event of each file by its time; events without a time come at once, ties go to the first file.
    let mut queue = BinaryHeap::new();
    // A file is read as far as its first events before the next one is opened, and closed at its end, so that many
    // small files need few descriptors.
    let mut add = |mut file: Whole, engine: &mut Engine| -> Result<(), AppError> {
        queue.extend(next_event(&mut file, engine)?.map(|at| Reverse((at, files.len()))));
        files.push(file);
        Ok(())
    };
    for (index, config) in configs.iter().enumerate() {
        if config.tail.paths.iter().any(|path| path == "-") {
            let lines = tail::FileLines::from_reader(std::io::stdin(), &config.tail);
            add(Whole::new(index, config, "-".into(), lines, references.clone()), &mut engine)?;
        }
        let whole = tail::Config { read_gz: true, ..config.tail.clone() };
        for path in whole.files() {
            let place = path.display().to_string();
            let file = Whole::open(index, config, path, references.clone())
                .map_err(|source| AppError::Read { path: place, source })?;
            add(file, &mut engine)?;
        }
    }
    let mut events = 0u64;
    while let Some(Reverse((_, index))) = queue.pop() {
        let file = &mut files[index];
        let (batch, place) = file.take();
        if batch.events.get(place).is_some_and(|event| wanted(event, options)) {
            engine.ingest_some(batch, place..place + 1, references.as_ref(), None);
        }
        events += 1;
        if events.is_multiple_of(65_536) {
            engine.tidy();
            progress(events);
        }
        for (key, reference) in engine.take_learned() {
            references.learned(&key, reference);
        }
        queue.extend(next_event(file, &mut engine)?.map(|at| Reverse((at, index))));
    }
    if let Some(end) = options.until.map(|until| Timestamp(until.0.saturating_sub(1))).or(engine.now()) {
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

/// The time of the next event of a file, which is read as far as that takes; `None` at its end.
fn next_event(file: &mut Whole, engine: &mut Engine) -> Result<Option<Option<Timestamp>>, AppError> {
    while file.event().is_none() {
        let refilled = file.refill();
        match refilled.map_err(|source| AppError::Read { path: file.path().display().to_string(), source })? {
            Some((counts, rejects)) => {
                engine.count(file.source, &counts);
                for (path, offset, reject) in rejects {
                    let path = path.display().to_string();
                    tracing::debug!(path, end_offset = offset, reason = %reject, "line rejected");
                }
            }
            None => return Ok(None),
        }
    }
    Ok(file.event().map(|event| event.at))
}
