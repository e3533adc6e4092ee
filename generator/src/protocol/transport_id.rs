// SPDX-License-Identifier: GPL-2.0-only

//! The TransportIDs of a protocol, as data: SPC-4, section 7.6.4.
//!
//! `transport_id.rs` in the module writes and reads them; the tests check that the two agree.

use std::fmt::{self, Display, Formatter};

/// The TransportIDs that T10 defines for a protocol, by their length in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportId {
    /// None.
    None,
    /// Of one length; they hold the port's name.
    Fixed(usize),
    /// As long as the name needs; they hold the initiator session identifier (ISID), too, or not.
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
