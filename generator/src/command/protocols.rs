// SPDX-License-Identifier: GPL-2.0-only

//! `protocols`: the T10 protocol identifiers.

use anyhow::Result;
use clap::Args;

use crate::output::print::print;
use crate::output::report::json;
use crate::protocol::{PROTOCOLS, table};

/// The arguments of `protocols`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Write JSON, for programs.
    #[arg(long)]
    json: bool,
}

/// Shows the protocols.
///
/// # Errors
///
/// None for the values that this program has.
pub(crate) fn protocols(args: &Arguments) -> Result<()> {
    if args.json {
        print(&json(&PROTOCOLS)?);
    } else {
        print(&table());
    }
    Ok(())
}
