// SPDX-License-Identifier: GPL-2.0-only

//! Programs. The output of others is logged, and an error names the program and the log. The tests'
//! own print their error.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::fs::FlockOperation;

/// The cache of kernels and tools, outside the checkout.
///
/// # Errors
///
/// If neither `TCM_CACHE`, `XDG_CACHE_HOME` nor `HOME` is set, or the directory cannot be made.
pub fn cache() -> Result<PathBuf> {
    let xdg = || {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
        cache.or(home).map(|dir| dir.join("tcm-mod-builder"))
    };
    let named = std::env::var_os("TCM_CACHE").map(PathBuf::from);
    let dir = named
        .or_else(xdg)
        .context("no place for a cache: set TCM_CACHE to a directory")?;
    fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
    Ok(fs::canonicalize(dir)?)
}

/// Runs a program of the tests, `name`, with the arguments of the command line. Prints its error.
#[must_use]
pub fn program(name: &str, run: impl FnOnce(&[&str]) -> Result<()>) -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The checkout.
#[must_use]
pub fn checkout() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_owned()
}

/// Takes the lock `how` on a directory, and holds it until the result is dropped. The lock is
/// advisory, for this process and others.
///
/// # Errors
///
/// If the directory does not exist, or its file system does not support locks.
pub fn lock(dir: &Path, how: FlockOperation) -> Result<File> {
    let file = File::open(dir).with_context(|| format!("no directory {}", dir.display()))?;
    rustix::fs::flock(&file, how).with_context(|| format!("cannot lock {}", dir.display()))?;
    Ok(file)
}

/// Creates a directory, or empties an existing one.
///
/// # Errors
///
/// If an entry cannot be removed.
pub fn empty(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir)?;
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() && !path.is_symlink() {
            fs::remove_dir_all(path)?;
        } else {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Runs a command with its output in `log`. The error of a failed command has the complaints of the
/// log.
///
/// # Errors
///
/// If the command cannot be run or fails.
pub fn logged(command: &mut Command, log: &Path) -> Result<()> {
    let status = start(command, log)?.wait()?;
    succeeded(command, status, log)
}

/// As [`logged`], and prints the number of finished steps of make: continuously on a terminal, else
/// once a minute.
///
/// # Errors
///
/// As [`logged`].
pub fn shown(command: &mut Command, log: &Path) -> Result<()> {
    let mut child = start(command, log)?;
    let is_terminal = io::stdout().is_terminal();
    let (begin, mut minutes) = (Instant::now(), 0);
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        let (text, seconds) = (text(log), begin.elapsed().as_secs());
        let steps = text.lines().filter(|line| is_step(line)).count();
        if is_terminal {
            print!("\r  {steps} steps, {seconds} s ");
            let _ = io::stdout().flush();
        } else if seconds / 60 > minutes {
            minutes = seconds / 60;
            println!("  {steps} steps, {seconds} s");
        }
        std::thread::sleep(Duration::from_millis(500));
    };
    if is_terminal {
        println!();
    }
    succeeded(command, status, log)
}

fn start(command: &mut Command, log: &Path) -> Result<Child> {
    let file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .spawn()
        .with_context(|| format!("cannot run {}", name(command)))
}

fn succeeded(command: &Command, status: ExitStatus, log: &Path) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    bail!(
        "{} failed ({status}); from {}:\n{}",
        name(command),
        log.display(),
        complaints(&text(log))
    );
}

/// The last lines of a log without make's steps and directories, or the last lines of a log that
/// has no others.
fn complaints(log: &str) -> String {
    let all: Vec<_> = log.lines().collect();
    let said = |line: &&str| !is_step(line) && !is_directory(line);
    let complaints: Vec<_> = all.iter().copied().filter(said).collect();
    let lines = if complaints.is_empty() {
        all
    } else {
        complaints
    };
    lines[lines.len().saturating_sub(40)..].join("\n")
}

/// Returns true if a line of make's log names a step, such as `  CC [M]  x.o`.
#[must_use]
pub fn is_step(line: &str) -> bool {
    let word = line.trim_start();
    line.starts_with("  ") && word.starts_with(|c: char| c.is_ascii_uppercase())
}

/// Returns true if a line of make's log names a directory that it enters or leaves.
#[must_use]
pub fn is_directory(line: &str) -> bool {
    line.starts_with("make") && line.contains("ing directory")
}

/// Runs a command and returns its standard output.
///
/// # Errors
///
/// If the command cannot be run or fails; the error has its output.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {}", name(command)))?;
    if !output.status.success() {
        // Some programs report errors on standard output.
        let said = [output.stderr, output.stdout].concat();
        bail!(
            "{} failed ({}): {}",
            name(command),
            output.status,
            String::from_utf8_lossy(&said).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The text of a file, or an empty one if the file does not exist.
#[must_use]
pub fn text(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn name(command: &Command) -> String {
    let args = command.get_args().map(|arg| arg.to_string_lossy());
    let words: Vec<_> = [command.get_program().to_string_lossy()]
        .into_iter()
        .chain(args)
        .collect();
    let line = words.join(" ");
    match line.char_indices().nth(160) {
        Some((at, _)) => format!("`{}…`", &line[..at]),
        None => format!("`{line}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_of_make_shows_the_reason_and_no_steps() {
        let dir = tempfile::tempdir().unwrap();
        let makefile = "all:\n\t@echo '  CC      a.o'\n\t@echo 'a.c:1: no such thing' >&2\n\t@\
                        for i in $$(seq 99); do echo '  CC      b.o'; done; false\n";
        fs::write(dir.path().join("Makefile"), makefile).unwrap();
        let mut make = Command::new("make");
        make.arg("--print-directory").arg("-C").arg(dir.path());
        let log = dir.path().join("log");
        for run in [logged, shown] {
            let error = run(&mut make, &log).unwrap_err().to_string();
            assert!(error.contains("\na.c:1: no such thing\n"), "{error}");
            assert!(
                !error.contains("  CC ") && !error.contains("Leaving"),
                "{error}"
            );
        }
    }

    #[test]
    fn log_without_complaints_is_shown_as_it_is() {
        assert_eq!(
            complaints("  CC a.o\nmake: Leaving directory 'x'\n"),
            "  CC a.o\nmake: Leaving directory 'x'"
        );
    }
}
