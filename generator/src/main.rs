// SPDX-License-Identifier: GPL-2.0-only

//! `tcm-mod-builder`: see `tcm_mod_builder::cli`.

use std::process::ExitCode;

use clap::Parser;
use tcm_mod_builder::cli::Cli;

fn main() -> ExitCode {
    match tcm_mod_builder::run::run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
