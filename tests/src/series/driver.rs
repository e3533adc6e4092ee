// SPDX-License-Identifier: GPL-2.0-only

//! The patches for the driver: the wrappers of other subsystems that it uses, the driver itself, its
//! selftest, and pages.

use tcm_mod_builder::module::files::{TREE, has_extension};

use super::data;
use super::imports::{self, rewritten};
use super::kernel_edit::KernelEdit;
use super::layer::crate_path;
use super::patch::{Module, Patch, about, message};

/// A wrapper of another subsystem that becomes a module of the kernel crate.
#[derive(Debug)]
pub(super) struct Wrapper {
    /// The name of the module, and of its file and folder.
    name: &'static str,
    /// The condition under which it is compiled, as in `cfg`.
    gate: &'static str,
    /// The C headers for its bindings.
    headers: &'static [&'static str],
    /// The file of its helpers in C: name and text.
    helpers: (&'static str, &'static str),
    /// Imports with another path in the kernel crate: the path in a module, and that in the crate.
    imports: &'static [(&'static str, &'static str)],
    /// The message of its patch.
    message: &'static str,
}

/// The SCSI host of the loopback.
pub(super) const SCSI_HOST: Wrapper = Wrapper {
    name: "scsi_host",
    gate: "all(CONFIG_SCSI, CONFIG_TARGET_CORE)",
    headers: &[
        "linux/delay.h",
        "scsi/scsi_cmnd.h",
        "scsi/scsi_device.h",
        "scsi/scsi_host.h",
    ],
    helpers: ("scsi_host.c", data!("scsi_host.c")),
    imports: &[("crate::rcu", "crate::sync::rcu")],
    message: data!("messages/scsi_host.txt"),
};

/// Rust modules of a generated module that are in the kernel crate.
const IN_CRATE: [&str; 3] = ["bindings", "rcu", "target"];

/// The root of the crate of unit tests, which is compiled without a kernel.
const HOST_ROOT: &str = "host_tests.rs";

/// Returns the patches.
pub(super) fn patches(module: &Module<'_>) -> Vec<Patch> {
    let wrappers = module.driver.wrappers.iter();
    let mut patches: Vec<_> = wrappers
        .map(|wrapper| crate_module(module, wrapper))
        .collect();
    patches.push(driver(module));
    patches.push(selftest(module));
    patches.push(documentation(module));
    patches
}

/// Returns true if a file belongs to the Rust module of this name.
fn belongs(path: &str, name: &str) -> bool {
    path.strip_prefix(name)
        .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

/// The patch for a wrapper of another subsystem.
fn crate_module(module: &Module<'_>, wrapper: &Wrapper) -> Patch {
    let mut patch = Patch::new(message(wrapper.message, module));
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
    // In a generated module the helpers have a prefix, and the items are visible in its crate only.
    let own = format!("{}_", module.driver.module);
    let files = module.files.iter();
    for (path, file) in files.filter(|(path, _)| belongs(path, wrapper.name)) {
        let text = rewritten(&file.text, place, &[])
            .replace("pub(crate) ", "pub ")
            .replace(&format!("bindings::{own}"), "bindings::");
        patch.add(&format!("rust/kernel/{path}"), text);
    }
    patch
}

/// The patch for the driver.
fn driver(module: &Module<'_>) -> Patch {
    let name = module.driver.module;
    let (symbol, dir) = (name.to_ascii_uppercase(), format!("drivers/target/{name}"));
    let subject = format!("scsi: target: {name}: add a reference driver in Rust");
    let text = message(data!("messages/driver.txt"), module).replace("ABOUT", &about(module));
    let mut patch = Patch::new(format!("{subject}\n\n{text}"));
    let wrappers = module.driver.wrappers.iter().map(|wrapper| wrapper.name);
    let in_crate: Vec<_> = IN_CRATE.into_iter().chain(wrappers).collect();
    for (path, file) in module.files.iter() {
        let is_own = has_extension(path, "rs")
            && path != HOST_ROOT
            && !in_crate.iter().any(|name| belongs(path, name));
        if is_own {
            let is_root = path == format!("{name}.rs");
            let text = out_of_crate(&file.text, &in_crate, is_root);
            patch.add(&format!("{dir}/{path}"), text);
        }
    }
    if let Some(kconfig) = module.files.get("Kconfig") {
        patch.add(&format!("{dir}/Kconfig"), kconfig.text.clone());
    }
    let makefile =
        format!("# SPDX-License-Identifier: GPL-2.0-only\n\nobj-$(CONFIG_{symbol})\t+= {name}.o\n");
    patch.add(&format!("{dir}/Makefile"), makefile);
    patch.edits = vec![
        KernelEdit::Makefile {
            symbol,
            module: name.to_owned(),
        },
        KernelEdit::Kconfig {
            module: name.to_owned(),
        },
        KernelEdit::Maintained(format!("{dir}/")),
    ];
    patch
}

/// A text of the module, with the modules in `in_crate` imported from the kernel crate. The root of the
/// driver declares them in a generated module; here it imports those that it uses by name.
fn out_of_crate(text: &str, in_crate: &[&str], is_root: bool) -> String {
    let text = without(text, in_crate);
    let place = |path: &str| {
        let rest = path.strip_prefix("crate::").unwrap_or_default();
        let first = rest.split(':').next().unwrap_or_default();
        if let Some(name) = rest.strip_prefix("target::atomic::") {
            return Some(format!("kernel::sync::atomic::{name}"));
        }
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

/// Returns true if code in the text has a path that begins with this module: `name::`.
fn uses(text: &str, name: &str) -> bool {
    imports::code(text).any(|line| {
        line.match_indices(&format!("{name}::")).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
        })
    })
}

/// The patch for the selftest.
fn selftest(module: &Module<'_>) -> Patch {
    let mut patch = Patch::new(message(data!("messages/selftest.txt"), module));
    add_elsewhere(&mut patch, module, "tools/");
    let collection = format!("drivers/target/{}", module.driver.module);
    patch.edits = vec![
        KernelEdit::Maintained(format!("tools/testing/selftests/{collection}/")),
        KernelEdit::Selftests { collection },
    ];
    patch
}

/// The patch for the documentation: a page on drivers in Rust, and the page of this driver.
fn documentation(module: &Module<'_>) -> Patch {
    const PAGE: &str = "rust-fabrics";
    let mut patch = Patch::new(message(data!("messages/documentation.txt"), module));
    let text = data!("rust-fabrics.rst").to_owned();
    patch.add(&format!("Documentation/target/{PAGE}.rst"), text);
    add_elsewhere(&mut patch, module, "Documentation/");
    for page in [PAGE, module.driver.module] {
        patch.edits.extend([
            KernelEdit::Documentation(page.to_owned()),
            KernelEdit::Maintained(format!("Documentation/target/{page}.rst")),
        ]);
    }
    patch
}

/// Adds the files of the module whose place is below `top` in the kernel's tree.
fn add_elsewhere(patch: &mut Patch, module: &Module<'_>, top: &str) {
    for (path, file) in module.files.iter() {
        let place = path.strip_prefix(TREE);
        if let Some(place) = place.filter(|place| place.starts_with(top)) {
            patch.add(place, file.text.clone());
        }
    }
}
