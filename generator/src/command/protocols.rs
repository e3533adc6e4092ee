// SPDX-License-Identifier: GPL-2.0-only

//! `protocols`: the T10 protocol identifiers.

use anyhow::Result;
use clap::Args;

use crate::protocol::{PROTOCOLS, list};
use crate::ui::print::{json, print};

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
/// If the output cannot be written.
pub(crate) fn protocols(args: &Arguments) -> Result<()> {
    if args.json {
        print(&json(&PROTOCOLS)?)
    } else {
        print(&list::text())
    }
}
