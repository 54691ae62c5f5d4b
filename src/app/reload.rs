//! What is looked at again while the program runs: the config, the web config file with its certificates, profiles.
//!
//! Each is read and checked as a whole and switched at once; what is wrong leaves the old one in use, is told once, and
//! shows in a gauge. Files are looked at every few seconds, everything at once after a `SIGHUP`.

use super::now;
use super::stamp::Stamp;
use crate::config::{self, Config};
use crate::http::Access;
use crate::http::access::{self, Problems};
use crate::references::{self, References};
use crate::report::{Of, Report, families};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::watch;

/// Files are looked at this often: a change is meant to hold at once, and a look is a few system calls.
const INTERVAL: Duration = Duration::from_secs(2);
/// Looks between two of profiles, which may be asked of servers.
const LOOKS_PER_PROFILES: u32 = 5;

/// Look at everything now.
pub(super) struct Hangup;

/// The thread that looks; it ends when the sender is dropped.
pub(super) type Looker = (Sender<Hangup>, JoinHandle<()>);

/// How the last looks ended.
#[derive(Clone, Copy, Debug, Default)]
struct Outcome {
    /// Whether the config was good, and when the one in use was read.
    config: Option<(bool, f64)>,
    /// Whether the web config file was good.
    web_config: Option<bool>,
    /// When the certificate expires.
    expiry: Option<f64>,
}

/// How the last looks ended, for everyone.
#[derive(Debug, Default)]
pub(super) struct Standing(Mutex<Outcome>);

impl Standing {
    /// Adds what concerns reloads.
    pub(super) fn describe(&self, report: &mut Report) {
        let Outcome { config, web_config, expiry } = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut gauge = |family, value| report.push(Of::Family(family), Vec::new(), value);
        if let Some((good, at)) = config {
            gauge(&families::CONFIG_RELOAD, f64::from(u8::from(good)));
            gauge(&families::CONFIG_RELOAD_TIMESTAMP, at);
        }
        if let Some(good) = web_config {
            gauge(&families::WEB_CONFIG_RELOAD, f64::from(u8::from(good)));
        }
        if let Some(expiry) = expiry {
            gauge(&families::CERTIFICATE_EXPIRY, expiry);
        }
    }

    fn note(&self, note: impl FnOnce(&mut Outcome)) {
        note(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Looks at things again.
pub(super) struct Reloader {
    references: Arc<References>,
    config: Option<ConfigFile>,
    web_config: Option<WebConfig>,
    standing: Arc<Standing>,
    profile_problems: Vec<references::Problem>,
}

/// The config file, and what of it is in use.
struct ConfigFile {
    path: PathBuf,
    stamp: Stamp,
    problems: Option<Vec<String>>,
    used: Config,
}

/// The web config file.
struct WebConfig {
    path: PathBuf,
    stamp: Stamp,
    problems: Option<Problems>,
    sender: watch::Sender<Arc<Access>>,
}

impl Reloader {
    /// Reads the web config file, and takes note of the rest. Who is let in comes with every change.
    pub(super) fn new(
        config: &Config,
        path: Option<&Path>,
        references: Arc<References>,
    ) -> Result<(Reloader, watch::Receiver<Arc<Access>>), Problems> {
        let of_config = |path: &Path| ConfigFile {
            path: path.to_owned(),
            // It was read before; the first look reads it again.
            stamp: Stamp::default(),
            problems: None,
            used: config.clone(),
        };
        // Before it is read: a change meanwhile is found at the next look.
        let stamp = config.web_config_file.as_deref().map(web_stamp).unwrap_or_default();
        let access = config.web_config_file.as_deref().map_or_else(|| Ok(Access::default()), Access::load)?;
        if let Some(message) = outside(&access) {
            tracing::warn!(error = message, "the certificate is served all the same");
        }
        let standing = Arc::new(Standing::default());
        standing.note(|outcome| {
            outcome.config = path.map(|_| (true, now().seconds()));
            outcome.web_config = config.web_config_file.as_ref().map(|_| true);
            outcome.expiry = access.validity().map(|(_, not_after)| not_after.seconds());
        });
        let (sender, receiver) = watch::channel(Arc::new(access));
        let of_web = |path: PathBuf| WebConfig { path, stamp, problems: None, sender };
        let reloader = Reloader {
            references,
            config: path.map(of_config),
            web_config: config.web_config_file.clone().map(of_web),
            standing,
            profile_problems: Vec::new(),
        };
        Ok((reloader, receiver))
    }

    /// How the last looks ended.
    pub(super) fn standing(&self) -> Arc<Standing> {
        self.standing.clone()
    }

    /// Begins to look, on a thread of its own.
    pub(super) fn start(self) -> std::io::Result<Looker> {
        let (sender, receiver) = channel();
        let thread = std::thread::Builder::new().name("reload".to_owned()).spawn(move || self.run(&receiver))?;
        Ok((sender, thread))
    }

    fn run(mut self, hangups: &Receiver<Hangup>) {
        let mut looks = 0;
        loop {
            let all = match hangups.recv_timeout(INTERVAL) {
                Ok(Hangup) => {
                    // Many at once are one.
                    while hangups.try_recv().is_ok() {}
                    true
                }
                Err(RecvTimeoutError::Timeout) => false,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            looks = if all { 0 } else { (looks + 1) % LOOKS_PER_PROFILES };
            self.look_at_config(all);
            self.look_at_web_config(all);
            if looks == 0 {
                self.look_at_profiles();
            }
        }
    }

    fn look_at_config(&mut self, all: bool) {
        let Some(file) = &mut self.config else { return };
        let stamp = Stamp::of(std::slice::from_ref(&file.path));
        // What was wrong may be right without a change of this file: a profile that was not there.
        if stamp == file.stamp && file.problems.is_none() && !all {
            return;
        }
        file.stamp = stamp;
        match file.read(&self.references) {
            Ok(false) if file.problems.is_none() && !all => {}
            Ok(changed) => {
                file.problems = None;
                self.standing.note(|outcome| outcome.config = Some((true, now().seconds())));
                tracing::info!(path = %file.path.display(), changed, "config loaded again");
            }
            Err(problems) => {
                self.standing.note(|outcome| outcome.config = outcome.config.map(|(_, at)| (false, at)));
                if file.problems.as_ref() != Some(&problems) {
                    for problem in &problems {
                        tracing::warn!(error = problem, "config not loaded, the old one stays");
                    }
                }
                file.problems = Some(problems);
            }
        }
    }

    fn look_at_web_config(&mut self, all: bool) {
        let Some(file) = &mut self.web_config else { return };
        let stamp = web_stamp(&file.path);
        // What was wrong may be right without a change of these files: a certificate that is due.
        if stamp == file.stamp && file.problems.is_none() && !all {
            return;
        }
        file.stamp = stamp;
        let was_good = outside(&file.sender.borrow()).is_none();
        let loaded = Access::load(&file.path).and_then(|access| match outside(&access).filter(|_| was_good) {
            Some(message) => Err(Problems::one(file.path.display(), message)),
            None => Ok(access),
        });
        self.standing.note(|outcome| outcome.web_config = Some(loaded.is_ok()));
        match loaded {
            Ok(access) => {
                file.problems = None;
                let expiry = access.validity().map(|(_, not_after)| not_after.seconds());
                self.standing.note(|outcome| outcome.expiry = expiry);
                file.sender.send_replace(Arc::new(access));
                tracing::info!(path = %file.path.display(), "web config loaded again");
            }
            Err(problems) => {
                if file.problems.as_ref() != Some(&problems) {
                    for problem in problems.iter() {
                        tracing::warn!(error = problem, "web config not loaded, the old one stays");
                    }
                }
                file.problems = Some(problems);
            }
        }
    }

    fn look_at_profiles(&mut self) {
        let problems = self.references.refresh();
        for problem in problems.iter().filter(|problem| !self.profile_problems.contains(problem)) {
            let references::Problem { model, location, message } = problem;
            tracing::warn!(model, location, error = message, "profile not loaded");
        }
        self.profile_problems = problems;
    }
}

impl ConfigFile {
    /// Reads the file and takes what it says; whether that is something else than before.
    fn read(&mut self, references: &References) -> Result<bool, Vec<String>> {
        let new =
            config::load(&self.path).map_err(|found| found.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        if new == self.used {
            return Ok(false);
        }
        let (path, fixed) = (self.path.display(), self.used.needs_restart(&new));
        if !fixed.is_empty() {
            return Err(fixed.iter().map(|key| format!("{path} {key}: cannot change without a restart")).collect());
        }
        references.replace(new.models.clone())?;
        self.used = new;
        Ok(true)
    }
}

/// The state of a web config file and of what it names.
fn web_stamp(path: &Path) -> Stamp {
    let mut paths = access::named_files(path);
    paths.push(path.to_owned());
    Stamp::of(&paths)
}

/// What is wrong with the time of a certificate.
fn outside(access: &Access) -> Option<String> {
    let (not_before, not_after) = access.validity()?;
    let now = now();
    let days = |seconds: f64| (seconds / 86_400.0).ceil();
    if now > not_after {
        return Some(format!("the certificate expired {} days ago", days(now.seconds_since(not_after))));
    }
    (now < not_before).then(|| format!("the certificate is valid in {} days only", days(not_before.seconds_since(now))))
}
