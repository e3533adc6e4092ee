// SPDX-License-Identifier: GPL-2.0-only

//! The form of a port's canonical name, as data.
//!
//! The texts of `protocols` and of a module's log are made from it. Names are read by
//! `transport_id.rs` in the module; the tests check that the two agree.

use std::fmt::{self, Display, Formatter};

/// The canonical names of a protocol's ports. All letters are in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameForm {
    /// A prefix, which may be empty, and so many hexadecimal digits.
    Digits {
        /// What the name begins with.
        prefix: &'static str,
        /// The number of digits.
        count: usize,
    },
    /// So many bytes, each of two hexadecimal digits, with colons between them.
    Bytes(usize),
    /// `spi.`, a SCSI address, a dot and a relative target port identifier: numbers of 16 bits, in
    /// decimal without zeros before them.
    ScsiAddress,
    /// An `iqn.`, `eui.` or `naa.` name, RFC 7143, section 4.2.7, of at most [`ISCSI_NAME_MAX`] bytes.
    Iscsi,
    /// A PCI bus, device and function in hexadecimal, as `lspci` writes them.
    Pci {
        /// Whether a domain stands before them.
        has_domain: bool,
    },
}

/// The longest iSCSI name, in bytes: RFC 7143, section 4.2.7.2.
pub const ISCSI_NAME_MAX: usize = 223;

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
