// SPDX-License-Identifier: GPL-2.0-only

//! A guest program that creates and removes configfs directories, while allocations fail or
//! thousands of times, and measures the time.
//!
//! A shell would allocate memory to start each mkdir. Here, only the calls under test run while
//! allocations of this task fail.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, symlink};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match args[..] {
        ["faults", fabric, wwn, initiator, backstore, rounds] => {
            faults(&Tree::new(fabric, wwn, initiator, backstore), rounds)
        }
        ["links", tpg, backstore, rounds] => links(Path::new(tpg), backstore, rounds),
        ["time", wwn, initiator, rounds] => time(Path::new(wwn), initiator, rounds),
        ["scale", fabric, count, rounds] => scale(Path::new(fabric), count, rounds),
        _ => Err(io::Error::new(
            ErrorKind::InvalidInput,
            "want: faults FABRIC_DIR WWN INITIATOR BACKSTORE ROUNDS, or: links TPG_DIR BACKSTORE \
             ROUNDS, or: time WWN_DIR INITIATOR ROUNDS, or: scale FABRIC_DIR COUNT ROUNDS",
        )),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("configfs-rounds: {error}");
            ExitCode::FAILURE
        }
    }
}

fn number(text: &str) -> io::Result<u32> {
    text.parse()
        .map_err(|_| io::Error::new(ErrorKind::InvalidInput, format!("`{text}` is no number")))
}

// Faults.

/// Directories of one round, the outermost first.
struct Tree {
    directories: Vec<(&'static str, PathBuf)>,
    link: PathBuf,
    backstore: PathBuf,
}

impl Tree {
    fn new(fabric: &str, wwn: &str, initiator: &str, backstore: &str) -> Self {
        let wwn = Path::new(fabric).join(wwn);
        let tpg = wwn.join("tpgt_1");
        let lun = tpg.join("lun/lun_0");
        Self {
            link: lun.join("port"),
            backstore: PathBuf::from(backstore),
            directories: vec![
                ("wwn", wwn),
                ("tpg", tpg.clone()),
                ("node ACL", tpg.join("acls").join(initiator)),
                ("LUN", lun),
            ],
        }
    }
}

/// Switch for failing allocations of this task, by the settings of failslab.
///
/// The file stays open, since opening it again would allocate memory.
struct MakeItFail(File);

impl MakeItFail {
    fn open() -> io::Result<Self> {
        Ok(Self(
            File::options()
                .write(true)
                .open("/proc/self/make-it-fail")?,
        ))
    }

    fn set(&self, yes: bool) -> io::Result<()> {
        self.0.write_at(if yes { b"1" } else { b"0" }, 0).map(drop)
    }
}

/// Creates and removes the tree while allocations fail: each failure must be ENOMEM, and all
/// created directories must be removable.
fn faults(tree: &Tree, rounds: &str) -> io::Result<()> {
    let rounds = number(rounds)?;
    let make_it_fail = MakeItFail::open()?;
    let mut failures: BTreeMap<String, u32> = BTreeMap::new();
    // A round without faults loads all pages that a round needs: a failing page fault would kill
    // this program.
    round(tree, |_, step| step())?;
    for _ in 0..rounds {
        round(tree, |kind, step| {
            make_it_fail.set(true)?;
            let result = step();
            make_it_fail.set(false)?;
            let Err(error) = result else { return Ok(()) };
            judge(kind, &error)?;
            *failures.entry(format!("{kind}: {error}")).or_default() += 1;
            // Without faults, so that each round reaches the next step.
            step()
        })?;
    }
    println!("{rounds} rounds complete");
    for (failure, count) in &failures {
        println!("{count} times {failure}");
    }
    for kind in tree.directories.iter().map(|(kind, _)| *kind) {
        if !failures.keys().any(|failure| failure.starts_with(kind)) {
            return Err(io::Error::other(format!(
                "no {kind} has failed: fault injection does not work"
            )));
        }
    }
    Ok(())
}

/// Creates the tree, each step through `attempt`, and removes it.
fn round(
    tree: &Tree,
    mut attempt: impl FnMut(&str, &dyn Fn() -> io::Result<()>) -> io::Result<()>,
) -> io::Result<()> {
    for (kind, directory) in &tree.directories {
        attempt(kind, &|| fs::create_dir(directory))?;
    }
    attempt("link", &|| symlink(&tree.backstore, &tree.link))?;
    fs::remove_file(&tree.link)?;
    for (_, directory) in tree.directories.iter().rev() {
        fs::remove_dir(directory)?;
    }
    Ok(())
}

/// Checks an error: it must be ENOMEM, or EINVAL for a target port or portal group, since target
/// core replaces errors of the fabric there.
fn judge(kind: &str, error: &io::Error) -> io::Result<()> {
    let hidden = matches!(kind, "wwn" | "tpg") && error.kind() == ErrorKind::InvalidInput;
    if hidden || error.kind() == ErrorKind::OutOfMemory {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "{kind} failed with {error}, which is not ENOMEM"
    )))
}

// Links.

/// Links a backstore to a LUN and unlinks it, without a delay.
fn links(tpg: &Path, backstore: &str, rounds: &str) -> io::Result<()> {
    let rounds = number(rounds)?;
    let lun = tpg.join("lun/lun_0");
    let link = lun.join("port");
    for _ in 0..rounds {
        fs::create_dir(&lun)?;
        symlink(backstore, &link)?;
        fs::remove_file(&link)?;
        fs::remove_dir(&lun)?;
    }
    println!("{rounds} rounds");
    Ok(())
}

// Time.

/// Prints the median times to create and remove a target port, a portal group and a node ACL, in
/// nanoseconds of the guest's clock.
///
/// Each has neighbours: for the only object of a kind, the allocator may or may not take and free a
/// page each time.
fn time(wwn: &Path, initiator: &str, rounds: &str) -> io::Result<()> {
    let rounds = number(rounds)?;
    let tpg = wwn.join("tpgt_9");
    let acl = tpg.join("acls").join(initiator);
    let neighbours = |path: &Path, names: &dyn Fn(usize) -> String| -> Vec<PathBuf> {
        (1..=5)
            .map(|index| path.with_file_name(names(index)))
            .collect()
    };
    let held = [
        neighbours(wwn, &|index| format!("iqn.n{index}")),
        vec![wwn.to_owned()],
        neighbours(&tpg, &|index| format!("tpgt_{index}")),
        vec![tpg.clone()],
        neighbours(&acl, &|index| format!("iqn.n{index}")),
    ]
    .concat();
    for directory in &held {
        fs::create_dir(directory)?;
    }
    measure("wwn", &wwn.with_file_name("iqn.n"), rounds)?;
    measure("tpg", &tpg.with_file_name("tpgt_8"), rounds)?;
    measure("acl", &acl, rounds)?;
    held.iter().rev().try_for_each(fs::remove_dir)
}

fn measure(what: &str, directory: &Path, rounds: u32) -> io::Result<()> {
    let (making, removing) = median_times(directory, rounds)?;
    println!("mkdir {what} {}", making.as_nanos());
    println!("rmdir {what} {}", removing.as_nanos());
    Ok(())
}

/// Median times to create and remove a directory.
fn median_times(directory: &Path, rounds: u32) -> io::Result<(Duration, Duration)> {
    let (mut making, mut removing) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let start = Instant::now();
        fs::create_dir(directory)?;
        let made = Instant::now();
        fs::remove_dir(directory)?;
        making.push(made - start);
        removing.push(made.elapsed());
    }
    Ok((median(making), median(removing)))
}

/// Median, which ignores rounds interrupted by a timer or RCU.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

// Scale.

/// Creates `count` target ports, then `count` node ACLs in one portal group. Prints for each kind
/// the time to create all, and the median time to create one more, in nanoseconds.
fn scale(fabric: &Path, count: &str, rounds: &str) -> io::Result<()> {
    let (count, rounds) = (number(count)?, number(rounds)?);
    many("wwn", fabric, count, rounds)?;
    let wwn = fabric.join(port(0));
    let tpg = wwn.join("tpgt_1");
    fs::create_dir(&wwn)?;
    fs::create_dir(&tpg)?;
    many("acl", &tpg.join("acls"), count, rounds)?;
    fs::remove_dir(tpg)?;
    fs::remove_dir(wwn)
}

fn many(what: &str, parent: &Path, count: u32, rounds: u32) -> io::Result<()> {
    let directories: Vec<_> = (1..=count).map(|index| parent.join(port(index))).collect();
    let start = Instant::now();
    directories.iter().try_for_each(fs::create_dir)?;
    let all = start.elapsed();
    let (one, _) = median_times(&parent.join(port(0)), rounds)?;
    println!("{what} {} {}", all.as_nanos(), one.as_nanos());
    directories.iter().rev().try_for_each(fs::remove_dir)
}

/// A canonical port name, different for each index.
fn port(index: u32) -> String {
    format!("iqn.2003-01.org.example:t{index:04}")
}
