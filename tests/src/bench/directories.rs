// SPDX-License-Identifier: GPL-2.0-only

//! Making and removing the directories of a fabric.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::{Figure, MODULE, Target};
use crate::guest::Guest;
use crate::kernel::Kernel;
use crate::module::rounds;

/// The figures of the module in a directory.
pub(super) fn figures(kernel: &Kernel, module: &Path) -> Result<Vec<Figure>> {
    let mut figures = instructions(kernel, module)?;
    figures.extend(scale(kernel, module)?);
    Ok(figures)
}

/// Instructions for making and removing each kind of directory, as ratios to the kernel's own
/// fabric module. The guest's clock counts instructions, so the figures do not depend on the host.
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
                ours: ours.to_owned(),
                peer: peer.to_owned(),
                ratio: ours.parse::<f64>()? / peer.parse::<f64>()?,
                target: Target::Most(1.0),
            })
        })
        .collect()
}

/// How many directories of a kind there are.
const COUNTS: [u32; 3] = [FEW, 1000, MANY];
const FEW: u32 = 100;
const MANY: u32 = 4000;

/// How often all of them are made where time is measured.
const TURNS: u32 = 3;

/// The cost of making directories with many of their kind there, on our fabric and on the peer's in
/// turn, as `configfs-rounds` prints it: the least of the runs.
struct Scale {
    /// Making all of them: by kind, ours and the peer's.
    all: BTreeMap<String, [f64; 2]>,
    /// Making one more.
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

/// Making directories where there are many, as ratios to the kernel's own fabric module; and
/// whether that ratio grows with them.
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
            figures.push(Figure {
                what: format!("instructions a mkdir, {kind}, {count} there, to tcm_remote"),
                ours: format!("{ours:.0}"),
                peer: format!("{peer:.0}"),
                ratio: ours / peer,
                target: most_of(&kind),
            });
        }
    }
    for count in COUNTS {
        for (kind, [ours, peer]) in run_scale(&timing, count, TURNS)?.all {
            figures.push(Figure {
                what: format!("time of {count} mkdirs, {kind}, two processors, to tcm_remote"),
                ours: format!("{:.1} ms", ours / 1e6),
                peer: format!("{:.1} ms", peer / 1e6),
                ratio: ours / peer,
                target: most_of(&kind),
            });
        }
    }
    for (kind, ratios) in ratios {
        let [few, .., many] = ratios[..] else {
            bail!("no figures of a {kind}")
        };
        figures.push(Figure {
            what: format!("that ratio of instructions, {kind}, {MANY} there, to {FEW} there"),
            ours: format!("{many:.3}"),
            peer: format!("{few:.3}"),
            ratio: many / few,
            // Instructions are the same within a hundredth from run to run.
            target: Target::Most(1.01),
        });
    }
    Ok(figures)
}

/// The most that many directories of a kind may cost.
fn most_of(kind: &str) -> Target {
    Target::Most(if kind == "wwn" { 1.0 } else { 1.03 })
}
