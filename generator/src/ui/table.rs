// SPDX-License-Identifier: GPL-2.0-only

//! Tables without colours, wrapped to the width of the terminal. If standard output is not a terminal,
//! each row is one line.

use std::io::{IsTerminal, stdout};

use comfy_table::{ContentArrangement, Table, presets};

/// Formats a table with these headings.
#[must_use]
pub fn table<const N: usize>(
    headings: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(headings);
    table.add_rows(rows);
    match width() {
        Some(width) => table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    // Each cell has a blank on both sides.
    let lines = table.trim_fmt();
    let lines = lines
        .lines()
        .map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line)));
    lines.collect()
}

/// The width of the terminal: `COLUMNS`, else the terminal's own; `None` without a terminal.
fn width() -> Option<u16> {
    let stdout = stdout();
    if !stdout.is_terminal() {
        return None;
    }
    let said = std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse().ok());
    let own = || {
        rustix::termios::tcgetwinsize(&stdout)
            .ok()
            .map(|size| size.ws_col)
    };
    said.or_else(own).filter(|width| *width > 0)
}
