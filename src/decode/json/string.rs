//! What stands between two quotes: finding its end and undoing its escapes.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// The high bit of each quote, backslash and control character, up to and with the first of them.
#[inline(always)]
fn specials(word: u64) -> u64 {
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    // A borrow can only reach bytes after the first hit, so the first one is right.
    let hits = (quote.wrapping_sub(ONES) & !quote)
        | (backslash.wrapping_sub(ONES) & !backslash)
        | (word.wrapping_sub(ONES * 0x20) & !word);
    hits & HIGHS
}

/// The high bit of each quote, backslash, control character and byte that is not ASCII, up to and with the first of them.
#[inline(always)]
fn not_plain(word: u64) -> u64 {
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    // Where a high bit tells wrong of these three it is set in the word itself.
    let hits = quote.wrapping_sub(ONES) | backslash.wrapping_sub(ONES) | word.wrapping_sub(ONES * 0x20) | word;
    hits & HIGHS
}

/// What comes before the first quote that no backslash escapes; all, when there is none.
pub(in crate::decode) fn up_to_quote(bytes: &[u8]) -> &[u8] {
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => break,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.get(..at).unwrap_or(bytes)
}

/// Which bits of eight bytes are before the first quote: all, when there is none.
#[inline(always)]
pub(in crate::decode) fn before_quote(word: u64) -> u64 {
    let quote = word ^ (ONES * b'"' as u64);
    let hits = quote.wrapping_sub(ONES) & !quote & HIGHS;
    // The lowest bit of the quote's byte; of none, zero.
    let lowest = (hits & hits.wrapping_neg()) >> 7;
    lowest.wrapping_sub(1)
}

/// How long a text of nothing but ASCII without escapes is that begins with its quote at the start of `bytes`; `None` when
/// something else comes before its end, and when it is longer than three words.
#[inline(always)]
pub(in crate::decode) fn short_end(bytes: &[u8; 32]) -> Option<usize> {
    let hits = |at: usize| Some(not_plain(u64::from_le_bytes(*bytes.get(at..)?.first_chunk::<8>()?)));
    // In which of two words a text ends changes from line to line: neither is a guess.
    let (first, second) = (hits(1)?, hits(9)?);
    let (mut hit, mut at) = if first != 0 { (first, 1) } else { (second, 9) };
    if hit == 0 {
        (hit, at) = (hits(17)?, 17);
        if hit == 0 {
            return None;
        }
    }
    let end = at + (hit.trailing_zeros() / 8) as usize;
    (bytes[end & 31] == b'"').then_some(end - 1)
}

/// Where the quote is that ends a text of nothing but ASCII without escapes; `None` when something else comes before it,
/// and near the end of `bytes`.
#[inline(always)]
pub(in crate::decode) fn plain_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let hits = not_plain(u64::from_le_bytes(*bytes.get(at..)?.first_chunk::<8>()?));
        if hits != 0 {
            let end = at + (hits.trailing_zeros() / 8) as usize;
            return (*bytes.get(end)? == b'"').then_some(end);
        }
        at += 8;
    }
}

/// Where the first quote, backslash or control character at or after `from` is; the length of `bytes` if there is
/// none. Eight bytes at a time, as most strings of a log are short.
#[inline]
pub(in crate::decode) fn find_special(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let hits = specials(u64::from_le_bytes(*chunk));
        if hits != 0 {
            return at + (hits.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while let Some(byte) = bytes.get(at) {
        if is_special(*byte) {
            break;
        }
        at += 1;
    }
    at.min(bytes.len())
}

/// Where the first space or control character at or after `from` is; the length of `bytes` if there is none.
#[inline]
pub(in crate::decode) fn find_space(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*chunk);
        let hits = word.wrapping_sub(ONES * (b' ' as u64 + 1)) & !word & HIGHS;
        if hits != 0 {
            return at + (hits.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while bytes.get(at).is_some_and(|byte| *byte > b' ') {
        at += 1;
    }
    at.min(bytes.len())
}

fn is_special(byte: u8) -> bool {
    byte == b'"' || byte == b'\\' || byte < 0x20
}

/// How long the escape at the start of `bytes` (a backslash) is, if JSON knows it.
pub(in crate::decode) fn escape_length(bytes: &[u8]) -> Option<usize> {
    match bytes.get(1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
        b'u' => code_unit(bytes).map(|_| 6),
        _ => None,
    }
}

/// Appends `raw` to `out` with its escapes undone. Half of a surrogate pair becomes U+FFFD; an escape JSON does not
/// know stays as written.
pub(in crate::decode) fn unescape(mut raw: &[u8], out: &mut Vec<u8>) {
    while let Some(at) = memchr::memchr(b'\\', raw) {
        let (plain, escape) = raw.split_at(at);
        out.extend_from_slice(plain);
        let byte = match escape.get(1) {
            Some(b'b') => 0x08,
            Some(b'f') => 0x0C,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(byte @ (b'"' | b'\\' | b'/')) => *byte,
            Some(b'u') if let Some(first) = code_unit(escape) => {
                let (character, length) = character(first, escape);
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                raw = escape.get(length..).unwrap_or_default();
                continue;
            }
            _ => {
                out.push(b'\\');
                raw = escape.get(1..).unwrap_or_default();
                continue;
            }
        };
        out.push(byte);
        raw = escape.get(2..).unwrap_or_default();
    }
    out.extend_from_slice(raw);
}

/// The character of the escape with code unit `first` at the start of `bytes`, and how many bytes it takes.
fn character(first: u16, bytes: &[u8]) -> (char, usize) {
    let second = bytes.get(6..).and_then(code_unit);
    if let (0xD800..=0xDBFF, Some(low @ 0xDC00..=0xDFFF)) = (first, second) {
        let code = 0x10000 + ((u32::from(first) - 0xD800) << 10) + (u32::from(low) - 0xDC00);
        return (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12);
    }
    (char::from_u32(u32::from(first)).unwrap_or(char::REPLACEMENT_CHARACTER), 6)
}

/// The value of `\uXXXX` at the start of `bytes`.
fn code_unit(bytes: &[u8]) -> Option<u16> {
    let [b'\\', b'u', hex @ ..] = bytes.first_chunk::<6>()? else { return None };
    hex.iter().try_fold(0, |value, byte| {
        let digit = (*byte as char).to_digit(16)?;
        Some(value << 4 | digit as u16)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_are_undone() {
        let rows = [
            ("nothing to undo", "plain", "plain"),
            ("short escapes", r#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"),
            ("basic plane", r"a\u00e4b", "aäb"),
            ("upper case digits", r"\u00E4", "ä"),
            ("surrogate pair", r"\ud83d\ude00", "😀"),
            ("high half alone", r"\ud83dx", "\u{fffd}x"),
            ("low half alone", r"\ude00", "\u{fffd}"),
            ("two high halves and a low one", r"\ud83d\ud83d\ude00", "\u{fffd}😀"),
            ("high half before another character", r"\ud83d\u0041", "\u{fffd}A"),
            ("unknown escape stays", r"C:\dir", r"C:\dir"),
            ("backslash at the end stays", r"a\", r"a\"),
            ("broken code unit stays", r"\u12", r"\u12"),
        ];
        for (name, raw, expected) in rows {
            let mut out = Vec::new();
            unescape(raw.as_bytes(), &mut out);
            assert_eq!(expected, String::from_utf8(out).unwrap(), "{name}");
        }
    }

    #[test]
    fn only_escapes_of_json_have_a_length() {
        let rows: &[(&str, &[u8], Option<usize>)] = &[
            ("quote", br#"\""#, Some(2)),
            ("code unit", br"\u00e4", Some(6)),
            ("half a code unit", br"\u00e", None),
            ("plus sign in a code unit", br"\u+0e4", None),
            ("unknown", br"\x41", None),
            ("end of line", br"\", None),
        ];
        for (name, raw, expected) in rows {
            assert_eq!(*expected, escape_length(raw), "{name}");
        }
    }

    proptest! {
        #[test]
        fn first_special_byte_is_found(bytes in prop::collection::vec(any::<u8>(), 0..40), from in 0usize..40) {
            let from = from.min(bytes.len());
            let expected = bytes.iter().skip(from).position(|b| is_special(*b)).map_or(bytes.len(), |n| from + n);
            prop_assert_eq!(expected, find_special(&bytes, from));
            if let Some(end) = plain_end(&bytes, from) {
                prop_assert_eq!(expected, end);
                prop_assert!(bytes[end] == b'"' && bytes[from..end].is_ascii());
            }
        }

        #[test]
        fn first_space_is_found(bytes in prop::collection::vec(any::<u8>(), 0..40), from in 0usize..40) {
            let from = from.min(bytes.len());
            let expected = bytes.iter().skip(from).position(|b| *b <= b' ').map_or(bytes.len(), |n| from + n);
            prop_assert_eq!(expected, find_space(&bytes, from));
        }

        #[test]
        fn plain_text_ends_at_its_quote(text in "[ -!#-\\[\\]-~]{0,40}", behind in "[ -~]{8,16}") {
            let bytes = format!("{text}\"{behind}");
            prop_assert_eq!(Some(text.len()), plain_end(bytes.as_bytes(), 0));
        }
    }
}
