// SPDX-License-Identifier: GPL-2.0-only

//! Which TransportIDs a protocol has, as data: SPC-4, section 7.6.4.
//!
//! It neither writes nor reads them: that is the duty of `transport_id.rs` in the module, and the
//! tests hold the two together.

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

/// A TransportID made by hand from the standard, and what it names.
#[derive(Debug, PartialEq, Eq)]
pub struct Vector {
    /// The port, in one of its spellings.
    pub name: &'static str,
    /// The initiator session identifier, as digits.
    pub isid: Option<&'static str>,
    /// The TransportID.
    pub id: &'static [u8],
}
