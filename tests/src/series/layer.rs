// SPDX-License-Identifier: GPL-2.0-only

//! The patches that add the layer to the kernel crate. Each adds files, and the ops that need no later
//! file.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};

use super::imports::rewritten;
use super::kernel_edit::KernelEdit;
use super::ops::Ops;
use super::patch::{Module, Patch, message};
use super::{data, root};

/// The condition under which the layer is compiled, as in `cfg`.
const GATE: &str = "CONFIG_TARGET_CORE";

/// The C headers for the bindings of the layer.
const HEADERS: [&str; 4] = [
    "scsi/scsi_proto.h",
    "target/target_core_backend.h",
    "target/target_core_base.h",
    "target/target_core_fabric.h",
];

/// The file with the layer's helpers in C.
const HELPERS: &str = "target.c";

/// An addition of one patch to the layer.
struct Step {
    message: &'static str,
    /// The modules of the layer.
    modules: &'static [&'static str],
    /// Types and constants of `ops.rs` that belong to the modules without importing them.
    items: &'static [&'static str],
}

const STEPS: [Step; 9] = [
    Step {
        message: data!("messages/attributes.txt"),
        modules: &["attributes"],
        items: &[],
    },
    Step {
        message: data!("messages/ports.txt"),
        modules: &["groups", "object", "registration", "work", "wwn"],
        items: &[],
    },
    Step {
        message: data!("messages/groups.txt"),
        modules: &["depend", "lun", "np", "protocol", "tpg"],
        items: &["PROTOCOL", "Tpg", "Np", "HAS_ENABLE"],
    },
    Step {
        message: data!("messages/node_acls.txt"),
        modules: &["node_acl"],
        items: &["NodeAcl", "NodeAclState", "NODE_ACL_GROUPS"],
    },
    Step {
        message: data!("messages/sessions.txt"),
        modules: &["closing", "session", "users"],
        items: &["Session"],
    },
    Step {
        message: data!("messages/commands.txt"),
        modules: &[
            "cmd",
            "cpu",
            "data",
            "handle",
            "nexus",
            "protection",
            "request",
            "submit",
            "tags",
            "task",
            "tmr",
        ],
        items: &["Cmd", "CmdMemory", "Tmr"],
    },
    Step {
        message: data!("messages/responses.txt"),
        modules: &["payload", "response"],
        items: &[],
    },
    Step {
        message: data!("messages/writes.txt"),
        modules: &["dma", "pages", "pending"],
        items: &[],
    },
    Step {
        message: data!("messages/queue.txt"),
        modules: &["list", "queue"],
        items: &[],
    },
];

/// The module whose patch adds the first ops.
const FIRST: &str = "registration";

/// The path in the kernel crate of each name that `target::compat` provides to a module; `None` for a
/// name in the prelude.
const COMPAT: [(&str, Option<&str>); 8] = [
    ("Completion", Some("crate::sync::Completion")),
    ("Refcount", Some("crate::sync::Refcount")),
    ("init_zeroed", Some("pin_init::init_zeroed")),
    ("fmt", Some("crate::fmt")),
    (
        "pin_init_from_closure",
        Some("pin_init::pin_init_from_closure"),
    ),
    ("Zeroable", None),
    (
        "alloc_workqueue_noprof",
        Some("crate::bindings::alloc_workqueue_noprof"),
    ),
    ("raw_try_init", Some("pin_init::raw_try_init")),
];

/// Returns the patches.
pub(super) fn patches(module: &Module<'_>, who: &str) -> Result<Vec<Patch>> {
    let root = text(module, "target.rs")?;
    let mut absent: Vec<_> = STEPS.iter().flat_map(|step| step.items).copied().collect();
    let ops = Ops::new(module.plan, root)?;
    let mut bindings = Patch::new(message(data!("messages/bindings.txt"), module));
    bindings.edits = HEADERS.map(KernelEdit::Bindings).into();
    bindings.edits.push(KernelEdit::Helpers(HELPERS));
    bindings.add(
        &format!("rust/helpers/{HELPERS}"),
        data!("target.c").to_owned(),
    );
    let mut patches = vec![bindings];
    let mut modules = BTreeSet::new();
    for step in &STEPS {
        let mut patch = Patch::new(message(step.message, module));
        modules.extend(step.modules);
        absent.retain(|item| !step.items.contains(item));
        for name in step.modules {
            let file = format!("target/{name}.rs");
            patch.add(
                &format!("rust/kernel/{file}"),
                in_crate(text(module, &file)?),
            );
        }
        if modules.contains(FIRST) {
            modules.insert("ops");
            let text = ops.text(&modules, &absent)?;
            patch.add("rust/kernel/target/ops.rs", in_crate(&text));
        }
        patch.add("rust/kernel/target.rs", root_text(root, &modules));
        patches.push(patch);
    }
    patches[1].edits = vec![
        KernelEdit::CrateModule {
            name: "target",
            gate: GATE,
        },
        KernelEdit::Maintainers {
            who: who.to_owned(),
        },
        KernelEdit::Maintained(format!("rust/helpers/{HELPERS}")),
    ];
    patches.push(tests(root, &modules, module));
    complete(module, &modules)?;
    Ok(patches)
}

/// The text of a file of the module.
fn text<'a>(module: &'a Module<'_>, path: &str) -> Result<&'a str> {
    let file = module.files.get(path);
    let file = file.with_context(|| format!("the generator writes no {path}"))?;
    Ok(&file.text)
}

/// Checks that the steps add every file of the layer, except those that replace parts of an older kernel
/// crate.
fn complete(module: &Module<'_>, modules: &BTreeSet<&str>) -> Result<()> {
    for (path, _) in module.files.iter() {
        let name = path
            .strip_prefix("target/")
            .and_then(|path| path.split(['/', '.']).next());
        let is_known = name.is_none_or(|name| name == "compat" || modules.contains(name));
        ensure!(
            is_known,
            "no patch brings {path}: add it to a step of layer.rs"
        );
    }
    Ok(())
}

/// The patch that adds unit tests.
fn tests(root: &str, modules: &BTreeSet<&str>, module: &Module<'_>) -> Patch {
    let mut patch = Patch::new(message(data!("messages/tests.txt"), module));
    patch.add("rust/kernel/target/tests.rs", data!("tests.rs").to_owned());
    let root = root_text(root, modules);
    let text = root + "\n#[cfg(CONFIG_RUST_TARGET_KUNIT_TEST)]\nmod tests;\n";
    patch.add("rust/kernel/target.rs", text);
    patch.edits.push(KernelEdit::KunitOption {
        entry: data!("Kconfig.test"),
    });
    patch
}

/// The root of the layer, with these modules.
fn root_text(root: &str, modules: &BTreeSet<&str>) -> String {
    // The kernel crate has the items of `compat` itself.
    let root = root.replace("pub use compat::atomic;", "pub use crate::sync::atomic;");
    let mut modules = modules.clone();
    if modules.contains(FIRST) {
        modules.insert("crate");
    }
    in_crate(&root::text(&root, &modules))
}

/// A text of the layer for the kernel crate.
fn in_crate(text: &str) -> String {
    rewritten(text, crate_path, &[])
}

/// Converts a path that a module imports to the path in the kernel crate; `None` if the prelude has it.
pub(super) fn crate_path(path: &str) -> Option<String> {
    if let Some(name) = path.strip_prefix("crate::target::compat::") {
        let found = COMPAT.iter().find(|(known, _)| *known == name);
        return found.and_then(|(_, place)| place.map(ToOwned::to_owned));
    }
    if let Some(name) = path.strip_prefix("crate::target::atomic::") {
        return Some(format!("crate::sync::atomic::{name}"));
    }
    match path.strip_prefix("kernel::") {
        Some(rest) => Some(format!("crate::{rest}")),
        None => Some(path.to_owned()),
    }
}
