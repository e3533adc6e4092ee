// SPDX-License-Identifier: GPL-2.0-only

//! Examples of parallel SCSI port names and TransportIDs.

/// Name of a port.
pub(crate) const NAME: &str = "spi.0.1";

/// Name of another port.
pub(crate) const OTHER_NAME: &str = "spi.15.65535";

/// Name of an initiator port.
pub(crate) const INITIATOR_NAME: &str = "spi.7.1";

/// Other spellings of [`NAME`], which the driver refuses.
pub(crate) const SPELLINGS: &[&str] = &["SPI.0.1", "Spi.0.1"];

/// Invalid names, each for a different reason.
pub(crate) const REFUSED: &[&str] = &[
    "spi.",
    "spi.7",
    "spi.7.",
    "spi.7.1.1",
    "spi.07.1",
    "spi.7.65536",
    "spi.7.+1",
    "7.1",
];

/// TransportIDs made by hand. SPC-4, section 7.6.4.3: SCSI ADDRESS in bytes 2 and 3, RELATIVE
/// TARGET PORT IDENTIFIER in bytes 6 and 7.
pub(crate) const IDS: &[(&str, [u8; 24])] = &[(
    "spi.15.4660",
    [
        0x01, 0x00, 0x00, 0x0f, 0x00, 0x00, 0x12, 0x34, //
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
    ],
)];
