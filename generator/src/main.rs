// SPDX-License-Identifier: GPL-2.0-only

//! `tcm-mod-builder`: see `tcm_mod_builder::cli`.

use std::process::ExitCode;

use clap::Parser;
use tcm_mod_builder::cli::Cli;

fn main() -> ExitCode {
    #[cfg(feature = "failpoints")]
    let _scenario = fail::FailScenario::setup();
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
