// SPDX-License-Identifier: GPL-2.0-only

//! Port names and TransportIDs on the host, by the files that are compiled into modules.
//!
//! `names` compares them with the table, a grammar and the names of rtslib, `bytes` with the
//! layouts of the standard, `target_core` with the rules of target core, and `sg3_utils` with an
//! independent decoder.

mod bytes;
mod names;
mod sg3_utils;
mod target_core;

use xtask::codec::{CODECS, Codec};

/// Codec of a protocol.
fn codec(protocol: &str) -> &'static Codec {
    xtask::codec::codec(protocol).unwrap()
}

/// Codecs of the protocols with TransportIDs.
fn with_transport_ids() -> impl Iterator<Item = &'static Codec> {
    CODECS.iter().filter(|codec| codec.transport_id.is_some())
}

/// TransportID of a name.
fn encode(codec: &Codec, name: &str, isid: Option<&[u8; 12]>) -> Vec<u8> {
    (codec.transport_id.unwrap().encode)(name.as_bytes(), isid).unwrap()
}
