// SPDX-License-Identifier: GPL-2.0-only

//! The disk of a USB gadget, with the initiator uas of the kernel. The timer of `dummy_hcd`, 125 us, is
//! most of the time of a command, so only instructions are compared, without those of idle time.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::disks::LIMIT;
use super::{Figure, Target};
use crate::guest::{Guest, Outcome};
use crate::kernel::Kernel;
use crate::module::{GADGET, Module};
use crate::shell::checkout;

/// The disk of a gadget.
pub(super) const MODULE: Module<'static> = Module {
    proto: "UAS",
    name: "tcm_bench_usb",
    options: &GADGET,
};

const PEER: &str = "usb_f_tcm";

/// Loads of the script.
const LOADS: [&str; 2] = ["4 KiB random read, QD 32", "4 KiB random write, QD 32"];

/// Figures of a gadget whose module is in a directory.
pub(super) fn figures(kernel: &Kernel, module: &Path) -> Result<Vec<Figure>> {
    let mut guest = Guest::new(kernel);
    guest.modules = vec![module.to_owned()];
    guest.limit = LIMIT;
    guest.count_instructions();
    let name = MODULE.name;
    let outcome = guest.run_quietly(&format!(
        "sh {}/tests/guest/gadget_speed.sh {name} {}",
        checkout().display(),
        name.trim_start_matches("tcm_"),
    ))?;
    outcome.check()?;
    let mut figures = Vec::new();
    for load in LOADS {
        let of = |whose: &str| work(outcome.part(&format!("{load};{whose}"))?);
        figures.push(Figure::new(
            format!("instructions without idle time, {load}, to {PEER}"),
            "instructions",
            [of("ours")?, of("peer")?],
            0,
            Target::Most(1.0),
        ));
    }
    let memory = |whose: &str| bytes(&outcome, whose);
    figures.push(Figure::new(
        format!("bytes of a session, to {PEER}"),
        "bytes",
        [memory("ours")?, memory("peer")?],
        0,
        Target::Most(1.0),
    ));
    Ok(figures)
}

/// Instructions of a command: the guest's clock counts one each nanosecond, and fio's idle profile has
/// the part of the time in which a thread of the lowest priority ran.
fn work(fio: &str) -> Result<f64> {
    let start = fio.find('{').context("fio gave no JSON")?;
    // fio prints the deviation of no samples as -nan, which is no JSON.
    let fio: Value = serde_json::from_str(&fio[start..].replace("-nan", "0"))?;
    let number = |pointer: &str| {
        let value = fio.pointer(pointer).and_then(Value::as_f64);
        value.with_context(|| format!("fio gave no {pointer}"))
    };
    let of = |what: &str| -> Result<f64> {
        Ok(number(&format!("/jobs/0/read/{what}"))? + number(&format!("/jobs/0/write/{what}"))?)
    };
    let busy = 1.0 - number("/cpu_idleness/system")? / 100.0;
    Ok(of("runtime")? * 1e6 * busy / of("total_ios")?)
}

/// Bytes of a session.
fn bytes(outcome: &Outcome, whose: &str) -> Result<f64> {
    let part = outcome.part(&format!("memory;{whose}"))?;
    part.trim().parse().context("no memory of a session")
}
