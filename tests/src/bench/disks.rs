// SPDX-License-Identifier: GPL-2.0-only

//! Commands to a disk of a fabric.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::{Figure, Target};
use crate::guest::Guest;
use crate::kernel::Kernel;
use crate::module::{ISCSI, LOOPBACK, Module};
use crate::shell::checkout;

/// The figures of a disk, whose module is in a directory.
pub(super) fn figures(kernel: &Kernel, module: &Path, disk: &Disk) -> Result<Vec<Figure>> {
    let mut figures = instructions(kernel, module, disk)?;
    figures.extend(rates(kernel, module, disk)?);
    Ok(figures)
}

/// A disk to be measured beside that of the kernel's own module.
pub(super) struct Disk {
    /// Its module.
    pub module: Module<'static>,
    /// The script of `tests/guest` that runs the loads on both.
    script: &'static str,
    /// The kernel's own module.
    pub peer: &'static str,
    /// What a command may cost, as a ratio.
    instructions: Target,
    /// What the rate of commands shall be, as a ratio.
    rate: Target,
}

/// The disk of a SCSI host.
pub(super) const LOOP_DISK: Disk = Disk {
    module: Module {
        proto: "iSCSI",
        name: "tcm_bench_disk",
        options: &LOOPBACK,
    },
    script: "speed.sh",
    peer: "tcm_loop",
    instructions: Target::Most(1.0),
    rate: Target::Least(1.0),
};

/// The disk of an iSCSI target, with the kernel's own initiator.
pub(super) const NETWORK_DISK: Disk = Disk {
    module: Module {
        proto: "iSCSI",
        name: "tcm_bench_target",
        options: &ISCSI,
    },
    script: "iscsi_speed.sh",
    peer: "iscsi_target_mod",
    instructions: Target::Most(0.95),
    rate: Target::Least(1.05),
};

/// How long a guest may take for its loads.
pub(super) const LIMIT: Duration = Duration::from_secs(60 * 60);

/// A run of fio: how much it moved, and how long that took.
struct Run {
    kib: f64,
    milliseconds: f64,
}

/// The runs of a load, on our disk and on the peer's.
#[derive(Default)]
struct Runs {
    ours: Vec<Run>,
    peer: Vec<Run>,
}

/// Runs the loads in the guest; gives the runs by load.
fn speed(guest: &Guest<'_>, disk: &Disk, jobs: u32, rounds: u32) -> Result<BTreeMap<String, Runs>> {
    let name = disk.module.name;
    let outcome = guest.run_quietly(&format!(
        "sh {}/tests/guest/{} {name} {} {jobs} {rounds}",
        checkout().display(),
        disk.script,
        name.trim_start_matches("tcm_"),
    ))?;
    outcome.check()?;
    let mut loads: BTreeMap<String, Runs> = BTreeMap::new();
    for line in outcome.output.lines() {
        let fields: Vec<_> = line.split(';').collect();
        let [load, whose, kib, milliseconds] = fields[..] else {
            bail!("fio gave no figures: {line}")
        };
        let run = Run {
            kib: kib.parse()?,
            milliseconds: milliseconds.parse()?,
        };
        let runs = loads.entry(load.to_owned()).or_default();
        match whose {
            "ours" => runs.ours.push(run),
            _ => runs.peer.push(run),
        }
    }
    Ok(loads)
}

/// How many KiB each command of the load moves: the number that the load's name begins with.
fn block(load: &str) -> Result<f64> {
    let number = load.split(' ').next().unwrap_or_default();
    number.parse().with_context(|| format!("no size in {load}"))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// The figures of loads: of each the median of what `measure` makes of a run and of how many
/// commands it had.
fn disk_figures(
    loads: BTreeMap<String, Runs>,
    target: Target,
    measure: fn(&Run, f64) -> f64,
    what: &str,
    peer_name: &str,
) -> Result<Vec<Figure>> {
    let figure = |(load, runs): (String, Runs)| {
        let block = block(&load)?;
        let measured = |runs: &[Run]| {
            let each = |run| measure(run, run.kib / block);
            median(runs.iter().map(each).collect())
        };
        let (ours, peer) = (measured(&runs.ours), measured(&runs.peer));
        Ok(Figure {
            what: format!("{what}, {load}, to {peer_name}"),
            ours: format!("{ours:.0}"),
            peer: format!("{peer:.0}"),
            ratio: ours / peer,
            target,
        })
    };
    loads.into_iter().map(figure).collect()
}

/// Instructions for each command to a disk, those of fio included, as ratios to the peer's.
fn instructions(kernel: &Kernel, module: &Path, disk: &Disk) -> Result<Vec<Figure>> {
    let mut guest = Guest::new(kernel);
    guest.modules = vec![module.to_owned()];
    guest.limit = LIMIT;
    guest.count_instructions();
    // Once: instructions hardly vary from run to run.
    disk_figures(
        speed(&guest, disk, 1, 1)?,
        disk.instructions,
        |run, commands| run.milliseconds * 1e6 / commands,
        "instructions",
        disk.peer,
    )
}

/// Commands a second that two processors get done, as ratios to the peer's.
fn rates(kernel: &Kernel, module: &Path, disk: &Disk) -> Result<Vec<Figure>> {
    let mut guest = Guest::racing(kernel);
    guest.modules = vec![module.to_owned()];
    guest.limit = LIMIT;
    disk_figures(
        speed(&guest, disk, 2, 5)?,
        disk.rate,
        |run, commands| commands / (run.milliseconds / 1e3),
        "IOPS, two processors",
        disk.peer,
    )
}
