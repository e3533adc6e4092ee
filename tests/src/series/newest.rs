// SPDX-License-Identifier: GPL-2.0-only

//! A module for the newest kernel only, for the kernel's tree: code for other kernels is left out, with
//! the `cfg`s that select it.

use std::path::Path;

use tcm_mod_builder::module::files::Files;

/// The start of the `cfg`s that the build of a module sets by the items of its kernel.
const PROBED: [&str; 2] = ["kernel_has_", "ops_has_"];

/// The loop that warns of ops that the module does not list.
const UNLISTED: (&str, &str) = (
    "        for op in bindings::UNLISTED_OPS {\n",
    "        }\n",
);

/// The files without code for other kernels, and without modules that are then undeclared.
pub(super) fn of_newest(files: &Files) -> Files {
    let (mut reduced_files, mut undeclared) = (Vec::new(), Vec::new());
    for (path, file) in files.iter() {
        let (text, modules) = reduced(&file.text);
        reduced_files.push((path, file.owner, text));
        let dir = Path::new(path).with_extension("");
        let modules = modules.iter().map(|name| dir.join(format!("{name}.rs")));
        undeclared.extend(modules.map(|path| path.display().to_string()));
    }
    let mut files = Files::default();
    for (path, owner, text) in reduced_files {
        if !undeclared.iter().any(|undeclared| undeclared == path) {
            files.add(path, owner, text);
        }
    }
    files
}

/// The beginning and the end of C code that depends on a header.
const HAS_HEADER: (&str, &str) = ("#if __has_include(", "#endif\n");

/// The text for the newest kernel, and the modules that it no longer declares.
///
/// # Panics
///
/// If an item for older kernels is longer than a line.
#[must_use]
pub fn reduced(text: &str) -> (String, Vec<String>) {
    let (mut out, mut modules) = (String::with_capacity(text.len()), Vec::new());
    let mut lines = text.split_inclusive('\n');
    while let Some(line) = lines.next() {
        if line == UNLISTED.0 {
            let _ = lines.find(|line| *line == UNLISTED.1);
            continue;
        }
        if line.starts_with(HAS_HEADER.0) {
            let included: Vec<_> = lines
                .by_ref()
                .take_while(|line| *line != HAS_HEADER.1)
                .collect();
            out.push_str(&included.concat());
            continue;
        }
        let attribute = line.trim();
        let is_probed = PROBED.iter().any(|cfg| attribute.contains(cfg));
        if !is_probed || !(attribute.starts_with("#[cfg(") || attribute.starts_with("#![cfg(")) {
            out.push_str(line);
        } else if attribute.starts_with("#[cfg(not(") {
            let item = lines.next().unwrap_or_default().trim();
            assert!(item.ends_with([';', ',']), "{item} is longer than a line");
            let module = item
                .strip_prefix("mod ")
                .and_then(|item| item.strip_suffix(';'));
            modules.extend(module.map(ToOwned::to_owned));
        } else if attribute.starts_with("#![") {
            // The blank line after it.
            let _ = lines.next();
        }
    }
    (out.replace("\n\n\n", "\n\n"), modules)
}

#[cfg(test)]
mod tests {
    use super::reduced;

    #[test]
    fn alternatives_for_older_kernels_are_left_out() {
        let text = "\
#[cfg(kernel_has_faux)]
mod faux;
#[cfg(not(kernel_has_faux))]
mod root;

#[cfg(not(test))]
use a::b;
        for op in bindings::UNLISTED_OPS {
            pr_warn!(\"{}\", op);
        }
            #[cfg(ops_has_x)]
            x: T::X,
#if __has_include(\"a.h\")
#include <a.h>
#endif
";
        let (text, modules) = reduced(text);
        assert_eq!(
            text,
            "mod faux;\n\n#[cfg(not(test))]\nuse a::b;\n            x: T::X,\n#include <a.h>\n"
        );
        assert_eq!(modules, ["root"]);
    }
}
