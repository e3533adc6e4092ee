// SPDX-License-Identifier: GPL-2.0-only

//! Proves a series on a kernel: each patch applies, passes the gates, and builds without a message. The
//! result boots with target core as a module and with target core built in.
//!
//! `CACHE/VERSION/series/source` is the kernel's tree in git, `CACHE/VERSION/series/{build,gates}`
//! are its builds.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use tcm_mod_builder::names::default_fabric;
use tcm_mod_builder::protocol::find;

use super::bench::{Bench, timed};
use super::write::write;
use super::{DRIVERS, Driver};
use crate::git::{apply, git};
use crate::guest::{Guest, Outcome};
use crate::kernel::Kernel;
use crate::lint::checkpatch;
use crate::session::{Fabric, script};
use crate::setup::require;
use crate::shell::{logged, output, text};

/// Logs an initiator in, writes to the disk of a LUN, and reads it back.
pub(super) const MOVE_DATA: &str = "
T=/sys/kernel/config/target; G=$T/loop_rust/naa.5001405abcdef012/tpgt_1
mkdir -p $T/core/rd_mcp_7/ram
echo rd_pages=1024 > $T/core/rd_mcp_7/ram/control
echo 1 > $T/core/rd_mcp_7/ram/enable
mkdir -p $G/lun/lun_0
echo naa.5001405abcdef013 > $G/nexus
ln -s $T/core/rd_mcp_7/ram $G/lun/lun_0/port
A=$(cat $G/address)
D=$(basename $(echo /sys/class/scsi_disk/$A:0/device/block/*))
head -c 1M /dev/urandom > /tmp/data
dd if=/tmp/data of=/dev/$D bs=64k oflag=direct
dd if=/dev/$D of=/tmp/back bs=64k count=16 iflag=direct
cmp /tmp/data /tmp/back && echo '--- data are back'
rm $G/lun/lun_0/port
echo NULL > $G/nexus
rmdir $G/lun/lun_0 $G ${G%/*} ${G%/*/*} $T/core/rd_mcp_7/ram $T/core/rd_mcp_7
";

/// Proves the series of each driver, or of one.
///
/// # Errors
///
/// The step that failed.
pub fn prove(driver: Option<&'static Driver>) -> Result<()> {
    let bench = Bench::new()?;
    let drivers = driver.map_or(DRIVERS.to_vec(), |driver| vec![driver]);
    for driver in drivers {
        bench
            .prove(driver)
            .with_context(|| format!("the series with {}", driver.module))?;
    }
    Ok(())
}

/// Builds the tree that is checked out, with all gates: a step of `git bisect run`.
///
/// # Errors
///
/// The findings of a gate.
pub fn gates(driver: &Driver) -> Result<()> {
    Bench::of_another()?.gates(driver)
}

impl Bench {
    /// Proves one series.
    fn prove(&self, driver: &'static Driver) -> Result<()> {
        let dir = tempfile::tempdir()?;
        let patches = dir.path().join("patches");
        // An earlier run may have ended in the middle of it.
        let _ = self.git(&["bisect", "reset"]);
        self.git(&["checkout", "--quiet", "--force", "--detach", "base"])?;
        self.git(&["clean", "--quiet", "--force", "-d"])?;
        timed("making the series", || {
            write(driver, &self.kernel.source, &patches)
        })?;
        let count = timed("applying it", || self.apply(&patches))?;
        timed("checkpatch", || self.checkpatch(&patches))?;
        timed("rustfmt", || self.rustfmt())?;
        let commits = self.git(&["rev-list", "--reverse", "base..HEAD"])?;
        ensure!(
            commits.lines().count() == count,
            "some patches did not apply"
        );
        timed(
            &format!("building {count} patches, each with every gate on"),
            || self.each(driver),
        )?;
        timed("git bisect run", || self.bisect(driver))?;
        for core in ["m", "y"] {
            timed(&format!("building it with TARGET_CORE={core}"), || {
                self.configure(driver, core)?;
                silent(self.kernel.make(), &self.kernel)
            })?;
            if core == "m" {
                timed("the symbols of the kernel crate", || self.symbols())?;
            }
            timed(&format!("booting it with TARGET_CORE={core}"), || {
                self.boot(driver)
            })?;
        }
        timed("rustdoc", || self.rustdoc())
    }

    fn git(&self, words: &[&str]) -> Result<String> {
        git(&self.kernel.source, words)
    }

    /// Applies the patches on a branch, as a maintainer does. Returns their number.
    fn apply(&self, patches: &Path) -> Result<usize> {
        let files = files(patches)?;
        self.git(&["checkout", "--quiet", "-B", "series"])?;
        apply(&self.kernel.source, &files)?;
        Ok(files.len() - 1)
    }

    fn checkpatch(&self, patches: &Path) -> Result<()> {
        // Without them it says nothing of SPDX lines, and succeeds.
        require(&["python3-git", "python3-ply"])?;
        files(patches)?[1..]
            .iter()
            .try_for_each(|patch| checkpatch(&self.kernel.source, patch))
    }

    fn rustfmt(&self) -> Result<()> {
        let changed = self.git(&["diff", "--name-only", "base..HEAD", "--", "*.rs"])?;
        let mut rustfmt = Command::new("rustfmt");
        rustfmt.current_dir(&self.kernel.source);
        rustfmt.args([
            "--check",
            "--edition",
            "2021",
            "--config-path",
            ".rustfmt.toml",
        ]);
        output(rustfmt.args(changed.lines()))?;
        Ok(())
    }

    /// Builds each commit with all gates.
    fn each(&self, driver: &Driver) -> Result<()> {
        for commit in self
            .git(&["rev-list", "--reverse", "base..series"])?
            .lines()
        {
            let start = Instant::now();
            self.git(&["checkout", "--quiet", "--force", commit])?;
            let subject = self.git(&["show", "--no-patch", "--format=%s"])?;
            self.gates(driver)
                .with_context(|| format!("at `{}`", subject.trim()))?;
            println!("    {} s: {}", start.elapsed().as_secs(), subject.trim());
        }
        Ok(())
    }

    /// Bisects the series, with a bad commit after it: the gates pass at each patch, so that commit must be
    /// found.
    fn bisect(&self, driver: &Driver) -> Result<()> {
        self.git(&["checkout", "--quiet", "--force", "--detach", "series"])?;
        self.git(&["commit", "--quiet", "--allow-empty", "--message", "Bad"])?;
        let bad = self.git(&["rev-parse", "HEAD"])?;
        self.git(&["bisect", "start", bad.trim(), "base"])?;
        let mut bisect = Command::new("git");
        bisect
            .arg("-C")
            .arg(&self.kernel.source)
            .args(["bisect", "run"]);
        bisect.arg(std::env::current_exe()?);
        let said = output(bisect.args(["series-gates", driver.module]));
        self.git(&["bisect", "reset"])?;
        let first = format!("{} is the first bad commit", bad.trim());
        ensure!(said?.contains(&first), "git bisect finds a bad patch");
        Ok(())
    }

    /// Builds the kernel crate and, once it exists, the driver with all gates. Skips a tree that has passed:
    /// a patch may change neither, or two series may share a patch.
    fn gates(&self, driver: &Driver) -> Result<()> {
        let read = self.git(&["ls-tree", "HEAD", "rust", "drivers/target", "include"])?;
        let read = read.replace('\n', " ");
        let passed = text(&self.passed());
        if passed.lines().any(|line| line == read) {
            return Ok(());
        }
        let symbol = driver.module.to_ascii_uppercase();
        let settings = [("TARGET_CORE", "m"), (&symbol, "m")];
        self.set(&self.gates, &[&settings[..], &KUNIT].concat())?;
        let mut make = self.gates.make();
        make.args(["CLIPPY=1", "W=1", "rust/kernel.o"]);
        let dir = format!("drivers/target/{}/", driver.module);
        if self.kernel.source.join(&dir).is_dir() {
            make.arg(dir);
        }
        silent(make, &self.gates)?;
        fs::write(self.passed(), passed + &read + "\n")?;
        Ok(())
    }

    fn configure(&self, driver: &Driver, core: &str) -> Result<()> {
        let symbol = driver.module.to_ascii_uppercase();
        let settings = [
            &[("TARGET_CORE", core), (&symbol, "m")][..],
            &KUNIT,
            &[("RUST_KERNEL_DOCTESTS", "y")],
        ];
        let settings = settings.concat();
        self.set(&self.kernel, &settings)?;
        let config = text(&self.kernel.build.join(".config"));
        for (symbol, value) in settings {
            let line = format!("CONFIG_{symbol}={value}");
            ensure!(
                config.lines().any(|set| set == line),
                "the configuration has no {line}"
            );
        }
        Ok(())
    }

    /// Sets symbols of a build's configuration.
    fn set(&self, kernel: &Kernel, symbols: &[(&str, &str)]) -> Result<()> {
        let mut config = Command::new(self.kernel.source.join("scripts/config"));
        config.arg("--file").arg(kernel.build.join(".config"));
        for (symbol, value) in symbols {
            config.args(["--set-val", symbol, value]);
        }
        output(&mut config)?;
        logged(
            kernel.make().arg("olddefconfig"),
            &kernel.build.join("configure.log"),
        )
    }

    /// Checks that the kernel crate, which is built in, uses no symbol of target core if that is a module.
    fn symbols(&self) -> Result<()> {
        let build = &self.kernel.build;
        let mut nm = Command::new("nm");
        let undefined = output(nm.arg("-u").arg(build.join("rust/kernel.o")))?;
        let exported = text(&build.join("Module.symvers"));
        let of_core: Vec<_> = exported
            .lines()
            .filter_map(|line| {
                let mut fields = line.split('\t').skip(1);
                let (symbol, owner) = (fields.next()?, fields.next()?);
                owner.starts_with("drivers/target/").then_some(symbol)
            })
            .collect();
        ensure!(
            of_core.len() > 30,
            "target core exports {} symbols",
            of_core.len()
        );
        let wanted: Vec<_> = undefined
            .split_whitespace()
            .filter(|word| of_core.contains(word))
            .collect();
        ensure!(
            wanted.is_empty(),
            "rust/kernel.o wants of target core, which is a module: {}",
            wanted.join(", ")
        );
        Ok(())
    }

    fn boot(&self, driver: &Driver) -> Result<()> {
        let protocol = find(driver.proto).map_err(|error| anyhow::anyhow!("{error}"))?;
        let module = driver.module;
        let name = default_fabric(module);
        let fabric = Fabric {
            module,
            name,
            wwn: protocol.example,
            hba: 3,
        };
        let session = script(&fabric);
        let selftests = self
            .kernel
            .source
            .join("tools/testing/selftests/drivers/target");
        let more = driver.session;
        let command = format!(
            "set -e\nmkdir -p /var/target/pr /etc/target\nmodprobe target_core_mod || true\n\
             sh {}/{module}/selftest.sh\n(\n{session})\nmodprobe {module}\n(\n:\n{more})\nrmmod {module}\ndmesg\n",
            selftests.display()
        );
        let outcome = Guest::new(&self.kernel).run_quietly(&command)?;
        outcome.check()?;
        for suite in ["rust_target", DOCTESTS, module] {
            check_suite(&outcome, suite)?;
        }
        ensure!(
            outcome.output.contains(DOCTEST),
            "no example of the layer ran"
        );
        if !more.is_empty() {
            ensure!(
                outcome.output.contains("--- data are back"),
                "no data came back"
            );
        }
        Ok(())
    }

    /// Runs rustdoc on the kernel crate. It must not warn about files of the series.
    fn rustdoc(&self) -> Result<()> {
        let log = self.kernel.build.join("rustdoc.log");
        logged(self.kernel.make().arg("rustdoc"), &log)?;
        let said = text(&log);
        let about: Vec<_> = said
            .lines()
            .filter(|line| {
                line.contains("rust/kernel/target") || line.contains("rust/kernel/scsi_host")
            })
            .collect();
        ensure!(about.is_empty(), "rustdoc finds:\n{}", about.join("\n"));
        Ok(())
    }
}

/// The settings with which the layer's unit tests are built.
const KUNIT: [(&str, &str); 3] = [
    ("KUNIT", "y"),
    ("RUST_KUNIT_TESTS", "y"),
    ("RUST_TARGET_KUNIT_TEST", "y"),
];

/// The suite of the examples in the kernel crate's documentation, and the start of the names of those of
/// the layer.
const DOCTESTS: &str = "rust_doctests_kernel";
const DOCTEST: &str = "rust_doctest_kernel_target_";

/// Checks that a `KUnit` suite ran and passed.
fn check_suite(outcome: &Outcome, suite: &str) -> Result<()> {
    let ended = |line: &str| {
        let line = line.trim_end();
        line.ends_with(&format!(" {suite}")) && line.contains("ok ")
    };
    let mut lines = outcome.output.lines().filter(|line| ended(line));
    match lines.next() {
        Some(line) if !line.contains("not ok") => Ok(()),
        Some(line) => bail!("a KUnit suite failed: {line}"),
        None => bail!("the KUnit suite {suite} did not run"),
    }
}

/// Runs make, which must not warn.
fn silent(mut make: Command, kernel: &Kernel) -> Result<()> {
    let log = kernel.build.join("build.log");
    logged(&mut make, &log)?;
    let said = text(&log).to_ascii_lowercase();
    let warnings: Vec<_> = said
        .lines()
        .filter(|line| line.contains("warning"))
        .collect();
    ensure!(
        warnings.is_empty(),
        "make warns, see {}:\n{}",
        log.display(),
        warnings.join("\n")
    );
    Ok(())
}

/// The patches in a directory, the cover letter first.
fn files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        files.push(entry?.path());
    }
    files.retain(|path| path.extension().is_some_and(|end| end == "patch"));
    files.sort();
    Ok(files)
}
