// SPDX-License-Identifier: GPL-2.0-only

//! The form of a port's canonical name: the generator's only grammar of names.
//!
//! The output of `protocols`, a module's log and the class for rtslib have it. `transport_id.rs` in the
//! module parses names; the tests check that the two agree.

use std::fmt::{self, Display, Formatter};

/// The form of a protocol's canonical port names. All letters are in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameForm {
    /// A prefix, which may be empty, and hexadecimal digits.
    Digits {
        /// The prefix.
        prefix: &'static str,
        /// The number of digits.
        count: usize,
    },
    /// This number of bytes, each of two hexadecimal digits, with colons between them.
    Bytes(usize),
    /// `spi.`, a SCSI address, a dot and a relative target port identifier: decimal numbers of 16 bits
    /// without leading zeros.
    ScsiAddress,
    /// An `iqn.`, `eui.` or `naa.` name, RFC 7143, section 4.2.7, of at most [`ISCSI_NAME_MAX`] bytes.
    Iscsi,
    /// A PCI bus, device and function in hexadecimal, as `lspci` writes them.
    Pci {
        /// True if a PCI domain precedes them.
        has_domain: bool,
    },
}

/// The longest iSCSI name, in bytes: RFC 7143, section 4.2.7.2.
pub const ISCSI_NAME_MAX: usize = 223;

/// A decimal number of 16 bits without leading zeros, as a regular expression.
pub const U16: &str =
    "[0-9]|[1-9][0-9]{1,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]";

impl NameForm {
    /// Returns a regular expression for exactly these names, without anchors.
    #[must_use]
    pub fn pattern(self) -> String {
        match self {
            Self::Digits { prefix, count } => {
                format!("{}[0-9a-f]{{{count}}}", prefix.replace('.', "\\."))
            }
            Self::Bytes(count) => format!(
                "[0-9a-f]{{2}}(:[0-9a-f]{{2}}){{{}}}",
                count.saturating_sub(1)
            ),
            Self::ScsiAddress => format!("spi\\.({U16})\\.({U16})"),
            Self::Iscsi => format!(
                "iqn\\.[-.:0-9a-z]{{1,{}}}|eui\\.[0-9a-f]{{16}}|naa\\.([0-9a-f]{{16}}){{1,2}}",
                ISCSI_NAME_MAX.saturating_sub("iqn.".len())
            ),
            Self::Pci { has_domain } => {
                let domain = if has_domain { "[0-9a-f]{4}:" } else { "" };
                format!("{domain}[0-9a-f]{{2}}:[01][0-9a-f]\\.[0-7]")
            }
        }
    }
}

impl Display for NameForm {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Digits { prefix, count } => {
                if !prefix.is_empty() {
                    write!(f, "{prefix} and ")?;
                }
                write!(f, "{count} lower-case hexadecimal digits")
            }
            Self::Bytes(count) => {
                write!(
                    f,
                    "{count} pairs of lower-case hexadecimal digits with colons"
                )
            }
            Self::ScsiAddress => {
                f.write_str("spi., a SCSI address, a dot and a relative target port identifier")
            }
            Self::Iscsi => write!(
                f,
                "an iqn., eui. or naa. name in lower case, of at most {ISCSI_NAME_MAX} bytes"
            ),
            Self::Pci { has_domain } => {
                let domain = if *has_domain { "domain, " } else { "" };
                write!(f, "a PCI {domain}bus, device and function in lower case")
            }
        }
    }
}
