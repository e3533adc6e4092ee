// SPDX-License-Identifier: GPL-2.0-only

//! Manual pages, one for the program and one for each subcommand. Their text is that of `--help`, with
//! sections on exit status, environment, files, examples and other pages.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::Result;
use clap::Command;
use clap_mangen::Man;

/// The date of the pages' text.
const DATE: &str = "2026-11-30";

/// Commands for a first module, which the program's `--help` has, too.
pub const EXAMPLES: &str = "\
Examples:
  tcm-mod-builder doctor
  tcm-mod-builder -p SAS -m tcm_x -o tcm_x
  tcm-mod-builder -p iSCSI -m tcm_y --data-path iscsi -o tcm_y -k linux
  make -C tcm_y KDIR=$PWD/linux";

/// An example of each subcommand.
const OF_SUBCOMMANDS: [(&str, &str); 7] = [
    ("ops", "tcm-mod-builder ops --against linux-7.3"),
    ("protocols", "tcm-mod-builder protocols --json"),
    ("sync", "tcm-mod-builder sync tcm_x --check"),
    ("doctor", "tcm-mod-builder doctor -k linux"),
    ("prepare", "sudo tcm-mod-builder prepare"),
    ("completions", "tcm-mod-builder completions bash"),
    ("man", "tcm-mod-builder man /usr/local/share/man/man1"),
];

/// Sections that all pages have and `--help` lacks, in roff.
const COMMON: &str = r".SH EXIT STATUS
.TP
0
Done.
.TP
1
Failure, or a failed check (doctor, sync \-\-check). The reason and a remedy are on standard error.
Generation and sync change nothing.
.TP
2
The command line is wrong.
.SH ENVIRONMENT
.TP
KDIR
Kernel, used if neither \-k nor a tree around the working directory names one.
.TP
RUSTC, BINDGEN, CLIPPY_DRIVER, LLVM
Tools of the build, as for the kernel's make.
.TP
TCM_CC
C compiler of the build, in place of the kernel's. CC is not used.
.TP
LIBCLANG_PATH
Directory of libclang, where it is not among the system's libraries.
.TP
XDG_CACHE_HOME
Directory of caches, in place of ~/.cache.
.SH FILES
.TP
/lib/modules/V/build
Headers of the installed kernel V.
.TP
~/.cache/tcm\-mod\-builder, /var/cache/tcm\-mod\-builder
Kernel crates that prepare has made, for a user and for root.
";

/// A manual page.
#[derive(Debug)]
pub struct Page {
    /// Name of the file.
    pub file: String,
    /// Text, in roff.
    pub text: String,
}

/// Returns all pages, the program's first.
///
/// # Errors
///
/// Never: pages are rendered to memory.
pub fn pages(program: Command) -> Result<Vec<Page>> {
    let mut program = program.disable_help_subcommand(true);
    program.build();
    let source = program.render_version().trim_end().to_owned();
    let mut pages = vec![program.clone()];
    pages.extend(program.get_subcommands().cloned());
    let names = pages.iter().map(Command::get_display_name);
    let mut names: Vec<_> = names.flatten().map(ToOwned::to_owned).collect();
    names.insert(0, program.get_name().to_owned());
    names.dedup();
    let pages = pages.into_iter();
    pages
        .map(|command| page(command, &source, &names))
        .collect()
}

/// The page of a command. `source` is the program's version, `names` are those of all pages.
fn page(command: Command, source: &str, names: &[String]) -> Result<Page> {
    let own = command.get_display_name().unwrap_or(command.get_name());
    let others = names.iter().filter(|name| *name != own);
    let others: Vec<_> = others.map(|name| format!("{name}(1)")).collect();
    let mut examples = OF_SUBCOMMANDS.iter();
    let example = examples.find(|(name, _)| *name == command.get_name());
    let (command, example) = match example {
        Some((_, text)) => (command, *text),
        None => (
            command.after_help(None::<&str>),
            EXAMPLES.trim_start_matches("Examples:\n"),
        ),
    };
    let example = example.replace('-', r"\-");
    let more = format!(
        "{COMMON}.SH EXAMPLES\n.nf\n{example}\n.fi\n.SH SEE ALSO\n{}, make(1), dkms(8), targetcli(8)\n",
        others.join(", ").replace('-', r"\-")
    );
    let page = Man::new(command)
        .source(source)
        .manual("User Commands")
        .date(DATE);
    let mut text = Vec::new();
    page.render(&mut text)?;
    Ok(Page {
        file: page.get_filename(),
        text: String::from_utf8_lossy(&text).into_owned() + &more,
    })
}

/// Writes the pages to a directory, which is made if need be.
///
/// # Errors
///
/// If a page cannot be written.
pub fn write(pages: &[Page], dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    let mut pages = pages.iter();
    pages.try_for_each(|page| fs::write(dir.join(&page.file), &page.text))
}
