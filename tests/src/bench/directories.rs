// SPDX-License-Identifier: GPL-2.0-only

//! Creation and removal of the directories of a fabric.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::{Figure, MODULE, Target};
use crate::guest::Guest;
use crate::kernel::Kernel;
use crate::module::rounds;

/// Figures of the module in a directory.
pub(super) fn figures(kernel: &Kernel, module: &Path) -> Result<Vec<Figure>> {
    let mut figures = instructions(kernel, module)?;
    figures.extend(scale(kernel, module)?);
    Ok(figures)
}

/// Instructions to create and remove each kind of directory, as ratios to those of `tcm_remote`.
/// The clock of the guest counts instructions, so that the figures do not depend on the host.
fn instructions(kernel: &Kernel, module: &Path) -> Result<Vec<Figure>> {
    let mut guest = Guest::new(kernel);
    guest.modules = vec![module.to_owned()];
    guest.count_instructions();
    let rounds = rounds()?;
    let time = |fabric: &str| {
        format!(
            "mkdir $T/{fabric} && {} time $T/{fabric}/iqn.foo iqn.bar 300\n",
            rounds.display()
        )
    };
    let outcome = guest.run_quietly(&format!(
        "T=/sys/kernel/config/target\nmodprobe tcm_remote && modprobe {} || exit 1\n\
         {}echo ===\n{}",
        MODULE.name,
        time("bench"),
        time("remote")
    ))?;
    outcome.check()?;
    let (ours, peer) = outcome
        .output
        .split_once("===\n")
        .context("the guest gave no figures")?;
    ours.lines()
        .zip(peer.lines())
        .map(|(ours, peer)| {
            let (what, ours) = ours.rsplit_once(' ').context("no figure")?;
            let peer = peer.rsplit_once(' ').context("no figure")?.1;
            Ok(Figure {
                what: format!("instructions, {what}, to tcm_remote"),
                unit: "instructions".to_owned(),
                ours: ours.to_owned(),
                peer: peer.to_owned(),
                ratio: ours.parse::<f64>()? / peer.parse::<f64>()?,
                target: Target::Most(1.0),
            })
        })
        .collect()
}

/// Numbers of directories of a kind.
const COUNTS: [u32; 3] = [FEW, 1000, MANY];
const FEW: u32 = 100;
const MANY: u32 = 4000;

/// Number of runs in which all of them are created, for measurements of time.
const TURNS: u32 = 3;

/// Cost of creating directories beside many of the same kind, on our fabric and the peer's, as
/// `configfs-rounds` prints it: the minimum of the runs.
struct Scale {
    /// Creation of all of them: by kind, ours and the peer's.
    all: BTreeMap<String, [f64; 2]>,
    /// Creation of one more.
    one: BTreeMap<String, [f64; 2]>,
}

fn run_scale(guest: &Guest<'_>, count: u32, turns: u32) -> Result<Scale> {
    let rounds = rounds()?;
    let rounds = rounds.display();
    let ours = MODULE.name.trim_start_matches("tcm_");
    let outcome = guest.run_quietly(&format!(
        "T=/sys/kernel/config/target\nmodprobe tcm_remote && modprobe {} || exit 1\n\
         mkdir $T/{ours} $T/remote || exit 1\n\
         for turn in $(seq {turns}); do\n\
         for fabric in {ours} remote; do\n\
         echo $fabric\n{rounds} scale $T/$fabric {count} 100 || exit 1\n\
         done\ndone\n",
        MODULE.name,
    ))?;
    outcome.check()?;
    let mut scale = Scale {
        all: BTreeMap::new(),
        one: BTreeMap::new(),
    };
    let mut whose = 0;
    for line in outcome.output.lines() {
        let fields: Vec<_> = line.split(' ').collect();
        let [kind, all, one] = fields[..] else {
            whose = usize::from(line == "remote");
            continue;
        };
        for (times, time) in [(&mut scale.all, all), (&mut scale.one, one)] {
            let least = times.entry(kind.to_owned()).or_insert([f64::INFINITY; 2]);
            least[whose] = least[whose].min(time.parse()?);
        }
    }
    Ok(scale)
}

/// Creation of directories beside many others, as ratios to `tcm_remote`, and the growth of these
/// ratios.
fn scale(kernel: &Kernel, module: &Path) -> Result<Vec<Figure>> {
    let mut counting = Guest::new(kernel);
    counting.modules = vec![module.to_owned()];
    let mut timing = Guest::racing(kernel);
    timing.modules.clone_from(&counting.modules);
    counting.count_instructions();
    let mut figures = Vec::new();
    let mut ratios: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for count in COUNTS {
        for (kind, [ours, peer]) in run_scale(&counting, count, 1)?.one {
            ratios.entry(kind.clone()).or_default().push(ours / peer);
            figures.push(Figure::new(
                format!("instructions a mkdir, {kind}, {count} there, to tcm_remote"),
                "instructions",
                [ours, peer],
                0,
                most_of(&kind),
            ));
        }
    }
    for count in COUNTS {
        for (kind, [ours, peer]) in run_scale(&timing, count, TURNS)?.all {
            figures.push(Figure::new(
                format!("time of {count} mkdirs, {kind}, two processors, to tcm_remote"),
                "ms",
                [ours, peer].map(|nanoseconds| nanoseconds / 1e6),
                1,
                most_of(&kind),
            ));
        }
    }
    for (kind, ratios) in ratios {
        let [few, .., many] = ratios[..] else {
            bail!("no figures of a {kind}")
        };
        figures.push(Figure::new(
            format!("that ratio of instructions, {kind}, {MANY} there, to {FEW} there"),
            "",
            [many, few],
            3,
            // The number of instructions varies by less than a hundredth.
            Target::Most(1.01),
        ));
    }
    Ok(figures)
}

/// Target of the cost of a kind of directory.
fn most_of(kind: &str) -> Target {
    Target::Most(if kind == "wwn" { 1.0 } else { 1.03 })
}
