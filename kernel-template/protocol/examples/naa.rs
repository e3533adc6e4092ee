// SPDX-License-Identifier: GPL-2.0-only

//! Examples of port names of ADT, ATA and UAS.

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
];
