// SPDX-License-Identifier: GPL-2.0-only

//! `completions`: a shell's completion script, which `clap_complete` writes.

use anyhow::Result;
use clap::builder::PossibleValuesParser;
use clap::{Args, Command};
use clap_complete::Shell;

use crate::protocol::PROTOCOLS;
use crate::ui::print::print;

/// Locations of the scripts, by shell.
const PLACES: &str = "\
Install the script as:
  bash  ~/.local/share/bash-completion/completions/tcm-mod-builder
  fish  ~/.config/fish/completions/tcm-mod-builder.fish
  zsh   _tcm-mod-builder in a directory of $fpath";

/// The arguments of `completions`.
#[derive(Debug, Args)]
#[command(after_help = PLACES)]
pub struct Arguments {
    /// Shell to write for.
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Shows the script for this program's `command`.
///
/// # Errors
///
/// If it cannot be written.
pub(crate) fn completions(args: &Arguments, mut command: Command) -> Result<()> {
    // Elsewhere a misspelled protocol is an error of this program, with a suggestion.
    for id in ["proto", "register_as"] {
        let names = PROTOCOLS.iter().map(|protocol| protocol.name);
        command = command.mut_arg(id, |arg| arg.value_parser(PossibleValuesParser::new(names)));
    }
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if args.shell == Shell::Bash {
        // clap_complete offers the placeholder itself.
        for placeholder in ["<DIR>", "[DIR]"] {
            script = script.replace(placeholder, r#"$(compgen -d -- "${cur}")"#);
        }
    }
    print(&script)
}
