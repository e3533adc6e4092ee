// SPDX-License-Identifier: GPL-2.0-only

//! `tcm-mod-builder`: see `tcm_mod_builder::cli`.

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use tcm_mod_builder::cli::Cli;
use tcm_mod_builder::kernel::header;
use tcm_mod_builder::prepare;
use tcm_mod_builder::ui::print::written;

fn main() -> ExitCode {
    #[cfg(feature = "failpoints")]
    let _scenario = fail::FailScenario::setup();
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<ExitCode> {
    // Hidden subcommands: only this program calls them.
    let mut words = env::args_os().skip(1);
    match words.next() {
        Some(word) if word == header::SUBCOMMAND => {
            tcm_bindings::serve()?;
            return Ok(ExitCode::SUCCESS);
        }
        Some(word) if word == prepare::SUBCOMMAND => match prepare::become_dependent(words)? {},
        _ => (),
    }
    match Cli::try_parse() {
        Ok(cli) => cli.run()?,
        Err(error) => {
            // Help and version, too, are errors for clap.
            written(error.print().and_then(|()| io::stdout().flush()))?;
            return Ok(ExitCode::from(u8::try_from(error.exit_code())?));
        }
    }
    Ok(ExitCode::SUCCESS)
}
