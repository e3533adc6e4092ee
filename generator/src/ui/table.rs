// SPDX-License-Identifier: GPL-2.0-only

//! Tables without colours, wrapped to the width of the terminal, or lists of cells where that would
//! break words. If standard output is not a terminal, each row is one line.

use std::array;
use std::io::{IsTerminal, stdout};

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};

/// Formats a table with these headings.
#[must_use]
pub fn table<const N: usize>(
    headings: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> String {
    let rows: Vec<_> = rows.collect();
    let width = width();
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    let words: [u16; N] = array::from_fn(|column| {
        let cells = rows.iter().map(|row| row[column].as_str());
        let words = cells
            .chain([headings[column]])
            .flat_map(str::split_whitespace);
        let longest = words.map(|word| word.chars().count()).max();
        u16::try_from(longest.unwrap_or_default()).unwrap_or(u16::MAX)
    });
    // Each cell has a blank on both sides.
    let least = words.iter().map(|longest| longest + 2).sum();
    if width.is_some_and(|width| width < least) {
        for row in rows {
            table.add_rows(
                headings
                    .iter()
                    .zip(row)
                    .map(|(name, cell)| [(*name).to_owned(), cell]),
            );
            table.add_row([""]);
        }
    } else {
        table.set_header(headings).add_rows(rows);
        let least = words.map(|longest| ColumnConstraint::LowerBoundary(Width::Fixed(longest + 2)));
        table.set_constraints(least);
    }
    match width {
        Some(width) => table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
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
