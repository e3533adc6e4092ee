// SPDX-License-Identifier: GPL-2.0-only

//! `protocols`: the T10 protocol identifiers.

use anyhow::Result;
use clap::Args;

use crate::output::print::print;
use crate::output::report::json;
use crate::output::table::table;
use crate::protocol::{PROTOCOLS, Protocol};

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
        print(&text());
    }
    Ok(())
}

/// The protocols, for people.
fn text() -> String {
    let headings = [
        "ID",
        "-p",
        "PROTOCOL",
        "PORT NAMES",
        "TRANSPORTID",
        "RESERVATIONS",
    ];
    let rows = PROTOCOLS.iter().map(|protocol| {
        let names = [&[protocol.name], protocol.aliases].concat();
        [
            format!("{:#x}", protocol.id),
            names.join(", "),
            protocol.title.to_owned(),
            protocol.names(),
            protocol.transport_id.to_string(),
            reservations(protocol),
        ]
    });
    format!(
        "{}\nNext: tcm-mod-builder -p PROTO -m NAME\n",
        table(headings, rows)
    )
}

/// Whether target core can name the ports in persistent reservations.
fn reservations(protocol: &Protocol) -> String {
    let Some(reason) = protocol.no_reservations_because else {
        return "yes".to_owned();
    };
    let others = protocol.may_register_as.iter();
    let others = others.map(|name| format!("; yes with --register-as {name}"));
    format!("no: {reason}{}", others.collect::<String>())
}
