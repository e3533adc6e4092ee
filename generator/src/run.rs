// SPDX-License-Identifier: GPL-2.0-only

//! From the command line to the files: each command as a sentence.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use tcm_bindings::{FabricOps, Header};

use crate::ask::{self, Answers};
use crate::check;
use crate::cli::{self, Cli, Command, Generate, Ops, Protocols};
use crate::edit;
use crate::emit::{self, DataPath, Input, ParentDevice, Place, UnitTests};
use crate::format;
use crate::install::{self, Change, Directory, Edit};
use crate::kernel;
use crate::manifest::Manifest;
use crate::names::Names;
use crate::protocol;
use crate::report;

/// Where in a kernel tree the fabric modules are.
const TARGET_DIR: &str = "drivers/target";

/// Does what the command line says.
///
/// # Errors
///
/// What could not be done, and the remedy.
pub fn run(cli: Cli) -> Result<()> {
    match (cli.command, cli.generate) {
        (Some(Command::Ops(args)), _) => ops(&args),
        (Some(Command::Protocols(args)), _) => protocols(&args),
        (None, Some(args)) => generate(&args),
        (None, None) => bail!("say what to generate with -p PROTO and -m NAME; see --help"),
    }
}

fn ops(args: &Ops) -> Result<()> {
    let header = match &args.header {
        Some(file) => Header::file(file),
        None => Header::in_tree(&kernel::find(args.kernel.as_deref())?)?,
    };
    let model = read(&header)?;
    if let Some(other) = &args.against {
        let header = if other.is_dir() {
            Header::in_tree(other)?
        } else {
            Header::file(other)
        };
        print(&report::differences(&model, &read(&header)?));
    } else if args.json {
        print(&report::json(&model)?);
    } else {
        print(&report::ops(&model));
    }
    Ok(())
}

fn protocols(args: &Protocols) -> Result<()> {
    if args.json {
        print(&report::json(&protocol::PROTOCOLS)?);
    } else {
        print(&report::protocols());
    }
    Ok(())
}

fn generate(args: &Generate) -> Result<()> {
    let protocol = protocol::find(&args.proto).and_then(|protocol| {
        let registered = protocol.registered(args.register_as.as_deref())?;
        Ok((protocol, registered))
    });
    let names = Names::new(&args.module, args.fabric_name.as_deref());
    let ((protocol, registered), names) = match (protocol, names) {
        (Ok(protocols), Ok(names)) => (protocols, names),
        (protocol, names) => {
            let protocol = protocol.err();
            let names = names
                .err()
                .into_iter()
                .flatten()
                .map(|error| error.to_string());
            bail!(List(protocol.into_iter().chain(names).collect()));
        }
    };
    let kernel = kernel::find(args.kernel.as_deref())?;
    refuse_taken(&kernel, &names)?;
    let model = read(&Header::in_tree(&kernel)?)?;
    let plan = check::plan(&model).map_err(|faults| {
        let faults = faults.iter().map(ToString::to_string).collect();
        anyhow!(
            "cannot generate from {}:\n{}",
            model.header.display(),
            List(faults)
        )
    })?;
    let warnings = plan.warnings.iter().cloned();
    let warnings = warnings.chain(registered.warning());
    warnings.for_each(|warning| warn(&warning));

    let place = if args.output.is_some() {
        Place::OutOfTree
    } else {
        Place::InTree
    };
    let input = Input {
        plan: &plan,
        protocol,
        registered,
        names: &names,
        place,
        data_path: data_path(args.data_path, &kernel),
        unit_tests: unit_tests(&kernel),
    };
    let mut tree = emit::module(&input);
    let driver = format!("{}.rs", names.module());
    if let Err(warning) = format::rustfmt(&mut tree, &["fabric_ops.rs", "kunit.rs", &driver]) {
        warn(&warning);
    }
    let mut change = Change {
        dir: match &args.output {
            Some(dir) => dir.clone(),
            None => kernel.join(TARGET_DIR).join(names.module()),
        },
        manifest: Manifest::new(&input, &tree),
        tree,
        edits: Vec::new(),
    };
    let directory = install::examine(&change, args.force)?;
    if place == Place::InTree {
        change.edits = edits(args, &kernel, &names)?;
    }
    if !args.dry_run {
        install::apply(&change, directory)?;
    }
    report_change(&change, directory, args.dry_run);
    Ok(())
}

/// The data path that the user wants, with what this kernel has for it.
fn data_path(wanted: cli::DataPath, kernel: &Path) -> DataPath {
    match wanted {
        cli::DataPath::Nop => DataPath::Nop,
        cli::DataPath::Loopback if kernel.join("rust/kernel/faux.rs").is_file() => {
            DataPath::Loopback(ParentDevice::Faux)
        }
        cli::DataPath::Loopback => DataPath::Loopback(ParentDevice::Root),
    }
}

/// The unit tests that this kernel can run.
fn unit_tests(kernel: &Path) -> UnitTests {
    if kernel.join("rust/macros/kunit.rs").is_file() {
        UnitTests::Kunit
    } else {
        UnitTests::Absent
    }
}

fn read(header: &Header) -> Result<FabricOps> {
    Ok(tcm_bindings::read(header)?)
}

/// Refuses names that something else in the kernel tree has.
fn refuse_taken(kernel: &Path, names: &Names) -> Result<()> {
    let own = Path::new(TARGET_DIR).join(names.module());
    let taken = kernel::taken(kernel, &names.kconfig(), names.module(), &own);
    let mut faults = Vec::new();
    if let Some(path) = taken.module {
        faults.push(format!(
            "module `{}` is built by {} already; choose another name",
            names.module(),
            path.display()
        ));
    }
    if let Some(path) = taken.symbol {
        faults.push(format!(
            "CONFIG_{} is defined in {} already; choose another module name",
            names.kconfig(),
            path.display()
        ));
    }
    if faults.is_empty() {
        Ok(())
    } else {
        bail!(List(faults))
    }
}

/// The edits to the kernel's own files that the user wants.
fn edits(args: &Generate, kernel: &Path, names: &Names) -> Result<Vec<Edit>> {
    let mut answers = match (args.install, args.no_install, args.dry_run) {
        (true, ..) => Answers::always(true),
        (_, true, _) => Answers::always(false),
        // Nothing is written, so there is nothing to ask; what could be is shown.
        (_, _, true) => Answers::always(true),
        _ => Answers::from_stdin(),
    };
    let dir = kernel.join(TARGET_DIR);
    let makefile = makefile(&dir)?;
    let mut edits = Vec::new();
    if answers.yes(&ask::question(names.module(), &relative(kernel, &makefile)))? {
        let old = read_text(&makefile)?;
        let new = edit::makefile(&old, &names.kconfig(), names.module());
        edits.push(Edit {
            path: makefile,
            old,
            new,
        });
    }
    let kconfig = dir.join("Kconfig");
    if answers.yes(&ask::question(names.module(), &relative(kernel, &kconfig)))? {
        let old = read_text(&kconfig)?;
        let new = edit::kconfig(&old, names.module())
            .map_err(|reason| anyhow!("{} {reason}", kconfig.display()))?;
        edits.push(Edit {
            path: kconfig,
            old,
            new,
        });
    }
    edits.retain(|edit| edit.old != edit.new);
    Ok(edits)
}

/// What Kbuild reads in `dir`: a `Kbuild` goes before a `Makefile`.
fn makefile(dir: &Path) -> Result<PathBuf> {
    let candidates = ["Kbuild", "Makefile"].map(|name| dir.join(name));
    let found = candidates.into_iter().find(|path| path.is_file());
    found.ok_or_else(|| {
        anyhow!(
            "{} has neither Kbuild nor Makefile; name a full kernel source tree with -k DIR, or \
             write the module elsewhere with -o DIR",
            dir.display()
        )
    })
}

fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn relative(kernel: &Path, path: &Path) -> String {
    path.strip_prefix(kernel)
        .unwrap_or(path)
        .display()
        .to_string()
}

fn report_change(change: &Change, directory: Directory, dry_run: bool) {
    let (write, edit) = if dry_run {
        ("Would write file", "Would change file")
    } else {
        ("Writing file", "Changing file")
    };
    if directory == Directory::Keep {
        print(&format!("Unchanged: {}\n", change.dir.display()));
    } else {
        for (name, _) in change.tree.iter() {
            print(&format!("{write}: {}\n", change.dir.join(name).display()));
        }
    }
    for changed in &change.edits {
        print(&format!("{edit}: {}\n", changed.path.display()));
    }
}

/// Writes to standard output; a reader that has gone away is no fault.
fn print(text: &str) {
    use std::io::Write;
    let _ = std::io::stdout().write_all(text.as_bytes());
}

fn warn(text: &str) {
    eprintln!("Warning: {text}");
}

/// Faults, one a line.
#[derive(Debug)]
struct List(Vec<String>);

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}
