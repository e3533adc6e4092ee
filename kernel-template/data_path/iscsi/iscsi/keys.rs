// SPDX-License-Identifier: GPL-2.0-only

//! Text keys and the results of their negotiation (RFC 7143, sections 6.2 and 13).
//!
//! Pure `core`: the same file is compiled and tested on the host.

#![forbid(unsafe_code)]

/// Iterates over the pairs `KEY=VALUE` of a text, each terminated by NUL. An item is `None` if it
/// does not have this form.
pub(crate) fn pairs(text: &[u8]) -> impl Iterator<Item = Option<(&[u8], &[u8])>> {
    let items = text
        .split(|byte| *byte == 0)
        .filter(|item| !item.is_empty());
    items.map(|item| {
        let end = item.iter().position(|byte| *byte == b'=')?;
        let (key, [_, value @ ..]) = item.split_at_checked(end)? else {
            return None;
        };
        (!key.is_empty() && key.len() <= KEY_MAX).then_some((key, value))
    })
}

/// Maximum length of a key, in bytes.
const KEY_MAX: usize = 63;

/// Parses a number, decimal or hexadecimal.
pub(crate) fn number(text: &[u8]) -> Option<u32> {
    let (digits, radix) = match text {
        [b'0', b'x' | b'X', digits @ ..] => (digits, 16),
        digits => (digits, 10),
    };
    if digits.first() == Some(&b'+') {
        return None;
    }
    u32::from_str_radix(core::str::from_utf8(digits).ok()?, radix).ok()
}

fn boolean(text: &[u8]) -> Option<bool> {
    match text {
        b"Yes" => Some(true),
        b"No" => Some(false),
        _ => None,
    }
}

fn yes_or_no(value: bool) -> Value<'static> {
    Value::Text(if value { b"Yes" } else { b"No" })
}

/// The digests that one side allows, or that both have agreed on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Digests {
    /// True if CRC32C is allowed.
    pub(crate) crc32c: bool,
    /// True if no digest is allowed.
    pub(crate) none: bool,
}

/// The operational parameters of a session: the offer of one side, or the result of a negotiation.
/// Lengths are in bytes, times in seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Parameters {
    /// Header digests.
    pub(crate) header_digest: Digests,
    /// Data digests.
    pub(crate) data_digest: Digests,
    /// True if all data must be solicited by R2T, apart from immediate data.
    pub(crate) initial_r2t: bool,
    /// True if a command may have immediate data.
    pub(crate) immediate_data: bool,
    /// Maximum data segment that this side receives.
    pub(crate) max_recv_data_segment_length: u32,
    /// Maximum data segment that this side sends.
    pub(crate) max_xmit_data_segment_length: u32,
    /// Maximum data of a sequence.
    pub(crate) max_burst_length: u32,
    /// Maximum unsolicited data of a command.
    pub(crate) first_burst_length: u32,
    /// Minimum time before a new login.
    pub(crate) default_time2wait: u32,
    /// Maximum time that a session is kept without a connection.
    pub(crate) default_time2retain: u32,
    /// Maximum number of outstanding R2Ts of a command.
    pub(crate) max_outstanding_r2t: u32,
}

impl Parameters {
    /// Initial offer of a target.
    pub(crate) const OFFER: Self = Self {
        header_digest: Digests {
            crc32c: true,
            none: true,
        },
        data_digest: Digests {
            crc32c: true,
            none: true,
        },
        initial_r2t: true,
        immediate_data: true,
        max_recv_data_segment_length: 262_144,
        max_xmit_data_segment_length: 262_144,
        max_burst_length: 262_144,
        // No R2T for a write of a whole burst: target core has memory for all of it before the
        // first byte is received.
        first_burst_length: 262_144,
        default_time2wait: 2,
        default_time2retain: 0,
        max_outstanding_r2t: 1,
    };

    /// Offer of a target in a discovery session, with small data segments.
    pub(crate) const DISCOVERY: Self = Self {
        max_recv_data_segment_length: SEGMENT_DEFAULT,
        ..Self::OFFER
    };

    /// Defaults of RFC 7143, for keys that are not negotiated.
    pub(crate) const DEFAULT: Self = Self {
        header_digest: Digests {
            crc32c: false,
            none: true,
        },
        data_digest: Digests {
            crc32c: false,
            none: true,
        },
        initial_r2t: true,
        immediate_data: true,
        max_recv_data_segment_length: SEGMENT_DEFAULT,
        max_xmit_data_segment_length: SEGMENT_DEFAULT,
        max_burst_length: 262_144,
        first_burst_length: 65_536,
        default_time2wait: 2,
        default_time2retain: 20,
        max_outstanding_r2t: 1,
    };
}

/// Default of MaxRecvDataSegmentLength, in bytes.
pub(crate) const SEGMENT_DEFAULT: u32 = 8192;

/// Range of a length, in bytes.
const LENGTHS: core::ops::RangeInclusive<u32> = 512..=0x00ff_ffff;

/// Maximum time, in seconds.
const TIME_MAX: u32 = 3600;

/// The value of a key that the target sends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Value<'a> {
    /// A text.
    Text(&'a [u8]),
    /// A number.
    Number(u32),
    /// Bytes, in hexadecimal digits.
    Binary(&'a [u8]),
    /// No answer: the key is declarative.
    Nothing,
}

impl Value<'_> {
    /// Answer to an invalid or inadmissible value.
    pub(crate) const REJECT: Self = Self::Text(b"Reject");
    /// Answer to an unknown key.
    pub(crate) const NOT_UNDERSTOOD: Self = Self::Text(b"NotUnderstood");
}

/// Returns the first value of a list that this side allows (RFC 7143, section 6.2.1).
pub(crate) fn first_allowed(list: &[u8], is_allowed: impl Fn(&[u8]) -> bool) -> Option<&[u8]> {
    list.split(|byte| *byte == b',')
        .find(|value| is_allowed(value))
}

fn digest(list: &[u8], offer: Digests, agreed: &mut Digests) -> Value<'static> {
    let allowed = |value: &[u8]| match value {
        b"CRC32C" => offer.crc32c,
        b"None" => offer.none,
        _ => false,
    };
    match first_allowed(list, allowed) {
        Some(b"CRC32C") => {
            *agreed = Digests {
                crc32c: true,
                none: false,
            };
            Value::Text(b"CRC32C")
        }
        Some(_) => {
            *agreed = Digests {
                crc32c: false,
                none: true,
            };
            Value::Text(b"None")
        }
        None => Value::REJECT,
    }
}

fn bounded(text: &[u8], range: core::ops::RangeInclusive<u32>) -> Option<u32> {
    number(text).filter(|value| range.contains(value))
}

fn smaller(
    text: &[u8],
    range: core::ops::RangeInclusive<u32>,
    offer: u32,
    agreed: &mut u32,
) -> Value<'static> {
    match bounded(text, range) {
        Some(value) => {
            *agreed = value.min(offer);
            Value::Number(*agreed)
        }
        None => Value::REJECT,
    }
}

/// Negotiates a key of the initiator about operational parameters. `offer` has the values of the
/// target; the result is written to `agreed`. Returns the answer, or `None` if the key is not an
/// operational parameter.
pub(crate) fn negotiate(
    key: &[u8],
    value: &[u8],
    offer: &Parameters,
    agreed: &mut Parameters,
) -> Option<Value<'static>> {
    Some(match key {
        b"HeaderDigest" => digest(value, offer.header_digest, &mut agreed.header_digest),
        b"DataDigest" => digest(value, offer.data_digest, &mut agreed.data_digest),
        b"InitialR2T" => match boolean(value) {
            Some(value) => {
                agreed.initial_r2t = value || offer.initial_r2t;
                yes_or_no(agreed.initial_r2t)
            }
            None => Value::REJECT,
        },
        b"ImmediateData" => match boolean(value) {
            Some(value) => {
                agreed.immediate_data = value && offer.immediate_data;
                yes_or_no(agreed.immediate_data)
            }
            None => Value::REJECT,
        },
        b"MaxRecvDataSegmentLength" => match bounded(value, LENGTHS) {
            // The limit of the initiator is a limit of what the target sends.
            Some(value) => {
                agreed.max_xmit_data_segment_length = value.min(offer.max_xmit_data_segment_length);
                Value::Nothing
            }
            None => Value::REJECT,
        },
        b"MaxBurstLength" => {
            let burst = smaller(
                value,
                LENGTHS,
                offer.max_burst_length,
                &mut agreed.max_burst_length,
            );
            agreed.first_burst_length = agreed.first_burst_length.min(agreed.max_burst_length);
            burst
        }
        b"FirstBurstLength" => {
            let most = offer.first_burst_length.min(agreed.max_burst_length);
            smaller(value, LENGTHS, most, &mut agreed.first_burst_length)
        }
        b"MaxOutstandingR2T" => smaller(
            value,
            1..=65535,
            offer.max_outstanding_r2t,
            &mut agreed.max_outstanding_r2t,
        ),
        b"DefaultTime2Retain" => smaller(
            value,
            0..=TIME_MAX,
            offer.default_time2retain,
            &mut agreed.default_time2retain,
        ),
        b"DefaultTime2Wait" => match bounded(value, 0..=TIME_MAX) {
            Some(value) => {
                agreed.default_time2wait = value.max(offer.default_time2wait);
                Value::Number(agreed.default_time2wait)
            }
            None => Value::REJECT,
        },
        // One connection, and recovery by a new session only.
        b"MaxConnections" => match bounded(value, 1..=65535) {
            Some(_) => Value::Number(1),
            None => Value::REJECT,
        },
        b"ErrorRecoveryLevel" => match bounded(value, 0..=2) {
            Some(_) => Value::Number(0),
            None => Value::REJECT,
        },
        // The result is Yes: the target requires it.
        b"DataPDUInOrder" | b"DataSequenceInOrder" => match boolean(value) {
            Some(_) => yes_or_no(true),
            None => Value::REJECT,
        },
        b"IFMarker" | b"OFMarker" => match boolean(value) {
            Some(_) => yes_or_no(false),
            None => Value::REJECT,
        },
        // RFC 7143, section 13.25: the answer to an obsolete key.
        b"IFMarkInt" | b"OFMarkInt" => Value::REJECT,
        b"TaskReporting" => match first_allowed(value, |value| value == b"RFC3720") {
            Some(_) => Value::Text(b"RFC3720"),
            None => Value::REJECT,
        },
        // RFC 7144: level 1 is RFC 7143.
        b"iSCSIProtocolLevel" => match bounded(value, 0..=31) {
            Some(value) => Value::Number(value.min(1)),
            None => Value::REJECT,
        },
        _ => return None,
    })
}

/// A writer of text to a buffer of fixed length.
pub(crate) struct Writer<'a> {
    buffer: &'a mut [u8],
    length: usize,
}

impl<'a> Writer<'a> {
    /// Creates a writer to the beginning of `buffer`.
    pub(crate) fn new(buffer: &'a mut [u8]) -> Self {
        Self { buffer, length: 0 }
    }

    /// Returns the number of bytes written.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Appends bytes. Returns false, and writes nothing, if they do not fit.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> bool {
        let room = self.buffer.get_mut(self.length..).unwrap_or_default();
        let Some(place) = room.get_mut(..bytes.len()) else {
            return false;
        };
        place.copy_from_slice(bytes);
        self.length = self.length.saturating_add(bytes.len());
        true
    }

    /// Appends a number.
    pub(crate) fn push_number(&mut self, number: u32) -> bool {
        let mut digits = [0; 10];
        let mut rest = number;
        let mut first = digits.len();
        for place in digits.iter_mut().rev() {
            *place = b'0'.wrapping_add((rest % 10) as u8);
            rest /= 10;
            first = first.saturating_sub(1);
            if rest == 0 {
                break;
            }
        }
        self.push(digits.get(first..).unwrap_or_default())
    }

    /// Appends bytes in hexadecimal digits.
    fn push_binary(&mut self, bytes: &[u8]) -> bool {
        let digit = |nibble: u8| match nibble {
            0..=9 => b'0'.wrapping_add(nibble),
            _ => b'a'.wrapping_add(nibble).wrapping_sub(10),
        };
        let mut bytes = bytes.iter();
        self.push(b"0x") && bytes.all(|byte| self.push(&[digit(byte >> 4), digit(byte & 0xf)]))
    }

    /// Appends a key and its value. Returns false if they do not fit.
    pub(crate) fn pair(&mut self, key: &[u8], value: Value<'_>) -> bool {
        let is_written = self.push(key) && self.push(b"=");
        is_written
            && match value {
                Value::Text(text) => self.push(text),
                Value::Number(number) => self.push_number(number),
                Value::Binary(bytes) => self.push_binary(bytes),
                Value::Nothing => true,
            }
            && self.push(b"\0")
    }
}
