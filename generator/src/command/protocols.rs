// SPDX-License-Identifier: GPL-2.0-only

//! `protocols`: the T10 protocol identifiers.

use std::fmt::Write;

use anyhow::Result;
use clap::Args;

use crate::output::print::print;
use crate::output::report::json;
use crate::protocol::PROTOCOLS;

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

/// The protocols, for people.
fn table() -> String {
    let mut text = String::new();
    for protocol in &PROTOCOLS {
        let names: Vec<_> = [protocol.name]
            .iter()
            .chain(protocol.aliases)
            .copied()
            .collect();
        let reservations = match protocol.no_reservations_because {
            None => "yes".to_owned(),
            Some(reason) => format!("no, {reason}"),
        };
        let _ = writeln!(
            text,
            "{:#x}  {} ({})",
            protocol.id,
            names.join(", "),
            protocol.title
        );
        let _ = writeln!(text, "     port names: {}", protocol.names());
        let _ = writeln!(text, "     TransportID: {}", protocol.transport_id);
        let _ = writeln!(
            text,
            "     persistent reservations in target core: {reservations}"
        );
        for name in protocol.may_register_as {
            let _ = writeln!(text, "     with --register-as {name}: yes, as {name}");
        }
    }
    text
}
