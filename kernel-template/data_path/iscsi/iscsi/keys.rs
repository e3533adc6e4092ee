// SPDX-License-Identifier: GPL-2.0-only

//! Text keys, and what comes out when two sides negotiate them (RFC 7143, sections 6.2 and 13).
//!
//! Pure `core`: the same file is compiled and tested on the host.

#![forbid(unsafe_code)]

/// Each key and its value in a text: `KEY=VALUE`, each ended by NUL. `None` stands for what is not
/// of this form.
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

/// The longest key, in bytes.
const KEY_MAX: usize = 63;

/// The numbers in a text are decimal or hexadecimal.
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

/// Which digests one side allows, or both have agreed on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Digests {
    /// True if CRC32C is allowed.
    pub(crate) crc32c: bool,
    /// True if there may be none.
    pub(crate) none: bool,
}

/// The operational parameters of a session: what one side is ready for, or what both have agreed
/// on. Lengths are in bytes, times in seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Parameters {
    /// The digest of headers.
    pub(crate) header_digest: Digests,
    /// The digest of data.
    pub(crate) data_digest: Digests,
    /// True if no data come before they are asked for.
    pub(crate) initial_r2t: bool,
    /// True if data may come with the command.
    pub(crate) immediate_data: bool,
    /// The longest data segment that this side takes.
    pub(crate) max_recv_data_segment_length: u32,
    /// The longest data segment that this side sends.
    pub(crate) max_xmit_data_segment_length: u32,
    /// The most data in a sequence.
    pub(crate) max_burst_length: u32,
    /// The most data that come unasked.
    pub(crate) first_burst_length: u32,
    /// Time to wait before a new login.
    pub(crate) default_time2wait: u32,
    /// Time that a session is kept without a connection.
    pub(crate) default_time2retain: u32,
    /// Maximum number of requests for data that a command has at once.
    pub(crate) max_outstanding_r2t: u32,
}

impl Parameters {
    /// Values of a target at first.
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
        // A write of a whole burst needs no request for data: target core has memory for all of it
        // before the first byte is received.
        first_burst_length: 262_144,
        default_time2wait: 2,
        default_time2retain: 0,
        max_outstanding_r2t: 1,
    };

    /// Values of a target in a discovery session: nothing large.
    pub(crate) const DISCOVERY: Self = Self {
        max_recv_data_segment_length: SEGMENT_DEFAULT,
        ..Self::OFFER
    };

    /// Values of a session whose sides name no key: the defaults of RFC 7143.
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

/// The longest data segment where nothing is said.
pub(crate) const SEGMENT_DEFAULT: u32 = 8192;

/// The least of a length in bytes, and the most.
const LENGTHS: core::ops::RangeInclusive<u32> = 512..=0x00ff_ffff;

/// The longest time, in seconds.
const TIME_MAX: u32 = 3600;

/// Answer of the target to a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Value<'a> {
    /// This text.
    Text(&'a [u8]),
    /// This number.
    Number(u32),
    /// These bytes, in hexadecimal digits.
    Binary(&'a [u8]),
    /// Nothing: the key declares something.
    Nothing,
}

impl Value<'_> {
    /// There is nothing to agree on: the value is wrong, or not allowed.
    pub(crate) const REJECT: Self = Self::Text(b"Reject");
    /// The key is not known.
    pub(crate) const NOT_UNDERSTOOD: Self = Self::Text(b"NotUnderstood");
    /// The key does not matter, by what has been agreed on.
    pub(crate) const IRRELEVANT: Self = Self::Text(b"Irrelevant");
}

/// The first of a list of values that this side allows too (RFC 7143, section 6.2.1).
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

/// Answers a key of the initiator's that is about operational parameters: what the target is ready
/// for is `offer`, and what comes out goes to `agreed`. `None` if it is no such key.
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
            // The initiator takes at most this, so the target sends no more.
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
        // One connection, and no recovery but by a new session.
        b"MaxConnections" => match bounded(value, 1..=65535) {
            Some(_) => Value::Number(1),
            None => Value::REJECT,
        },
        b"ErrorRecoveryLevel" => match bounded(value, 0..=2) {
            Some(_) => Value::Number(0),
            None => Value::REJECT,
        },
        // Data come in order: the result is Yes if one side says so.
        b"DataPDUInOrder" | b"DataSequenceInOrder" => match boolean(value) {
            Some(_) => yes_or_no(true),
            None => Value::REJECT,
        },
        b"IFMarker" | b"OFMarker" => match boolean(value) {
            Some(_) => yes_or_no(false),
            None => Value::REJECT,
        },
        b"IFMarkInt" | b"OFMarkInt" => Value::IRRELEVANT,
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

/// A text that is being written into a buffer of fixed length.
pub(crate) struct Writer<'a> {
    buffer: &'a mut [u8],
    length: usize,
}

impl<'a> Writer<'a> {
    /// Writes to the front of `buffer`.
    pub(crate) fn new(buffer: &'a mut [u8]) -> Self {
        Self { buffer, length: 0 }
    }

    /// Returns the number of bytes that have been written.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Appends bytes, or as many as there is room for; whether that was all.
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

    /// Appends a key and its value; whether there was room.
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
