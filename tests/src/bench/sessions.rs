// SPDX-License-Identifier: GPL-2.0-only

//! Many sessions of an iSCSI target: cost of a login and a read by the number of sessions, and
//! memory of a session.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::disks::{Disk, LIMIT};
use super::{Figure, Target};
use crate::guest::Guest;
use crate::kernel::Kernel;
use crate::module::iscsi_rate;
use crate::shell::checkout;

/// Numbers of sessions.
const FEW: &str = "1";
const MANY: &str = "64";

/// Values of our target and the peer's, by quantity and number of sessions.
type Measured = BTreeMap<(String, String), [f64; 2]>;

/// Figures of a target whose module is in a directory.
pub(super) fn figures(kernel: &Kernel, module: &Path, disk: &Disk) -> Result<Vec<Figure>> {
    let mut guest = Guest::racing(kernel);
    guest.modules = vec![module.to_owned()];
    guest.limit = LIMIT;
    let times = measure(&guest, disk)?;
    guest.count_instructions();
    let instructions = measure(&guest, disk)?;
    let mut figures = Vec::new();
    for ((what, sessions), [ours, peer]) in &instructions {
        let (text, unit) = match what.as_str() {
            "memory" => ("bytes of a session", "bytes"),
            "login" => ("instructions of a login and logout", "instructions"),
            _ => ("instructions of a 4 KiB read", "instructions"),
        };
        figures.push(figure(
            format!("{text}, sessions: {sessions}, to {}", disk.peer),
            unit,
            [*ours, *peer],
            Target::Most(if what == "memory" { 1.0 } else { 0.95 }),
        ));
    }
    for what in ["login", "read"] {
        let of = |sessions: &str| {
            let measured = instructions.get(&(what.to_owned(), sessions.to_owned()));
            measured.context("a figure is missing")
        };
        let ([few, few_peer], [many, many_peer]) = (of(FEW)?, of(MANY)?);
        figures.push(figure(
            format!(
                "growth of a {what}'s instructions, {FEW} to {MANY} sessions, to {}'s",
                disk.peer
            ),
            "",
            [many / few, many_peer / few_peer],
            Target::Most(1.0),
        ));
    }
    for ((what, sessions), [ours, peer]) in times {
        if what != "memory" {
            figures.push(figure(
                format!(
                    "{what}s a second, two processors, sessions: {sessions}, to {}",
                    disk.peer
                ),
                &format!("{what}s a second"),
                [1e9 / ours, 1e9 / peer],
                Target::Least(1.05),
            ));
        }
    }
    Ok(figures)
}

fn figure(what: String, unit: &str, [ours, peer]: [f64; 2], target: Target) -> Figure {
    let digits = if ours < 100.0 { 3 } else { 0 };
    Figure::new(what, unit, [ours, peer], digits, target)
}

/// Measures both targets in a guest. The script prints lines of quantity, number of sessions,
/// target and value.
fn measure(guest: &Guest<'_>, disk: &Disk) -> Result<Measured> {
    let name = disk.module.name;
    let outcome = guest.run_quietly(&format!(
        "sh {}/tests/guest/iscsi_sessions.sh {name} {} {} {FEW} 8 {MANY}",
        checkout().display(),
        name.trim_start_matches("tcm_"),
        iscsi_rate()?.display(),
    ))?;
    outcome.check()?;
    let mut measured = Measured::new();
    for line in outcome.output.lines() {
        let fields: Vec<_> = line.split(' ').collect();
        let [what, sessions, whose, figure] = fields[..] else {
            bail!("no figure: {line}")
        };
        let figures = measured.entry((what.to_owned(), sessions.to_owned()));
        figures.or_default()[usize::from(whose == "peer")] = figure.parse()?;
    }
    Ok(measured)
}
