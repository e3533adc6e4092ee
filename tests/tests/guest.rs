// SPDX-License-Identifier: GPL-2.0-only

//! Generated modules in a real kernel: built as a user builds them, loaded, used, unloaded.
//!
//! A boot takes longer than the tests, so one boot tests all protocols.

use std::fs;
use std::time::Duration;

use tcm_mod_builder::protocol::{PROTOCOLS, TransportId, find};
use xtask::cases::{self, Cases};
use xtask::demo::{build_in_tree, generate_in_tree};
use xtask::guest::{Guest, KMEMLEAK};
use xtask::kernel::{BETWEEN, CURRENT, Flavour, Kernel, LTS, get};
use xtask::ktap::{self, End};
use xtask::module::{Built, LOOPBACK, misuse, rounds};
use xtask::recording;
use xtask::session::{self, Fabric, NAB5000};
use xtask::shell::checkout;
use xtask::suite::{Length, Modules, wanted};

/// The kernel's fabric module without a data path, for comparisons of trees.
const REMOTE: Fabric<'static> = Fabric {
    module: "tcm_remote",
    name: "remote",
    wwn: "iqn.remote",
    hba: 1,
};

/// A module as the session uses it.
fn fabric(built: &Built) -> Fabric<'_> {
    Fabric {
        module: &built.module,
        name: &built.fabric,
        wwn: built.protocol.example,
        hba: 10 + usize::from(built.protocol.id),
    }
}

/// Returns true if the module's protocol has TransportIDs.
fn has_ids(built: &Built) -> bool {
    built.protocol.transport_id != TransportId::None
}

/// A module's `KUnit` suites, its own test, which unloads it, and the HOWTO's session, from loading it
/// anew.
fn script(built: &Built) -> String {
    let Built {
        module,
        fabric: name,
        dir,
        ..
    } = built;
    let (dir, session) = (dir.display(), session::script(&fabric(built)));
    let ids = if has_ids(built) {
        format!("echo '=== kunit {name} ids'\ncat {KUNIT}/{module}_ids/results || exit 1\n")
    } else {
        String::new()
    };
    format!(
        "echo '=== kunit {name}'\nmodprobe {module} && cat {KUNIT}/{module}/results || exit 1\n\
         {ids}\
         echo '=== selftest {name}'\nbusybox sh {dir}/selftest.sh\n\
         echo '=== session {name}'\n( {session} ) || exit 1\n"
    )
}

/// Attributes that take any text, and 200 rounds with allocations that fail: the same code in every
/// module.
fn faults(built: &Built) -> String {
    let Built {
        protocol,
        module,
        fabric,
        ..
    } = built;
    format!(
        "echo '=== faults'\n\
         modprobe {module} || exit 1\nmkdir $T/{fabric} || exit 1\n\
         W=$T/{fabric}/{wwn}\nG=$W/tpgt_1\nmkdir -p $G/acls/{initiator} $G/lun/lun_0 || exit 1\n\
         {misuse} texts $T/{fabric} || exit 1\n\
         rmdir $G/acls/{initiator} $G/lun/lun_0 $G $W || exit 1\n\
         {rounds} faults $T/{fabric} '{wwn}' '{initiator}' $T/core/rd_mcp_9/faults 200 || exit 1\n\
         rmdir $T/{fabric} && rmmod {module} || exit 1\n\
         rmdir $T/core/rd_mcp_9/faults $T/core/rd_mcp_9\n",
        misuse = misuse().unwrap().display(),
        rounds = rounds().unwrap().display(),
        wwn = protocol.example,
        initiator = protocol.initiator_example,
    )
}

/// Runs scripts concurrently, and fails if one fails. Their output is printed in order.
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

/// The directory with the results of `KUnit` suites.
const KUNIT: &str = "/sys/kernel/debug/kunit";

/// Makes one in ten allocations fail, in tasks that set `make-it-fail`.
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

#[test]
#[ignore = "boots a debug kernel; `cargo xtask test` runs it"]
fn every_protocols_module_holds_on_the_debug_kernel() {
    let Some(kernel) = wanted(CURRENT, Flavour::Debug) else {
        return;
    };
    let dir = Modules::new(&kernel).unwrap();
    let modules: Vec<_> = PROTOCOLS
        .iter()
        .map(|protocol| Built::new(&kernel, protocol, &[], dir.path()).unwrap())
        .collect();
    let loopback = Built::new(&kernel, find("iSCSI").unwrap(), &LOOPBACK, dir.path()).unwrap();

    let mut guest = Guest::new(&kernel);
    guest.modules = modules.iter().map(|module| module.dir.clone()).collect();
    guest.modules.push(loopback.dir.clone());
    guest.limit = Duration::from_secs(2400);
    let others = format!(
        "echo '=== session remote'\n( {} ) || exit 1\n\
         echo '=== selftest loopback'\nbusybox sh {}/selftest.sh\n",
        session::script(&REMOTE),
        loopback.dir.display()
    );
    let mut scripts: Vec<_> = modules.iter().map(script).collect();
    scripts[0] += &faults(&modules[0]);
    scripts.push(others);
    let scripts = side_by_side(&scripts);
    // busybox starts commands in half the time, which is most of the time of this script.
    let all = dir.path().join("every_protocol.sh");
    let text = format!(
        "T=/sys/kernel/config/target\nmodprobe target_core_mod\n{FAILSLAB}{scripts}{KMEMLEAK}"
    );
    fs::write(&all, text).unwrap();
    let outcome = guest
        .run_quietly(&format!("busybox sh {}", all.display()))
        .unwrap();
    outcome.check().unwrap();

    let part = |name: &str| outcome.part(name).unwrap();
    ktap::check(part("selftest loopback")).unwrap();
    for module in &modules {
        let fabric = fabric(module);
        let mut units = ktap::check(part(&format!("kunit {}", fabric.name))).unwrap();
        if has_ids(module) {
            units += ktap::check(part(&format!("kunit {} ids", fabric.name))).unwrap();
        }
        let count = ktap::check(part(&format!("selftest {}", fabric.name))).unwrap();
        let session = part(&format!("session {}", fabric.name));
        session::check(&fabric, session, &REMOTE, part("session remote")).unwrap();
        println!("{}: {units} KUnit tests, {count} selftests", fabric.name);
    }
    let faults = part("faults");
    assert!(faults.contains("rounds complete"), "{faults}");
    println!("{faults}");
    let leaks = part("leaks").trim();
    assert!(leaks.is_empty(), "{leaks}");
    for name in PROTOCOLS.iter().flat_map(|protocol| protocol.refused) {
        let said = format!("port name {name}: want ");
        assert!(
            outcome.log.contains(&said),
            "the log does not say why {name} was refused"
        );
    }
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn the_howtos_session_passes_in_the_trees_of_other_kernels() {
    let kernels: &[_] = match Length::of_this_run() {
        Length::Short => &[(LTS, Flavour::Plain)],
        Length::Full => &[
            (LTS, Flavour::Plain),
            (BETWEEN, Flavour::Plain),
            (CURRENT, Flavour::Gcc),
        ],
    };
    for (version, flavour) in kernels {
        if let Some(kernel) = wanted(version, *flavour) {
            howtos_session(&kernel);
        }
    }
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn the_recorded_session_is_made_again() {
    let Some(kernel) = wanted(CURRENT, Flavour::Plain) else {
        return;
    };
    let text = recording::session(&kernel).unwrap();
    let picture = checkout().join("generator/doc/session.svg");
    let is_current = fs::read_to_string(picture).unwrap() == recording::svg(&text);
    assert!(
        is_current,
        "run `cargo xtask demo --record`; it is now:\n{text}"
    );
}

fn howtos_session(kernel: &Kernel) {
    generate_in_tree(kernel, "iSCSI", &NAB5000).unwrap();
    build_in_tree(kernel, &NAB5000).unwrap();
    let outcome = Guest::new(kernel)
        .run_quietly(&format!(
            "echo '=== session remote'\n( {} ) || exit 1\n\
             echo '=== session nab5000'\n( {} ) || exit 1\n\
             sh {}/tests/guest/kselftest.sh {} {} {}\n",
            session::script(&REMOTE),
            session::script(&NAB5000),
            checkout().display(),
            kernel.source.display(),
            NAB5000.module,
            NAB5000.name,
        ))
        .unwrap();
    outcome.check().unwrap();
    let part = |name: &str| outcome.part(name).unwrap();
    let (own, nab5000) = (part("session remote"), part("session nab5000"));
    session::check(&NAB5000, nab5000, &REMOTE, own).unwrap();
    kselftest(part("kselftest"));
    assert_eq!(part("skips").lines().count(), 5);
    let ended = "TERM: status 143, left: \nHUP: status 129, left: \n";
    assert_eq!(part("ended"), ended);
}

/// Checks the output of the kernel's runner of kselftests for one test: the report of the runner and, in
/// comments, that of the test.
fn kselftest(report: &str) {
    let (own, inner): (Vec<_>, Vec<_>) = report.lines().partition(|line| !line.starts_with("# "));
    let inner: Vec<_> = inner
        .iter()
        .filter_map(|line| line.strip_prefix("# "))
        .collect();
    assert!(
        own.contains(&"ok 1 selftests: drivers/target/tcm_nab5000: selftest.sh"),
        "{report}"
    );
    let start = inner
        .iter()
        .position(|line| *line == "KTAP version 1")
        .unwrap();
    let count = ktap::check(&inner[start..].join("\n")).unwrap();
    println!("{count} checks of the kselftest");
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn a_guest_that_does_not_end_is_ended() {
    let kernel = get(LTS, Flavour::Plain).unwrap();
    let mut guest = Guest::new(&kernel);
    guest.limit = Duration::from_secs(20);
    let error = guest.run_quietly("sleep 1000").unwrap_err().to_string();
    assert!(error.contains("did not end in 20 s"), "{error}");
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn each_case_has_a_result_whatever_the_others_do() {
    let kernel = get(LTS, Flavour::Plain).unwrap();
    let mut cases = Cases::new(Guest::new(&kernel));
    cases.limit = Duration::from_secs(120);
    cases.variables = vec![("MISSING", "it's not there".to_owned())];
    let results = cases.results(&cases::of(&["self"]).unwrap()).unwrap();
    let said = |end: &End| {
        let cases = results.iter().filter(|case| case.end == *end);
        cases.map(|case| (&*case.name, &*case.said)).collect()
    };
    let passed: Vec<_> = said(&End::Passed);
    assert_eq!(passed, [("self/a_passes", "said\n"), ("self/g_passes", "")]);
    let skipped: Vec<_> = said(&End::Skipped);
    assert_eq!(skipped, [("self/f_is_skipped", "needs it's not there\n")]);
    let failed: Vec<_> = said(&End::Failed);
    let expected = [
        ("self/b_fails", "wrong"),
        ("self/c_reports", "made up"),
        ("self/d_hangs", "begun"),
        ("self/e_panics", "Kernel panic"),
    ];
    for (case, (name, text)) in failed.iter().zip(expected) {
        assert_eq!(case.0, name);
        assert!(case.1.contains(text), "{name}: {}", case.1);
    }
    assert_eq!(failed.len(), expected.len());
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
