// SPDX-License-Identifier: GPL-2.0-only

//! Names of targets and initiators: checks of configfs directories, and conversions for target
//! core.

#![forbid(unsafe_code)]

use kernel::{prelude::*, str::BStr};

use crate::{
    target::{self, Operations, Tpg},
    transport_id::PortName,
    Fabric, //
};

/// Accepts the directory of a target only under its canonical name, so that a target has one
/// directory.
///
/// # Errors
///
/// Returns [`EINVAL`], and logs the canonical name, or the fault of the name.
pub(crate) fn check_target_name(name: &BStr) -> Result {
    if PortName::is_canonical(name) {
        return Ok(());
    }
    if let Some(byte) = PortName::invalid_byte(name) {
        pr_err!(
            "cannot use port name {}: it has byte {:#04x}; want {}\n",
            name,
            byte,
            PortName::FORM
        );
        return Err(EINVAL);
    }
    let port = PortName::parse(name);
    let want = port
        .as_ref()
        .map_or(PortName::FORM.as_bytes(), PortName::as_bytes);
    pr_err!(
        "cannot use port name {}: want {}\n",
        name,
        BStr::from_bytes(want)
    );
    Err(EINVAL)
}

/// Accepts a node ACL only under the canonical name of an initiator, the one that target core
/// derives from a TransportID.
///
/// # Errors
///
/// Returns [`EINVAL`], and logs the fault of the name.
pub(crate) fn check_initiator_name(name: &BStr) -> Result {
    let canonical = PortName::parse_initiator(name);
    if canonical.is_some_and(|canonical| canonical.as_bytes() == &**name) {
        return Ok(());
    }
    match PortName::offending_byte(name) {
        Some(byte) => pr_err!(
            "cannot use initiator name {}: it has byte {:#04x}\n",
            name,
            byte
        ),
        None => pr_err!(
            "cannot use initiator name {}: want lower case, and 1 to 223 bytes\n",
            name
        ),
    }
    Err(EINVAL)
}

/// Converts the name of an initiator to a C string for target core.
///
/// # Errors
///
/// Returns [`EINVAL`] if the name has a NUL.
pub(super) fn c_name(name: &PortName) -> Result<&CStr> {
    target::c_str(name.to_bytes_with_nul())
}

/// Returns the name of the target of a portal group.
pub(super) fn target_name(tpg: &Tpg<Fabric>) -> &[u8] {
    let name: &BStr = Fabric::tpg_get_wwn(tpg).as_ref();
    name
}
