// SPDX-License-Identifier: GPL-2.0-only

//! Commands to the disk of a fabric.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::{Figure, Target};
use crate::guest::Guest;
use crate::kernel::Kernel;
use crate::module::{ISCSI, LOOPBACK, Module};
use crate::shell::checkout;

/// Figures of a disk whose module is in a directory.
pub(super) fn figures(kernel: &Kernel, module: &Path, disk: &Disk) -> Result<Vec<Figure>> {
    let mut figures = instructions(kernel, module, disk)?;
    figures.extend(rates(kernel, module, disk)?);
    Ok(figures)
}

/// A disk to compare with that of a C module.
pub(super) struct Disk {
    /// The module.
    pub module: Module<'static>,
    /// Script of `tests/guest` that runs the loads on both disks.
    script: &'static str,
    /// The C module.
    pub peer: &'static str,
    /// Target of the instructions of a command.
    instructions: Target,
    /// Target of the rate of commands.
    rate: Target,
}

/// The disk of a loopback module.
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

/// The disk of an iSCSI target, with the initiator of the kernel.
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

/// Limit of time for the loads of a guest.
pub(super) const LIMIT: Duration = Duration::from_secs(60 * 60);

/// Amount of data and time of a run of fio.
struct Run {
    kib: f64,
    milliseconds: f64,
}

/// Runs of a load on our disk and the peer's.
#[derive(Default)]
struct Runs {
    ours: Vec<Run>,
    peer: Vec<Run>,
}

/// Runs the loads in a guest. Returns the runs by load.
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

/// KiB of each command of a load: the number at the start of its name.
fn block(load: &str) -> Result<f64> {
    let number = load.split(' ').next().unwrap_or_default();
    number.parse().with_context(|| format!("no size in {load}"))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Figures of loads: for each, the median of `measure` over the runs. `measure` gets a run and its
/// number of commands.
fn disk_figures(
    loads: BTreeMap<String, Runs>,
    target: Target,
    measure: fn(&Run, f64) -> f64,
    [what, unit]: [&str; 2],
    peer_name: &str,
) -> Result<Vec<Figure>> {
    let figure = |(load, runs): (String, Runs)| {
        let block = block(&load)?;
        let measured = |runs: &[Run]| {
            let each = |run| measure(run, run.kib / block);
            median(runs.iter().map(each).collect())
        };
        let (ours, peer) = (measured(&runs.ours), measured(&runs.peer));
        let what = format!("{what}, {load}, to {peer_name}");
        Ok(Figure::new(what, unit, [ours, peer], 0, target))
    };
    loads.into_iter().map(figure).collect()
}

/// Instructions of each command to a disk, including fio, as ratios to the peer's.
fn instructions(kernel: &Kernel, module: &Path, disk: &Disk) -> Result<Vec<Figure>> {
    let mut guest = Guest::new(kernel);
    guest.modules = vec![module.to_owned()];
    guest.limit = LIMIT;
    guest.count_instructions();
    // One run is enough, since instructions hardly vary.
    disk_figures(
        speed(&guest, disk, 1, 1)?,
        disk.instructions,
        |run, commands| run.milliseconds * 1e6 / commands,
        ["instructions"; 2],
        disk.peer,
    )
}

/// Commands per second of two processors, as ratios to the peer's.
fn rates(kernel: &Kernel, module: &Path, disk: &Disk) -> Result<Vec<Figure>> {
    let mut guest = Guest::racing(kernel);
    guest.modules = vec![module.to_owned()];
    guest.limit = LIMIT;
    disk_figures(
        speed(&guest, disk, 2, 5)?,
        disk.rate,
        |run, commands| commands / (run.milliseconds / 1e3),
        ["IOPS, two processors", "I/O a second"],
        disk.peer,
    )
}
