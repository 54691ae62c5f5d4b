//! The file as written: every table with its keys, each key once.
//!
//! A key's line says its name and how its value is read; unknown keys, suggestions and the test of the documentation
//! come from these lists. What concerns more than one key is in `check.rs`.

use super::LogFormat;
use super::thresholds;
use super::value::{At, Key, Table, Value, one_of};
use crate::derive::mmd;
use crate::engine::Companion;
use crate::engine::config::{Axis, Thresholds};
use crate::event::{MOST_ITEMS, Task};
use crate::evidence::budget::Budget;
use crate::schema::{self, KindName, Role};
use crate::statistics::drift;
use crate::tail::Container;
use crate::time::{Length, Season};
use crate::window::plan;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The whole file.
#[derive(Debug, Default)]
pub(super) struct File {
    pub sources: Vec<At<Source>>,
    pub models: Vec<At<Model>>,
    pub schema: schema::Config,
    pub windows: Windows,
    pub drift: Drift,
    pub performance: Performance,
    pub causes: Causes,
    pub thresholds: Thresholds,
    pub multivariate: Multivariate,
    pub segments: Segments,
    pub fleet: Fleet,
    pub limits: Limits,
    pub state: State,
    pub http: Http,
    pub log: Log,
    pub process: Process,
}

impl Table for File {
    const KEYS: &'static [Key<File>] = &[
        Key::table::<Source>("source", |t: &mut File, v| t.sources = v.tables().unwrap_or_default())
            .required(|| "at least one [[source]]".to_owned()),
        Key::table::<Model>("model", |t: &mut File, v| t.models = v.tables().unwrap_or_default())
            .required(|| "at least one [[model]]".to_owned()),
        Key::table::<schema::Config>("schema", |t, v| t.schema = schema(v)),
        Key::table::<Windows>("windows", |t, v| t.windows = v.table().unwrap_or_default()),
        Key::table::<Drift>("drift", |t, v| t.drift = v.table().unwrap_or_default()),
        Key::table::<Performance>("performance", |t, v| t.performance = v.table().unwrap_or_default()),
        Key::table::<Causes>("causes", |t, v| t.causes = v.table().unwrap_or_default()),
        Key::value("thresholds", |t, v| t.thresholds = thresholds::read(v)),
        Key::table::<Multivariate>("multivariate", |t, v| t.multivariate = v.table().unwrap_or_default()),
        Key::table::<Segments>("segments", |t, v| t.segments = v.table().unwrap_or_default()),
        Key::table::<Fleet>("fleet", |t, v| t.fleet = v.table().unwrap_or_default()),
        Key::table::<Limits>("limits", |t, v| t.limits = v.table().unwrap_or_default()),
        Key::table::<State>("state", |t, v| t.state = v.table().unwrap_or_default()),
        Key::table::<Http>("http", |t, v| t.http = v.table().unwrap_or_default()),
        Key::table::<Log>("log", |t, v| t.log = v.table().unwrap_or_default()),
        Key::table::<Process>("process", |t, v| t.process = v.table().unwrap_or_default()),
    ];
}

/// `[[source]]`
#[derive(Debug, Default)]
pub(super) struct Source {
    pub name: Option<At<String>>,
    pub paths: Vec<At<String>>,
    pub format: Option<&'static str>,
    pub role: Option<Role>,
    pub from_beginning: Option<bool>,
    pub container: Option<Container>,
    pub follow_links: Option<bool>,
    pub max_line_bytes: Option<usize>,
    pub schema: schema::Config,
}

impl Table for Source {
    const KEYS: &'static [Key<Source>] = &[
        Key::value("paths", |t: &mut Source, v| t.paths = v.filled_set(path_pattern).unwrap_or_default())
            .required(|| "a list of path patterns".to_owned()),
        Key::value("name", |t, v| t.name = v.text().map(|name| v.at(name.to_owned()))),
        Key::value("format", |t, v| t.format = v.one_of(formats().map(|key| (key, key)))),
        Key::value("role", |t, v| t.role = v.one_of(ROLES.iter().copied())),
        Key::value("start_at", |t, v| t.from_beginning = v.one_of([("beginning", true), ("end", false)])),
        Key::value("container", |t, v| {
            t.container = v.one_of(Container::ALL.iter().map(|container| (container.as_str(), *container)));
        }),
        Key::value("follow_links", |t, v| t.follow_links = v.flag()),
        Key::value("max_line_bytes", |t, v| t.max_line_bytes = v.size()),
        Key::table::<schema::Config>("schema", |t, v| t.schema = schema(v)),
    ];
}

/// `[[model]]`
#[derive(Debug, Default)]
pub(super) struct Model {
    pub name: Option<At<String>>,
    pub task: Option<Task>,
    pub profile: Option<String>,
    pub warmup: Option<Length>,
    pub drift: Drift,
    pub performance: Performance,
    pub causes: Causes,
    pub thresholds: Thresholds,
    pub multivariate: Multivariate,
    pub segments: Segments,
    pub fleet: Fleet,
}

impl Table for Model {
    const KEYS: &'static [Key<Model>] = &[
        Key::value("name", |t: &mut Model, v| t.name = v.text().map(|name| v.at(name.to_owned())))
            .required(|| "a name, or a pattern with * and ?".to_owned()),
        Key::value("task", |t: &mut Model, v| t.task = v.one_of(Task::ALL.iter().map(|task| (task.as_str(), *task))))
            .required(|| one_of(&Task::ALL.iter().map(|task| task.as_str()).collect::<Vec<_>>())),
        Key::value("profile", |t, v| t.profile = profile(v)),
        Key::value("warmup", |t, v| t.warmup = v.positive_duration()),
        Key::table::<Drift>("drift", |t, v| t.drift = v.table().unwrap_or_default()),
        Key::table::<Performance>("performance", |t, v| t.performance = v.table().unwrap_or_default()),
        Key::table::<Causes>("causes", |t, v| t.causes = v.table().unwrap_or_default()),
        Key::value("thresholds", |t, v| t.thresholds = thresholds::read(v)),
        Key::table::<Multivariate>("multivariate", |t, v| t.multivariate = v.table().unwrap_or_default()),
        Key::table::<Segments>("segments", |t, v| t.segments = v.table().unwrap_or_default()),
        Key::table::<Fleet>("fleet", |t, v| t.fleet = v.table().unwrap_or_default()),
    ];
}

// Unset is `None`, or empty: an empty list or path is a problem of its own.
impl Table for schema::Config {
    const KEYS: &'static [Key<schema::Config>] = &[
        Key::value("time", |t, v| t.time = field_path(v)),
        Key::value("id", |t, v| t.id = field_path(v)),
        Key::value("model", |t, v| t.model = field_path(v)),
        Key::value("version", |t, v| t.version = field_path(v)),
        Key::value("prediction", |t, v| t.prediction = field_path(v)),
        Key::value("score", |t, v| t.score = field_path(v)),
        Key::value("scores", |t, v| t.scores = field_path(v)),
        Key::value("lower", |t, v| t.lower = field_path(v)),
        Key::value("upper", |t, v| t.upper = field_path(v)),
        Key::value("items", |t, v| t.items = field_path(v)),
        Key::value("actual", |t, v| t.actual = field_path(v)),
        Key::value("embedding", |t, v| t.embedding = field_path(v)),
        Key::value("latency", |t, v| t.latency = field_path(v)),
        Key::value("latency_unit", |t, v| {
            t.latency_unit = v.one_of(LATENCY_UNITS.iter().map(|unit| (*unit, (*unit).to_owned())));
        }),
        Key::value("error", |t, v| t.error = field_path(v)),
        Key::value("features", |t, v| t.features = field_path(v)),
        Key::value("feature_list", |t, v| {
            t.feature_list = v.filled_set(field_path).unwrap_or_default().into_iter().map(|path| path.value).collect();
        }),
        Key::value("kinds", |t, v| t.kinds = v.map(kind).unwrap_or_default().into_iter().collect()),
    ];
}

/// `[windows]`
#[derive(Debug, Default)]
pub(super) struct Windows {
    pub lengths: Option<Vec<Length>>,
    pub lateness: Option<Length>,
    pub idle_timeout: Option<Length>,
}

impl Table for Windows {
    const KEYS: &'static [Key<Windows>] = &[
        Key::value("lengths", |t, v| {
            t.lengths = v.filled_set(window).map(|lengths| lengths.into_iter().map(|length| length.value).collect());
        }),
        Key::value("lateness", |t, v| t.lateness = v.duration()),
        Key::value("idle_timeout", |t, v| t.idle_timeout = v.positive_duration()),
    ];
}

/// `[drift]`, and that of a model
#[derive(Debug, Default)]
pub(super) struct Drift {
    pub statistics: Option<Vec<String>>,
    pub missing_as_category: Option<bool>,
    pub tolerance: Option<f64>,
    pub significance: Option<f64>,
    pub margin: Option<f64>,
    pub season: Option<Season>,
    pub false_alarms: Option<At<Budget>>,
    pub pane: Option<At<Length>>,
    pub cool_down: Option<At<Length>>,
    pub companions: Option<Vec<At<Companion>>>,
}

impl Table for Drift {
    const KEYS: &'static [Key<Drift>] = &[
        Key::value("statistics", |t, v| {
            let keys = || drift::ENTRIES.iter().map(|entry| (entry.spec.key, entry.spec.key.to_owned()));
            t.statistics = v.set(|v| v.one_of(keys())).map(|keys| keys.into_iter().map(|key| key.value).collect());
        }),
        Key::value("missing_as_category", |t, v| t.missing_as_category = v.flag()),
        Key::value("tolerance", |t, v| t.tolerance = v.number_in(0.0, 1.0)),
        Key::value("significance", |t, v| t.significance = v.number_in(1e-6, 0.1)),
        Key::value("margin", |t, v| t.margin = v.number_in(0.0, 1.0)),
        Key::value("season", |t, v| t.season = v.one_of(Season::ALL.iter().copied())),
        Key::value("false_alarms", |t, v| {
            let budget = v.form("a number per duration such as \"1 per 30d\"", Budget::parse);
            t.false_alarms = budget.map(|budget| v.at(budget));
        }),
        Key::value("pane", |t, v| t.pane = v.positive_duration().map(|pane| v.at(pane))),
        Key::value("cool_down", |t, v| t.cool_down = v.positive_duration().map(|length| v.at(length))),
        Key::value("companions", |t, v| t.companions = v.set(|v| v.one_of(Companion::ALL.iter().copied()))),
    ];
}

/// `[performance]`, and that of a model
#[derive(Debug, Default)]
pub(super) struct Performance {
    pub positive_class: Option<At<String>>,
    pub decision_threshold: Option<At<f64>>,
    pub max_delay: Option<Length>,
    pub class_scores: Option<bool>,
    pub interval_level: Option<At<f64>>,
    pub k: Option<At<usize>>,
    pub level: Option<f64>,
    pub axis: Option<Axis>,
    pub maturity: Option<At<Length>>,
    pub coverage_min: Option<At<f64>>,
}

impl Table for Performance {
    const KEYS: &'static [Key<Performance>] = &[
        Key::value("positive_class", |t, v| t.positive_class = v.text().map(|class| v.at(class.to_owned()))),
        Key::value("decision_threshold", |t, v| t.decision_threshold = v.probability().map(|score| v.at(score))),
        Key::value("max_delay", |t, v| t.max_delay = v.positive_duration()),
        Key::value("class_scores", |t, v| t.class_scores = v.flag()),
        Key::value("interval_level", |t, v| t.interval_level = v.probability().map(|level| v.at(level))),
        Key::value("k", |t, v| t.k = v.count_to(MOST_ITEMS).map(|k| v.at(k))),
        Key::value("level", |t, v| t.level = v.probability()),
        Key::value("axis", |t, v| t.axis = v.one_of(Axis::ALL.iter().copied())),
        Key::value("maturity", |t, v| t.maturity = v.duration().map(|maturity| v.at(maturity))),
        Key::value("coverage_min", |t, v| t.coverage_min = v.share().map(|share| v.at(share))),
    ];
}

/// `[causes]`, and that of a model
#[derive(Debug, Default)]
pub(super) struct Causes {
    pub top: Option<usize>,
    pub losses: Option<bool>,
}

impl Table for Causes {
    const KEYS: &'static [Key<Causes>] =
        &[Key::value("top", |t, v| t.top = v.count()), Key::value("losses", |t, v| t.losses = v.flag())];
}

/// `[multivariate]`, and that of a model
#[derive(Debug, Default)]
pub(super) struct Multivariate {
    pub outlier: Option<bool>,
    pub pca: Option<bool>,
    pub mmd: Option<bool>,
    pub mmd_features: Option<usize>,
}

impl Table for Multivariate {
    const KEYS: &'static [Key<Multivariate>] = &[
        Key::value("outlier", |t, v| t.outlier = v.flag()),
        Key::value("pca", |t, v| t.pca = v.flag()),
        Key::value("mmd", |t, v| t.mmd = v.flag()),
        Key::value("mmd_features", |t, v| t.mmd_features = v.count_to(mmd::MOST_FEATURES)),
    ];
}

/// `[segments]`, and that of a model
#[derive(Debug, Default)]
pub(super) struct Segments {
    pub features: Option<Vec<String>>,
    pub least: Option<usize>,
}

impl Table for Segments {
    const KEYS: &'static [Key<Segments>] = &[
        Key::value("features", |t, v| t.features = segment_features(v)),
        Key::value("least", |t, v| t.least = v.count()),
    ];
}

/// `[fleet]`, and that of a model
#[derive(Debug, Default)]
pub(super) struct Fleet {
    pub features: Option<Vec<String>>,
    pub fine: Option<Vec<String>>,
    pub performance: Option<bool>,
    pub scores: Option<bool>,
}

impl Table for Fleet {
    const KEYS: &'static [Key<Fleet>] = &[
        Key::value("features", |t, v| t.features = names(v)),
        Key::value("fine", |t, v| t.fine = names(v)),
        Key::value("performance", |t, v| t.performance = v.flag()),
        Key::value("scores", |t, v| t.scores = v.flag()),
    ];
}

/// `[limits]`
#[derive(Debug, Default)]
pub(super) struct Limits {
    pub streams: Option<usize>,
    pub features: Option<usize>,
    pub label_values: Option<usize>,
    pub waiting_ids: Option<usize>,
    pub stream_ttl: Option<Length>,
    pub open_files: Option<usize>,
    pub connections: Option<usize>,
}

impl Table for Limits {
    const KEYS: &'static [Key<Limits>] = &[
        Key::value("streams", |t, v| t.streams = v.count()),
        Key::value("features", |t, v| t.features = v.count()),
        Key::value("label_values", |t, v| t.label_values = v.count()),
        Key::value("waiting_ids", |t, v| t.waiting_ids = v.count()),
        Key::value("stream_ttl", |t, v| t.stream_ttl = v.positive_duration()),
        Key::value("open_files", |t, v| t.open_files = v.count()),
        Key::value("connections", |t, v| t.connections = v.count()),
    ];
}

/// `[state]`
#[derive(Debug, Default)]
pub(super) struct State {
    pub directory: Option<At<String>>,
    pub instance: Option<String>,
    pub commit_interval: Option<Length>,
    pub max_stale: Option<Length>,
}

impl Table for State {
    const KEYS: &'static [Key<State>] = &[
        Key::value("directory", |t, v| t.directory = v.text().map(|directory| v.at(directory.to_owned()))),
        Key::value("instance", |t, v| t.instance = v.text().map(str::to_owned)),
        Key::value("commit_interval", |t, v| t.commit_interval = v.positive_duration()),
        Key::value("max_stale", |t, v| t.max_stale = v.positive_duration()),
    ];
}

/// `[http]`
#[derive(Debug, Default)]
pub(super) struct Http {
    pub listen: Option<SocketAddr>,
    pub web_config_file: Option<PathBuf>,
}

impl Table for Http {
    const KEYS: &'static [Key<Http>] = &[
        Key::value("listen", |t, v| {
            let expected = "an IP address and a port such as \"127.0.0.1:9877\" or \"[::1]:9877\"";
            t.listen = v.form(expected, |s| s.parse().ok());
        }),
        Key::value("web_config_file", |t, v| t.web_config_file = v.text().map(PathBuf::from)),
    ];
}

/// `[log]`
#[derive(Debug, Default)]
pub(super) struct Log {
    pub format: Option<LogFormat>,
}

impl Table for Log {
    const KEYS: &'static [Key<Log>] = &[Key::value("format", |t, v| {
        t.format = v.one_of(LogFormat::ALL.iter().map(|format| (format.as_str(), *format)));
    })];
}

/// `[process]`
#[derive(Debug, Default)]
pub(super) struct Process {
    pub require_non_root: Option<bool>,
}

impl Table for Process {
    const KEYS: &'static [Key<Process>] = &[Key::value("require_non_root", |t, v| t.require_non_root = v.flag())];
}

const ROLES: &[(&str, Role)] = &[("auto", Role::Auto), ("predictions", Role::Predictions), ("actuals", Role::Actuals)];

const KINDS: &[(&str, KindName)] =
    &[("numeric", KindName::Numeric), ("categorical", KindName::Categorical), ("ignore", KindName::Ignore)];

const LATENCY_UNITS: &[&str] = &["s", "ms", "us", "ns"];

/// Features that can be declared as segments.
const MOST_SEGMENTED: usize = 10;

/// The placeholders of a profile's path or URL.
const PLACEHOLDERS: &[&str] = &["{model}", "{version}"];

/// The keys of the log formats, the default one first.
pub(super) fn formats() -> impl Iterator<Item = &'static str> {
    crate::decode::FORMATS.iter().map(|format| format.key)
}

fn path_pattern(value: &Value<'_>) -> Option<String> {
    let text = value.text()?;
    match glob::Pattern::new(text) {
        Ok(_) => Some(text.to_owned()),
        Err(error) => {
            value.problem(format!("{text:?} is not a path pattern: {} (at character {})", error.msg, error.pos));
            None
        }
    }
}

/// A dotted path or a JSON pointer.
fn field_path(value: &Value<'_>) -> Option<String> {
    let text = value.text()?;
    if !text.starts_with('/') && text.split('.').any(str::is_empty) {
        value.problem(format!("{text:?} has an empty step; a key with a dot is written as a JSON pointer: \"/a.b\""));
        return None;
    }
    Some(text.to_owned())
}

fn kind(value: &Value<'_>) -> Option<KindName> {
    if value.is_table() {
        value.problem("expected a kind, found a table; a feature name with a dot is put in quotes: \"a.b\"");
        return None;
    }
    value.one_of(KINDS.iter().copied())
}

fn schema(value: &Value<'_>) -> schema::Config {
    let schema: schema::Config = value.table().unwrap_or_default();
    if schema.features.is_some() && !schema.feature_list.is_empty() {
        value.problem("features and feature_list exclude each other");
    }
    schema
}

/// Names of features, not too many: each is a series for each of its segments.
fn segment_features(value: &Value<'_>) -> Option<Vec<String>> {
    let features = value.set(|v| v.text().map(str::to_owned))?;
    if features.len() > MOST_SEGMENTED {
        value.problem(format!("expected at most {MOST_SEGMENTED} features, found {}", features.len()));
        return None;
    }
    Some(features.into_iter().map(|feature| feature.value).collect())
}

/// Names, or patterns of names.
fn names(value: &Value<'_>) -> Option<Vec<String>> {
    let names = value.set(|v| v.text().map(str::to_owned))?;
    Some(names.into_iter().map(|name| name.value).collect())
}

/// A path, or an https URL.
fn profile(value: &Value<'_>) -> Option<String> {
    let text = value.text()?;
    if let Some((scheme, _)) = text.split_once("://")
        && scheme != "https"
    {
        return value.expected("a path or an https URL");
    }
    match unknown_placeholder(text) {
        Some(unknown) => value.expected(&format!("the placeholders {}, not {unknown}", PLACEHOLDERS.join(" and "))),
        None => Some(text.to_owned()),
    }
}

/// The first pair of braces, or brace without its other half, that is not a placeholder.
fn unknown_placeholder(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some(start) = rest.find(['{', '}']) {
        let tail = rest.get(start..)?;
        match PLACEHOLDERS.iter().find_map(|placeholder| tail.strip_prefix(placeholder)) {
            Some(after) => rest = after,
            None => return tail.get(..tail.find('}').map_or(tail.len(), |end| end + 1)),
        }
    }
    None
}

/// A length that panes can be planned for.
fn window(value: &Value<'_>) -> Option<Length> {
    let length = value.duration()?;
    match plan::pane_of(length) {
        Ok(_) => Some(length),
        Err(error) => {
            value.problem(error.to_string());
            None
        }
    }
}
