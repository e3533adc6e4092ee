// SPDX-License-Identifier: GPL-2.0-only

//! Edits of the kernel's own files by a series of patches, from text to text. A sorted list stays sorted.

use tcm_mod_builder::output::kbuild_edit;

/// An edit of one of the kernel's files.
pub(super) enum KernelEdit {
    /// Adds a C header to those of the bindings.
    Bindings(&'static str),
    /// Adds a file to the C helpers.
    Helpers(&'static str),
    /// Adds a module to the kernel crate, under a condition.
    CrateModule {
        /// Its name.
        name: &'static str,
        /// The condition, as in `cfg`.
        gate: &'static str,
    },
    /// Adds an option for unit tests to those of the kernel crate.
    KunitOption {
        /// Its entry in Kconfig.
        entry: &'static str,
    },
    /// Adds the driver's directory to the makefile of `drivers/target`.
    Makefile {
        /// The symbol of Kconfig.
        symbol: String,
        /// The directory.
        module: String,
    },
    /// Sources the driver's Kconfig in that of `drivers/target`.
    Kconfig {
        /// The directory.
        module: String,
    },
    /// Adds the selftests in a directory.
    Selftests {
        /// The directory, in the form of the list.
        collection: String,
    },
    /// Adds a page to those on target core.
    Documentation(String),
    /// Adds an entry to `MAINTAINERS`, after that of the subsystem.
    Maintainers {
        /// Name and address of the maintainer.
        who: String,
    },
    /// Adds files to that entry.
    Maintained(String),
}

/// The entry of the subsystem in `MAINTAINERS`.
const SUBSYSTEM: &str = "SCSI TARGET SUBSYSTEM\n";

/// The entry of the abstractions.
const ENTRY: &str = "SCSI TARGET SUBSYSTEM [RUST]\n";

impl KernelEdit {
    /// The file.
    pub(super) fn path(&self) -> &'static str {
        match self {
            Self::Bindings(_) => "rust/bindings/bindings_helper.h",
            Self::Helpers(_) => "rust/helpers/helpers.c",
            Self::CrateModule { .. } => "rust/kernel/lib.rs",
            Self::KunitOption { .. } => "rust/kernel/Kconfig.test",
            Self::Makefile { .. } => "drivers/target/Makefile",
            Self::Kconfig { .. } => "drivers/target/Kconfig",
            Self::Selftests { .. } => "tools/testing/selftests/Makefile",
            Self::Documentation(_) => "Documentation/target/index.rst",
            Self::Maintainers { .. } | Self::Maintained(_) => "MAINTAINERS",
        }
    }

    /// The file's text with the edit.
    ///
    /// # Errors
    ///
    /// The line that the text lacks, beside which the edit belongs.
    pub(super) fn apply(&self, text: &str) -> Result<String, String> {
        match self {
            Self::Bindings(header) => sorted(text, "#include <", &format!("#include <{header}>\n")),
            Self::Helpers(file) => sorted(text, "#include \"", &format!("#include \"{file}\"\n")),
            Self::CrateModule { name, gate } => {
                let after = last_before(text, "pub mod ", &format!("pub mod {name};\n"))?;
                let module = format!("#[cfg({gate})]\npub mod {name};\n");
                Ok(inserted(text, after, &module))
            }
            Self::KunitOption { entry } => {
                let end = text.rfind("\nendif").ok_or("has no `endif`")?;
                Ok(inserted(text, end + 1, entry))
            }
            Self::Makefile { symbol, module } => Ok(kbuild_edit::makefile(text, symbol, module)),
            Self::Kconfig { module } => kbuild_edit::kconfig(text, module),
            Self::Selftests { collection } => {
                sorted(text, "TARGETS += ", &format!("TARGETS += {collection}\n"))
            }
            Self::Documentation(page) => {
                let toctree = text.find(".. toctree::").ok_or("has no `toctree`")?;
                let last = text[toctree..].trim_end().len() + toctree;
                Ok(inserted(
                    text,
                    (last + 1).min(text.len()),
                    &format!("    {page}\n"),
                ))
            }
            Self::Maintainers { who } => {
                let (_, end) = entry(text, SUBSYSTEM)?;
                let entry = format!(
                    "{ENTRY}M:\t{who}\nL:\tlinux-scsi@vger.kernel.org\n\
                     L:\ttarget-devel@vger.kernel.org\nL:\trust-for-linux@vger.kernel.org\n\
                     S:\tMaintained\nF:\trust/kernel/target.rs\nF:\trust/kernel/target/\n\n"
                );
                Ok(inserted(text, end, &entry))
            }
            Self::Maintained(path) => {
                let (start, end) = entry(text, ENTRY)?;
                let entry = sorted(&text[start..end], "F:\t", &format!("F:\t{path}\n"))?;
                Ok([&text[..start], &entry, &text[end..]].concat())
            }
        }
    }
}

/// Returns the range of an entry of `MAINTAINERS`, including the blank line after it.
fn entry(text: &str, title: &str) -> Result<(usize, usize), String> {
    let start = text
        .find(&format!("\n{title}"))
        .ok_or_else(|| format!("has no entry `{}`", title.trim()))?;
    let end = text[start + 1..]
        .find("\n\n")
        .map_or(text.len(), |at| start + at + 3);
    Ok((start + 1, end))
}

/// Inserts a line into the longest sorted list of lines with this start.
fn sorted(text: &str, start: &str, line: &str) -> Result<String, String> {
    let (mut at, mut list, mut longest) = (0, 0..0, 0..0);
    for other in text.split_inclusive('\n') {
        if other.starts_with(start) {
            list.end = at + other.len();
        } else {
            list = at + other.len()..at + other.len();
        }
        at += other.len();
        if list.len() > longest.len() {
            longest = list.clone();
        }
    }
    if longest.is_empty() {
        return Err(format!(
            "has no line `{start}…` to put `{}` beside",
            line.trim()
        ));
    }
    let list = &text[longest.clone()];
    let before = last_before(list, start, line).unwrap_or(0);
    Ok(inserted(text, longest.start + before, line))
}

/// Returns the end of the last line that begins with `start` and sorts before `line`.
fn last_before(text: &str, start: &str, line: &str) -> Result<usize, String> {
    let (mut at, mut found) = (0, None);
    for other in text.split_inclusive('\n') {
        at += other.len();
        if other.starts_with(start) && other < line {
            found = Some(at);
        }
    }
    found.ok_or_else(|| format!("has no line `{start}…` to put `{}` after", line.trim()))
}

fn inserted(text: &str, at: usize, new: &str) -> String {
    let (before, after) = text.split_at(at);
    [before, new, after].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sorted_list_stays_sorted() {
        let text =
            "/* */\n#include <linux/b.h>\n#include <net/c.h>\n#include <trace/d.h>\n\nint x;\n";
        let edited = KernelEdit::Bindings("target/x.h").apply(text).unwrap();
        assert!(edited.contains("net/c.h>\n#include <target/x.h>\n#include <trace"));
        let lib = "pub mod sync;\n#[cfg(A)]\npub mod task;\n";
        let module = KernelEdit::CrateModule {
            name: "target",
            gate: "B",
        };
        let expected = "pub mod sync;\n#[cfg(B)]\npub mod target;\n#[cfg(A)]\npub mod task;\n";
        assert_eq!(module.apply(lib).unwrap(), expected);
    }

    #[test]
    fn maintainers_get_an_entry_that_grows() {
        let text = "X\nM:\ta\n\nSCSI TARGET SUBSYSTEM\nM:\tb\nF:\tc\n\nSCTP\nM:\td\n";
        let who = "A <a@b>".to_owned();
        let edited = KernelEdit::Maintainers { who }.apply(text).unwrap();
        let edited = KernelEdit::Maintained("drivers/target/y/".to_owned())
            .apply(&edited)
            .unwrap();
        assert!(edited.contains("F:\tc\n\nSCSI TARGET SUBSYSTEM [RUST]\nM:\tA <a@b>\n"));
        assert!(edited.contains("F:\tdrivers/target/y/\nF:\trust/kernel/target.rs\n"));
        assert!(edited.contains("F:\trust/kernel/target/\n\nSCTP\n"));
    }

    #[test]
    fn a_file_without_the_place_is_refused() {
        let edit = KernelEdit::Maintained("x".to_owned());
        assert!(edit.apply("X\n").unwrap_err().contains("[RUST]"));
    }
}
