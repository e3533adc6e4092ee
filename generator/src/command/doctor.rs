// SPDX-License-Identifier: GPL-2.0-only

//! `doctor`: whether a module can be built for a kernel, and each miss with its remedy.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use serde::Serialize;

use crate::doctor::{Check, Status, examine};
use crate::kernel;
use crate::output::print::print;
use crate::output::report;

/// The arguments of `doctor`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Kernel: a source tree, a build directory, or a distribution's headers [default: the one around
    /// the working directory, $KDIR, or the running one].
    #[arg(short, long, value_name = "DIR")]
    kernel: Option<PathBuf>,
    /// Write JSON, for programs.
    #[arg(long)]
    json: bool,
}

/// What was found, for programs.
#[derive(Serialize)]
struct Report<'a> {
    kernel: &'a str,
    release: Option<String>,
    ok: bool,
    checks: &'a [Check],
}

/// Examines a kernel, and the tools of this machine.
///
/// # Errors
///
/// If there is no kernel, or a module cannot be built for it.
pub(crate) fn doctor(args: &Arguments) -> Result<()> {
    let tree = kernel::find(args.kernel.as_deref())?;
    let checks = examine(&tree);
    let bad = checks.iter().filter(|check| check.is_in_the_way()).count();
    let named = tree.named().display().to_string();
    if args.json {
        print(&report::json(&Report {
            kernel: &named,
            release: tree.release(),
            ok: bad == 0,
            checks: &checks,
        })?);
    } else {
        let release = tree
            .release()
            .unwrap_or_else(|| "of unknown version".to_owned());
        print(&format!("Linux {release}, {named}\n\n{}", table(&checks)));
    }
    match bad {
        0 if args.json => Ok(()),
        0 => {
            let place = if tree.is_headers_package() {
                " -o DIR"
            } else {
                ""
            };
            print(&format!(
                "\nA module can be built for this kernel.\n\
                 Next: tcm-mod-builder -p PROTO -m NAME{place} -k {named}\n"
            ));
            Ok(())
        }
        1 => {
            bail!(
                "a module cannot be built for this kernel: do what stands below the line that is \
                 missing or wrong"
            )
        }
        _ => bail!(
            "a module cannot be built for this kernel: do what stands below the {bad} lines that are \
             missing or wrong"
        ),
    }
}

/// The checks, a line each, with its remedy below.
fn table(checks: &[Check]) -> String {
    let lines = checks.iter().map(|check| {
        let status = match check.status {
            Status::Ok => "ok",
            Status::Note => "note",
            Status::Missing => "missing",
            Status::Wrong => "wrong",
        };
        let remedy = check
            .remedy
            .iter()
            .map(|remedy| format!("{:23}-> {remedy}\n", ""));
        let remedy: String = remedy.collect();
        format!("{status:8} {:13} {}\n{remedy}", check.what, check.found)
    });
    lines.collect()
}
