//! Names and passwords.
//!
//! A password is hashed by bcrypt, which is slow on purpose: it happens on a thread of its own, one at a time, and a
//! password that was right is known again by a keyed hash. Before one is hashed its client must have a turn, so that
//! guessing is slow and does not keep others out. A name that does not exist costs the same as one that does.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::Refusal;
use super::bucket::Bucket;

/// bcrypt looks at no more bytes of a password.
const MAX_PASSWORD_BYTES: usize = 72;
/// Longer names are nobody's; the header bounds them as well.
const MAX_NAME_BYTES: usize = 256;
/// Attempts of one client at once, and the time for one more.
const ATTEMPTS: u32 = 10;
const ATTEMPT_INTERVAL: Duration = Duration::from_secs(1);
/// Clients whose attempts are counted; more share a bucket.
const MAX_CLIENTS: usize = 1024;
/// What a password is compared with when there is no such user: a hash of nothing known. The cost is put in.
const DUMMY: [&str; 2] = ["$2b$", "$h2Qw0nNPAVxtoHkzZLPfDe9Pf9bJvxLhG5x1yBjJt2oT1TSJrqOya"];

/// The users there are.
#[derive(Debug)]
pub(super) struct Users {
    hashes: HashMap<String, String>,
    /// Takes as long as the slowest of the users' hashes.
    dummy: String,
    /// Random, so that nobody can tell what is in `known`.
    key: [u8; 32],
    /// Keyed hashes of names and passwords that were right: at most one for each user, as its password is.
    known: Mutex<HashSet<[u8; 32]>>,
    attempts: Mutex<HashMap<IpAddr, Bucket>>,
    /// One hash at a time.
    turn: Arc<Semaphore>,
}

impl Users {
    /// Users by name with the bcrypt hash of their password, all of them well formed.
    pub(super) fn new(hashes: HashMap<String, String>, key: [u8; 32]) -> Users {
        let cost = hashes.values().filter_map(|hash| cost(hash)).max().unwrap_or(10);
        Users {
            hashes,
            dummy: format!("{}{cost:02}{}", DUMMY[0], DUMMY[1]),
            key,
            known: Mutex::default(),
            attempts: Mutex::default(),
            turn: Arc::new(Semaphore::new(1)),
        }
    }

    /// Whether these headers hold a user's name and password.
    pub(super) async fn admit(&self, headers: &HeaderMap, peer: IpAddr) -> Result<(), Refusal> {
        let (name, password) = credentials(headers).ok_or(Refusal::Unauthorized)?;
        let hash = self.hashes.get(&name);
        let tag = self.tag(&name, &password, hash);
        if self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(&tag) {
            return Ok(());
        }
        if !self.attempt(peer, Instant::now()) {
            return Err(Refusal::Limited);
        }
        let (exists, hash) = (hash.is_some(), hash.unwrap_or(&self.dummy).clone());
        let turn = self.turn.clone().acquire_owned().await.map_err(|_| Refusal::Busy)?;
        let verify = move || {
            // The turn ends with the hash, also when nobody waits for it any more.
            let _turn = turn;
            bcrypt::verify(password, &hash).unwrap_or(false)
        };
        let right = tokio::task::spawn_blocking(verify).await.map_err(|_| Refusal::Busy)?;
        if !(right && exists) {
            return Err(Refusal::Unauthorized);
        }
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(tag);
        Ok(())
    }

    /// Equal for equal inputs only, and of no meaning without the key: so it may be compared in any time.
    fn tag(&self, name: &str, password: &[u8], hash: Option<&String>) -> [u8; 32] {
        let mut hasher = Sha256::new_with_prefix(self.key);
        for part in [name.as_bytes(), password, hash.map_or(&[][..], |hash| hash.as_bytes())] {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        hasher.finalize().into()
    }

    /// Whether a client may try a password now.
    fn attempt(&self, peer: IpAddr, now: Instant) -> bool {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut client = network(peer);
        if attempts.len() >= MAX_CLIENTS && !attempts.contains_key(&client) {
            attempts.retain(|_, bucket| !bucket.is_full(now));
            if attempts.len() >= MAX_CLIENTS {
                client = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
            }
        }
        attempts.entry(client).or_insert_with(|| Bucket::new(ATTEMPT_INTERVAL, ATTEMPTS)).take(now)
    }
}

/// The cost of a bcrypt hash; `None` when it is not one.
pub(super) fn cost(hash: &str) -> Option<u32> {
    hash.parse::<bcrypt::HashParts>().ok().map(|parts| parts.get_cost())
}

/// The name and password of basic authentication, as bytes: there is nothing to say of their encoding.
fn credentials(headers: &HeaderMap) -> Option<(String, Vec<u8>)> {
    let mut lines = headers.get_all(AUTHORIZATION).iter();
    let (line, None) = (lines.next()?.to_str().ok()?, lines.next()) else { return None };
    let (scheme, encoded) = line.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(encoded.trim()).ok()?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let (name, password) = (decoded.get(..colon)?, decoded.get(colon + 1..)?);
    let fits = name.len() <= MAX_NAME_BYTES && password.len() <= MAX_PASSWORD_BYTES && !password.contains(&0);
    fits.then(|| Some((String::from_utf8(name.to_vec()).ok()?, password.to_vec())))?
}

/// An address, or the network of one: whoever has one address of IPv6 has 2^64.
fn network(peer: IpAddr) -> IpAddr {
    match peer {
        IpAddr::V4(_) => peer,
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => IpAddr::V4(address),
            None => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    /// A published pair of OpenBSD's test vectors: the hash of `abc`.
    const ABC: &str = "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i";

    fn users() -> Users {
        Users::new(HashMap::from([("ada".to_owned(), ABC.to_owned())]), [7; 32])
    }

    fn basic(name: &str, password: &str) -> HeaderMap {
        let encoded = STANDARD.encode(format!("{name}:{password}"));
        HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(&format!("Basic {encoded}")).unwrap())])
    }

    fn peer(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    fn run<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
    }

    #[test]
    fn only_the_right_name_and_password_are_let_in() {
        let users = users();
        let long = "x".repeat(MAX_PASSWORD_BYTES + 1);
        let cases = [
            (basic("ada", "abc"), Ok(())),
            (basic("ada", "abd"), Err(Refusal::Unauthorized)),
            (basic("Ada", "abc"), Err(Refusal::Unauthorized)),
            (basic("", "abc"), Err(Refusal::Unauthorized)),
            (basic("ada", ""), Err(Refusal::Unauthorized)),
            (basic("ada", "abc\0"), Err(Refusal::Unauthorized)),
            (basic("ada", &long), Err(Refusal::Unauthorized)),
            (HeaderMap::new(), Err(Refusal::Unauthorized)),
            (
                HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static("Bearer abc"))]),
                Err(Refusal::Unauthorized),
            ),
            (HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static("Basic !"))]), Err(Refusal::Unauthorized)),
            (HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static("Basic"))]), Err(Refusal::Unauthorized)),
        ];
        for (number, (headers, expected)) in cases.into_iter().enumerate() {
            assert_eq!(expected, run(users.admit(&headers, peer(number as u8))), "{headers:?}");
        }
    }

    #[test]
    fn guessing_is_limited_by_client_and_keeps_nobody_out_who_is_known() {
        let users = users();
        let attempt = |password: &str, peer| run(users.admit(&basic("ada", password), peer));
        assert_eq!(Ok(()), attempt("abc", peer(1)));
        let outcomes: Vec<_> = (0..ATTEMPTS + 5).map(|guess| attempt(&guess.to_string(), peer(1))).collect();
        assert!(outcomes.contains(&Err(Refusal::Limited)), "{outcomes:?}");
        assert_eq!(Ok(()), attempt("abc", peer(1)));
        assert_eq!(Err(Refusal::Unauthorized), attempt("guess", peer(2)));
    }

    #[test]
    fn what_is_long_is_refused_without_a_turn() {
        let users = users();
        let long = "x".repeat(MAX_PASSWORD_BYTES + 1);
        for _ in 0..2 * ATTEMPTS {
            assert_eq!(Err(Refusal::Unauthorized), run(users.admit(&basic("ada", &long), peer(1))));
        }
        assert!(users.attempts.lock().unwrap().is_empty());
    }

    #[test]
    fn the_dummy_is_a_hash_of_the_highest_cost_that_nothing_matches() {
        let users = users();
        assert_eq!(Some(6), cost(&users.dummy));
        assert!(!bcrypt::verify("abc", &users.dummy).unwrap());
        let ten = ABC.replace("$06$", "$10$");
        let both = HashMap::from([("a".to_owned(), ABC.to_owned()), ("b".to_owned(), ten)]);
        assert_eq!(Some(10), cost(&Users::new(both, [0; 32]).dummy));
    }

    #[test]
    fn clients_that_are_counted_are_bounded() {
        let users = users();
        let now = Instant::now();
        for index in 0..4 * MAX_CLIENTS as u32 {
            users.attempt(IpAddr::from(std::net::Ipv4Addr::from_bits(index)), now);
        }
        assert!(users.attempts.lock().unwrap().len() <= MAX_CLIENTS + 1);
        let network_of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!("2001:db8:0:1::", network_of("2001:db8:0:1:2:3:4:5"));
        assert_eq!("10.0.0.1", network_of("::ffff:10.0.0.1"));
    }
}
