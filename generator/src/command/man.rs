// SPDX-License-Identifier: GPL-2.0-only

//! `man`: the manual pages.

use std::path::PathBuf;

use anyhow::{Result, anyhow};
use clap::{Args, Command, ValueHint};

use crate::man;
use crate::ui::print::{print, word};

/// The arguments of `man`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Directory for all pages; without it, the program's page goes to standard output.
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    dir: Option<PathBuf>,
}

/// Writes the pages of `program`.
///
/// # Errors
///
/// If they cannot be written.
pub(crate) fn man(args: &Arguments, program: Command) -> Result<()> {
    let pages = man::pages(program)?;
    match &args.dir {
        Some(dir) => {
            man::write(&pages, dir).map_err(|error| {
                let dir = dir.display();
                anyhow!("cannot write manual pages to {dir}: {error}; name another directory")
            })?;
            let page = word(&dir.join(&pages[0].file));
            print(&format!("Next: man -l {page}\n"))
        }
        None => print(&pages[0].text),
    }
}
