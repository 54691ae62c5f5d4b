//! The text of a config file is a config, or a list of problems that say where they are.

use driftgauge::app;
use driftgauge::config::parse;
use driftgauge::engine::Engine;

const NAME: &str = "driftgauge.toml";

/// Whether it is a config.
pub fn check(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let config = match parse(&text, NAME) {
        Ok(config) => config,
        Err(problems) => {
            let lines = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
            assert!(problems.iter().next().is_some(), "refused without a word");
            for problem in problems.iter() {
                let place = problem.place.strip_prefix(NAME).expect("a problem of another file");
                let (line, path) = place.split_once(' ').unwrap_or((place, ""));
                assert!(!place.contains(' ') || !path.is_empty(), "{problem}");
                if let Some(line) = line.strip_prefix(':') {
                    let line: usize = line.parse().expect("a line that is no number");
                    assert!((1..=lines).contains(&line), "{problem}");
                }
                assert!(!problem.message.is_empty() && !problem.message.contains('\n'), "{problem}");
            }
            return false;
        }
    };
    assert_eq!(Ok(&config), parse(&text, NAME).as_ref(), "read twice");
    // What is taken can be used.
    let sources = app::source_configs(&config);
    let names: Vec<_> = sources.iter().map(|source| source.name.clone()).collect();
    assert!(!names.is_empty() && !config.models.is_empty());
    let engine = Engine::new(config.engine.clone(), app::longest_delay(&config.models), &names);
    assert!(engine.is_ok(), "{engine:?}");
    true
}
