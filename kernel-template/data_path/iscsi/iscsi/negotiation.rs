// SPDX-License-Identifier: GPL-2.0-only

//! The negotiation of a login: keys that each side has named, and the values that hold afterwards
//! (RFC 7143, section 6.2).
//!
//! The initiator proposes most keys. The target proposes the others, if an administrator has set a
//! value that differs from the default of the RFC.
//!
//! Pure `core`: the same file is compiled and tested on the host.

#![forbid(unsafe_code)]

use super::{
    keys::{self, Digests, Parameters, Value, Writer},
    pdu::LoginStatus, //
};

/// Keys that may occur once in a login (RFC 7143, section 6.2).
const ONCE: [&[u8]; 27] = [
    b"AuthMethod",
    b"CHAP_A",
    b"CHAP_C",
    b"CHAP_I",
    b"CHAP_N",
    b"CHAP_R",
    b"DataDigest",
    b"DataPDUInOrder",
    b"DataSequenceInOrder",
    b"DefaultTime2Retain",
    b"DefaultTime2Wait",
    b"ErrorRecoveryLevel",
    b"FirstBurstLength",
    b"HeaderDigest",
    b"IFMarkInt",
    b"IFMarker",
    b"ImmediateData",
    b"InitialR2T",
    b"MaxBurstLength",
    b"MaxConnections",
    b"MaxOutstandingR2T",
    b"MaxRecvDataSegmentLength",
    b"OFMarkInt",
    b"OFMarker",
    b"SessionType",
    b"TaskReporting",
    b"iSCSIProtocolLevel",
];

/// A set of keys in [`ONCE`].
#[derive(Clone, Copy)]
struct Named(u32);

impl Named {
    const NONE: Self = Self(0);

    fn bit(key: &[u8]) -> u32 {
        let index = ONCE.iter().position(|once| *once == key);
        index
            .and_then(|index| 1u32.checked_shl(index as u32))
            .unwrap_or(0)
    }

    fn has(self, key: &[u8]) -> bool {
        self.0 & Self::bit(key) != 0
    }

    fn insert(&mut self, key: &[u8]) {
        self.0 |= Self::bit(key);
    }
}

/// Keys that the target may propose.
const PROPOSED: [&[u8]; 8] = [
    b"HeaderDigest",
    b"DataDigest",
    b"InitialR2T",
    b"ImmediateData",
    b"MaxBurstLength",
    b"FirstBurstLength",
    b"DefaultTime2Wait",
    b"DefaultTime2Retain",
];

/// The negotiation of a login in progress.
pub(crate) struct Negotiation {
    offer: Parameters,
    agreed: Parameters,
    /// Keys that the initiator has sent.
    said: Named,
    /// Keys that the target has proposed.
    proposed: Named,
    has_declared: bool,
}

impl Negotiation {
    /// Creates a negotiation with the values of the target in `offer`.
    pub(crate) fn new(offer: Parameters) -> Self {
        Self {
            offer,
            agreed: unsaid(&offer),
            said: Named::NONE,
            proposed: Named::NONE,
            has_declared: false,
        }
    }

    /// Records a key that the initiator has sent.
    ///
    /// # Errors
    ///
    /// Returns the login status if the initiator repeats a key that may occur once.
    pub(crate) fn note(&mut self, key: &[u8]) -> Result<(), LoginStatus> {
        if self.said.has(key) {
            return Err(LoginStatus::INITIATOR_ERROR);
        }
        self.said.insert(key);
        Ok(())
    }

    /// Negotiates a key about operational parameters. Returns the answer, or `None` if none is due:
    /// a key that the target has proposed is itself an answer.
    ///
    /// # Errors
    ///
    /// Returns the login status if the two sides have no digest in common, which ends the login
    /// (section 7.12). A wrong value of any other key is answered with Reject, and its default
    /// holds.
    pub(crate) fn take(
        &mut self,
        key: &[u8],
        value: &[u8],
    ) -> Result<Option<Value<'static>>, LoginStatus> {
        let Some(answer) = keys::negotiate(key, value, &self.offer, &mut self.agreed) else {
            return Ok(Some(Value::NOT_UNDERSTOOD));
        };
        let is_digest = matches!(key, b"HeaderDigest" | b"DataDigest");
        if is_digest && answer == Value::REJECT {
            return Err(LoginStatus::INITIATOR_ERROR);
        }
        let wants_none = answer == Value::Nothing || self.proposed.has(key);
        Ok((!wants_none).then_some(answer))
    }

    /// Declares MaxRecvDataSegmentLength of the target, and proposes keys that the initiator has
    /// not sent. Both happen once. Returns the number of proposals, which the initiator must answer
    /// before the stage ends, or `None` if the keys do not fit.
    pub(crate) fn propose(&mut self, writer: &mut Writer<'_>) -> Option<usize> {
        if self.has_declared {
            return Some(0);
        }
        self.has_declared = true;
        let longest = self.offer.max_recv_data_segment_length;
        self.agreed.max_recv_data_segment_length = longest;
        let value = Value::Number(longest);
        let mut is_written = writer.pair(b"MaxRecvDataSegmentLength", value);
        let mut count = 0usize;
        for key in PROPOSED.iter().filter(|key| !self.said.has(key)) {
            if let Some(value) = proposal(key, &self.offer, &self.agreed) {
                is_written = is_written && writer.pair(key, value);
                self.proposed.insert(key);
                count = count.saturating_add(1);
            }
        }
        is_written.then_some(count)
    }

    /// Ends the negotiation. Returns the parameters of the session.
    ///
    /// # Errors
    ///
    /// Returns the login status if the target requires a digest that was not agreed on.
    pub(crate) fn finish(&self) -> Result<Parameters, LoginStatus> {
        let has = |offer: Digests, agreed: Digests| offer.none || agreed.crc32c;
        let has_digests = has(self.offer.header_digest, self.agreed.header_digest)
            && has(self.offer.data_digest, self.agreed.data_digest);
        has_digests
            .then_some(self.agreed)
            .ok_or(LoginStatus::INITIATOR_ERROR)
    }
}

/// Returns the parameters for an initiator that sends no keys: the defaults of the RFC, within the
/// limits of the target.
fn unsaid(offer: &Parameters) -> Parameters {
    let default = Parameters::DEFAULT;
    let max_burst_length = default.max_burst_length.min(offer.max_burst_length);
    let first_burst_length = default.first_burst_length.min(offer.first_burst_length);
    Parameters {
        immediate_data: default.immediate_data && offer.immediate_data,
        max_xmit_data_segment_length: default
            .max_xmit_data_segment_length
            .min(offer.max_xmit_data_segment_length),
        max_burst_length,
        first_burst_length: first_burst_length.min(max_burst_length),
        default_time2wait: default.default_time2wait.max(offer.default_time2wait),
        default_time2retain: default.default_time2retain.min(offer.default_time2retain),
        ..default
    }
}

/// Returns the value that the target proposes for a key, or `None` if no proposal is necessary.
fn proposal(key: &[u8], offer: &Parameters, agreed: &Parameters) -> Option<Value<'static>> {
    let digest = |digests: Digests| (!digests.none).then_some(Value::Text(b"CRC32C"));
    // Initial values of the target are not proposed: initiators in firmware send few keys, and some
    // do not answer proposals.
    let number = |value: fn(&Parameters) -> u32| {
        let is_set = value(offer) != value(&Parameters::OFFER);
        let differs = value(offer) != value(&Parameters::DEFAULT);
        (is_set && differs).then_some(value(offer))
    };
    let first_burst = |length: u32| length.min(agreed.max_burst_length);
    match key {
        b"HeaderDigest" => digest(offer.header_digest),
        b"DataDigest" => digest(offer.data_digest),
        b"InitialR2T" => (!offer.initial_r2t).then_some(Value::Text(b"No")),
        b"ImmediateData" => (!offer.immediate_data).then_some(Value::Text(b"No")),
        b"MaxBurstLength" => number(|p| p.max_burst_length).map(Value::Number),
        b"FirstBurstLength" => number(|p| p.first_burst_length)
            .map(first_burst)
            .map(Value::Number),
        b"DefaultTime2Wait" => number(|p| p.default_time2wait).map(Value::Number),
        b"DefaultTime2Retain" => number(|p| p.default_time2retain).map(Value::Number),
        _ => None,
    }
}
