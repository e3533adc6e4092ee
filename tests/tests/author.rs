// SPDX-License-Identifier: GPL-2.0-only

//! What an author's file can say, and what rustc refuses in it, in modules for a real kernel.
//!
//! Each file of `tests/fixtures/author` has lines that are marked with an error, `//~ E0382`. The
//! errors of the file are those, each at its line, or `elsewhere`, and there are no others. rustc comes
//! to some when there is no other: they have a number, `//~ 2 E0046`, and a turn of their own. The
//! file's twin compiles: it is without the marked lines, or has what stands behind a colon in their
//! place.
//!
//! What an author can do is in the page `generator/doc/walk.md`, whose blocks are put into a module,
//! and whose session is typed in a guest.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use regex::Regex;
use tcm_mod_builder::data_path::{DATA_PATHS, DataPath, Part, Rtslib, Source};
use xtask::guest::Guest;
use xtask::kernel::{CURRENT, Flavour};
use xtask::module::{LOOPBACK, Module, attempt, build};
use xtask::own_path;
use xtask::shell::checkout;
use xtask::suite::{self, unwatched};

/// A use of `unsafe` that is sound, so that nothing else is wrong with it.
const UNSAFE: &str = "\n/// Reads a byte.\n#[allow(dead_code)]\nfn peek(byte: &u8) -> u8 {\n    \
                      // SAFETY: A reference is valid.\n    unsafe { core::ptr::read(byte) }\n}\n";

#[test]
#[ignore = "builds for a kernel; `cargo xtask test` runs it"]
fn an_authors_file_has_no_unsafe() {
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
        // The generator's: the same lines compile here.
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

/// A module without a transport, and a file of the author's beside it.
fn cases() -> DataPath {
    let iscsi = DATA_PATHS.iter().find(|path| path.name == "iscsi").unwrap();
    // Its sockets and threads, and not its transport.
    let wrappers = iscsi
        .parts
        .iter()
        .copied()
        .filter(|part| !part.kbuild.is_empty());
    DataPath {
        name: "cases",
        about: "Errors of an author's file",
        protocols: &["SAS"],
        needs: None,
        parts: Vec::leak(wrappers.chain([&FILE]).collect()),
        depends_on: &[],
        selects: &[],
        kconfig_help: "",
        limits: &[],
        driver: include_str!("../fixtures/data_path/cases/driver.rs"),
        attributes: "",
        rtslib: Rtslib {
            features: &[],
            methods: "",
        },
    }
}

static FILE: Part = Part {
    sources: &[Source::author("cases.rs", "")],
    kbuild: "",
    bindings_helper: "",
};

/// The mark of a line.
struct Mark<'a> {
    /// When rustc comes to the error.
    turn: u32,
    /// The error; empty for a line that belongs to another one's.
    name: &'a str,
    /// What stands in its place in the twin.
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

/// The errors that the marks of a turn name: line, or 0 for elsewhere, and error.
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

/// The file with the errors of one turn, or none.
fn with_errors(text: &str, turn: Option<u32>) -> String {
    let lines = text.lines().map(|line| match Mark::of(line) {
        Some(mark) if Some(mark.turn) != turn => mark.instead,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// The errors that rustc has reported for the file.
fn found(said: &str) -> BTreeSet<(usize, String)> {
    let report =
        Regex::new(r"(?m)^error(?:\[(E\d+)\])?: (.*)\n(?:.*\n)?? *--> (\S+):(\d+):").unwrap();
    let reports = report.captures_iter(said);
    let errors = reports.map(|report| {
        let name = match (report.get(1), &report[2]) {
            // rustc 1.85 gives some errors of lifetimes this code, later versions none.
            (Some(code), _) if code.as_str() == "E0521" => "lifetime",
            (Some(code), _) => code.as_str(),
            (None, text) if text.contains("lifetime") => "lifetime",
            (None, text) if text.contains("unsafe") => "unsafe",
            (None, text) => text,
        };
        // A constant is computed where the layer uses it.
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
fn what_an_author_cannot_say() {
    let Some(kernel) = suite::wanted(CURRENT, Flavour::Debug) else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let files = own_path::generate(&kernel.source, "tcm_cases", &cases()).unwrap();
    own_path::write(&files, dir.path()).unwrap();
    let write = |text: String| fs::write(dir.path().join("cases.rs"), text).unwrap();
    let mut count = 0;
    for name in ["borrow", "fabric", "network", "unsafety"] {
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

/// A block of the page, and what it says of its place.
struct Step<'a> {
    place: &'a str,
    anchor: &'a str,
    code: &'a str,
}

/// The blocks of the page, in order.
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

/// Puts a block where it says. `{..}` in what it replaces stands for all up to the brace that closes
/// the item, `(..)` for any arguments.
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
fn an_authors_walk() {
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
    // A command that begins with `!` must fail, which `set -e` does not see to.
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
