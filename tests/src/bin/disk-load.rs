// SPDX-License-Identifier: GPL-2.0-only

//! A guest program that keeps a disk busy, or verifies it, with direct I/O. It replaces fio in
//! guests where a program with sixty libraries takes minutes to start.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::process::ExitCode;
use std::thread;

/// `O_DIRECT` on x86, the architecture of guests.
const O_DIRECT: i32 = 0o40000;

/// Alignment of memory for direct I/O.
const PAGE: usize = 4096;

/// Number of threads, each with a separate part of the disk.
const THREADS: u64 = 8;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match args[..] {
        ["verify", disk, mib] => each_part(disk, mib, verify),
        ["run", disk, mib] => each_part(disk, mib, |part| run(part, Err)),
        ["insist", disk, mib] => each_part(disk, mib, |part| run(part, |_| Ok(()))),
        _ => Err(invalid("want: verify|run|insist DISK MIB")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("disk-load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn invalid(text: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, text)
}

/// The part of a disk for one thread.
struct Part {
    disk: File,
    start: u64,
    length: u64,
}

/// Runs a task on all parts of a disk in parallel.
fn each_part(
    disk: &str,
    mib: &str,
    task: impl Fn(&Part) -> io::Result<()> + Sync,
) -> io::Result<()> {
    let mib: u64 = mib.parse().map_err(|_| invalid("MIB is no number"))?;
    let length = (mib << 20) / THREADS;
    let mut options = OpenOptions::new();
    options.read(true).write(true).custom_flags(O_DIRECT);
    let parts: Vec<Part> = (0..THREADS)
        .map(|number| {
            Ok(Part {
                disk: options.open(disk)?,
                start: number * length,
                length,
            })
        })
        .collect::<io::Result<_>>()?;
    thread::scope(|scope| {
        let threads: Vec<_> = parts
            .iter()
            .map(|part| scope.spawn(|| task(part)))
            .collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().map_err(|_| invalid("a thread panicked"))?)
    })
}

/// Memory for direct I/O: a page-aligned part of a larger allocation.
struct Memory {
    bytes: Vec<u8>,
    offset: usize,
    length: usize,
}

impl Memory {
    fn new(length: usize) -> Self {
        let bytes = vec![0; length + PAGE];
        let offset = bytes.as_ptr().align_offset(PAGE);
        Self {
            bytes,
            offset,
            length,
        }
    }

    fn get(&mut self) -> &mut [u8] {
        &mut self.bytes[self.offset..self.offset + self.length]
    }
}

/// Next pseudo-random number: the linear congruential generator of Knuth.
fn next(seed: &mut u64) -> u64 {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

/// Fills memory with the pattern for the offset `at`, which differs for each offset.
fn pattern(at: u64, bytes: &mut [u8]) {
    let mut seed = at;
    for word in bytes.chunks_exact_mut(8) {
        let value = next(&mut seed) ^ at.rotate_left(32);
        word.copy_from_slice(&value.to_le_bytes());
    }
}

/// Writes a part in blocks of up to 64 KiB, and reads it back.
fn verify(part: &Part) -> io::Result<()> {
    let mut expected = Memory::new(64 << 10);
    let mut found = Memory::new(64 << 10);
    for is_read in [false, true] {
        let (mut seed, mut at) = (part.start, part.start);
        while at < part.start + part.length {
            let left = part.start + part.length - at;
            let size = (512 * (next(&mut seed) % 128 + 1)).min(left);
            let size = usize::try_from(size).map_err(|_| invalid("too long"))?;
            let expected = &mut expected.get()[..size];
            pattern(at, expected);
            if is_read {
                let found = &mut found.get()[..size];
                part.disk.read_exact_at(found, at)?;
                if found != expected {
                    return Err(io::Error::other(format!("data differ at byte {at}")));
                }
            } else {
                part.disk.write_all_at(expected, at)?;
            }
            at += size as u64;
        }
    }
    Ok(())
}

/// Reads and writes forever, in random order. `judge` decides whether an error ends that.
fn run(part: &Part, judge: fn(io::Error) -> io::Result<()>) -> io::Result<()> {
    let mut memory = Memory::new(PAGE);
    let mut seed = part.start;
    loop {
        let at = part.start + next(&mut seed) % (part.length / PAGE as u64) * PAGE as u64;
        let bytes = memory.get();
        let result = if next(&mut seed) & 1 == 0 {
            part.disk.read_exact_at(bytes, at)
        } else {
            part.disk.write_all_at(bytes, at)
        };
        result.or_else(judge)?;
    }
}
