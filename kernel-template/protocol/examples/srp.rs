// SPDX-License-Identifier: GPL-2.0-only

//! Examples of SRP port names and TransportIDs.

/// Name of a port.
pub(crate) const NAME: &str = "0xfe80000000000000001175000077d8ee";

/// Name of another port.
pub(crate) const OTHER_NAME: &str = "0x0000000000000000001175000077d8ee";

/// Name of an initiator port.
pub(crate) const INITIATOR_NAME: &str = "0xfe80000000000000f4521403007be0a1";

/// Other spellings of [`NAME`], which the driver refuses.
pub(crate) const SPELLINGS: &[&str] = &[
    "0XFE80000000000000001175000077D8EE",
    "fe80000000000000001175000077d8ee",
    "fe80:0000:0000:0000:0011:7500:0077:d8ee",
];

/// Invalid names, each for a different reason.
pub(crate) const REFUSED: &[&str] = &[
    "0x",
    "0x123",
    "0xfe80000000000000001175000077d8ee00",
    "0xfe80000000000000001175000077d8eg",
    "fe80::11:7500:77:d8ee",
    "fe80:0000:0000:0000:0011:7500:0077",
    "ib.fe80000000000000001175000077d8ee",
];

/// TransportIDs made by hand. SPC-4, section 7.6.4.5: INITIATOR PORT IDENTIFIER in bytes 8 to 23.
pub(crate) const IDS: &[(&str, [u8; 24])] = &[
    (
        "0xfe80000000000000001175000077d8ee",
        [
            0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
            0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
            0x00, 0x11, 0x75, 0x00, 0x00, 0x77, 0xd8, 0xee, //
        ],
    ),
    (
        "12aB",
        [
            0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
            0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
            0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x12, 0xab, //
        ],
    ),
];
