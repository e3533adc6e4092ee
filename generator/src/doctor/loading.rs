// SPDX-License-Identifier: GPL-2.0-only

//! Conditions of loading a module. None prevents the build.

use std::fs;

use super::check::{Check, Environment, Status, Subject};
use crate::kernel::running_release;

pub(super) fn checks(environment: &Environment<'_>) -> Vec<Check> {
    let mut checks = vec![signature(environment), kunit(environment)];
    checks.extend(versions(environment));
    checks
}

/// Signatures, which this kernel or its boot mode may require.
fn signature(environment: &Environment<'_>) -> Check {
    let subject = Subject::Signature;
    let sign = "sign the module with a key that the kernel trusts (see Documentation/admin-guide/\
                module-signing.rst); with Secure Boot, enrol the key by `mokutil --import`";
    if environment.config.is_on("MODULE_SIG_FORCE") {
        return Check::with_remedy(
            subject,
            Status::Note,
            "the kernel refuses unsigned modules (CONFIG_MODULE_SIG_FORCE)",
            sign,
        );
    }
    let lockdown = fs::read_to_string("/sys/kernel/security/lockdown").unwrap_or_default();
    let locked = ["[integrity]", "[confidentiality]"];
    if is_running(environment) && locked.iter().any(|mode| lockdown.contains(mode)) {
        return Check::with_remedy(
            subject,
            Status::Note,
            format!(
                "this machine is locked down and refuses unsigned modules (lockdown: {})",
                lockdown.trim()
            ),
            sign,
        );
    }
    Check::ok(
        subject,
        "not required, unless the machine is booted locked down",
    )
}

fn is_running(environment: &Environment<'_>) -> bool {
    environment.tree.release() == Some(running_release())
}

fn kunit(environment: &Environment<'_>) -> Check {
    if environment.config.get("KUNIT") == "y" {
        return Check::ok(Subject::Kunit, "CONFIG_KUNIT=y");
    }
    Check::with_remedy(
        Subject::Kunit,
        Status::Note,
        "CONFIG_KUNIT is not y, so a module's suite is left out",
        "`make test` in the module's directory runs the same tests on this machine",
    )
}

/// `MODVERSIONS`, which ties a module to one build of the kernel.
fn versions(environment: &Environment<'_>) -> Option<Check> {
    environment.config.is_on("MODVERSIONS").then(|| {
        Check::with_remedy(
            Subject::Modversions,
            Status::Note,
            "the kernel refuses a module whose symbol versions differ from its own",
            "build the module again for each kernel, by DKMS for instance",
        )
    })
}
