// SPDX-License-Identifier: GPL-2.0-only

//! `tcm-mod-builder`: see `tcm_mod_builder::cli`.

use std::env;
use std::process::ExitCode;

use clap::Parser;
use tcm_mod_builder::cli::Cli;
use tcm_mod_builder::kernel::header;

fn main() -> ExitCode {
    #[cfg(feature = "failpoints")]
    let _scenario = fail::FailScenario::setup();
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    // A subcommand that only this program calls; so neither help nor completions have it.
    if env::args_os()
        .nth(1)
        .is_some_and(|arg| arg == header::SUBCOMMAND)
    {
        return Ok(tcm_bindings::serve()?);
    }
    Cli::parse().run()
}
