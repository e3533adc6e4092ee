// SPDX-License-Identifier: GPL-2.0-only

//! A demonstration: the session of the mini-HOWTO, from an empty cache to a loaded module.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::guest::{Guest, Outcome};
use crate::kernel::{Flavour, Kernel, get, newest};
use crate::module::{Profile, builder};
use crate::session::{Fabric, NAB5000, draw, lsmod, script, tree};
use crate::shell::{logged, output, shown};

/// Generates and builds a module, boots a guest, loads the module, shows its tree and unloads it.
/// Prints the time of each step.
///
/// # Errors
///
/// The step that failed.
pub fn demo() -> Result<()> {
    let start = Instant::now();
    let kernel = get(newest(), Flavour::Demo)?;
    timed("the kernel", start);
    let dir = timed_step("the module", || {
        let dir = generate_in_tree(&kernel, "iSCSI", &NAB5000)?;
        build_in_tree(&kernel, &NAB5000)?;
        Ok(dir)
    })?;
    println!("booting linux {}", kernel.release());
    let outcome = timed_step("the guest", || {
        Guest::new(&kernel).run_quietly(&script(&NAB5000))
    })?;
    outcome.check()?;
    show(&NAB5000, &outcome);
    println!(
        "\n{} was unloaded; the kernel has nothing to report. Its sources are in\n{}\n\
         That took {} s in all.\n\n\
         Next: a module of your own, beside any kernel's tree\n\n    \
         cargo run --release -- -p SAS -m tcm_mine -o /tmp/tcm_mine -k {}",
        NAB5000.module,
        dir.display(),
        start.elapsed().as_secs(),
        kernel.source.display()
    );
    Ok(())
}

/// Runs a step, and prints its time.
fn timed_step<T>(what: &str, step: impl FnOnce() -> Result<T>) -> Result<T> {
    let start = Instant::now();
    let done = step()?;
    timed(what, start);
    Ok(done)
}

fn timed(what: &str, start: Instant) {
    println!("  {what}: {} s", start.elapsed().as_secs());
}

/// Generates an in-tree module, with both questions answered yes. Returns its directory.
///
/// # Errors
///
/// If the generator fails.
pub fn generate_in_tree(kernel: &Kernel, proto: &str, fabric: &Fabric<'_>) -> Result<PathBuf> {
    let mut command = Command::new(builder(Profile::Dev)?);
    let _changing = kernel.changed()?;
    // --force replaces the module of an earlier run, unless its files were edited.
    command
        .args(["-p", proto, "-m", fabric.module, "--force", "-k"])
        .arg(&kernel.source);
    println!(
        "$ tcm-mod-builder -p {proto} -m {} -k {}",
        fabric.module,
        kernel.source.display()
    );
    let mut child = command
        .stdin(Stdio::piped())
        .spawn()
        .context("cannot run tcm-mod-builder")?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(b"yes\nyes\n")?;
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("tcm-mod-builder failed ({status})");
    }
    Ok(kernel.source.join("drivers/target").join(fabric.module))
}

/// Enables an in-tree module, and builds all modules.
///
/// # Errors
///
/// If the configuration does not take it, or make fails.
pub fn build_in_tree(kernel: &Kernel, fabric: &Fabric<'_>) -> Result<()> {
    let symbol = fabric.module.to_ascii_uppercase();
    println!("$ scripts/config --module {symbol} && make LLVM=1 modules");
    kernel.change(|| {
        let config = kernel.build.join(".config");
        let mut set = Command::new(kernel.source.join("scripts/config"));
        output(set.arg("--file").arg(&config).args(["--module", &symbol]))?;
        let log = kernel.build.join("modules.log");
        logged(kernel.make().arg("olddefconfig"), &log)?;
        if !fs::read_to_string(&config)?.contains(&format!("CONFIG_{symbol}=m")) {
            bail!("{} does not take CONFIG_{symbol}=m", config.display());
        }
        shown(kernel.make().arg("modules"), &log)
    })
}

fn show(fabric: &Fabric<'_>, outcome: &Outcome) {
    let root = format!("/sys/kernel/config/target/{}", fabric.name);
    println!(
        "\n$ tree {root}\n{}",
        draw(&root, &tree(fabric, &outcome.output))
    );
    println!("$ lsmod\n{}", lsmod(&outcome.output));
}
