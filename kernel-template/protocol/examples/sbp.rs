// SPDX-License-Identifier: GPL-2.0-only

//! Examples of IEEE 1394 port names and TransportIDs.

/// Name of a port.
pub(crate) const NAME: &str = "0090270001abcdef";

/// Name of another port.
pub(crate) const OTHER_NAME: &str = "0090270001abcdf0";

/// Name of an initiator port.
pub(crate) const INITIATOR_NAME: &str = "080046030212ab34";

/// Other spellings of [`NAME`], which the driver refuses.
pub(crate) const SPELLINGS: &[&str] = &[
    "0090270001ABCDEF",
    "eui.0090270001abcdef",
    "0x0090270001ABCDEF",
];

/// Invalid names, each for a different reason.
pub(crate) const REFUSED: &[&str] = &[
    "0090270001abcde",
    "0090270001abcdef0",
    "0090270001abcdeg",
    "00:90:27:00:01:ab:cd:ef",
    "naa.0090270001abcdef",
    "eui.",
];

/// TransportIDs made by hand. SPC-4, section 7.6.4.4: EUI-64 NAME in bytes 8 to 15.
pub(crate) const IDS: &[(&str, [u8; 24])] = &[(
    "0090270001abcdef",
    [
        0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
        0x00, 0x90, 0x27, 0x00, 0x01, 0xab, 0xcd, 0xef, //
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
    ],
)];
