// SPDX-License-Identifier: GPL-2.0-only

//! The series of patches for the kernel, proved on a kernel: each patch applies, is clean, and
//! builds without a word; the result boots with target core as a module and built in.
//!
//! `CACHE/VERSION/series/source` is the kernel's tree in git, `CACHE/VERSION/series/{build,gates}`
//! are its builds.

mod bench;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use bench::Bench;
pub(crate) use bench::timed;
use tcm_mod_builder::names::default_fabric;
use tcm_mod_builder::protocol::find;

use crate::git::{ADDRESS, NAME, apply, git};
use crate::guest::{Guest, Outcome};
use crate::kernel::Kernel;
use crate::lint::checkpatch;
use crate::module::{Profile, builder};
use crate::session::{Fabric, script};
use crate::setup::require;
use crate::shell::{logged, output, text};

/// A series to prove.
pub(crate) struct Case {
    proto: &'static str,
    module: &'static str,
    data_path: &'static str,
    /// What the guest does with the driver besides, once it is loaded.
    more: &'static str,
}

const CASES: [&Case; 2] = [&LOOPBACK, &NOP];

const LOOPBACK: Case = Case {
    proto: "SAS",
    module: "tcm_loop_rust",
    data_path: "loopback",
    more: MOVE_DATA,
};

/// One whose driver moves no data.
pub(crate) const NOP: Case = Case {
    proto: "iSCSI",
    module: "tcm_nop_rust",
    data_path: "nop",
    more: "",
};

/// Logs an initiator in, writes to the disk that a LUN is, and reads it back.
const MOVE_DATA: &str = "
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

/// Proves the series of each case, or that with one driver alone.
///
/// # Errors
///
/// The step that failed.
pub fn series(module: Option<&str>) -> Result<()> {
    let is_wanted = |case: &&Case| module.is_none_or(|module| module == case.module);
    let cases: Vec<_> = CASES.into_iter().filter(is_wanted).collect();
    ensure!(
        !cases.is_empty(),
        "no series has {}; there are {}",
        module.unwrap_or_default(),
        CASES.map(|case| case.module).join(", ")
    );
    let bench = Bench::new()?;
    for case in cases {
        bench
            .prove(case)
            .with_context(|| format!("the series with {}", case.module))?;
    }
    Ok(())
}

/// Builds what is checked out in the kernel's tree, with every gate on: what `git bisect run` is
/// told to do.
///
/// # Errors
///
/// What a gate has found.
pub fn gates(module: &str) -> Result<()> {
    let case = CASES.into_iter().find(|case| case.module == module);
    Bench::of_another()?.gates(case.with_context(|| format!("no series has {module}"))?)
}

impl Bench {
    /// Proves one series.
    fn prove(&self, case: &Case) -> Result<()> {
        let dir = tempfile::tempdir()?;
        let patches = dir.path().join("patches");
        // An earlier run may have ended in the middle of it.
        let _ = self.git(&["bisect", "reset"]);
        self.git(&["checkout", "--quiet", "--force", "--detach", "base"])?;
        self.git(&["clean", "--quiet", "--force", "-d"])?;
        timed("making the series", || {
            make(case, &self.kernel.source, &patches)
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
            || self.each(case),
        )?;
        timed("git bisect run", || self.bisect(case))?;
        for core in ["m", "y"] {
            timed(&format!("building it with TARGET_CORE={core}"), || {
                self.configure(case, core)?;
                silent(self.kernel.make(), &self.kernel)
            })?;
            if core == "m" {
                timed("the symbols of the kernel crate", || self.symbols())?;
            }
            timed(&format!("booting it with TARGET_CORE={core}"), || {
                self.boot(case)
            })?;
        }
        timed("rustdoc", || self.rustdoc())
    }

    fn git(&self, words: &[&str]) -> Result<String> {
        git(&self.kernel.source, words)
    }

    /// Applies the patches on a branch, as a maintainer does; gives their number.
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

    /// Builds each commit with every gate on.
    fn each(&self, case: &Case) -> Result<()> {
        for commit in self
            .git(&["rev-list", "--reverse", "base..series"])?
            .lines()
        {
            let start = Instant::now();
            self.git(&["checkout", "--quiet", "--force", commit])?;
            let subject = self.git(&["show", "--no-patch", "--format=%s"])?;
            self.gates(case)
                .with_context(|| format!("at `{}`", subject.trim()))?;
            println!("    {} s: {}", start.elapsed().as_secs(), subject.trim());
        }
        Ok(())
    }

    /// Looks for a bad commit as somebody does who knows of one behind the series: none in it is
    /// bad, so that the last is the first.
    fn bisect(&self, case: &Case) -> Result<()> {
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
        let said = output(bisect.args(["series-gates", case.module]));
        self.git(&["bisect", "reset"])?;
        let first = format!("{} is the first bad commit", bad.trim());
        ensure!(said?.contains(&first), "git bisect finds a bad patch");
        Ok(())
    }

    /// Builds the kernel crate, and the driver if it is there, with every gate on. Where a patch
    /// changes nothing of either, or another series has the same, the gates have passed already.
    fn gates(&self, case: &Case) -> Result<()> {
        let read = self.git(&["ls-tree", "HEAD", "rust", "drivers/target", "include"])?;
        let read = read.replace('\n', " ");
        let passed = text(&self.passed());
        if passed.lines().any(|line| line == read) {
            return Ok(());
        }
        let symbol = case.module.to_ascii_uppercase();
        let settings = [("TARGET_CORE", "m"), (&symbol, "m")];
        self.set(&self.gates, &[&settings[..], &KUNIT].concat())?;
        let mut make = self.gates.make();
        make.args(["CLIPPY=1", "W=1", "rust/kernel.o"]);
        let driver = format!("drivers/target/{}/", case.module);
        if self.kernel.source.join(&driver).is_dir() {
            make.arg(driver);
        }
        silent(make, &self.gates)?;
        fs::write(self.passed(), passed + &read + "\n")?;
        Ok(())
    }

    fn configure(&self, case: &Case, core: &str) -> Result<()> {
        let symbol = case.module.to_ascii_uppercase();
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

    /// Checks that the kernel crate, which is built in, wants nothing of target core as a module.
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

    fn boot(&self, case: &Case) -> Result<()> {
        let protocol = find(case.proto).map_err(|error| anyhow::anyhow!("{error}"))?;
        let module = case.module;
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
        let more = case.more;
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

    /// Has rustdoc read the kernel crate: it says nothing of what the series adds.
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

/// What has the layer's unit tests built.
const KUNIT: [(&str, &str); 3] = [
    ("KUNIT", "y"),
    ("RUST_KUNIT_TESTS", "y"),
    ("RUST_TARGET_KUNIT_TEST", "y"),
];

/// The suite of the examples in the kernel crate's documentation, and what begins the name of one of
/// the layer.
const DOCTESTS: &str = "rust_doctests_kernel";
const DOCTEST: &str = "rust_doctest_kernel_target_";

/// Checks that a `KUnit` suite ran, and passed.
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

/// Runs make, which is to warn of nothing.
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

/// Makes the series, as a user does.
pub(crate) fn make(case: &Case, source: &Path, dir: &Path) -> Result<()> {
    let mut command = Command::new(builder(Profile::Dev)?);
    command.args(["series", "-p", case.proto, "-m", case.module]);
    command
        .args(["--data-path", case.data_path, "-k"])
        .arg(source);
    command.arg("-o").arg(dir);
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), NAME);
        command.env(format!("GIT_{who}_EMAIL"), ADDRESS);
    }
    output(&mut command)?;
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
