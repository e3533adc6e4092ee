// SPDX-License-Identifier: GPL-2.0-only

//! What is to be known when a module is loaded, and does not keep it from being built.

use std::fs;

use super::{Check, Patient, What};
use crate::kernel::running_release;

pub(super) fn checks(patient: &Patient<'_>) -> Vec<Check> {
    let mut checks = vec![signature(patient), kunit(patient)];
    checks.extend(versions(patient));
    checks
}

/// Whether this kernel, or the way in which it was booted, refuses unsigned modules.
fn signature(patient: &Patient<'_>) -> Check {
    let what = What::Signature;
    let sign = "sign the module with a key that the kernel trusts: Documentation/admin-guide/\
                module-signing.rst, or mokutil --import with Secure Boot";
    if patient.config.is_on("MODULE_SIG_FORCE") {
        return Check::note(
            what,
            "the kernel refuses unsigned modules (CONFIG_MODULE_SIG_FORCE)",
            sign,
        );
    }
    let lockdown = fs::read_to_string("/sys/kernel/security/lockdown").unwrap_or_default();
    let locked = ["[integrity]", "[confidentiality]"];
    if is_running(patient) && locked.iter().any(|mode| lockdown.contains(mode)) {
        return Check::note(
            what,
            format!(
                "this machine is locked down and refuses unsigned modules (lockdown: {})",
                lockdown.trim()
            ),
            sign,
        );
    }
    Check::ok(
        what,
        "not required, unless the machine is booted locked down",
    )
}

fn is_running(patient: &Patient<'_>) -> bool {
    patient.tree.release() == Some(running_release())
}

fn kunit(patient: &Patient<'_>) -> Check {
    if patient.config.get("KUNIT") == "y" {
        return Check::ok(What::Kunit, "CONFIG_KUNIT=y");
    }
    Check::note(
        What::Kunit,
        "CONFIG_KUNIT is not y, so a module's suite is left out",
        "`make test` in the module's directory runs the same tests on this machine",
    )
}

/// `MODVERSIONS`: a module goes with this very build of the kernel.
fn versions(patient: &Patient<'_>) -> Option<Check> {
    patient.config.is_on("MODVERSIONS").then(|| {
        Check::note(
            What::Modversions,
            "the kernel refuses a module that was built with other types of its symbols",
            "build the module again for each kernel, by DKMS for instance",
        )
    })
}
