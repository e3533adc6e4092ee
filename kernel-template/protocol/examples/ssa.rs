// SPDX-License-Identifier: GPL-2.0-only

//! Examples of SSA port names.

/// Name of a port.
pub(crate) const NAME: &str = "50050760000012ab";

/// Name of another port.
pub(crate) const OTHER_NAME: &str = "50050760000012ac";

/// Name of an initiator port.
pub(crate) const INITIATOR_NAME: &str = "5005076000001234";

/// Other spellings of [`NAME`], which the driver refuses.
pub(crate) const SPELLINGS: &[&str] = &["50050760000012AB", "0x50050760000012ab"];

/// Invalid names, each for a different reason.
pub(crate) const REFUSED: &[&str] = &[
    "5005076000001234a",
    "500507600000123",
    "500507600000123g",
    "naa.5005076000001234",
    "0x",
];
