// SPDX-License-Identifier: GPL-2.0-only

//! The TransportIDs of a protocol, as data: SPC-4, section 7.6.4.
//!
//! `transport_id.rs` in the module formats and parses them; the tests check that the two agree.

use std::fmt::{self, Display, Formatter};

/// The TransportIDs that T10 defines for a protocol, by length in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportId {
    /// No TransportID.
    None,
    /// One length, with the port's name.
    Fixed(usize),
    /// Variable length, with the port's name and an optional initiator session identifier (ISID).
    WithIsid {
        /// The length of the shortest.
        least: usize,
        /// The length of the longest.
        most: usize,
    },
}

impl Display for TransportId {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Fixed(len) => write!(f, "{len} bytes"),
            Self::WithIsid { least, most } => write!(f, "{least} to {most} bytes"),
        }
    }
}
