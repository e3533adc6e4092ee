// SPDX-License-Identifier: GPL-2.0-only

//! `man`: the manual pages, one for the program and one for each subcommand. Their text is that of
//! `--help`; the program's page adds what holds for all subcommands.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use clap::{Args, Command};
use clap_mangen::Man;

use crate::output::print::print;

/// The sections that `--help` lacks, in roff.
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

/// The arguments of `man`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Directory to write all pages to [default: the program's page alone, to standard output].
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Writes the pages of `program`.
///
/// # Errors
///
/// If the directory cannot be written.
pub(crate) fn man(args: &Arguments, program: Command) -> Result<()> {
    let pages = pages(program)?;
    match &args.dir {
        Some(dir) => {
            write(&pages, dir).map_err(|error| {
                let dir = dir.display();
                anyhow!("cannot write manual pages to {dir}: {error}; name another directory")
            })?;
            print(&format!(
                "Next: man -l {}\n",
                dir.join(&pages[0].file).display()
            ));
        }
        None => print(&pages[0].text),
    }
    Ok(())
}

/// A manual page.
struct Page {
    file: String,
    text: String,
}

/// All pages, the program's first.
fn pages(program: Command) -> Result<Vec<Page>> {
    let mut program = program.disable_help_subcommand(true);
    program.build();
    let source = program.render_version().trim_end().to_owned();
    let page = |command: &Command, more| page(command.clone(), &source, more);
    let own = std::iter::once(page(&program, COMMON));
    let others = program.get_subcommands().map(|command| page(command, ""));
    own.chain(others).collect()
}

/// The page of a command of this version of the program, and `more` in roff.
fn page(command: Command, source: &str, more: &str) -> Result<Page> {
    let page = Man::new(command).source(source).manual("User Commands");
    let mut text = Vec::new();
    page.render(&mut text)?;
    Ok(Page {
        file: page.get_filename(),
        text: String::from_utf8_lossy(&text).into_owned() + more,
    })
}

fn write(pages: &[Page], dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    let mut pages = pages.iter();
    pages.try_for_each(|page| fs::write(dir.join(&page.file), &page.text))
}
