// SPDX-License-Identifier: GPL-2.0-only

//! Measurements, each as a ratio to a named peer of the same run.

mod building;
mod directories;
mod disks;
mod gadget;
mod sessions;

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::chart;
use crate::figures::{Figure, Part, Table, Target};
use crate::kernel::{CURRENT, Flavour, Kernel, get};
use crate::module::{Module, build};
use disks::{LOOP_DISK, NETWORK_DISK};

/// A module without a data path, for the protocol of the HOWTO.
const MODULE: Module<'static> = Module {
    proto: "iSCSI",
    name: "tcm_bench",
    options: &[],
};

/// Measures everything, or one part. Prints a table, and writes the figures to the checkout: the
/// table of all figures, and the chart and page made of it.
///
/// # Errors
///
/// If a measurement fails, or a file cannot be written. A missed target is not an error: the table
/// shows it.
pub fn bench(part: Option<Part>) -> Result<()> {
    let kernel = get(CURRENT, Flavour::Plain)?;
    let scratch = tempfile::tempdir()?;
    let is_wanted = |wanted| part.is_none_or(|part| part == wanted);
    let mut table = Table::read()?;
    let mut add = |part, figures: Vec<Figure>| {
        print(&figures);
        table.replace(part, figures);
    };
    if is_wanted(Part::Module) {
        add(Part::Module, module(&kernel, scratch.path())?);
    }
    if is_wanted(Part::Loopback) {
        let dir = built(&kernel, &LOOP_DISK.module, scratch.path())?;
        add(Part::Loopback, disks::figures(&kernel, &dir, &LOOP_DISK)?);
    }
    if is_wanted(Part::Iscsi) {
        let dir = built(&kernel, &NETWORK_DISK.module, scratch.path())?;
        let mut figures = disks::figures(&kernel, &dir, &NETWORK_DISK)?;
        figures.extend(sessions::figures(&kernel, &dir, &NETWORK_DISK)?);
        add(Part::Iscsi, figures);
    }
    if is_wanted(Part::Gadget) {
        let dir = built(&kernel, &gadget::MODULE, scratch.path())?;
        add(Part::Gadget, gadget::figures(&kernel, &dir)?);
    }
    table.write()?;
    chart::draw()
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
    println!(
        "\n| what | unit | ours | peer | ratio | target |\n| --- | --- | ---: | ---: | ---: | ---: |"
    );
    for figure in figures {
        let missed = if figure.target.is_missed(figure.ratio) {
            " (missed)"
        } else {
            ""
        };
        println!(
            "| {} | {} | {} | {} | {:.3} | {}{missed} |",
            figure.what, figure.unit, figure.ours, figure.peer, figure.ratio, figure.target
        );
    }
}
