// SPDX-License-Identifier: GPL-2.0-only

//! A recorded session, `generator/doc/session.svg`: a module is generated, built and loaded, and its
//! tree is shown. The kernel's directories are shown as `linux`, and long lists are cut at `…`.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::guest::Guest;
use crate::kernel::{CURRENT, Flavour, Kernel, get};
use crate::module::{Profile, builder};
use crate::session::{NAB5000, draw, script, shortened, tree};
use crate::shell::{checkout, is_step, output};

/// Records the session, and writes its picture.
///
/// # Errors
///
/// The step that failed.
pub fn record() -> Result<()> {
    let kernel = get(CURRENT, Flavour::Plain)?;
    let path = checkout().join("generator/doc/session.svg");
    fs::write(&path, svg(&session(&kernel)?))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Runs the session. Returns its text.
///
/// # Errors
///
/// The step that failed.
pub fn session(kernel: &Kernel) -> Result<String> {
    let scratch = tempfile::tempdir()?;
    let dir = scratch.path().join(NAB5000.module);
    let mut text = generate(&kernel.source, &dir)?;
    text += &make(kernel, &dir)?;
    let mut guest = Guest::new(kernel);
    guest.modules = vec![dir];
    let outcome = guest.run_quietly(&script(&NAB5000))?;
    outcome.check()?;
    let entries = shortened(tree(&NAB5000, &outcome.output));
    for line in script(&NAB5000).lines() {
        let is_shown = ["T=", "mod", "mkdir", "echo ", "ln ", "rm"];
        if line.contains("'---") || !is_shown.iter().any(|start| line.starts_with(start)) {
            continue;
        }
        writeln!(text, "# {line}")?;
        if line.starts_with("ln ") {
            let root = format!("/sys/kernel/config/target/{}", NAB5000.name);
            write!(
                text,
                "# tree $T/{}\n{}",
                NAB5000.name,
                draw(&root, &entries)
            )?;
        }
    }
    Ok(text)
}

/// Generates the module of the session in `dir`, for a source tree. Returns the command and its
/// output.
///
/// # Errors
///
/// If the generator fails.
pub fn generate(source: &Path, dir: &Path) -> Result<String> {
    let mut command = Command::new(builder(Profile::Dev)?);
    command.args(["-p", "iSCSI", "-m", NAB5000.module, "-o"]);
    command.arg(dir).arg("-k").arg(source);
    let said = output(&mut command)?;
    let said = said.replace(&dir.display().to_string(), NAB5000.module);
    let module = NAB5000.module;
    let mut text = format!("$ tcm-mod-builder -p iSCSI -m {module} -o {module} -k linux\n");
    let lines: Vec<_> = said.lines().collect();
    // The first files, and the last ones with the next command.
    let (first, last) = (4, 4);
    for (index, line) in lines.iter().enumerate() {
        if index < first || index + last >= lines.len() {
            writeln!(text, "{line}")?;
        } else if index == first {
            writeln!(text, "…")?;
        }
    }
    Ok(text)
}

/// Builds the module in `dir`. Returns the command and its steps.
fn make(kernel: &Kernel, dir: &Path) -> Result<String> {
    let _using = kernel.unchanged()?;
    let mut make = Command::new("make");
    make.arg("-C").arg(dir);
    make.arg(format!("KDIR={}", kernel.build.display()));
    make.env("BINDGEN", &kernel.tools.bindgen);
    let said = output(&mut make)?;
    let steps: String = said
        .lines()
        .filter(|line| is_step(line))
        .map(|line| format!("{line}\n"))
        .collect();
    Ok(format!("$ make -C {} KDIR=linux\n{steps}", NAB5000.module))
}

/// Colours for light and dark pages, and the font.
const STYLE: &str = "  <style>
    rect { fill: #f6f8fa; stroke: #d1d9e0; }
    text { font: 13px monospace; fill: #59636e; white-space: pre; }
    .typed { font-weight: bold; fill: #1f2328; }
    @media (prefers-color-scheme: dark) {
      rect { fill: #151b23; stroke: #3d444d; }
      text { fill: #9198a1; }
      .typed { fill: #f0f6fc; }
    }
  </style>
";

/// Height of a line, in pixels.
const LINE: usize = 18;

/// Draws a text as a picture. Lines that begin with a prompt stand out.
#[must_use]
pub fn svg(text: &str) -> String {
    let mut body = String::new();
    for (index, line) in text.lines().enumerate() {
        let is_typed = line.starts_with("$ ") || line.starts_with("# ");
        let class = if is_typed { " class=\"typed\"" } else { "" };
        let line = line.replace('&', "&amp;").replace('<', "&lt;");
        let y = LINE * (index + 1) + 6;
        body +=
            &format!("  <text{class} x=\"14\" y=\"{y}\" xml:space=\"preserve\">{line}</text>\n");
    }
    let height = LINE * text.lines().count() + 18;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 840 {height}\" role=\"img\" \
         aria-label=\"A session: a module is generated, built and loaded, and its tree is shown.\">\n  \
         <!-- SPDX-License-Identifier: GPL-2.0-only -->\n{STYLE}  \
         <rect x=\"0.5\" y=\"0.5\" width=\"839\" height=\"{}\" rx=\"6\"/>\n{body}</svg>\n",
        height - 1
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picture_has_each_line_of_the_text() {
        let picture = svg("$ a <b\n  & c\n");
        assert!(picture.contains(
            "<text class=\"typed\" x=\"14\" y=\"24\" xml:space=\"preserve\">$ a &lt;b</text>"
        ));
        assert!(picture.contains(">  &amp; c</text>"));
    }
}
