// SPDX-License-Identifier: GPL-2.0-only

//! A guest program that makes calls in which the n-th allocation fails, for each n, and writes
//! texts of many kinds, up to a page long, to attributes. Or it checks that a call allocates nothing.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::system::{delete_module, finit_module};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match args[..] {
        ["mkdir", dir] => nth(1, || fs::create_dir(dir), || fs::remove_dir(dir)),
        ["load", file, name, stride] => load(Path::new(file), name, stride),
        ["write", file, text, ref undo @ ..] => write(file, text, undo),
        ["texts", dir] => texts(Path::new(dir)),
        ["spare", file, text] => spare(file, text),
        _ => Err(io::Error::new(
            ErrorKind::InvalidInput,
            "want: mkdir DIR, or: load FILE NAME STRIDE, or: write FILE TEXT [UNDO_FILE UNDO_TEXT]..., \
             or: texts DIR, or: spare FILE TEXT",
        )),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("misuse: {error}");
            ExitCode::FAILURE
        }
    }
}

/// More allocations than any call makes.
const MANY: u32 = 2_000;

/// Calls `step` once for each `stride`th of its allocations, which fails, and once without a
/// failure. Calls `undo` after each success.
fn nth(
    stride: usize,
    mut step: impl FnMut() -> io::Result<()>,
    mut undo: impl FnMut() -> io::Result<()>,
) -> io::Result<()> {
    let fail_nth = File::options()
        .read(true)
        .write(true)
        .open("/proc/thread-self/fail-nth")?;
    // A call without faults loads all pages: a failing page fault would kill this program.
    step()?;
    undo()?;
    let (mut failed, mut survived) = (0, 0);
    for n in (1..MANY).step_by(stride) {
        fail_nth.write_at(n.to_string().as_bytes(), 0)?;
        let result = step();
        let mut left = [0; 16];
        let count = fail_nth.read_at(&mut left, 0)?;
        fail_nth.write_at(b"0", 0)?;
        let has_failed = left[..count].starts_with(b"0");
        match result {
            Ok(()) => {
                undo()?;
                survived += u32::from(has_failed);
            }
            Err(error) if has_failed => {
                if !matches!(
                    error.kind(),
                    ErrorKind::OutOfMemory | ErrorKind::InvalidInput
                ) {
                    return Err(io::Error::other(format!("allocation {n} fails: {error}")));
                }
                failed += 1;
            }
            Err(error) => return Err(error),
        }
        if !has_failed {
            println!("{failed} allocations fail the call, {survived} do not");
            return if failed + survived == 0 {
                Err(io::Error::other(
                    "no allocation has failed: fault injection does not work",
                ))
            } else {
                Ok(())
            };
        }
    }
    Err(io::Error::other("the call makes too many allocations"))
}

fn load(file: &Path, name: &str, stride: &str) -> io::Result<()> {
    let stride = stride
        .parse()
        .map_err(|_| io::Error::from(ErrorKind::InvalidInput))?;
    let file = File::open(file)?;
    let name = std::ffi::CString::new(name)?;
    nth(
        stride,
        || Ok(finit_module(&file, c"", 0)?),
        || Ok(delete_module(&name, 0)?),
    )
}

/// Writes a text. `undo` has pairs of a file and a text that undo this.
fn write(file: &str, text: &str, undo: &[&str]) -> io::Result<()> {
    let opened = File::options().write(true).open(file)?;
    nth(
        1,
        || opened.write_all_at(text.as_bytes(), 0),
        || {
            let mut pairs = undo.chunks_exact(2);
            pairs.try_for_each(|pair| insist(pair[0], pair[1]))
        },
    )
}

/// Writes a text twice. The second time, which finds the page of the file, must allocate nothing.
fn spare(file: &str, text: &str) -> io::Result<()> {
    let opened = File::options().write(true).open(file)?;
    let fail_nth = File::options()
        .read(true)
        .write(true)
        .open("/proc/thread-self/fail-nth")?;
    opened.write_all_at(text.as_bytes(), 0)?;
    fail_nth.write_at(b"1", 0)?;
    let result = opened.write_all_at(text.as_bytes(), 0);
    let mut left = [0; 16];
    let count = fail_nth.read_at(&mut left, 0)?;
    fail_nth.write_at(b"0", 0)?;
    if left[..count].starts_with(b"0") {
        return Err(io::Error::other("the call allocates memory"));
    }
    result
}

/// Writes a text to a file, and retries if the file refuses it.
fn insist(file: &str, text: &str) -> io::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        match put(Path::new(file), text.as_bytes()) {
            Err(_) if Instant::now() < deadline => sleep(Duration::from_millis(20)),
            result => return result,
        }
    }
}

/// Writes texts of many kinds and lengths to each attribute below `dir`, and reads it.
fn texts(dir: &Path) -> io::Result<()> {
    let mut files = Vec::new();
    collect(dir, &mut files)?;
    let (mut accepted, mut refused) = (0, 0);
    for file in &files {
        for length in [0, 1, 2, 15, 16, 17, 255, 256, 1023, 4095, 4096] {
            for byte in [0, b'A', b'1', b'/', b' ', b'\n', 0xff] {
                let mut text = vec![byte; length];
                if put(file, &text).is_ok() {
                    accepted += 1;
                } else {
                    refused += 1;
                }
                if let Some(last) = text.last_mut() {
                    *last = 0;
                    let _ = put(file, &text);
                }
            }
        }
        let _ = fs::read(file);
    }
    println!(
        "{} attributes: {accepted} texts accepted, {refused} refused",
        files.len()
    );
    Ok(())
}

fn put(file: &Path, text: &[u8]) -> io::Result<()> {
    let written = File::options().write(true).open(file)?.write(text)?;
    (written == text.len())
        .then_some(())
        .ok_or_else(|| ErrorKind::WriteZero.into())
}

fn collect(dir: &Path, files: &mut Vec<std::path::PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            collect(&entry.path(), files)?;
        } else if kind.is_file() && entry.metadata()?.permissions().readonly() {
            let _ = fs::read(entry.path());
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    Ok(())
}
