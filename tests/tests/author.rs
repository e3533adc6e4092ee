// SPDX-License-Identifier: GPL-2.0-only

//! Code in an author's file: accepted or refused by rustc, in modules for a real kernel.
//!
//! The files of `tests/fixtures/author` have lines marked with an error, `//~ E0382`. rustc must
//! report exactly these errors, each at its line or `elsewhere`. Some errors appear only if there
//! are no others: their marks have a number, `//~ 2 E0046`, and they are tested in a separate turn.
//! The twin of a file must compile. It lacks the marked lines, or has the text after a colon in
//! their place.
//!
//! The accepted code is that of the page `generator/doc/walk.md`: its blocks are put into a module,
//! and its session is run in a guest.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use regex::Regex;
use tcm_mod_builder::data_path::{DATA_PATHS, DataPath, Part, Source};
use xtask::guest::Guest;
use xtask::kernel::{CURRENT, Flavour};
use xtask::module::{LOOPBACK, Module, attempt, build};
use xtask::own_path::{self, FOR_SAS};
use xtask::shell::checkout;
use xtask::suite::{self, unwatched};

/// A sound use of `unsafe`, so that `unsafe` itself is the only fault.
const UNSAFE: &str = "\n/// Reads a byte.\n#[allow(dead_code)]\nfn peek(byte: &u8) -> u8 {\n    \
                      // SAFETY: A reference is valid.\n    unsafe { core::ptr::read(byte) }\n}\n";

#[test]
#[ignore = "builds for a kernel; `cargo xtask test` runs it"]
fn unsafe_in_an_author_file_is_refused() {
    let Some(kernel) = suite::wanted(CURRENT, Flavour::Debug) else {
        return;
    };
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("tcm_unsafe");
    let module = Module {
        proto: "SAS",
        name: "tcm_unsafe",
        options: &LOOPBACK,
    };
    module.generate(&kernel, &dir).unwrap();
    for (file, is_refused) in [
        ("tcm_unsafe.rs", true),
        ("loopback.rs", true),
        // A file of the generator: the same lines compile.
        ("scsi_host.rs", false),
    ] {
        let path = dir.join(file);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{text}{UNSAFE}")).unwrap();
        let built = build(&kernel, &dir, &[]);
        match built {
            Err(error) if is_refused => {
                let said = format!("{error:#}");
                assert!(said.contains("usage of an `unsafe` block"), "{said}");
            }
            built => assert!(!is_refused && built.is_ok(), "{file}: {built:?}"),
        }
        fs::write(&path, text).unwrap();
    }
    build(&kernel, &dir, &[]).unwrap();
}

/// A data path without a transport, with another author's file.
fn cases() -> DataPath {
    let paths = DATA_PATHS.iter();
    let paths = paths.filter(|path| ["iscsi", "gadget"].contains(&path.name));
    // Sockets, threads and USB functions, but not the transports.
    let wrappers = paths
        .flat_map(|path| path.parts.iter().copied())
        .filter(|part| !part.kbuild.is_empty());
    DataPath {
        name: "cases",
        about: "Errors of an author's file",
        parts: Vec::leak(wrappers.chain([&FILE]).collect()),
        driver: include_str!("../fixtures/data_path/cases/driver.rs"),
        ..FOR_SAS
    }
}

static FILE: Part = Part {
    sources: &[Source::author("cases.rs", "")],
    kbuild: "",
    bindings_helper: "",
};

/// Mark of a line.
struct Mark<'a> {
    /// Number of the turn in which rustc reports the error.
    turn: u32,
    /// The error. Empty for a line that belongs to the error of another line.
    name: &'a str,
    /// Replacement in the twin.
    instead: &'a str,
}

impl<'a> Mark<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let (_, mark) = line.split_once("//~ ")?;
        let (name, instead) = mark.split_once(':').unwrap_or((mark, ""));
        let (turn, name) = match name.split_once(' ') {
            Some((number, name)) if number.parse::<u32>().is_ok() => (number.parse().ok()?, name),
            _ => (1, name),
        };
        Some(Self {
            turn,
            name: name.trim(),
            instead,
        })
    }
}

/// Errors that the marks of a turn name: line, 0 for elsewhere, and name.
fn wanted(text: &str, turn: u32) -> BTreeSet<(usize, String)> {
    let marks = text
        .lines()
        .enumerate()
        .filter_map(|(index, line)| Some((index + 1, Mark::of(line)?)));
    let marks = marks.filter(|(_, mark)| mark.turn == turn && !mark.name.is_empty());
    marks
        .map(|(line, mark)| match mark.name.strip_prefix("elsewhere ") {
            Some(name) => (0, name.to_owned()),
            None => (line, mark.name.to_owned()),
        })
        .collect()
}

/// The file with the errors of one turn, or its twin.
fn with_errors(text: &str, turn: Option<u32>) -> String {
    let lines = text.lines().map(|line| match Mark::of(line) {
        Some(mark) if Some(mark.turn) != turn => mark.instead,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// Errors of rustc for the file.
fn found(said: &str) -> BTreeSet<(usize, String)> {
    let report =
        Regex::new(r"(?m)^error(?:\[(E\d+)\])?: (.*)\n(?:.*\n)?? *--> (\S+):(\d+):").unwrap();
    let reports = report.captures_iter(said);
    let errors = reports.map(|report| {
        let name = match (report.get(1), &report[2]) {
            // Only older versions of rustc, such as 1.85, give some lifetime errors this code.
            (Some(code), _) if code.as_str() == "E0521" => "lifetime",
            (Some(code), _) => code.as_str(),
            (None, text) if text.contains("lifetime") => "lifetime",
            (None, text) if text.contains("unsafe") => "unsafe",
            (None, text) => text,
        };
        // A constant is evaluated where the layer uses it.
        let line = if &report[3] == "cases.rs" {
            report[4].parse().unwrap()
        } else {
            0
        };
        (line, name.to_owned())
    });
    errors.collect()
}

#[test]
#[ignore = "builds for a kernel; `cargo xtask test` runs it"]
fn marked_lines_of_author_files_are_refused() {
    let Some(kernel) = suite::wanted(CURRENT, Flavour::Debug) else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let files = own_path::generate(&kernel.source, "tcm_cases", &cases()).unwrap();
    own_path::write(&files, dir.path()).unwrap();
    let write = |text: String| fs::write(dir.path().join("cases.rs"), text).unwrap();
    let mut count = 0;
    for name in [
        "borrow", "dma", "fabric", "network", "tags", "unsafety", "usb",
    ] {
        let path = checkout().join(format!("tests/fixtures/author/{name}.rs"));
        let text = fs::read_to_string(path).unwrap();
        write(with_errors(&text, None));
        build(&kernel, dir.path(), &[]).unwrap_or_else(|error| panic!("{name}, twin: {error:#}"));
        for turn in 1.. {
            let wanted = wanted(&text, turn);
            if wanted.is_empty() {
                break;
            }
            write(with_errors(&text, Some(turn)));
            let said = attempt(&kernel, dir.path()).unwrap();
            assert_eq!(found(&said), wanted, "{name}, turn {turn}:\n{said}");
            count += wanted.len();
        }
    }
    println!("{count} errors");
}

/// A block of the page, and its place in the driver.
struct Step<'a> {
    place: &'a str,
    anchor: &'a str,
    code: &'a str,
}

/// Blocks of the page, in order.
fn steps(page: &str) -> Vec<Step<'_>> {
    let block =
        Regex::new(r"(?ms)^<!-- (after|before|replace): (.*?) -->\n```rust\n(.*?)^```$").unwrap();
    let captures = block.captures_iter(page);
    captures
        .map(|capture| {
            let (_, [place, anchor, code]) = capture.extract();
            Step {
                place,
                anchor,
                code,
            }
        })
        .collect()
}

/// Puts a block at its place. In the anchor, `{..}` matches up to the closing brace of the item,
/// and `(..)` any arguments.
fn apply(driver: &str, step: &Step<'_>) -> String {
    let escaped = regex::escape(step.anchor)
        .replace(r"\(\.\.\)", r"\([^{]*")
        .replace(r"\{\.\.\}", r"\{.*?^[ ]*\}");
    let pattern = Regex::new(&format!(r"(?ms)^[ ]*{escaped}[^\n]*\n")).unwrap();
    let found: Vec<_> = pattern.find_iter(driver).collect();
    assert_eq!(
        found.len(),
        1,
        "{} is there {} times",
        step.anchor,
        found.len()
    );
    let (start, end) = match step.place {
        "before" => (found[0].start(), found[0].start()),
        "after" => (found[0].end(), found[0].end()),
        _ => (found[0].start(), found[0].end()),
    };
    format!("{}{}{}", &driver[..start], step.code, &driver[end..])
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn driver_of_the_walk_builds_and_runs() {
    let kernel = unwatched().unwrap();
    let page = fs::read_to_string(checkout().join("generator/doc/walk.md")).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("tcm_walk");
    let module = Module {
        proto: "iSCSI",
        name: "tcm_walk",
        options: &[],
    };
    module.generate(&kernel, &dir).unwrap();
    let path = dir.join("tcm_walk.rs");
    let mut driver = fs::read_to_string(&path).unwrap();
    let steps = steps(&page);
    let lines = steps.iter().flat_map(|step| step.code.lines());
    let lines = lines.filter(|line| !line.trim().is_empty() && !line.trim().starts_with("//"));
    let count = lines.count();
    assert!((60..100).contains(&count), "{count} lines");
    for step in &steps {
        driver = apply(&driver, step);
    }
    fs::write(&path, driver).unwrap();
    build(&kernel, &dir, &[]).unwrap();

    let (_, session) = page.split_once("```sh\n").unwrap();
    let (session, _) = session.split_once("```").unwrap();
    // `set -e` ignores the status of a command with `!`.
    let session = session.replace("\n! ", "\nnot ");
    let command = format!(
        "modprobe target_core_mod
         mkdir -p /sys/kernel/config/target/core/rd_mcp_0/ram
         echo rd_pages=256 > /sys/kernel/config/target/core/rd_mcp_0/ram/control
         echo 1 > /sys/kernel/config/target/core/rd_mcp_0/ram/enable
         cat > /tmp/session << 'END'\nset -ex\nnot() {{ ! eval \"$@\"; }}\n{session}\nEND
         sh /tmp/session && echo walked"
    );
    let mut guest = Guest::new(&kernel);
    guest.modules = vec![dir];
    guest.limit = Duration::from_secs(300);
    let outcome = guest.run_quietly(&command).unwrap();
    outcome.check().unwrap();
    assert!(outcome.output.contains("walked"), "{}", outcome.output);
    for value in ["\n32\n", "\n1\n", "\n2\n"] {
        assert!(outcome.output.contains(value), "{}", outcome.output);
    }
}
