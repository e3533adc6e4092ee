// SPDX-License-Identifier: GPL-2.0-only

//! Examples of PCI Express (SOP) port names and TransportIDs.

/// Name of a port.
pub(crate) const NAME: &str = "3b:00.1";

/// Name of another port.
pub(crate) const OTHER_NAME: &str = "3b:1f.7";

/// Name of an initiator port.
pub(crate) const INITIATOR_NAME: &str = "00:02.0";

/// Other spellings of [`NAME`], which the driver refuses.
pub(crate) const SPELLINGS: &[&str] = &["3B:00.1"];

/// Invalid names, each for a different reason.
pub(crate) const REFUSED: &[&str] = &[
    "3b:00",
    "3b:00.8",
    "3b:20.0",
    "3b:0.1",
    "0000:3b:00.1",
    "3g:00.0",
    "3b.00.1",
];

/// TransportIDs made by hand. SPC-4, section 7.6.4.8: ROUTING ID, of 8, 5 and 3 bits, in bytes 2
/// and 3.
pub(crate) const IDS: &[(&str, [u8; 24])] = &[(
    "3b:1f.1",
    [
        0x0a, 0x00, 0x3b, 0xf9, 0x00, 0x00, 0x00, 0x00, //
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
    ],
)];
