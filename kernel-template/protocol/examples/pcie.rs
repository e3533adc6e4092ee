// SPDX-License-Identifier: GPL-2.0-only

//! Examples of PCI Express port names.

/// Name of a port.
pub(crate) const NAME: &str = "0000:3b:00.1";

/// Name of another port.
pub(crate) const OTHER_NAME: &str = "abcd:3b:1f.7";

/// Name of an initiator port.
pub(crate) const INITIATOR_NAME: &str = "0000:00:02.0";

/// Other spellings of [`NAME`], which the driver refuses.
pub(crate) const SPELLINGS: &[&str] = &["0000:3B:00.1", "3b:00.1"];

/// Invalid names, each for a different reason.
pub(crate) const REFUSED: &[&str] = &[
    "0000:3b:00",
    "0000:3b:00.8",
    "0000:3b:20.0",
    "000:3b:00.1",
    "00000:3b:00.1",
    ":3b:00.1",
    "0000:3b:00.g",
];
