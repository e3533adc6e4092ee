// SPDX-License-Identifier: GPL-2.0-only

//! Examples of SSA port names.

/// A port.
pub(crate) const NAME: &str = "50050760000012ab";

/// Another port.
pub(crate) const OTHER_NAME: &str = "50050760000012ac";

/// An initiator's port.
pub(crate) const INITIATOR_NAME: &str = "5005076000001234";

/// Other spellings of [`NAME`], which the driver refuses.
pub(crate) const SPELLINGS: &[&str] = &["50050760000012AB", "0x50050760000012ab"];

/// Names of no port, each for a reason of its own.
pub(crate) const REFUSED: &[&str] = &[
    "5005076000001234a",
    "500507600000123",
    "500507600000123g",
    "naa.5005076000001234",
    "0x",
];
