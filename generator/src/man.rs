// SPDX-License-Identifier: GPL-2.0-only

//! Manual pages, one for the program and one for each subcommand. Their text is that of `--help`; the
//! program's page adds the sections on exit status and environment.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::Result;
use clap::Command;
use clap_mangen::Man;

/// Sections that `--help` lacks, in roff.
const COMMON: &str = r".SH EXIT STATUS
.TP
0
Done.
.TP
1
Not done, with the reason and a remedy on standard error; nothing has been changed.
.TP
2
The command line is wrong.
.SH ENVIRONMENT
.TP
KDIR
Kernel source tree, where no option names one.
.TP
LIBCLANG_PATH
Directory of libclang, where it is not among the system's libraries.
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
    let page = |command: &Command, more| page(command.clone(), &source, more);
    let own = std::iter::once(page(&program, COMMON));
    let others = program.get_subcommands().map(|command| page(command, ""));
    own.chain(others).collect()
}

/// The page of a command, with `more` in roff at its end. `source` is the program's version.
fn page(command: Command, source: &str, more: &str) -> Result<Page> {
    let page = Man::new(command).source(source).manual("User Commands");
    let mut text = Vec::new();
    page.render(&mut text)?;
    Ok(Page {
        file: page.get_filename(),
        text: String::from_utf8_lossy(&text).into_owned() + more,
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
