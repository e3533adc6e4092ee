// SPDX-License-Identifier: GPL-2.0-only

//! The kernel of a distribution: a fresh Debian root, the session of a user in it
//! (`tests/stock/session.sh`), and a boot of the unchanged kernel with that root.
//!
//! debootstrap, chroot and mounts require root. Nothing outside the cache is changed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::guest::{SELFTEST_END, check_parts, part, tail};
use crate::kernel::mirror;
use crate::module::disk_load;
use crate::package;
use crate::setup::require;
use crate::shell::{cache, checkout, logged, output, text};

/// The release of Debian, and the suites of the root.
const RELEASE: &str = "trixie";
const SUITES: [&str; 2] = ["trixie", "trixie-backports"];

/// Paths that the disk of the guest lacks: the guest builds nothing.
const NOT_BOOTED: [&str; 11] = [
    "./dev",
    "./mnt",
    "./proc",
    "./sys",
    "./tmp",
    "./usr/lib/gcc",
    "./usr/lib/llvm-*",
    "./usr/lib/rustlib",
    "./usr/share",
    "./usr/src",
    "./var/cache",
];

/// Parts of the guest's output that end with a status.
const PARTS: [&str; 7] = [
    "kernel",
    "howto",
    "selftest-nop",
    "disk",
    "selftest-disk",
    "network",
    "unload",
];

/// Limit of time for the guest, in seconds. Without KVM it needs about 100.
const LIMIT: u32 = 600;

/// Makes a root, builds modules in it, and runs them on its kernel.
///
/// # Errors
///
/// The step that failed, with its output.
pub fn stock() -> Result<()> {
    ensure!(
        rustix::process::geteuid().is_root(),
        "cannot make a Debian root: not run as root; run it with sudo"
    );
    let start = Instant::now();
    require(&["debootstrap", "e2fsprogs", "qemu-system-x86"])?;
    let stock = Stock::new()?;
    let said = stock.session(&package::deb()?)?;
    println!("{said}");
    let release = said.lines().find_map(|line| line.strip_prefix("[kernel] "));
    let release = release.context("the session does not name its kernel")?;
    stock.disk()?;
    let log = stock.boot(release)?;
    check(&log, release)?;
    println!(
        "{log}\nThe stock kernel {release} has nothing to report; {} s in all",
        start.elapsed().as_secs()
    );
    Ok(())
}

/// The directory in the cache.
struct Stock(PathBuf);

impl Stock {
    fn new() -> Result<Self> {
        let dir = cache()?.join("stock");
        fs::create_dir_all(dir.join("archives"))?;
        Ok(Self(dir))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Makes a fresh root from a base that is kept.
    fn root(&self) -> Result<PathBuf> {
        let (base, root) = (self.path("base"), self.path("root"));
        let stamp = self.path("base.stamp");
        if !stamp.exists() {
            println!("making a Debian {RELEASE}");
            remove(&base)?;
            let mut debootstrap = Command::new("debootstrap");
            debootstrap
                .args(["--variant=minbase", RELEASE])
                .arg(&base)
                .arg(mirror()?);
            logged(&mut debootstrap, &self.path("debootstrap.log"))?;
            fs::write(&stamp, RELEASE)?;
        }
        remove(&root)?;
        output(
            Command::new("cp")
                .args(["-a", "--reflink=auto"])
                .arg(&base)
                .arg(&root),
        )?;
        let mirror = mirror()?;
        let lines = SUITES.map(|suite| format!("deb {mirror} {suite} main\n"));
        fs::write(root.join("etc/apt/sources.list"), lines.concat())?;
        Ok(root)
    }

    /// Runs the session in a fresh root. Returns its output.
    fn session(&self, package: &Path) -> Result<String> {
        let root = self.root()?;
        fs::copy(package, root.join("tmp/tcm-mod-builder.deb"))?;
        fs::copy(
            checkout().join("tests/stock/session.sh"),
            root.join("tmp/session.sh"),
        )?;
        let log = self.path("session.log");
        println!("a user's session in it; see {}", log.display());
        let mut session = self.inside(&root, "/tmp/session.sh /tmp/tcm-mod-builder.deb");
        let file = File::create(&log)?;
        let status = session
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .status()?;
        let said = text(&log);
        ensure!(
            status.success() && said.ends_with("=== done\n"),
            "the session failed:\n{}",
            tail(&said)
        );
        Ok(said)
    }

    /// A shell command in the root, in a separate mount namespace.
    fn inside(&self, root: &Path, command: &str) -> Command {
        let script = "set -e; R=$1; mount --make-rprivate /; mount -t proc proc $R/proc\n\
                      mount --rbind /dev $R/dev; mount -t sysfs sys $R/sys\n\
                      mount --bind $2 $R/var/cache/apt/archives; cp -L /etc/resolv.conf $R/etc/\n\
                      exec chroot $R /bin/sh -c \"$3\"";
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "--pid", "--fork", "sh", "-c", script, "sh"]);
        unshare.arg(root).arg(self.path("archives")).arg(command);
        let proxies = std::env::vars().filter(|(name, _)| name.ends_with("_proxy"));
        unshare
            .env_clear()
            .envs(proxies)
            .env("HOME", "/root")
            .env("LC_ALL", "C.UTF-8");
        unshare.env(
            "PATH",
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        );
        unshare
    }

    /// Makes a disk from the root, with the script of the guest.
    fn disk(&self) -> Result<()> {
        let (root, copy, disk) = (self.path("root"), self.path("copy"), self.path("disk.img"));
        remove(&copy)?;
        fs::create_dir_all(&copy)?;
        let archive = self.path("copy.tar");
        let mut pack = Command::new("tar");
        pack.args(NOT_BOOTED.map(|path| format!("--exclude={path}")));
        output(pack.arg("-cf").arg(&archive).arg("-C").arg(&root).arg("."))?;
        output(
            Command::new("tar")
                .arg("-xf")
                .arg(&archive)
                .arg("-C")
                .arg(&copy),
        )?;
        fs::remove_file(&archive)?;
        for dir in ["dev", "mnt", "proc", "sys", "tmp", "tcm"] {
            fs::create_dir_all(copy.join(dir))?;
        }
        let scripts = checkout().join("tests");
        fs::copy(scripts.join("stock/guest.sh"), copy.join("tcm/guest.sh"))?;
        for name in ["lib.sh", "iscsi_lib.sh"] {
            fs::copy(
                scripts.join("guest").join(name),
                copy.join("tcm").join(name),
            )?;
        }
        fs::copy(disk_load()?, copy.join("tcm/disk-load"))?;
        let _ = fs::remove_file(&disk);
        File::create(&disk)?.set_len(4 << 30)?;
        let mut format = Command::new("/sbin/mke2fs");
        output(
            format
                .args(["-q", "-t", "ext4", "-d"])
                .arg(&copy)
                .arg(&disk),
        )?;
        remove(&copy)
    }

    /// Boots the unchanged kernel and initrd of the root. Returns the log of the console.
    fn boot(&self, release: &str) -> Result<String> {
        let boot = self.path("root/boot");
        let log = self.path("console.log");
        println!("booting {release}; see {}", log.display());
        let mut qemu = Command::new("timeout");
        qemu.arg(LIMIT.to_string()).arg("qemu-system-x86_64");
        // One processor: without KVM some versions of QEMU trip over a kernel that changes its code
        // while another processor runs it.
        qemu.args(["-m", "2G", "-nographic", "-no-reboot", "-nic", "none"]);
        qemu.arg("-kernel")
            .arg(boot.join(format!("vmlinuz-{release}")));
        qemu.arg("-initrd")
            .arg(boot.join(format!("initrd.img-{release}")));
        qemu.arg("-drive").arg(format!(
            "file={},format=raw,if=virtio",
            self.path("disk.img").display()
        ));
        qemu.args([
            "-append",
            "root=/dev/vda rw console=ttyS0 init=/tcm/guest.sh panic=-1",
        ]);
        logged(&mut qemu, &log)?;
        Ok(text(&log).replace('\r', ""))
    }
}

/// Checks the output of the guest: each part has succeeded, and the kernel has reported nothing.
fn check(log: &str, release: &str) -> Result<()> {
    check_parts(log, &PARTS)?;
    ensure!(
        part(log, "kernel")?.contains(release),
        "another kernel ran:\n{log}"
    );
    let tree = part(log, "howto")?;
    for path in [
        "./discovery_auth",
        "./version",
        "./iqn.foo/tpgt_1/lun/lun_0/nab5000_port",
    ] {
        ensure!(
            tree.lines().any(|line| line == path),
            "no {path} in:\n{tree}"
        );
    }
    for name in ["selftest-nop", "selftest-disk"] {
        ensure!(
            part(log, name)?.contains(SELFTEST_END),
            "{name} ended too soon"
        );
    }
    Ok(())
}

fn remove(dir: &Path) -> Result<()> {
    if dir.exists() {
        fs::remove_dir_all(dir).with_context(|| format!("cannot remove {}", dir.display()))?;
    }
    Ok(())
}
