// SPDX-License-Identifier: GPL-2.0-only

//! Hexadecimal digits in port names, read in any case and written in lower case.
//!
//! Shared by the protocols whose names have such digits. Pure `core`: the same file is compiled and
//! tested on the host.

/// Parses exactly `N` pairs of digits, each to a byte.
pub(super) fn read_bytes<'a, const N: usize>(
    mut pairs: impl Iterator<Item = &'a [u8]>,
) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    for byte in &mut bytes {
        *byte = read_pair(pairs.next()?)?;
    }
    pairs.next().is_none().then_some(bytes)
}

/// Parses a pair of digits.
pub(super) fn read_pair(digits: &[u8]) -> Option<u8> {
    let &[high, low] = digits else { return None };
    read_digit(high)?
        .checked_mul(16)?
        .checked_add(read_digit(low)?)
}

/// Parses a digit.
pub(super) fn read_digit(byte: u8) -> Option<u8> {
    u8::try_from(char::from(byte).to_digit(16)?).ok()
}

/// Returns the two digits of each byte.
pub(super) fn digits<const N: usize>(bytes: [u8; N]) -> impl Iterator<Item = u8> {
    bytes
        .into_iter()
        .flat_map(|byte| [digit(byte / 16), digit(byte % 16)])
}

/// Returns the digit of a number below 16.
pub(super) fn digit(number: u8) -> u8 {
    b"0123456789abcdef"
        .get(usize::from(number))
        .copied()
        .unwrap_or_default()
}
