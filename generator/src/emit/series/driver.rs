// SPDX-License-Identifier: GPL-2.0-only

//! The patches for the driver: the wrappers of other subsystems that it stands on, the driver
//! itself, its selftest, and pages.

use super::imports::rewritten;
use super::layer::{crate_path, template};
use super::{Patch, about, directory, message, wrapped};
use crate::data_path::{CrateModule, Upstream};
use crate::emit::in_tree::collection;
use crate::emit::{Input, driver_path};
use crate::output::files::{Files, TREE, has_extension};
use crate::output::kernel_edit::KernelEdit;

/// What of a module the kernel crate has instead.
const IN_CRATE: [&str; 2] = ["bindings", "target"];

/// What is compiled without a kernel alone.
const HOST_ROOT: &str = crate::emit::kunit::HOST_ROOT;

/// The patches.
pub(super) fn patches(input: &Input<'_>, module: &Files) -> Vec<Patch> {
    let wrappers = match input.data_path.upstream {
        Upstream::Offered(wrappers) => wrappers,
        Upstream::Refused(_) => &[],
    };
    let mut patches: Vec<_> = wrappers
        .iter()
        .map(|wrapper| crate_module(input, module, wrapper))
        .collect();
    patches.push(driver(input, module, wrappers));
    patches.push(selftest_patch(input, module));
    patches.push(documentation(input, module));
    patches
}

/// Whether a file belongs to a module of the crate with this name.
fn belongs(path: &str, name: &str) -> bool {
    path.strip_prefix(name)
        .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

/// The patch for a wrapper of another subsystem.
fn crate_module(input: &Input<'_>, module: &Files, wrapper: &CrateModule) -> Patch {
    let mut patch = Patch::new(message(wrapper.message, input));
    let (helpers, text) = wrapper.helpers;
    patch.edits = wrapper
        .headers
        .iter()
        .copied()
        .map(KernelEdit::Bindings)
        .collect();
    patch.edits.push(KernelEdit::Helpers(helpers));
    patch.edits.push(KernelEdit::CrateModule {
        name: wrapper.name,
        gate: wrapper.gate,
    });
    patch
        .edits
        .push(KernelEdit::Maintained(format!("rust/helpers/{helpers}")));
    patch.edits.push(KernelEdit::Maintained(format!(
        "rust/kernel/{}.rs",
        wrapper.name
    )));
    patch.edits.push(KernelEdit::Maintained(format!(
        "rust/kernel/{}/",
        wrapper.name
    )));
    patch.add(&format!("rust/helpers/{helpers}"), text.to_owned());
    let place = |path: &str| {
        let elsewhere = wrapper.imports.iter().find(|(from, _)| *from == path);
        match elsewhere {
            Some((_, to)) => Some((*to).to_owned()),
            None => crate_path(path),
        }
    };
    // In the module the helpers have a prefix, and the items are visible to its own crate alone.
    let own = format!("{}_", input.names.module());
    for (path, file) in module
        .iter()
        .filter(|(path, _)| belongs(path, wrapper.name))
    {
        let text = rewritten(&file.text, place, &[])
            .replace("pub(crate) ", "pub ")
            .replace(&format!("bindings::{own}"), "bindings::");
        patch.add(&format!("rust/kernel/{path}"), text);
    }
    patch
}

/// The patch for the driver.
fn driver(input: &Input<'_>, module: &Files, wrappers: &[CrateModule]) -> Patch {
    let names = input.names;
    let (symbol, name, dir) = (names.kconfig(), names.module(), directory(names));
    let subject = format!("scsi: target: {name}: add a reference driver in Rust");
    let text = message(template!("driver"), input).replace("ABOUT", &wrapped(&about(input)));
    let mut patch = Patch::new(format!("{subject}\n\n{text}"));
    let in_crate: Vec<_> = IN_CRATE
        .into_iter()
        .chain(wrappers.iter().map(|wrapper| wrapper.name))
        .collect();
    for (path, file) in module.iter() {
        let is_own = has_extension(path, "rs")
            && path != HOST_ROOT
            && !in_crate.iter().any(|name| belongs(path, name));
        if is_own {
            let is_root = path == driver_path(names);
            let text = out_of_crate(&file.text, &in_crate, is_root);
            patch.add(&format!("{dir}/{path}"), text);
        }
    }
    if let Some(kconfig) = module.get("Kconfig") {
        patch.add(&format!("{dir}/Kconfig"), kconfig.text.clone());
    }
    let makefile =
        format!("# SPDX-License-Identifier: GPL-2.0-only\n\nobj-$(CONFIG_{symbol})\t+= {name}.o\n");
    patch.add(&format!("{dir}/Makefile"), makefile);
    let module = name.to_owned();
    patch.edits = vec![
        KernelEdit::Makefile {
            symbol,
            module: module.clone(),
        },
        KernelEdit::Kconfig { module },
        KernelEdit::Maintained(format!("{dir}/")),
    ];
    patch
}

/// A text of the module where these of its modules are in the kernel crate. The driver's root, which
/// declares them in a module, imports them instead, if it uses them by name.
fn out_of_crate(text: &str, in_crate: &[&str], is_root: bool) -> String {
    let text = without(text, in_crate);
    let place = |path: &str| {
        let rest = path.strip_prefix("crate::").unwrap_or_default();
        let first = rest.split(':').next().unwrap_or_default();
        if in_crate.contains(&first) {
            Some(format!("kernel::{rest}"))
        } else {
            Some(path.to_owned())
        }
    };
    let whole = in_crate.iter().filter(|name| is_root && uses(&text, name));
    let whole: Vec<_> = whole.map(|name| format!("kernel::{name}")).collect();
    rewritten(&text, place, &whole)
}

/// The text without the declarations of these modules.
fn without(text: &str, modules: &[&str]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut attribute = "";
    for line in text.split_inclusive('\n') {
        if line == "#[allow(unsafe_code)]\n" {
            attribute = line;
            continue;
        }
        let declared = line.trim_start_matches("pub ").strip_prefix("mod ");
        let declared = declared.and_then(|rest| rest.strip_suffix(";\n"));
        if !declared.is_some_and(|name| modules.contains(&name)) {
            out.push_str(attribute);
            out.push_str(line);
        }
        attribute = "";
    }
    out
}

/// Whether code in the text names a module by itself: `name::`, with nothing before.
fn uses(text: &str, name: &str) -> bool {
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines
        .skip_while(|line| !line.starts_with("module!"))
        .any(|line| {
            line.match_indices(&format!("{name}::")).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
            })
        })
}

/// The patch for the selftest.
fn selftest_patch(input: &Input<'_>, module: &Files) -> Patch {
    let mut patch = Patch::new(message(template!("selftest"), input));
    add_elsewhere(&mut patch, module, "tools/");
    let collection = collection(input.names);
    patch.edits = vec![
        KernelEdit::Maintained(format!("tools/testing/selftests/{collection}/")),
        KernelEdit::Selftests { collection },
    ];
    patch
}

/// The patch for the documentation: a page on such drivers, and that of the driver.
fn documentation(input: &Input<'_>, module: &Files) -> Patch {
    const PAGE: &str = "rust-fabrics";
    let mut patch = Patch::new(message(template!("documentation"), input));
    let text = include_str!("../../../../kernel-template/series/rust-fabrics.rst");
    patch.add(&format!("Documentation/target/{PAGE}.rst"), text.to_owned());
    add_elsewhere(&mut patch, module, "Documentation/");
    for page in [PAGE, input.names.module()] {
        patch.edits.extend([
            KernelEdit::Documentation(page.to_owned()),
            KernelEdit::Maintained(format!("Documentation/target/{page}.rst")),
        ]);
    }
    patch
}

/// Adds the files of the module that have their place elsewhere in the kernel's tree, below `top`.
fn add_elsewhere(patch: &mut Patch, module: &Files, top: &str) {
    for (path, file) in module.iter() {
        let place = path.strip_prefix(TREE);
        if let Some(place) = place.filter(|place| place.starts_with(top)) {
            patch.add(place, file.text.clone());
        }
    }
}
