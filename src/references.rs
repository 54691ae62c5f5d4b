//! The references of models: their profiles, loaded and looked at again, and what was learned.
//!
//! Answers come from memory, with one exception: the first question for a stream whose profile is in a file of its own
//! reads that file. Everything else is read by [`References::refresh`], on a thread that may wait. A bad profile never
//! takes the place of a good one; the good one is stale until the place has a good one again.

mod file;
mod look;
mod place;
mod remote;
mod shelf;

use crate::engine::config::{Model, name_matches};
use crate::event::{Columns, StreamKey};
use crate::profile::{Reference, ReferenceSource, Resolved, Standing};
use crate::schema::{ColumnSource, Known};
use look::{Look, chain};
use place::{Place, Template};
use remote::Ask;
use shelf::{Id, Profile, Shelf};
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

/// A profile of 1,000 columns is a few megabytes; a server that does not send that in 10 s is asked again later.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest profile there is, 256 MiB.
pub const DEFAULT_MAX_BYTES: u64 = 256 << 20;

/// How profiles are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// PEM file of the authorities that servers of profiles are trusted by, instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// From the first byte of a request to the last of its answer.
    pub timeout: Duration,
    /// Larger profiles are refused.
    pub max_bytes: u64,
}

impl Default for Config {
    fn default() -> Config {
        Config { ca_file: None, timeout: DEFAULT_TIMEOUT, max_bytes: DEFAULT_MAX_BYTES }
    }
}

/// Why there can be no references.
#[derive(Debug, thiserror::Error)]
pub enum ReferencesError {
    /// The place of a profile cannot be used.
    #[error("the profile of model {model:?}, {place}, {what}")]
    Place {
        /// Name of the model.
        model: String,
        /// As written, without credentials and query.
        place: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The CA file cannot be read.
    #[error("the CA file {path} cannot be read")]
    CaFile {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The CA file is not PEM.
    #[error("the CA file {path} is not PEM")]
    CaSyntax {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: rustls::pki_types::pem::Error,
    },
    /// The CA file has a certificate that is none of an authority.
    #[error("the CA file {path} has an unusable certificate")]
    CaCertificate {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: rustls::Error,
    },
    /// The CA file has no certificate.
    #[error("the CA file {path} has no certificate")]
    CaEmpty {
        /// The file.
        path: String,
    },
    /// The system knows no authority.
    #[error("this system has no CA certificates: set ca_file")]
    NoRoots,
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
    /// The client cannot be set up.
    #[error("the client of remote profiles cannot be set up")]
    Client(#[source] reqwest::Error),
}

/// A profile that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The `[[model]]` table, by its name.
    pub model: String,
    /// Path, or URL without its query; as in the config when it cannot be told for a stream.
    pub location: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "profile {} of model {:?}: {}", self.location, self.model, self.message)
    }
}

/// Draws for the null constants of a column that was learned: a fifth of a profile's, as predictions wait meanwhile.
const LEARNED_DRAWS: usize = 4_000;

/// One `[[model]]` table and the places of its profiles; none when they are learned.
#[derive(Debug)]
struct Configured {
    model: Arc<Model>,
    template: Option<Template>,
}

/// The tables of models there are now, with what is held for them.
#[derive(Debug)]
struct Held {
    models: Vec<Configured>,
    only_model: Option<Arc<str>>,
    /// Locked for moments, never while something is read.
    shelf: Mutex<Shelf>,
}

/// The references of all models; shared by threads.
#[derive(Debug)]
pub struct References {
    /// Replaced as a whole.
    held: RwLock<Arc<Held>>,
    config: Config,
    /// The columns of streams whose reference is missing.
    no_columns: Arc<Columns>,
    generation: AtomicU64,
}

impl Held {
    fn new(models: Vec<Model>, config: &Config) -> Result<Held, ReferencesError> {
        let configured = |model: Model| -> Result<Configured, ReferencesError> {
            let template = model.profile.as_deref().map(|place| Template::new(&model.name, place)).transpose()?;
            Ok(Configured { model: Arc::new(model), template })
        };
        let models = models.into_iter().map(configured).collect::<Result<Vec<_>, _>>()?;
        if models.iter().filter_map(|model| model.template.as_ref()).any(Template::is_url) {
            // Made anew for every round; here it shows that it can be.
            remote::client(config)?;
        }
        let mut shelf = Shelf::default();
        for (index, Configured { model, template }) in models.iter().enumerate() {
            if let Some(place) = template.as_ref().and_then(Template::fixed) {
                shelf.expect((index, place), Profile::new(model.clone(), true));
            }
        }
        Ok(Held { only_model: only_model(&models), models, shelf: Mutex::new(shelf) })
    }

    /// Takes over what is held for the tables that are here again.
    fn inherit(&self, old: &Held) {
        let again = |index: usize| {
            let table = old.models.get(index)?;
            let found = self.models.iter().position(|new| new.model.name == table.model.name)?;
            let new = self.models.get(found).filter(|new| new.model.profile == table.model.profile)?;
            Some((found, new.model.clone()))
        };
        let learned = |key: &StreamKey| match (old.find(&key.model), self.find(&key.model)) {
            (Some((_, old)), Some((_, new))) => look::takes_the_same(&old.model, &new.model),
            _ => false,
        };
        self.shelf().inherit(&old.shelf(), again, learned);
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The table of a model: the one with its name, else the first glob that matches.
    fn find(&self, name: &str) -> Option<(usize, &Configured)> {
        let tables = || self.models.iter().enumerate();
        let exact = tables().find(|(_, table)| table.model.name == name);
        exact.or_else(|| tables().find(|(_, table)| name_matches(&table.model.name, name)))
    }

    /// The table of a model whose references are learned.
    fn learner(&self, key: &StreamKey) -> Option<(usize, &Configured)> {
        self.find(&key.model).filter(|(_, configured)| configured.template.is_none())
    }

    fn standing(&self, index: usize, configured: &Configured, key: &StreamKey, max_bytes: u64) -> Standing {
        let Configured { model, template } = configured;
        let Some(template) = template else {
            let learned = self.shelf().learned(key);
            return learned.map_or(Standing::Learn, |reference| Standing::Loaded { reference, stale: false });
        };
        let place = match template.place(key) {
            Ok(place) => place,
            Err(message) => {
                let problem = Problem { model: model.name.clone(), location: template.shown(), message };
                self.shelf().refuse(index, problem);
                return Standing::Unavailable;
            }
        };
        let id = (index, place);
        if let Some(standing) = self.shelf().standing(&id) {
            return standing;
        }
        let look = match &id.1 {
            Place::File(path) => Some(file::look(path, None, model, max_bytes)),
            Place::Url(_) => None,
        };
        let mut shelf = self.shelf();
        shelf.remember(&id, Profile::new(model.clone(), false), look).unwrap_or_else(|| {
            shelf.refuse(index, too_many(model, template.shown()));
            Standing::Unavailable
        })
    }
}

impl References {
    /// References of these models, none of them loaded yet.
    pub fn new(models: Vec<Model>, config: Config) -> Result<References, ReferencesError> {
        Ok(References {
            held: RwLock::new(Arc::new(Held::new(models, &config)?)),
            config,
            no_columns: Arc::default(),
            generation: AtomicU64::new(1),
        })
    }

    /// Takes these tables in place of those there are. What is held for a table of the same name and place stays; new
    /// places are looked at first, so that all of it is in use at once or nothing is. Returns what is wrong that was
    /// not before.
    ///
    /// Waits for files and servers, so it is not for async tasks.
    pub fn replace(&self, models: Vec<Model>) -> Result<(), Vec<String>> {
        let old = self.held();
        let fresh = Held::new(models, &self.config).map_err(|error| vec![chain(&error)])?;
        fresh.inherit(&old);
        let known = old.shelf().problems();
        let problems =
            self.look(&fresh, |profile| profile.fixed).into_iter().filter(|problem| !known.contains(problem));
        let problems: Vec<String> = problems.map(|problem| problem.to_string()).collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
        self.changed();
        Ok(())
    }

    /// Loads every profile whose place does not depend on the stream. Returns what is wrong with them.
    ///
    /// Waits for files and servers, so it is not for async tasks.
    pub fn load_all(&self) -> Vec<Problem> {
        self.look(&self.held(), |profile| profile.fixed)
    }

    /// Looks again at every profile: files that changed are read, servers are asked for what changed, and so are those
    /// of streams that were seen since. Returns everything that is wrong now.
    ///
    /// Waits for files and servers: for a thread of its own, one at a time.
    pub fn refresh(&self) -> Vec<Problem> {
        self.look(&self.held(), |_| true)
    }

    /// Takes a reference that was learned in warm-up, and returns it as it is held. Nothing happens when the model has
    /// a profile or is not known.
    pub fn learned(&self, key: &StreamKey, reference: Arc<Reference>) -> Option<Arc<Reference>> {
        self.held().learner(key)?;
        let reference = Arc::new(Reference::clone(&reference).with_constants(LEARNED_DRAWS));
        self.restore_learned(key, reference.clone()).then_some(reference)
    }

    /// Takes a learned reference as it was held before; whether it is held now.
    pub fn restore_learned(&self, key: &StreamKey, reference: Arc<Reference>) -> bool {
        let held = self.held();
        let Some((index, configured)) = held.learner(key) else { return false };
        let mut shelf = held.shelf();
        let learned = shelf.learn(key, reference);
        if learned {
            self.changed();
        } else {
            shelf.refuse(index, too_many(&configured.model, String::new()));
        }
        learned
    }

    /// Lets the learned reference of a stream go that was dropped: when it comes back, it is learned anew.
    pub fn forget_learned(&self, key: &StreamKey) {
        if self.held().shelf().forget(key) {
            self.changed();
        }
    }

    /// Everything that is wrong now.
    pub fn problems(&self) -> Vec<Problem> {
        self.held().shelf().problems()
    }

    fn held(&self) -> Arc<Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn changed(&self) {
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// Looks at some of the profiles.
    fn look(&self, held: &Held, wanted: impl Fn(&Profile) -> bool) -> Vec<Problem> {
        let mut files = Vec::new();
        let mut asks = Vec::new();
        for (id, profile, last) in held.shelf().profiles().filter(|(_, profile, _)| wanted(profile)) {
            let (model, last) = (profile.model.clone(), last.cloned());
            match &id.1 {
                Place::File(path) => files.push((id.clone(), path.clone(), model, last)),
                Place::Url(url) => asks.push(Ask { id: id.clone(), url: url.clone(), last, model }),
            }
        }
        for (id, path, model, last) in files {
            self.take(held, &id, file::look(&path, last.as_ref(), &model, self.config.max_bytes));
        }
        self.ask(held, asks);
        held.shelf().problems()
    }

    fn ask(&self, held: &Held, asks: Vec<Ask>) {
        if asks.is_empty() {
            return;
        }
        match remote::client(&self.config) {
            Ok(client) => remote::look(&client, asks, self.config.max_bytes, |id, look| self.take(held, id, look)),
            Err(error) => asks.iter().for_each(|ask| self.take(held, &ask.id, Look::Nothing(chain(&error)))),
        }
    }

    fn take(&self, held: &Held, id: &Id, look: Look) {
        let mut shelf = held.shelf();
        if shelf.take(id, look) {
            self.changed();
        }
    }
}

impl ReferenceSource for References {
    fn resolve(&self, key: &StreamKey) -> Option<Resolved> {
        let held = self.held();
        let (index, configured) = held.find(&key.model)?;
        let standing = held.standing(index, configured, key, self.config.max_bytes);
        Some(Resolved { model: configured.model.clone(), standing })
    }

    fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }
}

impl References {
    /// Whether any model's reference is learned from its log, so that what is known of it changes while it is read.
    pub fn learns(&self) -> bool {
        self.held().models.iter().any(|table| table.template.is_none())
    }
}

impl ColumnSource for References {
    fn columns(&self, key: &StreamKey) -> Option<Known> {
        Some(match self.resolve(key)?.standing {
            Standing::Loaded { reference, .. } => Known::Columns(reference.columns()),
            // The lines are counted all the same.
            Standing::Unavailable => Known::Columns(self.no_columns.clone()),
            Standing::Learn => Known::Discover,
        })
    }

    fn only_model(&self) -> Option<Arc<str>> {
        self.held().only_model.clone()
    }

    fn generation(&self) -> u64 {
        ReferenceSource::generation(self)
    }
}

/// The name of the only table that is no glob.
fn only_model(models: &[Configured]) -> Option<Arc<str>> {
    let mut names = models.iter().map(|table| &table.model.name).filter(|name| !name.contains(['*', '?']));
    names.next().filter(|_| names.next().is_none()).map(|name| name.as_str().into())
}

fn too_many(model: &Model, location: String) -> Problem {
    let message = format!("the references of {} streams are held, and no more", shelf::MOST);
    Problem { model: model.name.clone(), location, message }
}
