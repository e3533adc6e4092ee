// SPDX-License-Identifier: GPL-2.0-only

//! Generated modules in a real kernel: built as a user builds them, loaded, used, unloaded.
//!
//! A boot takes longer than what is tested, so one boot tests all protocols.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tcm_mod_builder::protocol::{PROTOCOLS, Protocol};
use xtask::demo::{build_in_tree, generate_in_tree};
use xtask::guest::Guest;
use xtask::kernel::{CURRENT, Flavour, Kernel, LTS, get};
use xtask::ktap;
use xtask::module::{Module, build, rounds};
use xtask::session::{self, Fabric, NAB5000};
use xtask::shell::checkout;

/// The kernel's own fabric module with a NOP data path, which a tree is compared with.
const REMOTE: Fabric<'static> = Fabric {
    module: "tcm_remote",
    name: "remote",
    wwn: "iqn.remote",
    hba: 1,
};

/// A module of one protocol, built.
struct Built {
    protocol: &'static Protocol,
    module: String,
    fabric: String,
    dir: PathBuf,
}

impl Built {
    fn new(kernel: &Kernel, protocol: &'static Protocol, parent: &Path) -> Self {
        let fabric = format!("test_{}", protocol.name.to_ascii_lowercase());
        let module = format!("tcm_{fabric}");
        let dir = parent.join(&module);
        let generated = Module {
            proto: protocol.name,
            name: &module,
            data_path: "nop",
        };
        generated.generate(kernel, &dir).unwrap();
        build(kernel, &dir, &[]).unwrap();
        Self {
            protocol,
            module,
            fabric,
            dir,
        }
    }

    fn fabric(&self) -> Fabric<'_> {
        Fabric {
            module: &self.module,
            name: &self.fabric,
            wwn: self.protocol.example,
            hba: 10 + usize::from(self.protocol.id),
        }
    }

    /// The module's own test and the HOWTO's session.
    fn script(&self) -> String {
        let Self { fabric, dir, .. } = self;
        let (dir, session) = (dir.display(), session::script(&self.fabric()));
        format!(
            "echo '=== selftest {fabric}'\nbusybox sh {dir}/selftest.sh\n\
             echo '=== session {fabric}'\n( {session} ) || exit 1\n"
        )
    }

    /// 200 rounds with allocations that fail: the same code in every module.
    fn faults(&self) -> String {
        let Self {
            protocol,
            module,
            fabric,
            ..
        } = self;
        format!(
            "echo '=== faults'\n\
             modprobe {module} || exit 1\nmkdir $T/{fabric} || exit 1\n\
             {rounds} faults $T/{fabric} '{wwn}' '{initiator}' $T/core/rd_mcp_9/faults 200 || exit 1\n\
             rmdir $T/{fabric} && rmmod {module} || exit 1\n",
            rounds = rounds().unwrap().display(),
            wwn = protocol.example,
            initiator = protocol.initiator_example,
        )
    }
}

/// Runs scripts at the same time, and fails if one of them does. What they write comes in order.
fn side_by_side(scripts: &[String]) -> String {
    let starts = scripts.iter().enumerate().map(|(index, script)| {
        format!("(\n{script}\n) > /tmp/script.{index} 2>&1 & pids=\"$pids $!\"\n")
    });
    format!(
        "pids=\nstatus=0\n{}for pid in $pids; do wait $pid || status=1; done\n\
         cat /tmp/script.*\n[ $status -eq 0 ] || exit 1\n",
        starts.collect::<String>()
    )
}

/// The part of the output that `=== NAME` starts.
fn part<'a>(output: &'a str, name: &str) -> &'a str {
    let start = format!("=== {name}\n");
    let after = output
        .split_once(&start)
        .unwrap_or_else(|| panic!("no {name} in:\n{output}"))
        .1;
    after.split("=== ").next().unwrap_or(after)
}

/// Prepares failing allocations: one in ten, of the tasks that ask for it.
const FAILSLAB: &str = "\
F=/sys/kernel/debug/failslab
echo Y > $F/task-filter
echo N > $F/ignore-gfp-wait
echo 10 > $F/probability
echo 1 > $F/interval
echo -1 > $F/times
echo 0 > $F/verbose
mkdir -p $T/core/rd_mcp_9/faults
echo rd_pages=64 > $T/core/rd_mcp_9/faults/control
echo 1 > $T/core/rd_mcp_9/faults/enable
";

/// Looks for memory that nobody points to any more, twice, since a scan may see what has just been
/// let go.
const KMEMLEAK: &str = "\
echo '=== leaks'
rmdir $T/core/rd_mcp_9/faults $T/core/rd_mcp_9
for i in 1 2; do sleep 6; echo scan > /sys/kernel/debug/kmemleak; done
cat /sys/kernel/debug/kmemleak
";

#[test]
#[ignore = "boots a debug kernel; `cargo xtask test` runs it"]
fn every_protocols_module_holds_on_the_debug_kernel() {
    let kernel = get(CURRENT, Flavour::Debug).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let modules: Vec<_> = PROTOCOLS
        .iter()
        .map(|p| Built::new(&kernel, p, dir.path()))
        .collect();
    let template = template(&kernel, dir.path());

    let mut guest = Guest::new(&kernel);
    guest.modules = modules.iter().map(|module| module.dir.clone()).collect();
    guest.modules.push(template.clone());
    guest.limit = Duration::from_secs(2400);
    let others = format!(
        "echo '=== session remote'\n( {} ) || exit 1\n\
         echo '=== selftest template'\nbusybox sh {}/selftest.sh\n",
        session::script(&REMOTE),
        template.display()
    );
    let mut scripts: Vec<_> = modules.iter().map(Built::script).collect();
    scripts[0] += &modules[0].faults();
    scripts.push(others);
    let scripts = side_by_side(&scripts);
    let outcome = guest
        .run_quietly(&format!(
            "T=/sys/kernel/config/target\nmodprobe target_core_mod\n{FAILSLAB}{scripts}{KMEMLEAK}"
        ))
        .unwrap();
    outcome.check().unwrap();

    let output = &outcome.output;
    ktap::check(part(output, "selftest template")).unwrap();
    for module in &modules {
        let fabric = module.fabric();
        let count = ktap::check(part(output, &format!("selftest {}", fabric.name))).unwrap();
        let session = part(output, &format!("session {}", fabric.name));
        session::check(&fabric, session, &REMOTE, part(output, "session remote")).unwrap();
        println!("{}: {count} selftests", fabric.name);
    }
    let faults = part(output, "faults");
    assert!(faults.contains("rounds complete"), "{faults}");
    println!("{faults}");
    let leaks = part(output, "leaks").trim();
    assert!(leaks.is_empty(), "{leaks}");
    for name in PROTOCOLS.iter().flat_map(|protocol| protocol.refused) {
        let said = format!("port name {name}: want ");
        assert!(
            outcome.log.contains(&said),
            "the log does not say why {name} was refused"
        );
    }
}

/// Builds the template by itself, from a copy that may be written to.
fn template(kernel: &Kernel, parent: &Path) -> PathBuf {
    let dir = parent.join("tcm_template");
    fs::create_dir(&dir).unwrap();
    let from = checkout().join("kernel-template/.");
    let copied = Command::new("cp")
        .args(["-rL"])
        .arg(from)
        .arg(&dir)
        .status()
        .unwrap();
    assert!(copied.success());
    build(kernel, &dir, &[]).unwrap();
    dir
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn the_howtos_session_passes_in_the_lts_kernels_tree() {
    let kernel = get(LTS, Flavour::Plain).unwrap();
    let dir = generate_in_tree(&kernel, "iSCSI", &NAB5000).unwrap();
    build_in_tree(&kernel, &NAB5000).unwrap();
    let outcome = Guest::new(&kernel)
        .run_quietly(&format!(
            "echo '=== session remote'\n( {} ) || exit 1\n\
             echo '=== session nab5000'\n( {} ) || exit 1\n\
             echo '=== selftest'\nsh {}/selftest.sh\n",
            session::script(&REMOTE),
            session::script(&NAB5000),
            dir.display()
        ))
        .unwrap();
    outcome.check().unwrap();
    let (own, nab5000) = (
        part(&outcome.output, "session remote"),
        part(&outcome.output, "session nab5000"),
    );
    session::check(&NAB5000, nab5000, &REMOTE, own).unwrap();
    ktap::check(part(&outcome.output, "selftest")).unwrap();
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn a_guest_that_does_not_end_is_ended() {
    let kernel = get(LTS, Flavour::Plain).unwrap();
    let mut guest = Guest::new(&kernel);
    guest.limit = Duration::from_secs(45);
    let error = guest.run_quietly("sleep 1000").unwrap_err().to_string();
    assert!(error.contains("did not end in 45 s"), "{error}");
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn a_guests_status_and_its_kernels_reports_come_back() {
    let kernel = get(LTS, Flavour::Plain).unwrap();
    let outcome = Guest::new(&kernel)
        .run_quietly("echo said; echo 'WARNING: made up' > /dev/kmsg; exit 7")
        .unwrap();
    assert_eq!((outcome.status, outcome.output.as_str()), (7, "said\n"));
    assert_eq!(outcome.reports.len(), 1);
    assert!(outcome.check().unwrap_err().to_string().contains("made up"));
}
