// SPDX-License-Identifier: GPL-2.0-only

//! The bench for series: the kernel's tree in git, and two builds of it.
//!
//! The builds begin as copies of existing builds, so only files that depend on the series are compiled.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};
use rustix::fs::FlockOperation;

use crate::git::{git, identify};
use crate::kernel::{Arch, CURRENT, Compiler, Flavour, Kernel, get};
use crate::session::NAB5000;
use crate::shell::{cache, lock, output, text};

/// The kernel's tree in git, and two builds of it.
pub(super) struct Bench {
    /// The build that boots: with all checkers, and with `KUnit`.
    pub(super) kernel: Kernel,
    /// The build with all gates, of the kernel crate and the driver only.
    pub(super) gates: Kernel,
    dir: PathBuf,
    lock: Option<File>,
}

impl Bench {
    /// Creates the tree and the builds if they do not exist, and locks them.
    ///
    /// # Errors
    ///
    /// A part that cannot be created.
    pub(super) fn new() -> Result<Self> {
        let [plain, debug] = [Flavour::Plain, Flavour::Debug].map(|flavour| get(CURRENT, flavour));
        let (plain, debug) = (plain?, debug?);
        let mut bench = Self::there(&plain)?;
        let dir = bench.dir.clone();
        fs::create_dir_all(&dir)?;
        bench.lock = Some(lock(&dir, FlockOperation::LockExclusive)?);
        let stamp = dir.join("stamp");
        let wanted = [&plain, &debug].map(|kernel| text(&kernel.build.join(".tcm-stamp")));
        let wanted = wanted.concat();
        if text(&stamp) != wanted {
            for part in ["source", "build", "gates"] {
                let _ = fs::remove_dir_all(dir.join(part));
            }
            timed("the kernel's tree in git", || {
                let source = &bench.kernel.source;
                copy(&plain.source, source)?;
                without_demo(source)?;
                git(source, &["init", "--quiet"])?;
                git(source, &["add", "--all", "--force"])?;
                git(source, &["commit", "--quiet", "--message", "A kernel"])?;
                git(source, &["branch", "base"])?;
                seed(&debug, &bench.kernel)?;
                seed(&plain, &bench.gates)
            })?;
            fs::write(stamp, wanted)?;
        }
        identify(&bench.kernel.source)?;
        let _ = fs::remove_file(bench.passed());
        Ok(bench)
    }

    /// The bench that another process has created and locked.
    ///
    /// # Errors
    ///
    /// If there is no kernel.
    pub(super) fn of_another() -> Result<Self> {
        Self::there(&get(CURRENT, Flavour::Plain)?)
    }

    fn there(plain: &Kernel) -> Result<Self> {
        let dir = cache()?.join(CURRENT).join("series");
        let kernel = |build: &str| Kernel {
            source: dir.join("source"),
            build: dir.join(build),
            compiler: Compiler::Llvm,
            arch: Arch::X86,
            tools: plain.tools.clone(),
            modules: Vec::new(),
        };
        Ok(Self {
            kernel: kernel("build"),
            gates: kernel("gates"),
            lock: None,
            dir: dir.clone(),
        })
    }

    /// The file with the trees that have passed the gates, one on a line.
    pub(super) fn passed(&self) -> PathBuf {
        self.dir.join("passed")
    }
}

/// Removes the module that `cargo xtask demo` may have left in a tree.
fn without_demo(source: &Path) -> Result<()> {
    let (module, symbol) = (NAB5000.module, NAB5000.module.to_ascii_uppercase());
    let target = source.join("drivers/target");
    for list in ["Makefile", "Kconfig"] {
        let list = target.join(list);
        let text = text(&list);
        let lines = text.split_inclusive('\n');
        let kept = lines.filter(|line| !line.contains(module) && !line.contains(&symbol));
        fs::write(&list, kept.collect::<String>())?;
    }
    let page = source.join(format!("Documentation/target/{module}.rst"));
    let selftests = source.join("tools/testing/selftests/drivers/target");
    for dir in [target.join(module), selftests.join(module)] {
        let _ = fs::remove_dir_all(dir);
    }
    let _ = fs::remove_file(page);
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let mut cp = Command::new("cp");
    output(cp.arg("--archive").arg(from).arg(to))?;
    Ok(())
}

/// Copies a build for another tree with the same files. The records of the copy name that tree.
fn seed(from: &Kernel, to: &Kernel) -> Result<()> {
    copy(&from.build, &to.build)?;
    let mut find = Command::new("find");
    find.arg(&to.build)
        .args(["-name", "*.cmd", "-exec", "sed", "-i"]);
    for (old, new) in [(&from.source, &to.source), (&from.build, &to.build)] {
        find.arg("-e");
        find.arg(format!("s#{}#{}#g", old.display(), new.display()));
    }
    output(find.args(["{}", "+"]))?;
    for made_anew in ["Makefile", "source", ".tcm-stamp"] {
        fs::remove_file(to.build.join(made_anew))?;
    }
    Ok(())
}

/// Runs a step, and prints the time that it took.
pub(crate) fn timed<T>(what: &str, step: impl FnOnce() -> Result<T>) -> Result<T> {
    let start = Instant::now();
    let result = step().with_context(|| what.to_owned())?;
    println!("  {} s: {what}", start.elapsed().as_secs());
    Ok(result)
}
