// SPDX-License-Identifier: GPL-2.0-only

//! Boots a kernel in a guest that has the host's files, and runs a command in it.
//!
//! virtme-ng boots it. The guest writes the output and the status of the command to files in a
//! directory that it shares with the host, which works with any console.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::fs::FlockOperation;
use rustix::process::{Pid, Signal, kill_process};

use crate::kernel::Kernel;
use crate::shell::{cache, lock, output, text};

/// Texts in a kernel's log that report a fault of the kernel or of a driver.
const REPORTS: [&str; 24] = [
    "BUG:",
    "WARNING:",
    "Oops",
    "Kernel panic",
    "general protection fault",
    "Unable to handle",
    "KASAN:",
    "UBSAN:",
    "KFENCE:",
    "KCSAN:",
    "ODEBUG:",
    "refcount_t:",
    "list_add corruption",
    "list_del corruption",
    "possible circular locking",
    "possible recursive locking",
    "inconsistent lock state",
    "suspicious RCU usage",
    "sleeping function called from invalid context",
    "INFO: task ",
    "rcu: INFO:",
    "soft lockup",
    "new suspected memory leaks",
    "rust_kernel: panicked",
];

/// The file with these, in the directory that a command begins in.
pub(crate) const REPORTS_FILE: &str = "reports";

/// The command that scans for leaked memory, in the part `leaks`. It scans twice, since the first
/// scan may report memory that has just been freed.
pub const KMEMLEAK: &str = "\
echo '=== leaks'
for i in 1 2; do sleep 6; echo scan > /sys/kernel/debug/kmemleak; done
cat /sys/kernel/debug/kmemleak
";

/// Number of boots of a kernel until there is no report before the command. KASAN may report an
/// interrupt at the beginning of a boot by mistake. It reports once only, so such a boot would hide
/// later faults.
const BOOTS: u32 = 6;

/// The status of a guest whose kernel had something to report before the command began.
const BAD_BOOT: &str = "bad boot";

/// The mount options of the host's files: those of virtme-ng, but cached. The programs do
/// not change meanwhile, so the guest need not read and translate them again for each process. The
/// directory that is shared with the host is another file system.
const ROOT_FLAGS: &str =
    "rootflags=version=9p2000.L,trans=virtio,access=any,msize=524288,cache=loose";

/// Page tables of four levels, not five: an emulated processor walks them often, and the fifth level
/// takes up to a tenth of its time.
const FOUR_LEVELS: &str = "no5lvl";

/// Programs that virtme-ng's init calls, and a guest does not need: the first makes the directories of
/// services, the second has udev look at every device. With a debug kernel they would take most of a
/// boot. The init finds links to `true` under these names, in a directory that its PATH begins with.
const NEEDLESS: [&str; 2] = ["systemd-tmpfiles", "udevadm"];

/// A guest to boot.
#[derive(Clone, Debug)]
pub struct Guest<'a> {
    /// Its kernel.
    pub kernel: &'a Kernel,
    /// Directories whose modules modprobe is to find, besides the kernel's own.
    pub modules: Vec<PathBuf>,
    /// The time limit.
    pub limit: Duration,
    /// More arguments for QEMU.
    pub qemu: Option<&'a str>,
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
    /// The whole log, the console's.
    pub log: String,
}

/// A guest that has ended, with its command or without.
#[derive(Clone, Debug, Default)]
pub struct Attempt {
    /// Its end.
    pub ended: Ended,
    /// The command's exit status, if it has ended.
    pub status: Option<i32>,
    /// Output of the command.
    pub output: String,
    /// The whole log, the console's.
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
            Ended::Stopped | Ended::Late => format!("the guest did not end in {} s", self.seconds),
        };
        format!("{why}; its log ends:\n{}", tail(&self.log))
    }
}

impl<'a> Guest<'a> {
    /// A guest with one processor and ten minutes.
    #[must_use]
    pub fn new(kernel: &'a Kernel) -> Self {
        Self {
            kernel,
            modules: Vec::new(),
            limit: Duration::from_secs(600),
            qemu: None,
            cpus: 1,
        }
    }

    /// The same with two processors, for a test of what happens at once.
    #[must_use]
    pub fn racing(kernel: &'a Kernel) -> Self {
        Self {
            cpus: 2,
            ..Self::new(kernel)
        }
    }

    /// Gives the guest a clock that counts its instructions, so that measured times do not depend on
    /// the host. For one processor.
    pub fn count_instructions(&mut self) {
        self.cpus = 1;
        self.qemu = Some("-icount shift=0,sleep=off");
    }

    /// Boots the guest, runs `command` in it with `sh`, and shows what it writes as it comes.
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

    /// Boots the guest and runs `command` in it, until `is_over` of what it has written so far.
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
        is_over: impl FnMut(&str) -> bool,
    ) -> Result<Attempt> {
        let mut is_over = is_over;
        for _ in 0..BOOTS {
            if let Some(attempt) = self.boot_once(command, out, &mut is_over)? {
                return Ok(attempt);
            }
        }
        bail!(
            "the kernel reports faults at each of {BOOTS} boots, before the command begins; they are \
             shown above; remove {} to have it built anew, or name another kernel",
            self.kernel.build.display()
        );
    }

    /// Boots once; `None` if the kernel had something to report before the command began.
    fn boot_once(
        &self,
        command: &str,
        out: &mut dyn Write,
        is_over: &mut dyn FnMut(&str) -> bool,
    ) -> Result<Option<Attempt>> {
        let dir = tempfile::Builder::new().prefix("tcm-guest-").tempdir()?;
        let share = dir.path();
        self.module_tree(&share.join("modules"))?;
        let needless = share.join("needless");
        fs::create_dir(&needless)?;
        for name in NEEDLESS {
            symlink("/bin/true", needless.join(name))?;
        }
        fs::write(share.join("command"), command)?;
        fs::write(share.join(REPORTS_FILE), REPORTS.join("\n"))?;
        fs::write(share.join("init"), init(share))?;
        let output = share.join("output");
        fs::write(&output, "")?;
        let console = share.join("console");
        let mut vng = self.vng(share)?;
        vng.arg("--exec")
            .arg(format!("sh {}/init", share.display()));
        let start = Instant::now();
        let mut running = Running::start(vng, share, self.qemu, &console)?;
        let (mut shown, mut is_bad) = (0, false);
        let ended = running.wait(self.limit, || {
            shown += show(&output, shown, out)?;
            is_bad = is_bad_boot(&console, &share.join("began"));
            Ok(is_bad || is_over(&text(&output)))
        })?;
        show(&output, shown, out)?;
        let (log, status) = (text(&console), text(&share.join("status")));
        let status = status.trim();
        if is_bad || status == BAD_BOOT {
            let at = reports(&log)
                .first()
                .and_then(|report| log.find(report.as_str()));
            let report: Vec<_> = log[at.unwrap_or_default()..].lines().take(60).collect();
            eprintln!("a bad boot:\n{}", report.join("\n"));
            return Ok(None);
        }
        Ok(Some(Attempt {
            ended,
            status: status.parse().ok(),
            output: text(&output),
            log,
            seconds: start.elapsed().as_secs(),
        }))
    }

    fn vng(&self, share: &Path) -> Result<Command> {
        let mut vng = vng(self.kernel);
        vng.args(["--cpus", &self.cpus.to_string(), "--memory", "1G"]);
        vng.args(["--overlay-rwdir", "/var", "--overlay-rwdir", "/etc"]);
        vng.args(["--append", ROOT_FLAGS, "--append", FOUR_LEVELS]);
        vng.args(["--append", &format!("PATH={}/needless", share.display())]);
        vng.arg("--rwdir").arg(share).arg("--cwd").arg(share);
        if self.qemu.is_some() || !kvm_works(self.kernel)? {
            vng.arg("--disable-kvm");
        }
        Ok(vng)
    }

    /// Makes a tree as `make modules_install` would, for modprobe: links to the modules where they
    /// were built, and depmod's index.
    fn module_tree(&self, dir: &Path) -> Result<()> {
        let release = self.kernel.release();
        let tree = dir.join(&release);
        fs::create_dir_all(tree.join("updates"))?;
        let build = &self.kernel.build;
        let _reading = self.kernel.unchanged()?;
        for name in [
            "modules.order",
            "modules.builtin",
            "modules.builtin.modinfo",
        ] {
            fs::copy(build.join(name), tree.join(name)).with_context(|| format!("no {name}"))?;
        }
        for line in text(&build.join("modules.order")).lines() {
            let module = line.replace(".o", ".ko");
            let link = tree.join("kernel").join(&module);
            fs::create_dir_all(link.parent().unwrap_or(&tree))?;
            let own = build.join(&module);
            let name = own.file_name().unwrap_or_default();
            let mut others = self.kernel.modules.iter().map(|dir| dir.join(name));
            let other = others.find(|other| other.exists());
            symlink(other.as_ref().unwrap_or(&own), link)?;
        }
        for modules in &self.modules {
            let modules = fs::canonicalize(modules)
                .with_context(|| format!("no directory {}", modules.display()))?;
            let mut found = false;
            for entry in fs::read_dir(&modules)? {
                let path = entry?.path();
                if path.extension().is_some_and(|end| end == "ko") {
                    symlink(
                        &path,
                        tree.join("updates")
                            .join(path.file_name().unwrap_or_default()),
                    )?;
                    found = true;
                }
            }
            if !found {
                bail!(
                    "{} has no modules; build them there first",
                    modules.display()
                );
            }
        }
        let mut depmod = Command::new("/sbin/depmod");
        // depmod wants the usual path below a root of its own.
        let root = dir.join("root/lib");
        fs::create_dir_all(&root)?;
        symlink(dir, root.join("modules"))?;
        output(depmod.arg("-b").arg(dir.join("root")).arg(&release))?;
        Ok(())
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
                "the kernel reports {} faults, the first:\n{}\n\nThe command wrote:\n{}",
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

/// virtme-ng, about to boot a kernel.
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
         > {share}/began\n\
         export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n\
         if dmesg | grep -qFf {share}/{REPORTS_FILE}; then echo '{BAD_BOOT}' > {share}/status; exit; fi\n\
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

/// The part of a guest's output that a line `=== NAME` begins.
pub(crate) fn part<'a>(output: &'a str, name: &str) -> Result<&'a str> {
    let (_, after) = output
        .split_once(&format!("=== {name}\n"))
        .with_context(|| format!("no {name} in:\n{output}"))?;
    let lines = after.split_inclusive('\n');
    let part = lines.take_while(|line| !line.starts_with("=== "));
    Ok(&after[..part.map(str::len).sum()])
}

/// The lines of a kernel's log that report something.
pub(crate) fn reports(log: &str) -> Vec<String> {
    let is_report = |line: &&str| REPORTS.iter().any(|report| line.contains(report));
    log.lines()
        .filter(is_report)
        .map(ToOwned::to_owned)
        .collect()
}

/// The last lines of a text.
pub(crate) fn tail(text: &str) -> String {
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(60)..].join("\n")
}

/// Returns true if a guest's kernel has reported a fault before its command `began`: then the
/// command's result would not count.
fn is_bad_boot(console: &Path, began: &Path) -> bool {
    // Checked before and after the log is read: the command may begin, and provoke a report, in
    // between.
    !began.exists() && !reports(&text(console)).is_empty() && !began.exists()
}

/// The end of a guest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ended {
    /// It was done.
    #[default]
    ByItself,
    /// It was ended before its time was over.
    Stopped,
    /// It was ended, since its time was over.
    Late,
}

/// A guest that runs.
struct Running {
    vng: Child,
    /// The file with the number of QEMU's process.
    pid: PathBuf,
}

impl Running {
    /// Starts a guest with more arguments for QEMU. `dir` is a directory of its own, `log` gets what
    /// is on the console.
    fn start(mut vng: Command, dir: &Path, qemu: Option<&str>, log: &Path) -> Result<Self> {
        let pid = dir.join("qemu.pid");
        let more = qemu.unwrap_or_default();
        vng.arg(format!("--qemu-opts=-pidfile {} {more}", pid.display()));
        let file = File::create(log)?;
        vng.stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file);
        let vng = vng.spawn().context("cannot run vng")?;
        Ok(Self { vng, pid })
    }

    /// Waits for the guest to end. `stop` is called now and then; if it returns true, the guest is
    /// ended.
    fn wait(&mut self, limit: Duration, mut stop: impl FnMut() -> Result<bool>) -> Result<Ended> {
        let start = Instant::now();
        while self.vng.try_wait()?.is_none() {
            if stop()? {
                self.end()?;
                return Ok(Ended::Stopped);
            }
            if start.elapsed() > limit {
                self.end()?;
                return Ok(Ended::Late);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(Ended::ByItself)
    }

    /// Ends QEMU, and vng with it. Either may have ended by itself.
    fn end(&mut self) -> Result<()> {
        let pid = text(&self.pid).trim().parse().ok().and_then(Pid::from_raw);
        let _ = match pid {
            Some(qemu) => kill_process(qemu, Signal::KILL).map_err(Into::into),
            None => self.vng.kill(),
        };
        self.vng.wait()?;
        Ok(())
    }
}

/// Writes the bytes of a file from `from` on to `out`; returns how many there were.
fn show(path: &Path, from: u64, out: &mut dyn Write) -> Result<u64> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    let mut new = Vec::new();
    file.read_to_end(&mut new)?;
    out.write_all(&new)?;
    out.flush()?;
    Ok(new.len() as u64)
}

/// Returns true if a guest boots with KVM: nested, it may hang, so it is tried, once per boot of
/// the host.
fn kvm_works(kernel: &Kernel) -> Result<bool> {
    if File::options()
        .read(true)
        .write(true)
        .open("/dev/kvm")
        .is_err()
    {
        return Ok(false);
    }
    let boot = text(Path::new("/proc/sys/kernel/random/boot_id"));
    let _asking = lock(&cache()?, FlockOperation::LockExclusive)?;
    let answer = cache()?.join("kvm");
    let known = text(&answer);
    if let Some(works) = known.strip_prefix(&boot) {
        return Ok(works == "yes");
    }
    let mut vng = vng(kernel);
    vng.args(["--cpus", "1", "--memory", "512M", "--exec", "echo it-boots"]);
    let log = cache()?.join("kvm.log");
    let dir = tempfile::tempdir()?;
    let mut running = Running::start(vng, dir.path(), None, &log)?;
    let ended = running.wait(Duration::from_secs(30), || Ok(false))?;
    let boots = text(&log).lines().any(|line| line.trim() == "it-boots");
    let works = ended == Ended::ByItself && boots;
    fs::write(
        answer,
        format!("{boot}{}", if works { "yes" } else { "no" }),
    )?;
    Ok(works)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_found_and_ordinary_lines_are_not() {
        let log = "[ 1.0] clean line\n[ 2.0] BUG: KASAN: slab-use-after-free in f\n\
                   [ 3.0] tcm_x: port name bad\n[ 4.0] WARNING: CPU: 0\n";
        assert_eq!(reports(log).len(), 2);
    }

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
