// SPDX-License-Identifier: GPL-2.0-only

//! Port names and TransportIDs on the host, by the files that are compiled into the modules.
//!
//! Each file is included unchanged, and wrapped in one interface for the tests and the fuzzer. No
//! input may make them panic.

#![allow(
    clippy::duplicate_mod,
    reason = "the file of each protocol has its own modules hex.rs and name.rs, as in a generated module"
)]

#[path = "../../kernel-template/protocol/fc.rs"]
mod fc;
#[path = "../../kernel-template/protocol/iscsi.rs"]
mod iscsi;
#[path = "../../kernel-template/protocol/naa.rs"]
mod naa;
#[path = "../../kernel-template/protocol/pcie.rs"]
mod pcie;
#[path = "../../kernel-template/protocol/sas.rs"]
mod sas;
#[path = "../../kernel-template/protocol/sbp.rs"]
mod sbp;
#[path = "../../kernel-template/protocol/sop.rs"]
mod sop;
#[path = "../../kernel-template/protocol/spi.rs"]
mod spi;
#[path = "../../kernel-template/protocol/srp.rs"]
mod srp;
#[path = "../../kernel-template/protocol/ssa.rs"]
mod ssa;

use anyhow::Result;
use iscsi::{ISID_DIGITS, LEN_MAX};

/// An initiator session identifier, as digits of a TransportID.
pub type Isid = [u8; ISID_DIGITS];

/// The functions of a protocol's `transport_id.rs`.
#[derive(Clone, Copy, Debug)]
pub struct Codec {
    /// The protocol's name.
    pub protocol: &'static str,
    /// Description of the accepted names, for messages.
    pub form: &'static str,
    /// Reads a name in any of its spellings.
    pub parse: fn(&[u8]) -> Option<Port>,
    /// TransportIDs, if T10 defines them for the protocol.
    pub transport_id: Option<IdCodec>,
}

impl Codec {
    /// Returns true if `name` is in the canonical spelling, the only one that the driver accepts
    /// for target ports and node ACLs.
    #[must_use]
    pub fn is_canonical(&self, name: &[u8]) -> bool {
        (self.parse)(name).is_some_and(|port| port.text == name)
    }
}

/// A parsed port name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// The canonical form.
    pub text: Vec<u8>,
    /// The canonical form with a NUL, as in C.
    pub with_nul: Vec<u8>,
    /// The number in the name, most significant byte first, if it has one.
    pub value: Vec<u8>,
}

/// The content of a TransportID: a port's name in its canonical form, and the ISID.
pub type Named = (Vec<u8>, Option<Isid>);

/// Functions that write and read the TransportIDs of a protocol.
#[derive(Clone, Copy, Debug)]
pub struct IdCodec {
    /// Writes the TransportID of a name, with an ISID if the protocol has one.
    pub encode: fn(&[u8], Option<&Isid>) -> Option<Vec<u8>>,
    /// Reads a TransportID.
    pub decode: fn(&[u8]) -> Option<Named>,
}

macro_rules! codec {
    ($protocol:literal, $file:ident, |$port:ident| $value:expr, $transport_id:expr) => {
        Codec {
            protocol: $protocol,
            form: $file::PortName::FORM,
            parse: |name| {
                let $port = $file::PortName::parse(name)?;
                Some(Port {
                    text: $port.as_bytes().to_vec(),
                    with_nul: $port.to_bytes_with_nul().to_vec(),
                    value: Vec::from($value),
                })
            },
            transport_id: $transport_id,
        }
    };
}

/// TransportIDs of a fixed length without an ISID.
macro_rules! fixed {
    ($file:ident) => {
        Some(IdCodec {
            encode: |name, isid| {
                let id = $file::encode(&$file::PortName::parse(name)?);
                isid.is_none().then(|| id.to_vec())
            },
            decode: |id| Some(($file::decode(id)?.as_bytes().to_vec(), None)),
        })
    };
}

/// TransportIDs of iSCSI, with an ISID.
const ISCSI: IdCodec = IdCodec {
    encode: |name, isid| {
        let mut id = [0xff; LEN_MAX];
        let len = iscsi::encode(&iscsi::PortName::parse(name)?, isid, &mut id)?;
        id.get(..len).map(<[u8]>::to_vec)
    },
    decode: |id| {
        let (name, isid) = iscsi::decode(id)?;
        Some((name.as_bytes().to_vec(), isid))
    },
};

/// Every protocol, by identifier.
pub static CODECS: [Codec; 12] = [
    codec!("FC", fc, |port| port.value().to_be_bytes(), fixed!(fc)),
    codec!(
        "SPI",
        spi,
        |port| [port.address(), port.target_port()]
            .map(u16::to_be_bytes)
            .concat(),
        fixed!(spi)
    ),
    codec!("SSA", ssa, |port| port.value().to_be_bytes(), None),
    codec!("SBP", sbp, |port| port.value().to_be_bytes(), fixed!(sbp)),
    codec!("SRP", srp, |port| port.value(), fixed!(srp)),
    codec!("iSCSI", iscsi, |port| port.as_bytes().to_vec(), Some(ISCSI)),
    codec!("SAS", sas, |port| port.value().to_be_bytes(), fixed!(sas)),
    codec!("ADT", naa, |port| port.value().to_be_bytes(), None),
    codec!("ATA", naa, |port| port.value().to_be_bytes(), None),
    codec!("UAS", naa, |port| port.value().to_be_bytes(), None),
    codec!(
        "SOP",
        sop,
        |port| port.routing_id().to_be_bytes(),
        fixed!(sop)
    ),
    codec!(
        "PCIe",
        pcie,
        |port| [port.domain(), port.routing_id()]
            .map(u16::to_be_bytes)
            .concat(),
        None
    ),
];

/// Bytes of a text with two hexadecimal digits for each.
///
/// # Errors
///
/// If a character is not a hexadecimal digit.
pub fn from_hex(digits: &str) -> Result<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair)?;
        Ok(u8::from_str_radix(pair, 16)?)
    });
    pairs.collect()
}

/// Text with two hexadecimal digits for each byte.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The codec of a protocol.
#[must_use]
pub fn codec(protocol: &str) -> Option<&'static Codec> {
    CODECS.iter().find(|codec| codec.protocol == protocol)
}
