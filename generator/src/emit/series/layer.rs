// SPDX-License-Identifier: GPL-2.0-only

//! The patches that bring the layer to the kernel crate: each adds files, and the ops that these are
//! enough for.

use std::collections::BTreeSet;

use super::imports::rewritten;
use super::{Patch, message, root};
use crate::emit::{Input, layer, ops};
use crate::output::kernel_edit::KernelEdit;
use crate::plan::Reach;

/// The text of a message.
macro_rules! template {
    ($name:literal) => {
        include_str!(concat!(
            "../../../../kernel-template/series/messages/",
            $name,
            ".txt"
        ))
    };
}
pub(super) use template;

/// When the layer is there, as in `cfg`.
const GATE: &str = "CONFIG_TARGET_CORE";

/// The C headers that the layer's bindings are made of.
const HEADERS: [&str; 2] = ["target/target_core_base.h", "target/target_core_fabric.h"];

/// Where the layer's root is in the module, and in the kernel crate.
const ROOT: &str = "target.rs";

/// What one patch adds to the layer.
struct Step {
    message: &'static str,
    /// The modules of the layer.
    modules: &'static [&'static str],
    /// How far the ops reach then, if they reach any further.
    reach: Option<Reach>,
}

const STEPS: [Step; 9] = [
    Step {
        message: template!("attributes"),
        modules: &["attributes"],
        reach: None,
    },
    Step {
        message: template!("ports"),
        modules: &["object", "registration", "wwn"],
        reach: Some(Reach::Ports),
    },
    Step {
        message: template!("groups"),
        modules: &["lun", "np", "protocol", "tpg"],
        reach: Some(Reach::Groups),
    },
    Step {
        message: template!("node_acls"),
        modules: &["node_acl"],
        reach: Some(Reach::NodeAcls),
    },
    Step {
        message: template!("sessions"),
        modules: &["nexus", "session"],
        reach: Some(Reach::Sessions),
    },
    Step {
        message: template!("commands"),
        modules: &["cmd", "data", "request", "submit", "task", "tmr"],
        reach: Some(Reach::Commands),
    },
    Step {
        message: template!("responses"),
        modules: &["payload", "response"],
        reach: Some(Reach::Responses),
    },
    Step {
        message: template!("writes"),
        modules: &["pending"],
        reach: Some(Reach::Writes),
    },
    Step {
        message: template!("queue"),
        modules: &["queue"],
        reach: None,
    },
];

/// Where what a module gets through `target::compat` is in the kernel crate; nothing for what the
/// prelude has.
const COMPAT: [(&str, Option<&str>); 4] = [
    ("ARef", Some("crate::sync::aref::ARef")),
    (
        "AlwaysRefCounted",
        Some("crate::sync::aref::AlwaysRefCounted"),
    ),
    ("Completion", Some("crate::sync::Completion")),
    ("Zeroable", None),
];

/// The patches.
pub(super) fn patches(input: &Input<'_>, who: &str) -> Vec<Patch> {
    let mut bindings = Patch::new(message(template!("bindings"), input));
    bindings.edits = HEADERS.map(KernelEdit::Bindings).to_vec();
    let mut patches = vec![bindings];
    // The ops come with the first step that has some.
    let mut modules = BTreeSet::new();
    for (index, step) in STEPS.iter().enumerate() {
        let mut patch = Patch::new(message(step.message, input));
        if index == 0 {
            patch.edits = vec![
                KernelEdit::CrateModule {
                    name: "target",
                    gate: GATE,
                },
                KernelEdit::Maintainers {
                    who: who.to_owned(),
                },
            ];
        }
        modules.extend(step.modules);
        for module in step.modules {
            let file = format!("target/{module}.rs");
            let text = in_crate(layer::copied(&file));
            patch.add(&format!("rust/kernel/{file}"), text);
        }
        if let Some(reach) = step.reach {
            modules.insert("ops");
            let text = ops::text(&input.plan.up_to(reach), ops::Home::Crate);
            patch.add(&format!("rust/kernel/{}", ops::PATH), in_crate(&text));
        }
        patch.add("rust/kernel/target.rs", root_text(&modules));
        patches.push(patch);
    }
    patches.push(tests(&modules, input));
    patches
}

/// The patch that adds unit tests.
fn tests(modules: &BTreeSet<&str>, input: &Input<'_>) -> Patch {
    let mut patch = Patch::new(message(template!("tests"), input));
    let text = include_str!("../../../../kernel-template/series/tests.rs");
    patch.add("rust/kernel/target/tests.rs", text.to_owned());
    let root = root_text(modules) + "\n#[cfg(CONFIG_RUST_TARGET_KUNIT_TEST)]\nmod tests;\n";
    patch.add("rust/kernel/target.rs", root);
    patch.edits.push(KernelEdit::KunitOption {
        entry: include_str!("../../../../kernel-template/series/Kconfig.test"),
    });
    patch
}

/// The root of the layer with these modules.
fn root_text(modules: &BTreeSet<&str>) -> String {
    // What a module has through `compat` is the kernel crate's own.
    let template =
        layer::copied(ROOT).replace("pub use compat::ARef;", "pub use crate::sync::aref::ARef;");
    let mut modules = modules.clone();
    if modules.contains("tpg") {
        modules.insert("crate");
    }
    in_crate(&root::text(&template, &modules))
}

/// A text of the layer, as it is in the kernel crate.
fn in_crate(text: &str) -> String {
    rewritten(text, crate_path, &[])
}

/// Where what a module imports is in the kernel crate.
pub(super) fn crate_path(path: &str) -> Option<String> {
    if let Some(name) = path.strip_prefix("crate::target::compat::") {
        let found = COMPAT.iter().find(|(known, _)| *known == name);
        return found.and_then(|(_, place)| place.map(ToOwned::to_owned));
    }
    match path.strip_prefix("kernel::") {
        Some(rest) => Some(format!("crate::{rest}")),
        None => Some(path.to_owned()),
    }
}

#[cfg(test)]
mod tests_of_steps {
    use super::*;

    #[test]
    fn every_file_of_the_layer_comes_with_one_patch() {
        let mut steps: Vec<_> = STEPS
            .iter()
            .flat_map(|step| step.modules)
            .copied()
            .collect();
        steps.sort_unstable();
        let files = layer::COPIED.iter().filter_map(|(path, _)| {
            let name = path.strip_prefix("target/")?.strip_suffix(".rs")?;
            (name != "compat").then_some(name)
        });
        assert_eq!(steps, files.collect::<Vec<_>>());
    }
}
