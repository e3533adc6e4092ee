// SPDX-License-Identifier: GPL-2.0-only

//! The table of protocols, for people.

use super::Protocol;
use super::table::PROTOCOLS;
use crate::ui::table::table;

/// Formats the protocols, a row each.
#[must_use]
pub fn text() -> String {
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

/// Target core's ability to name the ports in persistent reservations.
fn reservations(protocol: &Protocol) -> String {
    let Some(reason) = protocol.no_reservations_because else {
        return "yes".to_owned();
    };
    let others = protocol.may_register_as.iter();
    let others = others.map(|name| format!("; yes with --register-as {name}"));
    format!("no: {reason}{}", others.collect::<String>())
}
