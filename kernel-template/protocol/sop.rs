// SPDX-License-Identifier: GPL-2.0-only

//! SCSI over PCI Express (SOP) port names and TransportIDs.
//!
//! The canonical name of a port is its PCI routing identifier as lspci prints it, in lower-case
//! hexadecimal: bus, colon, device, dot, function. [`PortName::parse`] also accepts upper case; the
//! driver refuses it for directories.
//!
//! A TransportID (SPC-4, section 7.6.4.8) has 24 bytes, with the routing identifier at byte 2.
//! Target core does not support it.
//!
//! Pure `core`: the same file is compiled and tested on the host.

#![allow(dead_code, reason = "without a data path only the names are used")]

mod hex;
mod name;

use name::Name;

/// Length of a TransportID, in bytes.
pub(crate) const LEN: usize = 24;

const PROTOCOL: u8 = 0x0a;
const TEXT_LEN: usize = 7;

/// The name of an SOP port, target or initiator.
pub(crate) type PortName = Name<u16, { TEXT_LEN + 1 }>;

impl PortName {
    /// Form of the accepted names, for messages.
    pub(crate) const FORM: &'static str =
        "a PCI bus, device and function in lower case, as in 3b:00.1";

    /// Parses a name in any case.
    pub(crate) fn parse(name: &[u8]) -> Option<Self> {
        let &[b0, b1, b':', d0, d1, b'.', function] = name else {
            return None;
        };
        let (bus, device, function) = (
            hex::read_pair(&[b0, b1])?,
            hex::read_pair(&[d0, d1])?,
            hex::read_digit(function)?,
        );
        if function > 0x7 {
            return None;
        }
        // A device of more than five bits does not fit.
        let low = device.checked_mul(8)?.checked_add(function)?;
        Some(Self::from_routing_id(u16::from_be_bytes([bus, low])))
    }

    /// Returns true if `name` is in its canonical form.
    pub(crate) fn is_canonical(name: &[u8]) -> bool {
        Self::parse(name).is_some_and(|port| port.as_bytes() == name)
    }

    /// Creates the name of the port with this routing identifier.
    pub(crate) fn from_routing_id(routing_id: u16) -> Self {
        let [bus, low] = routing_id.to_be_bytes();
        let (device, function) = (low / 8, low % 8);
        let digits = hex::digits([bus, device]);
        let mut text = *b"00:00.0";
        let places = text.iter_mut().filter(|byte| **byte == b'0');
        for (place, digit) in places.zip(digits.chain([hex::digit(function)])) {
            *place = digit;
        }
        Self::new(text, routing_id)
    }

    /// Returns the routing identifier: bus, device and function in 8, 5 and 3 bits.
    pub(crate) fn routing_id(&self) -> u16 {
        self.value()
    }
}

/// Returns the TransportID of `name`.
pub(crate) fn encode(name: &PortName) -> [u8; LEN] {
    let mut id = [0; LEN];
    let bytes = [[PROTOCOL, 0], name.routing_id().to_be_bytes()];
    for (place, byte) in id.iter_mut().zip(bytes.into_iter().flatten()) {
        *place = byte;
    }
    id
}

/// Parses a TransportID. Returns `None` for one that [`encode`] cannot write.
pub(crate) fn decode(id: &[u8]) -> Option<PortName> {
    let routing_id = id.get(2..4)?.try_into().ok()?;
    let name = PortName::from_routing_id(u16::from_be_bytes(routing_id));
    (encode(&name) == *id).then_some(name)
}
