// SPDX-License-Identifier: GPL-2.0-only

//! `completions`: a shell's completion script. `clap_complete` writes it; it completes options and file
//! names, not protocols.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::ui::print::print;

/// The arguments of `completions`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Shell to write for.
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Shows the script for this program's `command`.
pub(crate) fn completions(args: &Arguments, command: &mut Command) {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, command, name, &mut script);
    print(&String::from_utf8_lossy(&script));
}
