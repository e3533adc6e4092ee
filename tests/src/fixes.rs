// SPDX-License-Identifier: GPL-2.0-only

//! The fixes of target core that accompany a series, proved on a kernel: each applies alone and
//! passes checkpatch, and its fault appears in a guest without the fix, and not with it.
//!
//! Target core is a module of the debug kernel. It is built out of tree, and the guest loads that
//! build. The fabric, `tests/fixtures/fixes`, is in C and refuses calls: a driver on the layer
//! cannot provoke these faults.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::git::{apply, git, identify};
use crate::guest::{Guest, KMEMLEAK, Outcome, tail};
use crate::kernel::{CURRENT, Flavour, Kernel, get, target_core};
use crate::lint::checkpatch;
use crate::module::build;
use crate::series::{timed, write_fixes};
use crate::shell::{checkout, output};

/// A fix to prove.
struct Case {
    /// Name of the case in `tests/guest/fixes.sh`.
    name: &'static str,
    /// Part of the subject of the patch.
    subject: &'static str,
    /// File of target core, text and replacement, which make a rare fault appear each time.
    widened: Option<(&'static str, &'static str, &'static str)>,
    /// Texts in the output or log of a guest without the fix.
    seen: &'static [&'static str],
}

const CASES: [Case; 12] = [
    Case {
        name: "write_pending",
        subject: "End an aborted command",
        widened: None,
        seen: &["Connection timed out", "the abort does not end well"],
    },
    Case {
        name: "node_acl",
        subject: "the name of a node ACL",
        widened: None,
        seen: &["new suspected memory leaks", "config_item_set_name"],
    },
    Case {
        name: "device_entries",
        subject: "a device entry that has been freed",
        widened: Some((
            "drivers/target/target_core_device.c",
            "\tcall_rcu(&orig->rcu_head, target_free_dev_entry);\n",
            "\tcall_rcu(&orig->rcu_head, target_free_dev_entry);\n\trcu_barrier();\n",
        )),
        seen: &["KASAN: slab-use-after-free in core_"],
    },
    Case {
        name: "replaced_entry",
        subject: "the statistics of a device entry",
        widened: None,
        seen: &["new suspected memory leaks", "core_tpg_add_node_to_devs"],
    },
    Case {
        name: "task_attr",
        subject: "aborted command to ORDERED",
        widened: None,
        seen: &["the ordered write does not end"],
    },
    Case {
        name: "demo_login",
        subject: "a LUN that is being removed",
        widened: None,
        seen: &["KASAN: slab-use-after-free in", "transport_lookup_cmd_lun"],
    },
    Case {
        name: "dynamic_acl",
        subject: "demo-mode node ACL once",
        widened: None,
        seen: &["KASAN: slab-use-after-free in target_put_nacl"],
    },
    Case {
        name: "vpd_names",
        subject: "VPD page 83h",
        widened: None,
        seen: &[
            "spoilt by a serial number of 240 bytes",
            "spoilt by a name of 250 bytes",
        ],
    },
    Case {
        name: "caw_sem",
        subject: "caw_sem",
        widened: None,
        seen: &[
            "caw_sem after an abort: 2",
            "caw_sem after a unit attention: 3",
            "compare_and_write_callback",
        ],
    },
    Case {
        name: "last_put",
        subject: "command counter",
        widened: Some((
            "drivers/target/target_core_transport.c",
            "#include \"target_core_ua.h\"\n",
            "#include \"target_core_ua.h\"\n\n\
             #undef wake_up\n\
             #define wake_up(x) (mdelay(6000), __wake_up(x, TASK_NORMAL, 1, NULL))\n",
        )),
        seen: &["KASAN: slab-use-after-free in __wake_up_common_lock"],
    },
    Case {
        name: "unregister",
        subject: "by its template",
        widened: None,
        seen: &["kernel BUG at target_core_configfs.c"],
    },
    Case {
        name: "fabric_data",
        subject: "keep a pointer",
        widened: None,
        seen: &["no fabric with data"],
    },
];

/// Directories that the fixes change, or that target core is built from.
const PARTS: [&str; 2] = ["drivers/target", "include/target"];

/// Proves all fixes, or the fix `name`.
///
/// # Errors
///
/// The step that failed.
pub fn fixes(name: Option<&str>) -> Result<()> {
    let cases = CASES
        .iter()
        .filter(|case| name.is_none_or(|name| case.name == name));
    let cases: Vec<_> = cases.collect();
    ensure!(
        !cases.is_empty(),
        "no fix {}; choose one of {}",
        name.unwrap_or_default(),
        CASES.each_ref().map(|case| case.name).join(", ")
    );
    let bench = timed("a tree and a fabric", Bench::new)?;
    ensure!(
        bench.patches()?.len() == CASES.len(),
        "the numbers of fixes and of cases differ"
    );
    for case in cases {
        println!("{}", case.name);
        bench.prove(case).with_context(|| case.name.to_owned())?;
    }
    Ok(())
}

/// The kernel, and a tree of target core.
struct Bench {
    kernel: Kernel,
    dir: TempDir,
}

impl Bench {
    fn new() -> Result<Self> {
        let bench = Self {
            kernel: get(CURRENT, Flavour::Debug)?,
            dir: tempfile::tempdir()?,
        };
        let (tree, fabric) = (bench.tree(), bench.dir.path().join("fabric"));
        fs::create_dir(&tree)?;
        let mut cp = Command::new("cp");
        cp.current_dir(&bench.kernel.source);
        cp.args(["--recursive", "--parents"]).args(PARTS);
        output(cp.arg(&tree))?;
        git(&tree, &["init", "--quiet"])?;
        git(&tree, &["add", "--all", "--force"])?;
        git(&tree, &["commit", "--quiet", "--message", "A kernel"])?;
        git(&tree, &["branch", "base"])?;
        identify(&tree)?;
        write_fixes(&tree, &bench.fixes())?;
        target_core::alone(&bench.core())?;
        let mut cp = Command::new("cp");
        cp.arg("--recursive")
            .arg(checkout().join("tests/fixtures/fixes"));
        output(cp.arg(&fabric))?;
        build(&bench.kernel, &fabric, &[])?;
        Ok(bench)
    }

    fn tree(&self) -> PathBuf {
        self.dir.path().join("tree")
    }

    fn core(&self) -> PathBuf {
        self.tree().join(target_core::DIR)
    }

    fn fixes(&self) -> PathBuf {
        self.dir.path().join("fixes")
    }

    fn patches(&self) -> Result<Vec<PathBuf>> {
        let entries = fs::read_dir(self.fixes())?;
        entries.map(|entry| Ok(entry?.path())).collect()
    }

    fn patch(&self, case: &Case) -> Result<PathBuf> {
        let patches = self.patches()?.into_iter();
        let mut named =
            patches.filter(|path| fs::read_to_string(path).is_ok_and(|s| is_about(&s, case)));
        let patch = named.next().context("the patch has not been written")?;
        ensure!(named.next().is_none(), "two patches have this subject");
        Ok(patch)
    }

    fn prove(&self, case: &Case) -> Result<()> {
        let patch = self.patch(case)?;
        checkpatch(&self.kernel.source, &patch)?;
        let tree = self.tree();
        git(
            &tree,
            &["checkout", "--quiet", "--force", "-B", "fix", "base"],
        )?;
        timed("it applies alone", || apply(&tree, &[&patch]))?;
        git(&tree, &["reset", "--quiet", "--hard", "base"])?;
        if let Some((file, old, new)) = case.widened {
            let text = fs::read_to_string(tree.join(file))?;
            ensure!(
                text.matches(old).count() == 1,
                "{file} does not have {old} once"
            );
            fs::write(tree.join(file), text.replace(old, new))?;
            git(&tree, &["commit", "--quiet", "--all", "--message", "Wider"])?;
        }
        let without = timed("without it", || self.run(case))?;
        for text in case.seen {
            let is_seen = without.output.contains(text) || without.log.contains(text);
            ensure!(
                is_seen,
                "no `{text}` without the fix:\n{}\n{}",
                without.output,
                tail(&without.log)
            );
        }
        apply(&tree, &[&patch])?;
        let with = timed("with it", || self.run(case))?;
        with.check()?;
        ensure!(
            with.output.contains("--- complete") && with.part("leaks")?.is_empty(),
            "with the fix:\n{}",
            with.output
        );
        Ok(())
    }

    /// Builds target core of the tree, and provokes the fault in a guest.
    fn run(&self, case: &Case) -> Result<Outcome> {
        build(&self.kernel, &self.core(), &[])?;
        // One processor would be busy with a delay that widens a race.
        let mut guest = Guest::racing(&self.kernel);
        guest.modules = vec![self.core(), self.dir.path().join("fabric")];
        let script = checkout().join("tests/guest/fixes.sh");
        guest.run_quietly(&format!(
            "sh {} {} || exit\n{KMEMLEAK}",
            script.display(),
            case.name
        ))
    }
}

/// Returns true if a patch belongs to a case.
fn is_about(patch: &str, case: &Case) -> bool {
    let (head, _) = patch.split_once("\n\n").unwrap_or((patch, ""));
    head.replace("\n ", " ").contains(case.subject)
}
