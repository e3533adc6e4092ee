// SPDX-License-Identifier: GPL-2.0-only

//! Port names and TransportIDs, on the host: the very files that are compiled into the modules.
//!
//! `names` holds them to the table, to a grammar and to rtslib's names, `bytes` to the standard's
//! layouts, `target_core` to what target core does with names and TransportIDs, and `sg3_utils` to
//! what somebody else's decoder says.

mod bytes;
mod names;
mod sg3_utils;
mod target_core;

use xtask::codec::{CODECS, Codec};

/// The codec of a protocol.
fn codec(protocol: &str) -> &'static Codec {
    xtask::codec::codec(protocol).unwrap()
}

/// The protocols that have TransportIDs.
fn with_transport_ids() -> impl Iterator<Item = &'static Codec> {
    CODECS.iter().filter(|codec| codec.transport_id.is_some())
}

/// Writes the TransportID of a name.
fn encode(codec: &Codec, name: &str, isid: Option<&[u8; 12]>) -> Vec<u8> {
    (codec.transport_id.unwrap().encode)(name.as_bytes(), isid).unwrap()
}
