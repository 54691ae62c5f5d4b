//! Numbers as JSON writes them, correctly rounded.
//!
//! A log line is mostly numbers, so they are read once: digits eight at a time, then the decimal is turned into the
//! nearest double with one or two multiplications by a 128-bit power of five. That step is exact for up to 19 digits
//! and decimal exponents from -27 to 27, which is what logs hold; everything else goes to the standard library.
//!
//! References: Lemire, "Number parsing at a gigabyte per second", 2021, algorithm 1; Mushtak and Lemire, "Fast number
//! parsing without fallback", 2023 (why no fallback is needed in this range of exponents).

/// The number at the start of `bytes` and its length. `None` when no JSON number stands there. What overflows is an
/// infinity.
pub(super) fn scan(bytes: &[u8]) -> Option<(f64, usize)> {
    bytes.first_chunk().and_then(usual).or_else(|| unusual(bytes))
}

/// The number at `at` when it is a [`usual`] one, and where it ends.
#[inline]
pub(super) fn usual_at(line: &[u8], at: usize) -> Option<(f64, usize)> {
    let rest = line.get(at..)?;
    let (value, length) = match rest.first_chunk() {
        Some(bytes) => usual(bytes)?,
        None => near_end(rest)?,
    };
    Some((value, at + length))
}

#[inline(never)]
fn near_end(rest: &[u8]) -> Option<(f64, usize)> {
    let mut bytes = [0; WIDTH];
    bytes.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    usual(&bytes)
}

/// What [`usual`] looks at: a sign, 7 digits, a point, 22 digits and the byte behind them.
pub(super) const WIDTH: usize = 32;

/// A number of at most 7 digits before its point and without an exponent, in as few steps as can be: most are like
/// that. `None` of any other, of what is no number, and of one that does not end in these bytes.
#[inline(always)]
pub(super) fn usual(bytes: &[u8; WIDTH]) -> Option<(f64, usize)> {
    let [rest @ .., _] = bytes;
    if let Some(found) = below_one(rest) {
        return Some(found);
    }
    let (value, length) = signed(bytes);
    (length > 0).then_some((value, length))
}

/// What is looked at behind a sign.
const UNSIGNED: usize = WIDTH - 1;
/// Of what is no usual number: it has no length.
const NONE: (f64, usize) = (0.0, 0);

/// A number with 15 to 18 digits behind its `0.`, as most have that a program computed. `None` of others, and of those
/// near zero.
///
/// How many digits there are is anyone's guess, and a branch on it would cost more than what is saved: zeros fill them up
/// to 19. Nor is the product corrected or shifted: of two multiplications it is off by less than 2^-62 of its higher
/// half, and nothing but an exact one comes closer than 5^-19 > 2^-45 to where the rounding changes.
#[inline(always)]
fn below_one(bytes: &[u8; UNSIGNED]) -> Option<(f64, usize)> {
    let [b'0', b'.', ..] = bytes else { return None };
    let word = |at: usize| bytes.get(at..).and_then(|rest| rest.first_chunk()).map(|word| u64::from_le_bytes(*word));
    let (digits, more) = (word(2)? ^ 0x3030_3030_3030_3030, word(10)? ^ 0x3030_3030_3030_3030);
    // Seven of the second word.
    let more = more << 8;
    if others(digits) | others(more) != 0 {
        return None;
    }
    let rest = u32::from_le_bytes([bytes[17], bytes[18], bytes[19], bytes[20]]) ^ 0x3030_3030;
    let others = four_others(rest);
    let end = 17 + others.trailing_zeros() as usize / 8;
    if others == 0 || bytes[end] | 0x20 == b'e' {
        return None;
    }
    let behind = ((others & others.wrapping_neg()) >> 7).wrapping_sub(1);
    let last = four_digits(rest & behind);
    let mantissa = eight_digits(digits) * 100_000_000_000 + eight_digits(more) * 10_000 + u64::from(last);
    let power = POWERS_OF_FIVE[REACH as usize - 19] >> 1;
    let (above, below) = (u128::from((power >> 64) as u64), u128::from(power as u64));
    let product = u128::from(mantissa) * above + ((u128::from(mantissa) * below) >> 64);
    let high = (product >> 64) as u64;
    // 53 bits count, one is for rounding, and one tells that something is below: with so few digits no tie can be.
    if high >> 54 == 0 {
        return None;
    }
    Some((float(high | 1) * f64::from_bits(SCALES[REACH as usize - 19]), end))
}

/// [`usual`] of what is not [`below_one`] or has a sign, and its length.
#[inline(never)]
fn signed(bytes: &[u8; WIDTH]) -> (f64, usize) {
    match bytes {
        [b'-', rest @ ..] => negative(rest),
        [rest @ .., _] => unsigned(rest),
    }
}

/// The number behind a minus, and the length of both.
#[inline(never)]
fn negative(bytes: &[u8; UNSIGNED]) -> (f64, usize) {
    let (value, length) = below_one(bytes).unwrap_or_else(|| unsigned(bytes));
    (-value, length + usize::from(length > 0))
}

/// [`usual`] behind its sign, and its length.
#[inline(always)]
fn unsigned(bytes: &[u8; UNSIGNED]) -> (f64, usize) {
    let digit = bytes[0].wrapping_sub(b'0');
    let digits = offsets(bytes, 0);
    let others = others(digits);
    // The high bit of the byte behind the digits; 64 when there are eight or more.
    let first = others.trailing_zeros();
    let count = first as usize / 8;
    if count == 0 || count == 8 || (digit == 0 && count > 1) {
        return NONE;
    }
    if bytes[count] != b'.' {
        return ended(bytes, count, float(first_digits(digits, count)));
    }
    let behind = others & (others - 1);
    if behind == 0 {
        return pointed(bytes, count + 1, first_digits(digits, count));
    }
    // The whole number is in this word: without its point it is one of whole digits.
    let end = behind.trailing_zeros() as usize / 8;
    let places = end - count - 1;
    let before = (1 << (first - 7)) - 1;
    let joined = digits & before | digits >> 8 & !before;
    if places == 0 {
        return NONE;
    }
    // Both are exact, so that the division is the only step that rounds.
    ended(bytes, end, float(first_digits(joined, end - 1)) / FLOATS[places & 7])
}

/// A number with its point right before `from` and these whole digits before it.
#[inline(never)]
fn pointed(bytes: &[u8; UNSIGNED], from: usize, whole: u64) -> (f64, usize) {
    let (digits, more) = (offsets(bytes, from), offsets(bytes, from + 8));
    let count = others(digits).trailing_zeros() as usize / 8;
    if count == 0 {
        return NONE;
    }
    if count < 8 {
        let mantissa = whole * POWERS_OF_TEN[count & 7] + first_digits(digits, count);
        return ended(bytes, from + count, float(mantissa) / FLOATS[count & 7]);
    }
    let append = |mantissa: u64, digits: u64| mantissa.wrapping_mul(100_000_000).wrapping_add(eight_digits(digits));
    let mantissa = append(whole, digits);
    let (mantissa, places, rest) = match others(more) {
        0 => (append(mantissa, more), 16, offsets(bytes, from + 16)),
        _ => (mantissa, 8, more),
    };
    let count = others(rest).trailing_zeros() as usize / 8;
    let end = from + places + count;
    // All digits but a zero before the point.
    if end - 1 - usize::from(whole == 0) > MAX_DIGITS {
        return NONE;
    }
    // None may be left.
    let last = eight_digits(rest << 8 << ((56 - 8 * count as u32) & 63));
    let mantissa = mantissa.wrapping_mul(POWERS_OF_TEN[count & 7]).wrapping_add(last);
    ended(bytes, end, fraction(mantissa, places + count))
}

/// A value, if its number ends at `end`, and no exponent follows.
#[inline(always)]
fn ended(bytes: &[u8; UNSIGNED], end: usize, value: f64) -> (f64, usize) {
    match bytes.get(end) {
        Some(byte) if byte | 0x20 != b'e' => (value, end),
        _ => none(),
    }
}

/// Apart, so that what comes next need not wait for what never happens.
#[cold]
#[inline(never)]
fn none() -> (f64, usize) {
    NONE
}

/// Eight bytes from `at` on as digits, 0 to 9 each, the first in the lowest byte. Behind the end of `bytes` none is a
/// digit.
#[inline(always)]
fn offsets(bytes: &[u8; UNSIGNED], at: usize) -> u64 {
    let chunk = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>());
    chunk.map_or(u64::MAX, |chunk| u64::from_le_bytes(*chunk) ^ 0x3030_3030_3030_3030)
}

/// The number that the first `count` of eight digits are, of which there is at least one.
#[inline(always)]
fn first_digits(digits: u64, count: usize) -> u64 {
    eight_digits(digits << ((64 - 8 * count as u32) & 63))
}

/// The high bit of each byte tells whether it is no digit: right up to the first, and behind it if that is ASCII.
#[inline(always)]
fn others(offset: u64) -> u64 {
    (offset.wrapping_add(0x7676_7676_7676_7676) | offset) & 0x8080_8080_8080_8080
}

/// [`others`] of four bytes.
#[inline(always)]
fn four_others(offset: u32) -> u32 {
    (offset.wrapping_add(0x7676_7676) | offset) & 0x8080_8080
}

/// A whole number below 2^63 as a float.
#[inline(always)]
fn float(whole: u64) -> f64 {
    whole as i64 as f64
}

/// Any number.
#[inline(never)]
fn unusual(bytes: &[u8]) -> Option<(f64, usize)> {
    let negative = bytes.first() == Some(&b'-');
    let start = usize::from(negative);
    let mut mantissa = 0;
    let mut count = 0;
    let mut at = start + 1;
    match bytes.get(start)? {
        b'0' => {}
        b'1'..=b'9' => {
            (mantissa, at) = digits(bytes, start, 0);
            count = at - start;
        }
        _ => return None,
    }
    let mut exponent = 0;
    if bytes.get(at) == Some(&b'.') {
        let from = at + 1;
        (mantissa, at) = digits(bytes, from, mantissa);
        if at == from {
            return None;
        }
        count += at - from;
        exponent = from as i64 - at as i64;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        let (written, end) = exponent_part(bytes, at + 1)?;
        exponent += written;
        at = end;
    }
    let magnitude = if count > MAX_DIGITS { None } else { nearest(mantissa, exponent) };
    match magnitude {
        Some(value) => Some((if negative { -value } else { value }, at)),
        None => Some((exact(bytes.get(..at)?)?, at)),
    }
}

/// Digits that fit a `u64` whatever they are.
const MAX_DIGITS: usize = 19;

/// The slow and always right way.
#[cold]
fn exact(number: &[u8]) -> Option<f64> {
    std::str::from_utf8(number).ok()?.parse().ok()
}

/// The exponent after its `e`, and where it ends. Saturates far outside of what a double can hold.
fn exponent_part(bytes: &[u8], at: usize) -> Option<(i64, usize)> {
    let (negative, from) = match bytes.get(at)? {
        b'-' => (true, at + 1),
        b'+' => (false, at + 1),
        _ => (false, at),
    };
    let mut end = from;
    let mut value: i64 = 0;
    while let Some(digit @ b'0'..=b'9') = bytes.get(end) {
        value = (value * 10 + i64::from(digit - b'0')).min(1 << 40);
        end += 1;
    }
    (end > from).then_some((if negative { -value } else { value }, end))
}

/// Appends the decimal digits from `at` on to `value` (modulo 2^64) and returns where they end.
#[inline]
fn digits(bytes: &[u8], mut at: usize, mut value: u64) -> (u64, usize) {
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let offset = u64::from_le_bytes(*chunk) ^ 0x3030_3030_3030_3030;
        let other = others(offset);
        if other == 0 {
            value = value.wrapping_mul(100_000_000).wrapping_add(eight_digits(offset));
            at += 8;
            continue;
        }
        let count = other.trailing_zeros() / 8;
        if count > 0 {
            let scale = POWERS_OF_TEN.get(count as usize).copied().unwrap_or(1);
            value = value.wrapping_mul(scale).wrapping_add(eight_digits(offset << (64 - 8 * count)));
        }
        return (value, at + count as usize);
    }
    while let Some(digit @ b'0'..=b'9') = bytes.get(at) {
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
        at += 1;
    }
    (value, at)
}

const POWERS_OF_TEN: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];
/// The same, as they divide.
const FLOATS: [f64; 9] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8];

/// Eight digits (0 to 9 each, the first in the lowest byte) as a number: pairs, then fours, then all.
#[inline(always)]
fn eight_digits(digits: u64) -> u64 {
    let pairs = digits.wrapping_mul(10 << 8 | 1) >> 8 & 0x00FF_00FF_00FF_00FF;
    let fours = pairs.wrapping_mul(100 << 16 | 1) >> 16 & 0x0000_FFFF_0000_FFFF;
    fours.wrapping_mul(10_000 << 32 | 1) >> 32
}

/// Four digits as a number in the same way.
#[inline(always)]
fn four_digits(digits: u32) -> u32 {
    let pairs = digits.wrapping_mul(10 << 8 | 1) >> 8 & 0x00FF_00FF;
    pairs.wrapping_mul(100 << 16 | 1) >> 16
}

/// The double nearest to `mantissa` x 10^`exponent`, ties to even; `None` outside of the table's exponents.
#[inline]
fn nearest(mantissa: u64, exponent: i64) -> Option<f64> {
    if exponent == 0 {
        return Some(mantissa as f64);
    }
    let index = usize::try_from(exponent + REACH).ok()?;
    let has_ties = (-4..=23).contains(&exponent);
    Some(scaled(mantissa, *POWERS_OF_FIVE.get(index)?, *SCALES.get(index)?, has_ties))
}

/// `mantissa` / 10^`places` for 5 to 27 places: so many leave no ties.
#[inline(always)]
fn fraction(mantissa: u64, places: usize) -> f64 {
    let index = (REACH as usize).saturating_sub(places);
    scaled(mantissa, POWERS_OF_FIVE[index], SCALES[index], false)
}

/// `mantissa` times `power`, times `scale` (the bits of a power of two), with one step that rounds. `has_ties` where the
/// product may be exact and halfway between two doubles.
#[inline(always)]
fn scaled(mantissa: u64, power: u128, scale: u64, has_ties: bool) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    let zeros = mantissa.leading_zeros();
    let normal = u128::from(mantissa << zeros);
    let mut product = normal * (power >> 64);
    // 55 bits are kept; only if all below them are ones can the lower half of the power still matter.
    if (product >> 64) as u64 & (u64::MAX >> 55) == u64::MAX >> 55 {
        product = completed(product, normal, power);
    }
    let (high, low) = ((product >> 64) as u64, product as u64);
    // What is below the highest 63 bits counts only as being there.
    let below = if has_ties && low <= 1 { high & 1 } else { 1 };
    float(high >> 1 | below) * f64::from_bits(scale - (u64::from(zeros) << 52))
}

/// A product with the higher half of `power`, and what the lower half adds.
#[cold]
#[inline(never)]
fn completed(product: u128, normal: u128, power: u128) -> u128 {
    product + ((normal * (power & u128::from(u64::MAX))) >> 64)
}

/// The largest decimal exponent of the table, and minus the least.
const REACH: i64 = 27;

/// 5^-27 to 5^27, each with 128 bits, the highest set; rounded down, the inverses up.
static POWERS_OF_FIVE: [u128; 2 * REACH as usize + 1] = powers_of_five();

/// What the highest 63 bits of a product with each of them are multiplied by, as the bits of a double.
static SCALES: [u64; 2 * REACH as usize + 1] = scales();

const fn scales() -> [u64; 2 * REACH as usize + 1] {
    let mut table = [0; 2 * REACH as usize + 1];
    let mut exponent = -REACH;
    while exponent <= REACH {
        // The power of two at or below 10^exponent.
        let binary = (exponent * 217_706) >> 16;
        table[(exponent + REACH) as usize] = ((binary + 2 + 1023) as u64) << 52;
        exponent += 1;
    }
    table
}

const fn powers_of_five() -> [u128; 2 * REACH as usize + 1] {
    let mut table = [0; 2 * REACH as usize + 1];
    let mut power: u128 = 1;
    let mut exponent = 0;
    while exponent <= REACH as usize {
        table[REACH as usize + exponent] = power << power.leading_zeros();
        table[REACH as usize - exponent] = if exponent == 0 { 1 << 127 } else { inverse(power) };
        power *= 5;
        exponent += 1;
    }
    table
}

/// 2^b / `divisor` rounded up, with the b that sets the highest of 128 bits. Long division, a bit at a time.
const fn inverse(divisor: u128) -> u128 {
    let mut quotient = 0;
    let mut remainder = 1;
    while quotient >> 127 == 0 {
        remainder <<= 1;
        quotient <<= 1;
        if remainder >= divisor {
            remainder -= divisor;
            quotient |= 1;
        }
    }
    quotient + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn grammar_is_that_of_json() {
        let rows: &[(&str, &[u8], Option<usize>)] = &[
            ("zero", b"0", Some(1)),
            ("minus zero", b"-0", Some(2)),
            ("integer", b"120", Some(3)),
            ("decimal", b"0.71,", Some(4)),
            ("exponent", b"1e5}", Some(3)),
            ("signed exponents", b"-1.50E-07 ", Some(9)),
            ("plus in exponent", b"2e+3", Some(4)),
            ("leading zero ends the number", b"012", Some(1)),
            ("a second point ends the number", b"1.2.3", Some(3)),
            ("long digits beside letters", b"123456789012abc", Some(12)),
            ("nothing", b"", None),
            ("minus alone", b"-", None),
            ("plus", b"+1", None),
            ("no digit before the point", b".5", None),
            ("no digit after the point", b"5.", None),
            ("no digit after the exponent", b"5e", None),
            ("no digit after the sign", b"5e+", None),
            ("minus infinity", b"-Infinity", None),
        ];
        for (name, text, length) in rows {
            assert_eq!(*length, scan(text).map(|(_, length)| length), "{name}");
        }
    }

    #[test]
    fn hard_decimals_are_correctly_rounded() {
        let rows = [
            "9007199254740993",
            "9007199254740993.0",
            "9007199254740992.5",
            "9007199254740991.5",
            "18014398509481986",
            "0.1",
            "0.30000000000000004",
            "0.8444218515250481",
            "1.7976931348623157e308",
            "1e999",
            "-1e999",
            "4.9e-324",
            "2.2250738585072011e-308",
            "1e-400",
            "1e99999999999999999999",
            "18446744073709551615",
            "18446744073709551616",
            "99999999999999999999",
            "9999999999999999999e-27",
            "0.0000000000000000000000000012345678901234567",
            "-0.0",
            "0e5",
            "8.5",
            "4503599627370497.5",
            "4503599627370496.5",
            "0.500000000000000",
            "0.1250000000000000",
            "-0.000000000000000",
            "0.015625000000000000",
            "0.0156249999999999999",
            "0.99999999999999994",
            "-0.99999999999999995",
            "0.999999999999999999",
            "0.0078125000000000000",
        ];
        for text in rows {
            for behind in ["", &" ".repeat(WIDTH)] {
                let (value, length) = scan(format!("{text}{behind}").as_bytes()).unwrap();
                assert_eq!(text.parse::<f64>().unwrap().to_bits(), value.to_bits(), "{text}");
                assert_eq!(text.len(), length, "{text}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn quick_path_equals_the_standard_library(mantissa in any::<u64>(), bits in 0u32..64, exponent in -27i64..=27) {
            let mantissa = (mantissa >> bits).max(1);
            let expected: f64 = format!("{mantissa}e{exponent}").parse().unwrap();
            prop_assert_eq!(Some(expected.to_bits()), nearest(mantissa, exponent).map(f64::to_bits));
        }

        #[test]
        fn usual_numbers_are_those_of_the_standard_library(
            number in "-?(0|[1-9][0-9]{0,8})(\\.0{0,6}[0-9]{0,20})?|-?0\\.(0|9){0,3}[0-9]{14,17}",
            behind in "[,} e.]",
        ) {
            let text = format!("{number}{behind}{}", " ".repeat(WIDTH));
            if let Some((value, length)) = usual(text.as_bytes().first_chunk().unwrap()) {
                prop_assert!(behind != "e" && number.len() == length, "{}", &text);
                let expected: f64 = number.parse().unwrap();
                prop_assert_eq!(expected.to_bits(), value.to_bits(), "{}", &text);
                prop_assert_eq!(scan(text.as_bytes()), Some((value, length)));
            }
        }

        #[test]
        fn doubles_are_read_as_they_were_written(bits in any::<u64>(), unit in 0.0f64..1.0, scale in -4i32..8) {
            for value in [f64::from_bits(bits), unit, unit * 10f64.powi(scale), -unit * 10f64.powi(scale)] {
                let text = format!("{value},");
                if value.is_finite() {
                    prop_assert_eq!(Some((value, text.len() - 1)), scan(text.as_bytes()), "{}", &text);
                }
            }
        }

        #[test]
        fn halfway_decimals_round_to_even(odd in (1u64 << 52)..(1 << 53), exponent in -1i64..=4) {
            // Doubles with one bit too many, times a power of ten that keeps them exact in 64 bits.
            let halfway = (odd * 2 + 1) * 5;
            let expected: f64 = format!("{halfway}e{}", exponent - 1).parse().unwrap();
            prop_assert_eq!(Some(expected.to_bits()), nearest(halfway, exponent - 1).map(f64::to_bits));
        }
    }
}
