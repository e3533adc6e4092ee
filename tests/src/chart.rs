// SPDX-License-Identifier: GPL-2.0-only

//! The chart of the figures, `generator/doc/figures.svg`, and the ten rows of the page
//! `figures.md`: both are made of the table of all figures alone.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::figures::{Figure, Table, Target};
use crate::shell::checkout;

/// A row of the page and the chart.
struct Row {
    /// The quantity, as in the table.
    what: &'static str,
    title: &'static str,
    /// The C module.
    peer: &'static str,
}

const fn row(what: &'static str, title: &'static str, peer: &'static str) -> Row {
    Row { what, title, peer }
}

/// The rows: costs, then rates. Some are better than those of C, and some are worse.
const ROWS: [Row; 10] = [
    row(
        "text and data of the .ko, to tcm_remote's",
        "Text and data of a module",
        "tcm_remote",
    ),
    row(
        "building the module, to tcm_remote",
        "Building a module",
        "tcm_remote",
    ),
    row(
        "instructions, mkdir tpg, to tcm_remote",
        "Creating a portal group",
        "tcm_remote",
    ),
    row(
        "instructions, 4 KiB random read, QD 32, to tcm_loop",
        "Loopback, 4 KiB read, QD 32",
        "tcm_loop",
    ),
    row(
        "instructions, 128 KiB sequential write, QD 32, to tcm_loop",
        "Loopback, 128 KiB write, QD 32",
        "tcm_loop",
    ),
    row(
        "instructions, 4 KiB random read, QD 32, to iscsi_target_mod",
        "iSCSI, 4 KiB read, QD 32",
        "iscsi_target_mod",
    ),
    row(
        "instructions, 128 KiB sequential write, QD 32, to iscsi_target_mod",
        "iSCSI, 128 KiB write, QD 32",
        "iscsi_target_mod",
    ),
    row(
        "bytes of a session, sessions: 64, to iscsi_target_mod",
        "iSCSI, memory of a session",
        "iscsi_target_mod",
    ),
    row(
        "IOPS, two processors, 4 KiB random read, QD 1, to iscsi_target_mod",
        "iSCSI, 4 KiB reads, QD 1",
        "iscsi_target_mod",
    ),
    row(
        "IOPS, two processors, 128 KiB sequential write, QD 32, to iscsi_target_mod",
        "iSCSI, 128 KiB writes, QD 32",
        "iscsi_target_mod",
    ),
];

/// Lines of the page before and after the rows.
const BEGIN: &str = "<!-- made of figures.tsv by `cargo xtask chart` -->\n";
const END: &str = "<!-- end -->\n";

/// Writes the chart, and the rows of the page, from the table.
///
/// # Errors
///
/// If a figure is missing, or a file cannot be read or written.
pub fn draw() -> Result<()> {
    let table = Table::read()?;
    let (page, picture) = (place("figures.md"), place("figures.svg"));
    let text = fs::read_to_string(&page);
    let text = text.with_context(|| format!("cannot read {}", page.display()))?;
    for (path, text) in [(page, with_rows(&text, &table)?), (picture, svg(&table)?)] {
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn place(name: &str) -> PathBuf {
    checkout().join("generator/doc").join(name)
}

/// Returns the page with the rows of the table.
///
/// # Errors
///
/// If the page has no place for them, or a figure is missing.
pub fn with_rows(page: &str, table: &Table) -> Result<String> {
    let parts = page.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    let Some((before, after)) = parts else {
        bail!("the page has no `{}`", BEGIN.trim());
    };
    let mut rows = "\n| | beside | unit | ours | C | ratio |\n\
                    | --- | --- | --- | ---: | ---: | ---: |\n"
        .to_owned();
    for Row { what, title, peer } in &ROWS {
        let figure = table.find(what)?;
        let (ours, theirs) = (grouped(&figure.ours), grouped(&figure.peer));
        let Figure { unit, ratio, .. } = figure;
        writeln!(
            rows,
            "| {title} | `{peer}` | {unit} | {ours} | {theirs} | {ratio:.2} |"
        )?;
    }
    Ok(format!("{before}{BEGIN}{rows}\n{END}{after}"))
}

/// Colours for light and dark pages, and the fonts.
const STYLE: &str = "  <style>
    text { font: 14px sans-serif; fill: #1f2328; }
    .small { font-size: 12px; fill: #59636e; }
    .head { font-weight: bold; }
    .own { fill: #2da44e; }
    .c { fill: #8c959f; }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc; }
      .small { fill: #9198a1; }
      .own { fill: #3fb950; }
      .c { fill: #656c76; }
    }
  </style>
";

/// Width of the picture, left end of the bars, and length of the longest bar.
const WIDTH: u32 = 840;
const LEFT: u32 = 290;
const LONGEST: f64 = 420.0;

/// Height of a row.
const STEP: u32 = 44;

/// Returns the chart of the table.
///
/// # Errors
///
/// If a figure is missing.
pub fn svg(table: &Table) -> Result<String> {
    let mut body = String::new();
    let mut y = 14;
    write!(
        body,
        "  <rect class=\"own\" x=\"{LEFT}\" y=\"{y}\" width=\"12\" height=\"12\"/>\n  \
         <text x=\"{}\" y=\"{}\">generated module, in Rust</text>\n  \
         <rect class=\"c\" x=\"{}\" y=\"{y}\" width=\"12\" height=\"12\"/>\n  \
         <text x=\"{}\" y=\"{}\">the kernel's own, in C</text>\n",
        LEFT + 20,
        y + 11,
        LEFT + 220,
        LEFT + 240,
        y + 11,
    )?;
    y += 20;
    let mut last = "";
    for row in &ROWS {
        let figure = table.find(row.what)?;
        let heading = match figure.target {
            Target::Most(_) => "Cost: less is better",
            Target::Least(_) => "Rate: more is better",
        };
        if heading != last {
            last = heading;
            y += 24;
            writeln!(
                body,
                "  <text class=\"head\" x=\"10\" y=\"{y}\">{heading}</text>"
            )?;
            y += 14;
        }
        bars(&mut body, row, figure, y)?;
        y += STEP;
    }
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {}\" role=\"img\" \
         aria-label=\"Ten figures of generated modules beside those of the kernel's C modules.\">\n  \
         <!-- SPDX-License-Identifier: GPL-2.0-only -->\n{STYLE}{body}</svg>\n",
        y + 6
    ))
}

/// Draws a row: its title, and a bar for each value. The larger value has the longest bar.
fn bars(body: &mut String, row: &Row, figure: &Figure, y: u32) -> Result<()> {
    let values = [&figure.ours, &figure.peer];
    let [ours, peer] = values.map(|value| value.parse::<f64>());
    let (ours, peer) = (ours?, peer?);
    writeln!(
        body,
        "  <text x=\"10\" y=\"{}\">{}</text>\n  \
         <text class=\"small\" x=\"10\" y=\"{}\">{}, beside {}</text>",
        y + 13,
        row.title,
        y + 29,
        figure.unit,
        row.peer
    )?;
    for (class, value, text, top) in [
        ("own", ours, &figure.ours, y + 2),
        ("c", peer, &figure.peer, y + 18),
    ] {
        let length = value / ours.max(peer) * LONGEST;
        writeln!(
            body,
            "  <rect class=\"{class}\" x=\"{LEFT}\" y=\"{top}\" width=\"{length:.1}\" \
             height=\"12\"/>\n  \
             <text class=\"small\" x=\"{:.1}\" y=\"{}\">{}</text>",
            f64::from(LEFT) + length + 6.0,
            top + 10,
            grouped(text)
        )?;
    }
    Ok(())
}

/// Returns a number with commas between its thousands.
fn grouped(number: &str) -> String {
    let (whole, rest) = number.split_at(number.find('.').unwrap_or(number.len()));
    let mut text = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_have_commas() {
        assert_eq!(grouped("1234567"), "1,234,567");
        assert_eq!(grouped("123"), "123");
        assert_eq!(grouped("1234.5"), "1,234.5");
    }

    #[test]
    fn page_without_a_place_for_the_rows_is_refused() {
        assert!(with_rows("# Figures\n", &Table::default()).is_err());
    }
}
