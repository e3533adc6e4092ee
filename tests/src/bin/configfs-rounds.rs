// SPDX-License-Identifier: GPL-2.0-only

//! What runs in a guest and must not be a shell: making and removing configfs directories while
//! memory fails, and timing it.
//!
//! A shell would need memory of its own to start each mkdir; here only the calls under test run
//! while the kernel is told to let this task's allocations fail.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match args[..] {
        ["faults", fabric, wwn, initiator, backstore, rounds] => {
            faults(&Tree::new(fabric, wwn, initiator, backstore), rounds)
        }
        ["time", wwn, initiator, rounds] => time(Path::new(wwn), initiator, rounds),
        _ => Err(io::Error::new(
            ErrorKind::InvalidInput,
            "want: faults FABRIC_DIR WWN INITIATOR BACKSTORE ROUNDS, or: time WWN_DIR INITIATOR \
             ROUNDS",
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
    text.parse().map_err(|_| io::Error::new(ErrorKind::InvalidInput, format!("`{text}` is no number")))
}

// Faults.

/// The directories of one round, from the outermost.
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

/// Lets the allocations of this task fail, as failslab is set up to.
fn let_fail(yes: bool) -> io::Result<()> {
    fs::write("/proc/self/make-it-fail", if yes { "1" } else { "0" })
}

/// Makes and removes the tree while allocations fail: every failure must be for want of memory, and
/// what was made must go away again.
fn faults(tree: &Tree, rounds: &str) -> io::Result<()> {
    let mut errors: BTreeMap<String, u32> = BTreeMap::new();
    let mut complete = 0;
    for _ in 0..number(rounds)? {
        let mut made = Vec::new();
        let mut failed = None;
        let_fail(true)?;
        for (kind, directory) in &tree.directories {
            if let Err(error) = fs::create_dir(directory) {
                failed = Some((*kind, error));
                break;
            }
            made.push(directory);
        }
        if failed.is_none() {
            failed = symlink(&tree.backstore, &tree.link).err().map(|error| ("link", error));
        }
        let_fail(false)?;
        match failed {
            None => {
                complete += 1;
                fs::remove_file(&tree.link)?;
            }
            Some((kind, error)) => {
                judge(kind, &error)?;
                *errors.entry(format!("{kind}: {error}")).or_default() += 1;
            }
        }
        for directory in made.into_iter().rev() {
            fs::remove_dir(directory)?;
        }
        if tree.directories[0].1.exists() {
            return Err(io::Error::other("a directory is left"));
        }
    }
    println!("{complete} rounds complete");
    for (error, count) in &errors {
        println!("{count} rounds ended at {error}");
    }
    if errors.is_empty() || complete == 0 {
        return Err(io::Error::other("the faults were not mixed: none hit, or all"));
    }
    Ok(())
}

/// Target core shows whatever the fabric says of a target port or a portal group as EINVAL; all
/// else must be ENOMEM.
fn judge(kind: &str, error: &io::Error) -> io::Result<()> {
    let hidden = matches!(kind, "wwn" | "tpg") && error.kind() == ErrorKind::InvalidInput;
    if hidden || error.kind() == ErrorKind::OutOfMemory {
        return Ok(());
    }
    Err(io::Error::other(format!("{kind} failed with {error}, which is not for want of memory")))
}

// Time.

/// Prints what making and removing a target port, a portal group and a node ACL takes, each in
/// nanoseconds of the guest's clock.
fn time(wwn: &Path, initiator: &str, rounds: &str) -> io::Result<()> {
    let rounds = number(rounds)?;
    let tpg = wwn.join("tpgt_1");
    let acl = tpg.join("acls").join(initiator);
    measure("wwn", wwn, rounds)?;
    fs::create_dir(wwn)?;
    measure("tpg", &tpg, rounds)?;
    fs::create_dir(&tpg)?;
    measure("acl", &acl, rounds)?;
    fs::remove_dir(&tpg)?;
    fs::remove_dir(wwn)
}

fn measure(what: &str, directory: &Path, rounds: u32) -> io::Result<()> {
    let (mut make, mut remove) = (0, 0);
    // The first rounds fill caches.
    for round in 0..rounds + 8 {
        let start = Instant::now();
        fs::create_dir(directory)?;
        let made = Instant::now();
        fs::remove_dir(directory)?;
        let removed = Instant::now();
        if round >= 8 {
            make += (made - start).as_nanos();
            remove += (removed - made).as_nanos();
        }
    }
    println!("mkdir {what} {}", make / u128::from(rounds));
    println!("rmdir {what} {}", remove / u128::from(rounds));
    Ok(())
}
