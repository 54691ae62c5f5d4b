//! From and until when a certificate is valid: two fields of X.509, read where RFC 5280 has them.

use crate::time::Timestamp;

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;

/// Not before, not after. `None` when the bytes are no certificate.
pub(super) fn validity(der: &[u8]) -> Option<(Timestamp, Timestamp)> {
    let (certificate, _) = take(der, SEQUENCE)?;
    let (mut fields, _) = take(certificate, SEQUENCE)?;
    if let Some((_, rest)) = take(fields, VERSION) {
        fields = rest;
    }
    // Serial number, algorithm, issuer.
    for tag in [INTEGER, SEQUENCE, SEQUENCE] {
        fields = take(fields, tag)?.1;
    }
    let (times, _) = take(fields, SEQUENCE)?;
    let (not_before, times) = time(times)?;
    let (not_after, _) = time(times)?;
    Some((not_before, not_after))
}

/// The content of the element with this tag that the bytes begin with, and what follows it.
fn take(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        // So many bytes of length; a certificate of more than 4 GiB is none.
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    (*found == tag).then(|| rest.split_at_checked(length))?
}

/// `YYMMDDhhmmssZ`, until 2049, or `YYYYMMDDhhmmssZ`.
fn time(bytes: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (text, century, rest) = match take(bytes, UTC_TIME) {
        Some((text, rest)) => (text, if text.first()? < &b'5' { "20" } else { "19" }, rest),
        None => {
            let (text, rest) = take(bytes, GENERALIZED_TIME)?;
            (text, "", rest)
        }
    };
    let text = format!("{century}{}", std::str::from_utf8(text).ok()?);
    let part = |from: usize, to: usize| text.get(from..to);
    let (date, hour) = ((part(0, 4)?, part(4, 6)?, part(6, 8)?), (part(8, 10)?, part(10, 12)?, part(12, 15)?));
    let written = format!("{}-{}-{}T{}:{}:{}", date.0, date.1, date.2, hour.0, hour.1, hour.2);
    Some((Timestamp::parse_rfc3339(written.as_bytes())?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    fn made(from: i32, to: i32) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
        params.not_before = date_time_ymd(from, 3, 8);
        params.not_after = date_time_ymd(to, 12, 31);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn years_of_two_digits_and_of_four_are_read() {
        let at = |text: &str| Timestamp::parse_rfc3339(text.as_bytes()).unwrap();
        for (from, to) in [(1999, 2049), (2020, 2050), (2051, 4096)] {
            let expected = (at(&format!("{from}-03-08T00:00:00Z")), at(&format!("{}-12-31T00:00:00Z", to.min(2200))));
            let found = validity(&made(from, to.min(2200))).unwrap();
            assert_eq!(expected, found);
        }
    }

    #[test]
    fn what_is_cut_short_or_no_certificate_has_no_validity() {
        let whole = made(2020, 2030);
        for end in 0..150 {
            assert_eq!(None, validity(&whole[..end]), "{end}");
        }
        for hostile in [&b"\x30\x84\xff\xff\xff\xff\x30"[..], b"\x30\x80", b"\x30\x85\0\0\0\0\x01", b"text"] {
            assert_eq!(None, validity(hostile));
        }
    }
}
