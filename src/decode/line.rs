//! What every format asks of a line before it looks at its grammar.

use super::{DecodeError, DecodeReason};

/// UTF-8 written by Windows tools often begins with it.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Checks that `line` is UTF-8 of a length that spans can address, and returns where its content starts: after the
/// byte order mark, if there is one.
#[inline]
pub(super) fn start(line: &[u8]) -> Result<usize, DecodeError> {
    if u32::try_from(line.len()).is_err() {
        return Err(DecodeError { reason: DecodeReason::Syntax, offset: u32::MAX as usize });
    }
    if let Err(error) = std::str::from_utf8(line) {
        return Err(DecodeError { reason: DecodeReason::InvalidUtf8, offset: error.valid_up_to() });
    }
    Ok(content(line))
}

/// Where the content of a line starts: after the byte order mark, if there is one.
#[inline]
pub(super) fn content(line: &[u8]) -> usize {
    if line.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 }
}

/// Whether a piece of a line is UTF-8; most are short and ASCII.
#[inline]
pub(super) fn is_text(piece: &[u8]) -> bool {
    let mut rest = piece;
    let mut all = 0;
    while let Some((chunk, behind)) = rest.split_first_chunk::<8>() {
        all |= u64::from_le_bytes(*chunk);
        rest = behind;
    }
    let tail = rest.iter().fold(0, |all, byte| all | byte);
    (all & 0x8080_8080_8080_8080 == 0 && tail.is_ascii()) || std::str::from_utf8(piece).is_ok()
}

/// Text of a line that [`start`] has checked.
pub(super) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}
