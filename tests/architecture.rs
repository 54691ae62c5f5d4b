//! Who may use whom, and what the core does without. A new arrow needs a reason in its review.
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What a module may use besides itself.
enum May {
    /// These modules, or these modules of modules.
    Use(&'static [&'static str]),
    /// Everything below it: it joins the stages.
    UseAll,
}

use May::{Use, UseAll};

/// The top-level modules. Edges do not use each other (`source` joins those of the input), the core uses only the core,
/// and nobody uses `config` but `app` and `cli`.
const TABLE: &[(&str, May)] = &[
    ("aggregate", Use(&[])),
    ("decode", Use(&[])),
    ("time", Use(&[])),
    ("event", Use(&["time"])),
    ("telemetry", Use(&["time"])),
    ("tail", Use(&["telemetry", "time"])),
    ("schema", Use(&["decode", "event", "time"])),
    ("source", Use(&["decode", "event", "schema", "tail", "telemetry", "time"])),
    ("pairing", Use(&["event", "time"])),
    ("evidence", Use(&["time"])),
    ("window", Use(&["aggregate", "time"])),
    ("statistics", Use(&["aggregate"])),
    ("derive", Use(&["aggregate"])),
    ("observe", Use(&["aggregate", "derive", "event", "statistics"])),
    ("profile", Use(&["aggregate", "derive", "engine::config", "event", "observe", "statistics", "time"])),
    ("references", Use(&["engine::config", "event", "profile", "schema", "time"])),
    ("report", Use(&["aggregate", "event", "statistics", "time"])),
    (
        "engine",
        Use(&[
            "aggregate",
            "derive",
            "event",
            "evidence",
            "observe",
            "pairing",
            "profile",
            "report",
            "schema::LineCounts",
            "schema::Position",
            "schema::RejectReason",
            "statistics",
            "time",
            "window",
        ]),
    ),
    ("snapshot", Use(&["engine", "time"])),
    ("exposition", Use(&["report", "statistics", "telemetry"])),
    ("http", Use(&["aggregate", "event", "exposition", "report", "statistics", "telemetry", "time"])),
    (
        "config",
        Use(&[
            "decode",
            "derive",
            "engine",
            "event",
            "evidence",
            "http",
            "schema",
            "snapshot",
            "statistics",
            "tail",
            "telemetry",
            "time",
            "window",
        ]),
    ),
    ("app", UseAll),
    ("cli", UseAll),
    ("main", Use(&["cli"])),
];

/// What may use `app`, of those that may use everything.
const ABOVE_APP: &[&str] = &["app", "cli", "main"];

/// Modules without I/O, clock, locks, logging, threads and async.
const CORE: &[&str] =
    &["aggregate", "derive", "engine", "evidence", "observe", "pairing", "profile", "report", "statistics", "window"];

/// What the core does without.
const OUTSIDE: &[&str] = &[
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant",
    "Mutex",
    "RwLock",
    "tokio",
    "tracing",
];

/// A source file.
struct File {
    /// Its path below `src/`.
    path: PathBuf,
    /// Its text.
    text: String,
}

impl File {
    /// All files, in the order of their paths.
    fn all() -> Vec<File> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut folders = vec![root.clone()];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    files.push(File { path: path.strip_prefix(&root).unwrap().to_owned(), text });
                }
            }
        }
        files.sort_by(|left, right| left.path.cmp(&right.path));
        files
    }

    fn show(&self) -> String {
        format!("src/{}", self.path.display())
    }

    /// The top-level module it belongs to.
    fn module(&self) -> String {
        let first = self.path.iter().next().unwrap();
        Path::new(first).file_stem().unwrap().to_str().unwrap().to_owned()
    }

    /// How many times `super` leads to the crate.
    fn depth(&self) -> usize {
        self.path.iter().count()
    }

    /// The text without comments and without the module of tests, which use what they like.
    fn code(&self) -> String {
        if self.path.file_stem().is_some_and(|stem| stem == "tests") {
            return String::new();
        }
        let text = match self.text.split_once("\nmod tests {\n") {
            None => self.text.clone(),
            Some((before, tests)) => {
                let (_, after) = tests.split_once("\n}\n").unwrap();
                format!("{before}\n{after}")
            }
        };
        text.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(|line| [line, "\n"]).collect()
    }
}

/// The paths in `code` after `root::`, to where they end or branch.
fn paths_after<'a>(code: &'a str, root: &str) -> Vec<&'a str> {
    code.match_indices(&format!("{root}::"))
        .filter(|(at, _)| !code[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        .map(|(at, matched)| {
            let path = &code[at + matched.len()..];
            let end = path.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(path.len());
            path[..end].trim_end_matches(':')
        })
        .collect()
}

/// What a file uses of the crate, as paths.
fn arrows(file: &File) -> BTreeSet<String> {
    let root = if file.module() == "main" { "driftgauge" } else { "crate" };
    paths_after(&file.code(), root).into_iter().map(str::to_owned).collect()
}

fn is_within(path: &str, module: &str) -> bool {
    path.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[test]
fn modules_use_what_the_table_allows() {
    let mut complaints = Vec::new();
    for file in File::all().iter().filter(|file| file.module() != "lib") {
        let (show, module) = (file.show(), file.module());
        let Some((_, may)) = TABLE.iter().find(|(name, _)| *name == module) else {
            complaints.push(format!("{show}: `{module}` has no row in the table"));
            continue;
        };
        for path in arrows(file).iter().filter(|path| !is_within(path, &module)) {
            let allowed = match may {
                Use(modules) => modules.iter().any(|module| is_within(path, module)),
                UseAll => ABOVE_APP.iter().all(|above| module == "cli" || !is_within(path, above)),
            };
            if !allowed {
                complaints.push(format!("{show}: {module} -> {path}"));
            }
        }
    }
    assert!(complaints.is_empty(), "not in the table of tests/architecture.rs:\n{}", complaints.join("\n"));
}

#[test]
fn paths_to_other_modules_can_be_read() {
    for file in File::all() {
        let code = file.code();
        assert!(!code.contains("crate::{"), "{}: one `use crate::<module>` for each module", file.show());
        let detour = "super::".repeat(file.depth());
        assert!(!code.contains(&detour), "{}: `{detour}` is `crate::`", file.show());
    }
}

#[test]
fn rows_of_the_table_are_their_own_and_name_rows() {
    let names: BTreeSet<&str> = TABLE.iter().map(|(name, _)| *name).collect();
    assert_eq!(TABLE.len(), names.len(), "a module has two rows");
    for (module, may) in TABLE {
        let Use(used) = may else { continue };
        for path in *used {
            let top = path.split("::").next().unwrap();
            assert!(names.contains(top) && top != *module, "{module} -> {path}");
        }
    }
    assert!(CORE.iter().all(|module| names.contains(module)));
}

#[test]
fn the_core_has_no_world_outside() {
    for file in File::all().iter().filter(|file| CORE.contains(&file.module().as_str())) {
        let code = file.code();
        let mut words = code.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
        let found = words.find(|word| OUTSIDE.iter().any(|outside| reaches(word, outside)));
        assert_eq!(None, found, "{} is core", file.show());
        // Several at once would hide from the words.
        assert!(!code.contains("std::{"), "{}: one `use std::<module>` for each module", file.show());
    }
}

/// Whether a path goes through another: `std::fs::File` through `std::fs`, `std::time::Instant` through `Instant`.
fn reaches(path: &str, outside: &str) -> bool {
    format!("::{path}::").contains(&format!("::{outside}::"))
}

#[test]
fn files_begin_with_what_they_are_for() {
    for file in File::all() {
        assert!(file.text.starts_with("//! "), "{} does not begin with a doc comment", file.show());
        assert!(!file.path.ends_with("mod.rs"), "{} belongs beside its folder", file.show());
    }
}

#[test]
fn paths_are_read_from_code_only() {
    let text = "//! Doc.\nuse crate::time::Length;\n// crate::http\nfn a() { crate::event::b::<u8>(mycrate::c) }\n\
                #[cfg(test)]\nmod tests {\n    use crate::tail::T;\n}\n";
    let file = File { path: "tail/reader.rs".into(), text: text.to_owned() };
    assert_eq!(("tail", 2), (file.module().as_str(), file.depth()));
    assert_eq!(BTreeSet::from(["event::b".to_owned(), "time::Length".to_owned()]), arrows(&file));
    assert!(is_within("engine::config::Model", "engine::config") && !is_within("engines", "engine"));
    assert!(reaches("std::fs::read", "std::fs") && reaches("Mutex", "Mutex") && !reaches("OnceMutex", "Mutex"));
}
