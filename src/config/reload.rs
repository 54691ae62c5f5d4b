//! What of a config may change while the program runs: the models, with everything that is said of them.
//!
//! The rest shapes what is kept from the start (windows, limits, sources), or belongs to the process (address, log).
//! A config that differs there is refused as a whole.

use super::{Config, Source};
use crate::engine::config as engine;
use crate::schema;

impl Config {
    /// The key paths at which another config differs from this one and may not, unless the program starts anew.
    pub fn needs_restart(&self, new: &Config) -> Vec<&'static str> {
        let mut keys = Vec::new();
        let mut key = |key: &'static str, differs: bool| {
            if differs {
                keys.push(key);
            }
        };
        let Config {
            sources,
            models,
            engine,
            commit_interval,
            state,
            max_stale,
            listen,
            web_config_file,
            max_connections,
            max_open_files,
            log_format,
            require_non_root,
        } = self;
        let without_usual = |sources: &[Source]| {
            let usual = schema::Usual::default();
            let same = |source: &Source| Source {
                schema: schema::Config { usual, ..source.schema.clone() },
                ..source.clone()
            };
            sources.iter().map(same).collect::<Vec<_>>()
        };
        let differ = without_usual(sources) != without_usual(&new.sources);
        key("source", differ);
        // The usual names of fields depend on which tasks there are.
        key("model.task", !differ && *sources != new.sources);
        let again = |old: &engine::Model| new.models.iter().find(|model| model.name == old.name);
        key("model.name", models.iter().any(|model| again(model).is_none()));
        key(
            "model.profile",
            models.iter().any(|old| old.profile.is_some() && again(old).is_some_and(|m| m.profile.is_none())),
        );
        let longest = |models: &[engine::Model]| models.iter().map(|model| model.performance.max_delay).max();
        key("performance.max_delay", longest(models) != longest(&new.models));
        let engine::Config { windows, lateness, idle_timeout, future_tolerance: _, limits, evidence } = engine;
        let (new_limits, new_evidence) = (&new.engine.limits, &new.engine.evidence);
        key("windows.lengths", *windows != new.engine.windows);
        key("windows.lateness", *lateness != new.engine.lateness);
        key("windows.idle_timeout", *idle_timeout != new.engine.idle_timeout);
        key("limits.streams", limits.streams != new_limits.streams);
        key("limits.features", limits.features != new_limits.features);
        key("limits.label_values", limits.label_values != new_limits.label_values);
        key("limits.waiting_ids", limits.waiting_ids != new_limits.waiting_ids);
        key("limits.open_files", *max_open_files != new.max_open_files);
        key("limits.connections", *max_connections != new.max_connections);
        key("drift.false_alarms", evidence.false_alarms != new_evidence.false_alarms);
        key("drift.pane", evidence.pane != new_evidence.pane);
        key("drift.cool_down", evidence.cool_down != new_evidence.cool_down);
        key("state.commit_interval", *commit_interval != new.commit_interval);
        key(
            "state.directory",
            state.as_ref().map(|state| &state.directory) != new.state.as_ref().map(|state| &state.directory),
        );
        key(
            "state.instance",
            state.as_ref().map(|state| &state.instance) != new.state.as_ref().map(|state| &state.instance),
        );
        key("state.max_stale", *max_stale != new.max_stale);
        key("http.listen", *listen != new.listen);
        key("http.web_config_file", *web_config_file != new.web_config_file);
        key("log.format", *log_format != new.log_format);
        key("process.require_non_root", *require_non_root != new.require_non_root);
        keys
    }
}
