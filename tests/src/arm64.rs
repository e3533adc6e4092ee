// SPDX-License-Identifier: GPL-2.0-only

//! A guest with another processor: an initramfs with a static busybox, modules and the script
//! `tests/guest/arm64.sh`, which is its init. The modules are cross-built by their own Makefile.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::guest::{SELFTEST_END, check_parts, part};
use crate::kernel::{Apt, Kernel};
use crate::setup::{LLVM, require, rustc};
use crate::shell::{cache, checkout, logged, output, text};

/// Parts of the guest's output that end with a status.
const PARTS: [&str; 5] = ["kernel", "selftest", "disk", "network", "unload"];

/// Limit of time for the guest, in seconds. It takes about 60.
const LIMIT: u32 = 900;

/// Builds a module with the command of the page on distributions: by its own Makefile, without a word
/// on the processor.
///
/// # Errors
///
/// If `doctor` or make fails.
pub fn build(kernel: &Kernel, builder: &Path, dir: &Path) -> Result<()> {
    let _using = kernel.unchanged()?;
    let bindgen = kernel.tools.bindgen.parent().unwrap_or(Path::new("/"));
    let path = format!("{LLVM}/bin:{}:/usr/bin:/bin", bindgen.display());
    let mut doctor = Command::new(builder);
    doctor.arg("doctor").arg("-k").arg(&kernel.build);
    let mut make = Command::new("make");
    make.arg("-s").arg("-C").arg(dir);
    make.arg(format!("KDIR={}", kernel.build.display()));
    for command in [&mut doctor, &mut make] {
        command.env("PATH", &path).env("RUSTC", rustc());
        for name in ["MAKEFLAGS", "MFLAGS", "RUSTFLAGS", "RUSTUP_TOOLCHAIN"] {
            command.env_remove(name);
        }
        output(command)?;
    }
    Ok(())
}

/// Boots the kernel with modules, each `tcm_NAME` in `dir/tcm_NAME`. The first one brings its own test.
///
/// # Errors
///
/// If a part fails, or the kernel reports a fault.
pub fn boot(kernel: &Kernel, modules: [&Path; 3]) -> Result<String> {
    require(&["qemu-system-arm"])?;
    let scratch = tempfile::tempdir()?;
    let root = scratch.path().join("root");
    fill(kernel, &root, modules)?;
    let archive = scratch.path().join("initramfs");
    let pack = "find . | cpio --quiet -o -H newc | gzip -1";
    let mut pack = Command::new("sh")
        .args(["-c", pack])
        .current_dir(&root)
        .output()?;
    ensure!(pack.status.success(), "cannot pack {}", root.display());
    fs::write(&archive, std::mem::take(&mut pack.stdout))?;
    let log = kernel.build.join("console.log");
    let mut qemu = Command::new("timeout");
    qemu.arg(LIMIT.to_string()).arg("qemu-system-aarch64");
    qemu.args([
        "-M",
        "virt",
        "-cpu",
        "cortex-a72",
        "-smp",
        "2",
        "-m",
        "768M",
    ]);
    qemu.args(["-nographic", "-no-reboot", "-nic", "none"]);
    qemu.arg("-kernel")
        .arg(kernel.image())
        .arg("-initrd")
        .arg(archive);
    qemu.args(["-append", "console=ttyAMA0 panic=-1"]);
    logged(&mut qemu, &log)?;
    let said = text(&log).replace('\r', "");
    check(&said)?;
    Ok(said)
}

/// Writes the files of the guest.
fn fill(kernel: &Kernel, root: &Path, modules: [&Path; 3]) -> Result<()> {
    for dir in ["bin", "dev", "etc", "proc", "sys", "tests", "tmp", "var"] {
        fs::create_dir_all(root.join(dir))?;
    }
    fs::copy(busybox()?, root.join("bin/busybox"))?;
    symlink("busybox", root.join("bin/sh"))?;
    let mut install = kernel.make();
    install.arg("modules_install");
    install.arg(format!("INSTALL_MOD_PATH={}", root.display()));
    output(&mut install)?;
    let release = kernel.release();
    let updates = root.join("lib/modules").join(&release).join("updates");
    fs::create_dir_all(&updates)?;
    for dir in modules {
        let name = dir.file_name().context("a module has a name")?;
        let file = Path::new(name).with_extension("ko");
        fs::copy(dir.join(&file), updates.join(&file))?;
    }
    let mut depmod = Command::new("/sbin/depmod");
    output(depmod.arg("-b").arg(root).arg(&release))?;
    fs::copy(
        modules[0].join("selftest.sh"),
        root.join("tests/selftest.sh"),
    )?;
    let scripts = checkout().join("tests/guest");
    for (name, to) in [
        ("lib.sh", "tests/lib.sh"),
        ("iscsi_lib.sh", "tests/iscsi_lib.sh"),
        ("arm64.sh", "init"),
    ] {
        fs::copy(scripts.join(name), root.join(to))?;
    }
    Ok(fs::set_permissions(
        root.join("init"),
        fs::Permissions::from_mode(0o755),
    )?)
}

/// The static busybox for the guest's processor.
fn busybox() -> Result<PathBuf> {
    let dir = cache()?.join("busybox-arm64");
    let program = dir.join("usr/bin/busybox");
    if !program.exists() {
        fs::create_dir_all(&dir)?;
        let file = Apt::arm64()?.download("busybox-static", &dir)?;
        output(Command::new("dpkg-deb").arg("-x").arg(&file).arg(&dir))?;
        fs::remove_file(file)?;
    }
    Ok(program)
}

/// Checks that each part has succeeded, and that the kernel has reported nothing.
fn check(log: &str) -> Result<()> {
    check_parts(log, &PARTS)?;
    ensure!(part(log, "kernel")?.contains("aarch64"), "{log}");
    let tests = part(log, "selftest")?;
    ensure!(
        tests.contains(SELFTEST_END),
        "the test of the module ended too soon:\n{tests}"
    );
    Ok(())
}
