// SPDX-License-Identifier: GPL-2.0-only

//! Measurements, each as a ratio to a named peer of the same run.

mod building;
mod directories;
mod disks;
mod gadget;
mod sessions;

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::kernel::{CURRENT, Flavour, Kernel, get};
use crate::module::{Module, build};
use disks::{LOOP_DISK, NETWORK_DISK};

/// A module without a data path, for the protocol of the HOWTO.
const MODULE: Module<'static> = Module {
    proto: "iSCSI",
    name: "tcm_bench",
    options: &[],
};

/// One line of the table.
struct Figure {
    what: String,
    ours: String,
    peer: String,
    ratio: f64,
    target: Target,
}

/// The target of a ratio.
#[derive(Clone, Copy)]
enum Target {
    /// A cost: at most this ratio.
    Most(f64),
    /// A rate: at least this ratio.
    Least(f64),
}

impl Target {
    fn is_missed(self, ratio: f64) -> bool {
        match self {
            Self::Most(target) => ratio > target,
            Self::Least(target) => ratio < target,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Most(target) => write!(f, "<= {target:.2}"),
            Self::Least(target) => write!(f, ">= {target:.2}"),
        }
    }
}

/// A part of the measurements.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Part {
    /// Generation and build of a module, and its directories.
    Module,
    /// The disk of a loopback module.
    Loopback,
    /// The disk of an iSCSI target.
    Iscsi,
    /// The disk of a USB gadget.
    Gadget,
}

/// Measures everything, or one part, and prints a table.
///
/// # Errors
///
/// If a measurement fails. A missed target is not an error: the table shows it.
pub fn bench(part: Option<Part>) -> Result<()> {
    let kernel = get(CURRENT, Flavour::Plain)?;
    let scratch = tempfile::tempdir()?;
    let is_wanted = |wanted| part.is_none_or(|part| part == wanted);
    let mut figures = Vec::new();
    if is_wanted(Part::Module) {
        figures.extend(module(&kernel, scratch.path())?);
    }
    if is_wanted(Part::Loopback) {
        let dir = built(&kernel, &LOOP_DISK.module, scratch.path())?;
        figures.extend(disks::figures(&kernel, &dir, &LOOP_DISK)?);
    }
    if is_wanted(Part::Iscsi) {
        let dir = built(&kernel, &NETWORK_DISK.module, scratch.path())?;
        figures.extend(disks::figures(&kernel, &dir, &NETWORK_DISK)?);
        figures.extend(sessions::figures(&kernel, &dir, &NETWORK_DISK)?);
    }
    if is_wanted(Part::Gadget) {
        let dir = built(&kernel, &gadget::MODULE, scratch.path())?;
        figures.extend(gadget::figures(&kernel, &dir)?);
    }
    print(&figures);
    Ok(())
}

/// Generates and builds a module. Returns its directory.
fn built(kernel: &Kernel, module: &Module<'_>, scratch: &Path) -> Result<PathBuf> {
    let dir = scratch.join(module.name);
    module.generate(kernel, &dir)?;
    build(kernel, &dir, &[])?;
    Ok(dir)
}

/// Figures of a module without a data path: generation, build and directories.
fn module(kernel: &Kernel, scratch: &Path) -> Result<Vec<Figure>> {
    let module = scratch.join(MODULE.name);
    MODULE.generate(kernel, &module)?;
    build(kernel, &module, &[])?;
    let mut figures = building::figures(kernel, &module, scratch)?;
    figures.extend(directories::figures(kernel, &module)?);
    Ok(figures)
}

fn print(figures: &[Figure]) {
    println!("\n| what | ours | peer | ratio | target |\n| --- | ---: | ---: | ---: | ---: |");
    for figure in figures {
        let missed = if figure.target.is_missed(figure.ratio) {
            " (missed)"
        } else {
            ""
        };
        println!(
            "| {} | {} | {} | {:.3} | {}{missed} |",
            figure.what, figure.ours, figure.peer, figure.ratio, figure.target
        );
    }
}
