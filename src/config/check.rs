//! From the file as written to the configuration as used: defaults, overrides, and what concerns more than one key.

use super::value::{At, Report};
use super::{
    Config, DEFAULT_COMMIT_INTERVAL, DEFAULT_DURABLE_INTERVAL, DEFAULT_LISTEN, DEFAULT_MAX_CONNECTIONS,
    DEFAULT_MAX_LINE_BYTES, DEFAULT_MAX_OPEN_FILES, DEFAULT_MAX_STALE, DEFAULT_WARMUP, Source, file,
};
use crate::derive::Wanted;
use crate::engine::config as engine;
use crate::event::Task;
use crate::schema;
use crate::snapshot;
use crate::time::Length;
use std::path::Path;

/// The configuration as used. When problems were reported, before or here, it is not to be used.
pub(super) fn config(file: file::File, report: &Report<'_>) -> Config {
    let file::File {
        sources,
        models,
        schema,
        windows,
        drift,
        performance,
        causes,
        thresholds,
        multivariate,
        segments,
        fleet,
        limits,
        state,
        http,
        log,
        process,
    } = file;
    let defaults = engine::Config::default();
    let limits_of_engine = engine::Limits {
        streams: limits.streams.unwrap_or(defaults.limits.streams),
        features: limits.features.unwrap_or(defaults.limits.features),
        label_values: limits.label_values.unwrap_or(defaults.limits.label_values),
        waiting_ids: limits.waiting_ids.unwrap_or(defaults.limits.waiting_ids),
        stream_ttl: limits.stream_ttl.unwrap_or(defaults.limits.stream_ttl),
    };
    let segments = (&segments, limits_of_engine.label_values, &fleet);
    let shared = (&drift, &performance, &causes, &thresholds, &multivariate, segments);
    let models = self::models(models, shared, report);
    let some = |task: Task| models.iter().any(|model| model.task == task);
    let usual = schema::Usual { intervals: some(Task::Regression), items: some(Task::Ranking) };
    let sources = self::sources(sources, &schema::Config { usual, ..schema }, report);
    let commit_interval = state.commit_interval.unwrap_or(match state.directory {
        Some(_) => DEFAULT_DURABLE_INTERVAL,
        None => DEFAULT_COMMIT_INTERVAL,
    });
    let max_stale = state.max_stale.unwrap_or(DEFAULT_MAX_STALE);
    let state = state_of(state, &sources, report);
    Config {
        sources,
        models,
        engine: engine::Config {
            windows: windows.lengths.unwrap_or(defaults.windows),
            lateness: windows.lateness.unwrap_or(defaults.lateness),
            idle_timeout: windows.idle_timeout.unwrap_or(defaults.idle_timeout),
            future_tolerance: defaults.future_tolerance,
            limits: limits_of_engine,
            evidence: engine::Evidence {
                false_alarms: drift.false_alarms.as_ref().map_or(defaults.evidence.false_alarms, |budget| budget.value),
                pane: drift.pane.as_ref().map_or(defaults.evidence.pane, |pane| pane.value),
                cool_down: drift.cool_down.as_ref().map_or(defaults.evidence.cool_down, |length| length.value),
            },
        },
        commit_interval,
        max_stale,
        state,
        listen: http.listen.unwrap_or(DEFAULT_LISTEN),
        web_config_file: http.web_config_file,
        max_connections: limits.connections.unwrap_or(DEFAULT_MAX_CONNECTIONS),
        max_open_files: limits.open_files.unwrap_or(DEFAULT_MAX_OPEN_FILES),
        log_format: log.format.unwrap_or_default(),
        require_non_root: process.require_non_root.unwrap_or_default(),
    }
}

/// Where state is kept. Not where a source would read it.
fn state_of(state: file::State, sources: &[Source], report: &Report<'_>) -> Option<snapshot::Config> {
    let directory = state.directory?;
    let files = Path::new(&directory.value).join(snapshot::SUBDIRECTORY);
    let matching = sources.iter().flat_map(|source| &source.paths).find(|path| {
        glob::Pattern::new(path)
            .is_ok_and(|pattern| ["head.0", "log.0", "lock"].iter().any(|name| pattern.matches_path(&files.join(name))))
    });
    if let Some(path) = matching {
        report.problem(&directory.place, format!("the source pattern {path:?} matches files of the state"));
    }
    Some(snapshot::Config { directory: directory.value.into(), instance: state.instance })
}

fn sources(written: Vec<At<file::Source>>, shared: &schema::Config, report: &Report<'_>) -> Vec<Source> {
    let name = |source: &file::Source| source.name.as_ref().or(source.paths.first()).cloned();
    distinct(written.iter().filter_map(|source| name(&source.value)), "source", report);
    let sources = written.into_iter().map(|At { value: source, .. }| Source {
        name: name(&source).map(|name| name.value).unwrap_or_default(),
        format: source.format.or_else(|| format_of(&source.paths)).unwrap_or_default(),
        paths: source.paths.into_iter().map(|path| path.value).collect(),
        role: source.role.unwrap_or_default(),
        from_beginning: source.from_beginning.unwrap_or(true),
        container: source.container.unwrap_or_default(),
        follow_links: source.follow_links.unwrap_or_default(),
        max_line_bytes: source.max_line_bytes.unwrap_or(DEFAULT_MAX_LINE_BYTES),
        schema: overridden(source.schema, shared),
    });
    sources.collect()
}

/// The format named by the extension of the first path, with or without `.gz`; otherwise the first of the list.
fn format_of(paths: &[At<String>]) -> Option<&'static str> {
    let path = paths.first().map(|path| path.value.to_ascii_lowercase()).unwrap_or_default();
    let (_, extension) = path.strip_suffix(".gz").unwrap_or(&path).rsplit_once('.').unwrap_or_default();
    file::formats().find(|format| *format == extension).or_else(|| file::formats().next())
}

/// A source's own mapping over the shared one, key by key. `features` and `feature_list` are two ways of one thing.
fn overridden(own: schema::Config, shared: &schema::Config) -> schema::Config {
    let schema::Config {
        time,
        id,
        model,
        version,
        prediction,
        score,
        scores,
        lower,
        upper,
        items,
        actual,
        embedding,
        latency,
        latency_unit,
        error,
        features,
        feature_list,
        mut kinds,
        usual,
    } = shared.clone();
    kinds.extend(own.kinds);
    let (features, feature_list) = match own.features.is_some() || !own.feature_list.is_empty() {
        true => (own.features, own.feature_list),
        false => (features, feature_list),
    };
    schema::Config {
        time: own.time.or(time),
        id: own.id.or(id),
        model: own.model.or(model),
        version: own.version.or(version),
        prediction: own.prediction.or(prediction),
        score: own.score.or(score),
        scores: own.scores.or(scores),
        lower: own.lower.or(lower),
        upper: own.upper.or(upper),
        items: own.items.or(items),
        actual: own.actual.or(actual),
        embedding: own.embedding.or(embedding),
        latency: own.latency.or(latency),
        latency_unit: own.latency_unit.or(latency_unit),
        error: own.error.or(error),
        features,
        feature_list,
        kinds,
        usual,
    }
}

/// The tables that hold for every model.
type Shared<'a> = (
    &'a file::Drift,
    &'a file::Performance,
    &'a file::Causes,
    &'a engine::Thresholds,
    &'a file::Multivariate,
    (&'a file::Segments, usize, &'a file::Fleet),
);

fn models(
    written: Vec<At<file::Model>>,
    (drift, performance, causes, thresholds, multivariate, (segments, most_segments, fleet)): Shared<'_>,
    report: &Report<'_>,
) -> Vec<engine::Model> {
    distinct(written.iter().filter_map(|model| model.value.name.clone()), "model", report);
    // A model without a task has been reported as such.
    let known = written.into_iter().filter_map(|At { value: model, .. }| model.task.map(|task| (task, model)));
    let models = known.map(|(task, model)| {
        of_another_task(task, &model.performance, report);
        of_all_models(&model.drift, report);
        without_errors(task, &model.drift, report);
        engine::Model {
            name: model.name.map(|name| name.value).unwrap_or_default(),
            task,
            profile: model.profile,
            warmup: model.warmup.unwrap_or(DEFAULT_WARMUP),
            drift: drift_of(&model.drift, drift),
            performance: performance_of(&model.performance, performance, report),
            causes: causes_of(&model.causes, causes),
            thresholds: thresholds_of(model.thresholds, thresholds),
            multivariate: multivariate_of(&model.multivariate, multivariate),
            segments: segments_of(&model.segments, segments, most_segments),
            fleet: fleet_of(&model.fleet, fleet),
        }
    });
    models.collect()
}

/// Reports what a model says of something that only another task has. Shared settings may concern other models.
fn of_another_task(task: Task, performance: &file::Performance, report: &Report<'_>) {
    let class = performance.positive_class.as_ref().map(|class| &class.place);
    let threshold = performance.decision_threshold.as_ref().map(|threshold| &threshold.place);
    let level = performance.interval_level.as_ref().map(|level| &level.place);
    let k = performance.k.as_ref().map(|k| &k.place);
    for (only, what, place) in [
        (Task::Binary, "a positive class", class),
        (Task::Binary, "a positive class", threshold),
        (Task::Regression, "intervals", level),
        (Task::Ranking, "ranks", k),
    ] {
        if let Some(place) = place.filter(|_| task != only) {
            let (only, task) = (only.as_str(), task.as_str());
            report.problem(place, format!("only a {only} task has {what}, this one is {task}"));
        }
    }
}

/// Reports what a model says of the evidence, which all models share.
fn of_all_models(drift: &file::Drift, report: &Report<'_>) {
    let places = [
        drift.false_alarms.as_ref().map(|budget| &budget.place),
        drift.pane.as_ref().map(|pane| &pane.place),
        drift.cool_down.as_ref().map(|length| &length.place),
    ];
    for place in places.into_iter().flatten() {
        report.problem(place, "all models share one budget of false alarms: set it in [drift]");
    }
}

/// Reports detectors of a model that do not take the errors of its task. Shared ones may concern other models.
fn without_errors(task: Task, drift: &file::Drift, report: &Report<'_>) {
    for companion in drift.companions.iter().flatten().filter(|companion| !companion.value.takes(task)) {
        let (name, task) = (companion.value.as_str(), task.as_str());
        report.problem(&companion.place, format!("{name} does not take the errors of a {task} task"));
    }
}

fn causes_of(own: &file::Causes, shared: &file::Causes) -> engine::Causes {
    let defaults = engine::Causes::default();
    engine::Causes {
        top: own.top.or(shared.top).unwrap_or(defaults.top),
        losses: own.losses.or(shared.losses).unwrap_or(defaults.losses),
    }
}

fn segments_of(own: &file::Segments, shared: &file::Segments, most: usize) -> engine::Segments {
    let defaults = engine::Segments::default();
    let features = own.features.as_ref().or(shared.features.as_ref()).cloned();
    let least = own.least.or(shared.least).map(|least| least as u64);
    engine::Segments { features: features.unwrap_or_default(), least: least.unwrap_or(defaults.least), most }
}

fn fleet_of(own: &file::Fleet, shared: &file::Fleet) -> engine::Fleet {
    let names = |own: &Option<Vec<String>>, shared: &Option<Vec<String>>| {
        own.as_ref().or(shared.as_ref()).cloned().unwrap_or_default()
    };
    engine::Fleet {
        features: names(&own.features, &shared.features),
        fine: names(&own.fine, &shared.fine),
        performance: own.performance.or(shared.performance).unwrap_or_default(),
        scores: own.scores.or(shared.scores).unwrap_or_default(),
    }
}

fn drift_of(own: &file::Drift, shared: &file::Drift) -> engine::Drift {
    let defaults = engine::Drift::default();
    let statistics = own.statistics.as_ref().or(shared.statistics.as_ref()).cloned();
    let companions = own.companions.as_ref().or(shared.companions.as_ref());
    let missing = own.missing_as_category.or(shared.missing_as_category);
    engine::Drift {
        statistics: statistics.or(defaults.statistics),
        missing_as_category: missing.unwrap_or(defaults.missing_as_category),
        tolerance: own.tolerance.or(shared.tolerance).unwrap_or(defaults.tolerance),
        significance: own.significance.or(shared.significance).unwrap_or(defaults.significance),
        margin: own.margin.or(shared.margin).unwrap_or(defaults.margin),
        companions: companions.map_or(defaults.companions, |chosen| chosen.iter().map(|one| one.value).collect()),
        season: own.season.or(shared.season).or(defaults.season),
    }
}

/// A model's own thresholds over the shared ones, statistic by statistic; those of a feature likewise.
fn thresholds_of(own: engine::Thresholds, shared: &engine::Thresholds) -> engine::Thresholds {
    let mut all = shared.clone();
    all.general.extend(own.general);
    for (feature, choices) in own.features {
        all.features.entry(feature).or_default().extend(choices);
    }
    all
}

fn performance_of(own: &file::Performance, shared: &file::Performance, report: &Report<'_>) -> engine::Performance {
    let defaults = engine::Performance::default();
    let class = own.positive_class.as_ref().or(shared.positive_class.as_ref());
    let threshold = own.decision_threshold.as_ref().or(shared.decision_threshold.as_ref());
    let level = own.interval_level.as_ref().or(shared.interval_level.as_ref());
    let k = own.k.as_ref().or(shared.k.as_ref());
    let axis = own.axis.or(shared.axis).unwrap_or(defaults.axis);
    let maturity = own.maturity.as_ref().or(shared.maturity.as_ref());
    let coverage = own.coverage_min.as_ref().or(shared.coverage_min.as_ref());
    if axis == engine::Axis::Arrival {
        let maturity = maturity.filter(|maturity| maturity.value > Length::ZERO).map(|maturity| &maturity.place);
        let coverage = coverage.filter(|coverage| coverage.value > 0.0).map(|coverage| &coverage.place);
        for place in [maturity, coverage].into_iter().flatten() {
            report.problem(place, "has no meaning with axis = \"arrival\", which counts pairs when their actual comes");
        }
    }
    engine::Performance {
        positive_class: class.map(|class| class.value.clone()).or(defaults.positive_class),
        decision_threshold: threshold.map_or(defaults.decision_threshold, |threshold| threshold.value),
        max_delay: own.max_delay.or(shared.max_delay).unwrap_or(defaults.max_delay),
        class_scores: own.class_scores.or(shared.class_scores).unwrap_or(defaults.class_scores),
        interval_level: level.map_or(defaults.interval_level, |level| level.value),
        k: k.map_or(defaults.k, |k| k.value),
        level: own.level.or(shared.level).unwrap_or(defaults.level),
        axis,
        maturity: maturity.map_or(defaults.maturity, |maturity| maturity.value),
        coverage_min: coverage.map_or(defaults.coverage_min, |coverage| coverage.value),
    }
}

fn multivariate_of(own: &file::Multivariate, shared: &file::Multivariate) -> Wanted {
    let defaults = Wanted::default();
    Wanted {
        embedding: defaults.embedding,
        outlier: own.outlier.or(shared.outlier).unwrap_or(defaults.outlier),
        pca: own.pca.or(shared.pca).unwrap_or(defaults.pca),
        mmd: own.mmd.or(shared.mmd).unwrap_or(defaults.mmd),
        mmd_features: own.mmd_features.or(shared.mmd_features).unwrap_or(defaults.mmd_features),
    }
}

/// Reports names that an earlier one has taken.
fn distinct(names: impl Iterator<Item = At<String>>, what: &str, report: &Report<'_>) {
    let mut taken = Vec::new();
    for name in names {
        if taken.contains(&name.value) {
            report.problem(&name.place, format!("another {what} has the name {:?}", name.value));
        }
        taken.push(name.value);
    }
}
