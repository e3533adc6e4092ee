// SPDX-License-Identifier: GPL-2.0-only

//! Boots a kernel in a guest that has the host's files, and runs a command in it.
//!
//! virtme-ng boots it. The guest writes the output and the status of the command to files in a
//! directory that it shares with the host, which works with any console.

mod kvm;
mod modules;
mod report;
mod running;

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use self::kvm::kvm_works;
pub use self::report::part;
use self::report::{BEGUN, REPORTS, since_begun};
pub(crate) use self::report::{REPORTS_FILE, SELFTEST_END, check_parts, reports, tail};
pub use self::running::Ended;
use self::running::{Running, show};
use crate::kernel::Kernel;
use crate::shell::text;

/// The command that scans for leaked memory, in the part `leaks`. It scans twice, since the first
/// scan may report memory that has just been freed.
pub const KMEMLEAK: &str = "\
echo '=== leaks'
for i in 1 2; do sleep 6; echo scan > /sys/kernel/debug/kmemleak; done
cat /sys/kernel/debug/kmemleak
";

/// The mount options of the host's files: those of virtme-ng, but cached. The programs do
/// not change meanwhile, so the guest need not read and translate them again for each process. The
/// directory that is shared with the host is another file system.
const ROOT_FLAGS: &str =
    "rootflags=version=9p2000.L,trans=virtio,access=any,msize=524288,cache=loose";

/// Page tables of four levels, not five: an emulated processor walks them often, and the fifth level
/// takes up to a tenth of its time.
const FOUR_LEVELS: &str = "no5lvl";

/// KASAN reports each fault, not only the first one, which may be a false report of an interrupt early in
/// a boot.
const EACH_REPORT: &str = "kasan_multi_shot";

/// The limit of RCU stalls, in seconds. A busy host may run an emulated processor only after the
/// kernel's own limit of 21; a task that hangs is reported nevertheless.
const STALLS: &str = "rcupdate.rcu_cpu_stall_timeout=120";

/// Programs that virtme-ng's init calls, and a guest does not need: the first makes the directories of
/// services, the second has udev look at every device. With a debug kernel they would take most of a
/// boot. The init finds links to `true` under these names, in a directory that its PATH begins with.
const NEEDLESS: [&str; 2] = ["systemd-tmpfiles", "udevadm"];

/// The arguments of QEMU for a clock that counts instructions. KVM has none.
const COUNTING: &str = "-icount shift=0,sleep=off";

/// A guest to boot.
#[derive(Clone, Debug)]
pub struct Guest<'a> {
    /// Its kernel.
    pub kernel: &'a Kernel,
    /// Directories with more modules for modprobe than those of the kernel.
    pub modules: Vec<PathBuf>,
    /// The time limit.
    pub limit: Duration,
    /// More arguments for QEMU, such as devices.
    pub qemu: Option<&'a str>,
    /// True if its clock counts instructions.
    icount: bool,
    /// Number of processors. One takes a third less of the host's time for the same work.
    cpus: u32,
}

/// The end of a command in a guest.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its exit status.
    pub status: i32,
    /// Its output.
    pub output: String,
    /// The kernel's reports, each a line of its log.
    pub reports: Vec<String>,
    /// The kernel's log, from the command on.
    pub log: String,
}

/// A guest that has ended. Its command may not have ended.
#[derive(Clone, Debug, Default)]
pub struct Attempt {
    /// Its end.
    pub ended: Ended,
    /// The command's exit status, if it has ended.
    pub status: Option<i32>,
    /// Output of the command.
    pub output: String,
    /// The kernel's log, from the command on.
    pub log: String,
    /// Lifetime of the guest.
    pub seconds: u64,
}

impl Attempt {
    /// The reason why a command has not ended, with the end of the log.
    #[must_use]
    pub fn end(&self) -> String {
        let why = match self.ended {
            Ended::ByItself => "the guest ended before the command did".to_owned(),
            Ended::Stopped => "the guest was ended before its time limit".to_owned(),
            Ended::Late => format!("the guest did not end in {} s", self.seconds),
        };
        format!("{why}; its log ends:\n{}", tail(&self.log))
    }
}

impl<'a> Guest<'a> {
    /// A guest with one processor and a limit of ten minutes.
    #[must_use]
    pub fn new(kernel: &'a Kernel) -> Self {
        Self {
            kernel,
            modules: Vec::new(),
            limit: Duration::from_secs(600),
            qemu: None,
            icount: false,
            cpus: 1,
        }
    }

    /// The same with two processors, for tests of concurrency.
    #[must_use]
    pub fn racing(kernel: &'a Kernel) -> Self {
        Self {
            cpus: 2,
            ..Self::new(kernel)
        }
    }

    /// Gives the guest a clock that counts its instructions, so that measured times do not depend on
    /// the host. Reduces the guest to one processor.
    pub fn count_instructions(&mut self) {
        self.cpus = 1;
        self.icount = true;
    }

    /// Boots the guest, runs `command` in it with `sh`, and prints its output continuously.
    ///
    /// # Errors
    ///
    /// If the guest cannot be started, does not end in time, or ends without running the command.
    /// Neither the command's status nor the kernel's reports are errors here: see [`Outcome`].
    pub fn run(&self, command: &str) -> Result<Outcome> {
        self.run_to(command, &mut io::stdout())
    }

    /// As [`Self::run`], but shows nothing.
    ///
    /// # Errors
    ///
    /// As [`Self::run`].
    pub fn run_quietly(&self, command: &str) -> Result<Outcome> {
        self.run_to(command, &mut io::sink())
    }

    fn run_to(&self, command: &str, out: &mut dyn Write) -> Result<Outcome> {
        let attempt = self.boot(command, out, |_| false)?;
        let Some(status) = attempt.status else {
            bail!("{}", attempt.end());
        };
        Ok(Outcome {
            status,
            output: attempt.output,
            reports: reports(&attempt.log),
            log: attempt.log,
        })
    }

    /// Boots the guest and runs `command` in it, until `is_over` returns true for its output so far.
    ///
    /// # Errors
    ///
    /// If the guest cannot be started.
    pub fn attempt(&self, command: &str, is_over: impl FnMut(&str) -> bool) -> Result<Attempt> {
        self.boot(command, &mut io::sink(), is_over)
    }

    fn boot(
        &self,
        command: &str,
        out: &mut dyn Write,
        mut is_over: impl FnMut(&str) -> bool,
    ) -> Result<Attempt> {
        let dir = tempfile::Builder::new().prefix("tcm-guest-").tempdir()?;
        let share = dir.path();
        self.fill(share, command)?;
        let mut vng = self.vng(share)?;
        vng.arg("--exec")
            .arg(format!("sh {}/init", share.display()));
        let start = Instant::now();
        let (output, console) = (share.join("output"), share.join("console"));
        let clock = if self.icount { COUNTING } else { "" };
        let more = [clock, self.qemu.unwrap_or_default()].join(" ");
        let mut running = Running::start(vng, share, &more, &console)?;
        let mut shown = 0;
        let ended = running.wait(self.limit, || {
            shown += show(&output, shown, out)?;
            Ok(is_over(&text(&output)))
        })?;
        show(&output, shown, out)?;
        Ok(Attempt {
            ended,
            status: text(&share.join("status")).trim().parse().ok(),
            output: text(&output),
            log: since_begun(&text(&console)).to_owned(),
            seconds: start.elapsed().as_secs(),
        })
    }

    /// Writes the files for the guest to the directory that it shares with the host.
    fn fill(&self, share: &Path, command: &str) -> Result<()> {
        modules::tree(self.kernel, &self.modules, &share.join("modules"))?;
        let needless = share.join("needless");
        fs::create_dir(&needless)?;
        for name in NEEDLESS {
            symlink("/bin/true", needless.join(name))?;
        }
        fs::write(share.join("command"), command)?;
        fs::write(share.join(REPORTS_FILE), REPORTS.join("\n"))?;
        fs::write(share.join("init"), init(share))?;
        fs::write(share.join("output"), "")?;
        Ok(())
    }

    fn vng(&self, share: &Path) -> Result<Command> {
        let mut vng = vng(self.kernel);
        vng.args(["--cpus", &self.cpus.to_string(), "--memory", "1G"]);
        vng.args(["--overlay-rwdir", "/var", "--overlay-rwdir", "/etc"]);
        vng.args(["--append", ROOT_FLAGS, "--append", FOUR_LEVELS]);
        vng.args(["--append", EACH_REPORT, "--append", STALLS]);
        vng.args(["--append", &format!("PATH={}/needless", share.display())]);
        vng.arg("--rwdir").arg(share).arg("--cwd").arg(share);
        if self.icount || !kvm_works(self.kernel)? {
            vng.arg("--disable-kvm");
        }
        Ok(vng)
    }
}

impl Outcome {
    /// The part of the output that a line `=== NAME` begins.
    ///
    /// # Errors
    ///
    /// If there is no such line.
    pub fn part(&self, name: &str) -> Result<&str> {
        part(&self.output, name)
    }

    /// Checks that the command has succeeded and the kernel has nothing to report.
    ///
    /// # Errors
    ///
    /// The fault, with the output and the log round the first report.
    pub fn check(&self) -> Result<()> {
        if let Some(report) = self.reports.first() {
            let at = self.log.find(report.as_str()).unwrap_or_default();
            let after: Vec<_> = self.log[at..].lines().take(60).collect();
            bail!(
                "reported faults: {}; the first:\n{}\n\nThe command wrote:\n{}",
                self.reports.len(),
                after.join("\n"),
                tail(&self.output)
            );
        }
        if self.status != 0 {
            bail!(
                "the command ended with status {}:\n{}",
                self.status,
                tail(&self.output)
            );
        }
        Ok(())
    }
}

/// The command line of virtme-ng for a kernel.
fn vng(kernel: &Kernel) -> Command {
    let virtme = &kernel.tools.virtme;
    let mut vng = Command::new(virtme.join("vng"));
    let path = std::env::var("PATH").unwrap_or_default();
    vng.env("PATH", format!("{}:{path}", virtme.display()));
    // Without virtiofsd, virtme-ng would wait for it for some seconds first.
    vng.arg("--run")
        .arg(kernel.image())
        .args(["--verbose", "--force-9p"]);
    vng
}

/// The script that the guest runs first.
fn init(share: &Path) -> String {
    let share = share.display();
    format!(
        "exec < /dev/null\n\
         export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n\
         dmesg --clear\n\
         echo '{BEGUN}' > /dev/kmsg\n\
         mount --bind {share}/modules /lib/modules\n\
         mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config\n\
         mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug\n\
         # udev, where the host has it, would look into each disk that changes. It ends, and\n\
         # dmsetup does not wait for it.\n\
         udevadm control --exit 2> /dev/null\n\
         export DM_DISABLE_UDEV=1\n\
         # Target core keeps its state in the first of these that exists.\n\
         mkdir -p /var/target/pr /var/target/alua /etc/target/pr /etc/target/alua\n\
         sh {share}/command > {share}/output 2>&1\n\
         echo $? > {share}/status\n\
         sync\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_ends_where_the_next_one_begins() {
        let outcome = Outcome {
            status: 0,
            output: "=== a\none\ntwo === \n=== b\n=== c\nthree".to_owned(),
            reports: Vec::new(),
            log: String::new(),
        };
        assert_eq!(outcome.part("a").unwrap(), "one\ntwo === \n");
        assert_eq!(outcome.part("b").unwrap(), "");
        assert_eq!(outcome.part("c").unwrap(), "three");
        assert!(outcome.part("d").is_err());
    }
}
