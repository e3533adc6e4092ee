// SPDX-License-Identifier: GPL-2.0-only

//! Modules that move data, in a real kernel: beside the kernel's own `tcm_loop`, with every client
//! that there is, and with all going wrong that can.
//!
//! What runs in the guest is in `tests/guest`.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tcm_mod_builder::protocol::{PROTOCOLS, Protocol};
use xtask::codec::{Isid, codec};
use xtask::conformance::{differences, results};
use xtask::guest::{Guest, Outcome};
use xtask::kernel::{CURRENT, Flavour, Kernel, LTS, get};
use xtask::module::{Module, build, disk_load, rounds as configfs_rounds};
use xtask::shell::checkout;
use xtask::suite::Length;

/// The ISID of a generated module's one session.
const ISID: &Isid = b"800000000001";

/// A module that moves data, built.
struct Built {
    protocol: &'static Protocol,
    fabric: String,
    dir: PathBuf,
}

impl Built {
    fn new(kernel: &Kernel, protocol: &'static Protocol, parent: &Path) -> Self {
        let fabric = format!("disk_{}", protocol.name.to_ascii_lowercase());
        let module = format!("tcm_{fabric}");
        let dir = parent.join(&module);
        let generated = Module {
            proto: protocol.name,
            name: &module,
            data_path: "loopback",
        };
        generated.generate(kernel, &dir).unwrap();
        build(kernel, &dir, &[]).unwrap();
        Self {
            protocol,
            fabric,
            dir,
        }
    }

    fn iscsi(kernel: &Kernel, parent: &Path) -> Self {
        let iscsi = PROTOCOLS.iter().find(|protocol| protocol.name == "iSCSI");
        Self::new(kernel, iscsi.unwrap(), parent)
    }

    /// The command that runs a script of `tests/guest` with the module and its names.
    fn script(&self, name: &str, more: &str) -> String {
        format!(
            "sh {}/tests/guest/{name} tcm_{fabric} {fabric} '{}' {more}",
            checkout().display(),
            self.protocol.example,
            fabric = self.fabric,
        )
    }
}

/// The kernel for what need not be watched by checkers: the one that the other tests need too, or
/// for a full run the current one.
fn unwatched() -> Kernel {
    let version = match Length::of_this_run() {
        Length::Short => LTS,
        Length::Full => CURRENT,
    };
    get(version, Flavour::Plain).unwrap()
}

/// Boots `kernel` with the modules, and runs the command: it must succeed, without a report.
fn run(kernel: &Kernel, modules: &[Built], minutes: u64, command: &str) -> Outcome {
    let mut guest = Guest::new(kernel);
    guest.modules = modules.iter().map(|module| module.dir.clone()).collect();
    guest.limit = Duration::from_secs(60 * minutes);
    let outcome = guest.run_quietly(command).unwrap();
    outcome.check().unwrap();
    outcome
}

/// The part of the output that `=== NAME` starts.
fn part<'a>(output: &'a str, name: &str) -> &'a str {
    let start = format!("=== {name}\n");
    let after = output
        .split_once(&start)
        .unwrap_or_else(|| panic!("no {name} in:\n{output}"))
        .1;
    after.split("\n=== ").next().unwrap_or(after)
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn a_disk_is_as_right_as_that_of_the_kernels_own_loopback() {
    let kernel = unwatched();
    let dir = tempfile::tempdir().unwrap();
    let module = Built::iscsi(&kernel, dir.path());
    let command = format!(
        "sh {}/tests/guest/conformance.sh tcm_{fabric} {fabric}",
        checkout().display(),
        fabric = module.fabric
    );
    let fabric = module.fabric.clone();
    let outcome = run(&kernel, &[module], 20, &command);

    let ours = results(part(&outcome.output, &format!("conformance {fabric}")));
    let peer = results(part(&outcome.output, "conformance loopback"));
    let passed = |results: &std::collections::BTreeMap<_, bool>| {
        results.values().filter(|passed| **passed).count()
    };
    println!(
        "iscsi-test-cu: {} of {} tests pass on ours, {} of {} on tcm_loop; {} differ",
        passed(&ours),
        ours.len(),
        passed(&peer),
        peer.len(),
        differences(&ours, &peer).len()
    );
    for difference in differences(&ours, &peer) {
        println!("{difference}");
    }
    assert!(
        peer.len() > 200,
        "the suite did not run: {}",
        outcome.output
    );
    for (test, passed) in &peer {
        assert!(
            !passed || ours.get(test) == Some(&true),
            "{test} passes on tcm_loop alone"
        );
    }
    // The same ports, the same initiator, the same backstore: all that a client sees is the same.
    let ours = part(&outcome.output, &format!("tools {fabric}"));
    let peer = part(&outcome.output, "tools loopback");
    assert!(
        peer.contains("LIO-ORG") && peer.lines().count() > 100,
        "{peer}"
    );
    assert_eq!(ours, peer);
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn data_and_reservations_hold_for_every_protocol() {
    let kernel = unwatched();
    let dir = tempfile::tempdir().unwrap();
    let with_reservations = PROTOCOLS
        .iter()
        .filter(|protocol| protocol.persistent_reservations);
    let modules: Vec<_> = with_reservations
        .map(|protocol| Built::new(&kernel, protocol, dir.path()))
        .collect();
    let mib = match Length::of_this_run() {
        Length::Short => 8,
        Length::Full => 96,
    };
    let mut command = String::new();
    for module in &modules {
        let initiator = module.protocol.initiator_example;
        let io = module.script("io.sh", &format!("'{initiator}' {mib}"));
        let names: String = names(module.protocol)
            .iter()
            .fold(String::new(), |all, name| all + " '" + name + "'");
        let reservations = module.script("reservations.sh", &names);
        writeln!(
            command,
            "echo '=== io {fabric}'\n{io} || exit 1\necho '=== reservations {fabric}'\n\
             {reservations} || exit 1",
            fabric = module.fabric
        )
        .unwrap();
    }
    let outcome = run(&kernel, &modules, 30, &command);
    for module in &modules {
        let io = part(&outcome.output, &format!("io {}", module.fabric));
        assert!(io.trim_end().ends_with("complete"), "{io}");
        let said = part(&outcome.output, &format!("reservations {}", module.fabric));
        for name in names(module.protocol) {
            let expected = transport_id(module.protocol, &name);
            assert_eq!(status_of(said, &name), expected, "{name}: {said}");
        }
    }
}

/// Initiators whose TransportIDs are compared with target core's.
fn names(protocol: &Protocol) -> Vec<String> {
    vec![
        protocol.initiator_example.to_owned(),
        protocol.other_example.to_owned(),
    ]
}

/// The TransportID that the generated module makes of an initiator's name.
fn transport_id(protocol: &Protocol, name: &str) -> Vec<u8> {
    let codec = codec(protocol.name)
        .and_then(|codec| codec.transport_id)
        .unwrap();
    let isid = protocol.has_isid.then_some(ISID);
    (codec.encode)(name.as_bytes(), isid).unwrap()
}

/// The TransportID in the one descriptor of the full status that target core gave for `name`.
///
/// SPC-4, section 6.15.5: eight bytes of header, then for each registration 24 bytes and, as long
/// as the last four of these say, the TransportID.
fn status_of(said: &str, name: &str) -> Vec<u8> {
    let line = said
        .lines()
        .skip_while(|line| *line != format!("--- {name}"))
        .nth(1)
        .unwrap_or_else(|| panic!("no status of {name} in:\n{said}"));
    let digits: Vec<_> = line.trim().as_bytes().chunks(2).collect();
    let bytes: Vec<u8> = digits
        .iter()
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect();
    let length = |at: usize| {
        usize::try_from(u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap())).unwrap()
    };
    let id = length(8 + 20);
    assert_eq!(length(4), 24 + id, "one registration: {line}");
    bytes[32..32 + id].to_vec()
}

/// Looks for memory that nobody points to any more, twice, since a scan may see what has just been
/// let go.
const KMEMLEAK: &str = "\
echo '=== leaks'
for i in 1 2; do sleep 6; echo scan > /sys/kernel/debug/kmemleak; done
cat /sys/kernel/debug/kmemleak
";

/// The command that lets everything go wrong.
fn faults(module: &Built, rounds: u32) -> String {
    module.script(
        "faults.sh",
        &format!(
            "'{}' {rounds} {}",
            module.protocol.initiator_example,
            configfs_rounds().unwrap().display()
        ),
    )
}

#[test]
#[ignore = "boots a debug kernel; `cargo xtask test` runs it"]
fn nothing_is_lost_whatever_goes_wrong() {
    let kernel = get(CURRENT, Flavour::Debug).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let module = Built::iscsi(&kernel, dir.path());
    let (rounds, minutes) = match Length::of_this_run() {
        Length::Short => (20, 25),
        Length::Full => (10_000, 600),
    };
    let command = format!(
        "export DISK_LOAD={} SIZE=4\n{} || exit 1\n{KMEMLEAK}",
        disk_load().unwrap().display(),
        faults(&module, rounds)
    );
    let outcome = run(&kernel, &[module], minutes, &command);
    assert!(outcome.output.contains("--- complete\n"));
    assert!(outcome.output.contains(&format!("{rounds} rounds\n")));
    assert!(outcome.output.contains("50 rounds complete\n"));
    println!("{}", outcome.output);
    let leaks = part(&outcome.output, "leaks").trim();
    assert!(leaks.is_empty(), "{leaks}");
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn nothing_is_lost_under_fio() {
    let kernel = unwatched();
    let dir = tempfile::tempdir().unwrap();
    let module = Built::iscsi(&kernel, dir.path());
    let rounds = match Length::of_this_run() {
        Length::Short => 100,
        Length::Full => 10_000,
    };
    let command = faults(&module, rounds);
    let outcome = run(&kernel, &[module], 120, &command);
    assert!(outcome.output.contains("--- complete\n"));
    assert!(outcome.output.contains(&format!("{rounds} rounds\n")));
}
