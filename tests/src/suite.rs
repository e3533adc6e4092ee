// SPDX-License-Identifier: GPL-2.0-only

//! All tests of the project, host and guest, in one run: CI runs this.
//!
//! Kernels are built while tests run that need no kernel. Then each test that boots a guest is a job.
//! One job more runs at a time than there are processors, since guests also wait for files and timers.
//! The output of a job is shown when it ends. The run ends with a table of the times of all jobs, and
//! the last lines of those that failed.

mod report;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::Value;
use tempfile::TempDir;

use crate::kernel::{BETWEEN, CURRENT, Flavour, Kernel, LTS, get, is_there, jobs, newest, source};
use crate::shell::{checkout, output};

use report::{Job, Report, conclude, last_times, longest_first, note_times};

/// The length of tests that have a short and a long form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Minutes in all.
    Short,
    /// Hours: for a release.
    Full,
}

/// The variable that selects [`Length::Full`].
const FULL: &str = "TCM_TEST_FULL";

/// The variable by which tests know that [`test`] runs them. Its value is the directory of the
/// modules that they share.
const MODULES: &str = "TCM_TEST_MODULES";

impl Length {
    /// The length of this run.
    #[must_use]
    pub fn of_this_run() -> Self {
        match std::env::var_os(FULL) {
            Some(_) => Self::Full,
            None => Self::Short,
        }
    }
}

/// The kernel for tests that need no checkers: the LTS kernel, which other tests also need, or in a full
/// run the current one.
///
/// # Errors
///
/// As [`get`].
pub fn unwatched() -> Result<Kernel> {
    let version = match Length::of_this_run() {
        Length::Full if is_there(CURRENT) => CURRENT,
        _ => LTS,
    };
    get(version, Flavour::Plain)
}

/// Reports that a test does not run here, since `needs` is missing.
///
/// # Panics
///
/// If [`test`] runs the test: it has installed all requirements.
pub fn skip(needs: &str) {
    assert!(std::env::var_os(MODULES).is_none(), "needs {needs}");
    eprintln!("{SKIPPED}needs {needs}");
}

/// Reports that a test does not run, if the kernel `version` that it wants is not there. [`test`]
/// counts these.
#[must_use]
pub fn is_skipped(version: &str) -> bool {
    let is_there = is_there(version);
    if !is_there {
        println!("{SKIPPED}wants linux {version}, which is not there");
    }
    !is_there
}

/// Returns true in a run at full length. Otherwise reports that the test does not run; [`test`] counts
/// these.
#[must_use]
pub fn is_full() -> bool {
    let is_full = Length::of_this_run() == Length::Full;
    if !is_full {
        println!("{SKIPPED}runs at full length alone");
    }
    is_full
}

/// The kernel `version`; `None`, as [`is_skipped`], if it is not there.
///
/// # Panics
///
/// If it cannot be built.
#[must_use]
pub fn wanted(version: &str, flavour: Flavour) -> Option<Kernel> {
    (!is_skipped(version))
        .then(|| get(version, flavour).unwrap_or_else(|error| panic!("{error:#}")))
}

/// The seed of a test with random input: that in `TCM_SEED`, else a new one. Prints it.
///
/// # Panics
///
/// If `TCM_SEED` is not a number.
#[must_use]
pub fn seed() -> u64 {
    let seed = match std::env::var("TCM_SEED") {
        Ok(text) => text.parse().expect("TCM_SEED is not a number"),
        Err(_) => fastrand::u64(..),
    };
    println!("TCM_SEED={seed} repeats the random input of this run");
    seed
}

/// The start of a line about a test that was skipped.
const SKIPPED: &str = "skipped: ";

/// The directory of the modules that a test builds.
#[derive(Debug)]
pub struct Modules {
    dir: PathBuf,
    /// A directory that is removed after the test, if it is not shared.
    _own: Option<TempDir>,
}

impl Modules {
    /// A directory for the modules of one kernel: of a test alone, or of all that [`test`] runs, so
    /// that what two of them need is built once.
    ///
    /// # Errors
    ///
    /// If the directory cannot be made.
    pub fn new(kernel: &Kernel) -> Result<Self> {
        let Some(shared) = std::env::var_os(MODULES) else {
            let own = tempfile::tempdir()?;
            return Ok(Self {
                dir: own.path().to_owned(),
                _own: Some(own),
            });
        };
        let name = kernel.build.display().to_string().replace('/', "_");
        let dir = PathBuf::from(shared).join(name);
        std::fs::create_dir_all(&dir)?;
        Ok(Self { dir, _own: None })
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.dir
    }
}

/// The tests that need no kernel.
const HOST: [(&str, &[&str]); 3] = [
    ("format", &["fmt", "--check"]),
    (
        "clippy",
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ],
    ),
    // The comparisons that tests print are of interest when they pass, too.
    (
        "host tests",
        &[
            "test",
            "--workspace",
            "--no-fail-fast",
            "--",
            "--show-output",
        ],
    ),
];

/// Builds the requirements of the tests, and runs all tests, even if one fails.
///
/// # Errors
///
/// If a kernel cannot be built, or a job failed.
pub fn test(length: Length) -> Result<()> {
    let start = Instant::now();
    let (sender, queue) = channel();
    let suite = Suite {
        length,
        modules: tempfile::tempdir()?,
        queue: Mutex::new(queue),
        reports: Mutex::new(Vec::new()),
    };
    let prepared = std::thread::scope(|scope| {
        for _ in 0..jobs() {
            scope.spawn(|| suite.work());
        }
        let prepared = suite.prepare(&sender);
        // All jobs are queued. This thread now runs jobs, too.
        drop(sender);
        suite.work();
        prepared
    });
    let reports = std::mem::take(&mut *lock(&suite.reports));
    let noted = note_times(&reports);
    let concluded = conclude(reports, start.elapsed());
    prepared.and(concluded).and(noted)
}

/// A run of all tests.
struct Suite {
    length: Length,
    /// The directory of the modules that tests share.
    modules: TempDir,
    queue: Mutex<Receiver<Job>>,
    reports: Mutex<Vec<Report>>,
}

impl Suite {
    /// Queues the jobs that need no kernel, gets the kernels, and queues all other jobs.
    fn prepare(&self, queue: &Sender<Job>) -> Result<()> {
        for (name, words) in HOST {
            let mut cargo = cargo();
            cargo.args(words);
            queue.send(Job::new(name, cargo))?;
        }
        let start = Instant::now();
        let result = kernels(self.length);
        self.report(Report {
            name: "kernels".to_owned(),
            took: start.elapsed(),
            succeeded: result.is_ok(),
            results: Vec::new(),
            skipped: Vec::new(),
            cases: Vec::new(),
            last_lines: String::new(),
        });
        result?;
        let mut jobs = ignored_tests()?;
        let mut xtask = |name, word| {
            let mut cargo = cargo();
            cargo.args(["xtask", word]);
            jobs.push(Job::new(name, cargo));
        };
        xtask("lint of generated modules", "lint");
        if self.length == Length::Full {
            xtask("a distribution's own kernel", "stock");
            xtask("a series of patches for the kernel", "series");
            xtask("the fixes of target core", "fixes");
        }
        for job in longest_first(jobs, &last_times()?) {
            queue.send(job)?;
        }
        Ok(())
    }

    /// Runs jobs as they are queued, until the queue ends.
    fn work(&self) {
        // The lock is held during the wait: other threads wait for the lock instead of for a job.
        let next = || lock(&self.queue).recv();
        while let Ok(mut job) = next() {
            job.command.env(MODULES, self.modules.path());
            // Backtraces would fill the last lines of a job that failed.
            job.command.env("RUST_BACKTRACE", "0");
            if self.length == Length::Full {
                job.command.env(FULL, "1");
            }
            println!("[started] {}", job.name);
            let (report, said) = job.run();
            // In one piece, since other jobs may end at the same time.
            let (end, seconds) = (report.end(), report.took.as_secs());
            println!("\n[{end} in {seconds} s] {}\n{said}", report.name);
            self.report(report);
        }
    }

    fn report(&self, report: Report) {
        lock(&self.reports).push(report);
    }
}

/// Locks a mutex, even if a thread has panicked while it held the lock: the data are always consistent.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Builds the available kernels.
fn kernels(length: Length) -> Result<()> {
    let (plain, debug) = (Flavour::Plain, Flavour::Debug);
    let (gcc, realtime) = (Flavour::Gcc, Flavour::Realtime);
    let mut wanted = vec![(CURRENT, debug), (LTS, plain), (CURRENT, plain)];
    if length == Length::Full {
        wanted.extend([(BETWEEN, plain), (CURRENT, gcc), (CURRENT, realtime)]);
        wanted.extend([(CURRENT, Flavour::ThinLto), (CURRENT, Flavour::Arm64)]);
    }
    newest();
    for (version, flavour) in wanted {
        if version == LTS || is_there(version) {
            get(version, flavour)?;
        }
    }
    if is_there(BETWEEN) {
        source(BETWEEN)?;
    }
    Ok(())
}

fn cargo() -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(checkout());
    cargo
}

/// A job for each test that a plain `cargo test` ignores.
fn ignored_tests() -> Result<Vec<Job>> {
    let mut cargo = cargo();
    cargo.args(["test", "--workspace", "--no-run", "--quiet"]);
    cargo.arg("--message-format=json-render-diagnostics");
    let messages = output(&mut cargo)?;
    let mut jobs = Vec::new();
    for message in messages.lines() {
        let built: Value = serde_json::from_str(message).context("cargo's messages are no JSON")?;
        let Some(program) = built["executable"].as_str() else {
            continue;
        };
        if built["profile"]["test"] != true {
            continue;
        }
        let manifest = Path::new(built["manifest_path"].as_str().unwrap_or_default());
        let binary = built["target"]["name"].as_str().unwrap_or_default();
        let list = output(Command::new(program).args(["--list", "--ignored"]))?;
        for test in list.lines().filter_map(|line| line.strip_suffix(": test")) {
            let mut command = Command::new(program);
            command.args(["--include-ignored", "--show-output", "--exact", test]);
            command.current_dir(manifest.parent().unwrap_or(manifest));
            jobs.push(Job::new(&format!("{binary}: {test}"), command));
        }
    }
    Ok(jobs)
}
