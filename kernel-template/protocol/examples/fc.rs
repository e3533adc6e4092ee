// SPDX-License-Identifier: GPL-2.0-only

//! Examples of Fibre Channel port names and TransportIDs.

/// Name of a port.
pub(crate) const NAME: &str = "21:00:00:24:ff:31:4c:48";

/// Name of another port.
pub(crate) const OTHER_NAME: &str = "21:00:00:24:ff:31:4c:49";

/// Name of an initiator port.
pub(crate) const INITIATOR_NAME: &str = "50:01:43:80:12:34:56:78";

/// Other spellings of [`NAME`], which the driver refuses.
pub(crate) const SPELLINGS: &[&str] = &[
    "21:00:00:24:FF:31:4C:48",
    "21000024ff314c48",
    "0x21000024FF314C48",
];

/// Invalid names, each for a different reason.
pub(crate) const REFUSED: &[&str] = &[
    "21:00:00:24:ff:31:4c",
    "21:00:00:24:ff:31:4c:48:00",
    "21:00:00:24:ff:31:4c:4g",
    "2100:0024:ff31:4c48",
    "21000024ff314c4",
    "0x",
    "naa.21000024ff314c48",
];

/// TransportIDs made by hand. SPC-4, section 7.6.4.2: `N_PORT_NAME` in bytes 8 to 15.
pub(crate) const IDS: &[(&str, [u8; 24])] = &[(
    "21:00:00:24:ff:31:4c:48",
    [
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
        0x21, 0x00, 0x00, 0x24, 0xff, 0x31, 0x4c, 0x48, //
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
    ],
)];
