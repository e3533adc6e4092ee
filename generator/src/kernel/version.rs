// SPDX-License-Identifier: GPL-2.0-only

//! The version of the kernel in a directory.

use std::fs;
use std::path::Path;

/// The oldest supported kernel: version and patchlevel.
const OLDEST: [u32; 2] = [6, 12];

/// Returns true if an upstream version is older than the oldest supported one.
#[must_use]
pub(super) fn is_too_old(version: &str) -> bool {
    let numbers = version.split('.').map(str::parse);
    let numbers: Result<Vec<u32>, _> = numbers.take(2).collect();
    numbers.is_ok_and(|numbers| numbers[..] < OLDEST[..])
}

/// The release of the kernel that was built in `build`, as `uname -r` prints it.
#[must_use]
pub(super) fn release(build: &Path) -> Option<String> {
    let text = fs::read_to_string(build.join("include/config/kernel.release")).ok()?;
    Some(text.trim().to_owned())
}

/// The upstream version, such as `7.3.4`, in the makefile of a source tree or its headers.
#[must_use]
pub fn upstream(source: &Path) -> Option<String> {
    let makefile = fs::read_to_string(source.join("Makefile")).ok()?;
    let number = |name: &str| {
        let mut lines = makefile.lines();
        let value =
            lines.find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix('='))?;
        let value = value.trim();
        value.parse::<u32>().ok()
    };
    let (version, patchlevel) = (number("VERSION")?, number("PATCHLEVEL")?);
    Some(format!("{version}.{patchlevel}.{}", number("SUBLEVEL")?))
}
