// SPDX-License-Identifier: GPL-2.0-only

//! Examples of SAS port names and TransportIDs.

/// Name of a port.
pub(crate) const NAME: &str = "naa.5001405abcdef012";

/// Name of another port.
pub(crate) const OTHER_NAME: &str = "naa.5001405abcdef013";

/// Name of an initiator port.
pub(crate) const INITIATOR_NAME: &str = "naa.500605b000001234";

/// Other spellings of [`NAME`], which the driver refuses.
pub(crate) const SPELLINGS: &[&str] = &[
    "naa.5001405ABCDEF012",
    "5001405abcdef012",
    "0x5001405abcdef012",
];

/// Invalid names, each for a different reason.
pub(crate) const REFUSED: &[&str] = &[
    "naa.5001405abcdef01",
    "naa.5001405abcdef0123",
    "naa.5001405abcdef01g",
    "eui.5001405abcdef012",
    "0xnaa.5001405abcdef012",
];

/// TransportIDs made by hand. SPC-4, section 7.6.4.7: SAS ADDRESS in bytes 4 to 11.
pub(crate) const IDS: &[(&str, [u8; 24])] = &[(
    "naa.5001405abcdef012",
    [
        0x06, 0x00, 0x00, 0x00, 0x50, 0x01, 0x40, 0x5a, //
        0xbc, 0xde, 0xf0, 0x12, 0x00, 0x00, 0x00, 0x00, //
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
    ],
)];
