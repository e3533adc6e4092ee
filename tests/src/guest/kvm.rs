// SPDX-License-Identifier: GPL-2.0-only

//! Guests on a processor of the host's kind, where that works.

use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use rustix::fs::FlockOperation;

use super::running::{Ended, Running};
use super::vng;
use crate::kernel::Kernel;
use crate::shell::{cache, lock, text};

/// Returns true if a guest boots with KVM: nested, it may hang, so it is tried, once per boot of
/// the host.
pub(super) fn kvm_works(kernel: &Kernel) -> Result<bool> {
    if File::options()
        .read(true)
        .write(true)
        .open("/dev/kvm")
        .is_err()
    {
        return Ok(false);
    }
    let boot = text(Path::new("/proc/sys/kernel/random/boot_id"));
    let _asking = lock(&cache()?, FlockOperation::LockExclusive)?;
    let answer = cache()?.join("kvm");
    let known = text(&answer);
    if let Some(works) = known.strip_prefix(&boot) {
        return Ok(works == "yes");
    }
    let mut vng = vng(kernel);
    vng.args(["--cpus", "1", "--memory", "512M", "--exec", "echo it-boots"]);
    let log = cache()?.join("kvm.log");
    let dir = tempfile::tempdir()?;
    let mut running = Running::start(vng, dir.path(), "", &log)?;
    let ended = running.wait(Duration::from_secs(30), || Ok(false))?;
    let boots = text(&log).lines().any(|line| line.trim() == "it-boots");
    let works = ended == Ended::ByItself && boots;
    fs::write(
        answer,
        format!("{boot}{}", if works { "yes" } else { "no" }),
    )?;
    Ok(works)
}
