// SPDX-License-Identifier: GPL-2.0-only

//! `cargo xtask`: the command line of the harness.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use xtask::bench::Part;
use xtask::guest::Guest;
use xtask::kernel::{self, Flavour, Kernel, newest};
use xtask::module::build;
use xtask::series::{self, Driver};
use xtask::setup;
use xtask::suite::Length;

/// Builds kernels and modules, boots them, tests them, measures them.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Installs the packages and tools that are missing.
    Setup,
    /// Gets a kernel, built: its source and build directories are the last two lines.
    Kernel {
        /// Two numbers [default: the newest that is known and there].
        version: Option<String>,
        /// With every checker on.
        #[arg(long)]
        debug: bool,
    },
    /// Builds the module in a directory for a kernel, as `make LLVM=1 M=DIR` does.
    Build {
        /// The directory, as `tcm-mod-builder -o DIR` writes it.
        dir: PathBuf,
        /// The kernel, two numbers [default: the newest that is known and there].
        version: Option<String>,
        /// With every checker on.
        #[arg(long)]
        debug: bool,
    },
    /// Runs a command in a guest, and fails if the guest's kernel reports anything.
    Boot {
        /// Two numbers [default: the newest that is known and there].
        version: Option<String>,
        /// With every checker on.
        #[arg(long)]
        debug: bool,
        /// Directory of modules that modprobe shall find; may be given again.
        #[arg(long, value_name = "DIR")]
        module: Vec<PathBuf>,
        /// One processor, whose clock counts instructions.
        #[arg(long)]
        icount: bool,
        /// Seconds to give up after.
        #[arg(long, default_value_t = 600)]
        limit: u64,
        /// The command, run with sh.
        #[arg(last = true, required = true)]
        command: Vec<String>,
    },
    /// The main job: generates, builds, boots and loads the mini-HOWTO's module, and shows its
    /// tree.
    Demo,
    /// Runs the kernel's gates on generated modules: clippy, W=1, rustfmt, checkpatch.
    Lint,
    /// Runs all tests, host and guest.
    Test {
        /// The long ones at their full length, which takes hours.
        #[arg(long)]
        full: bool,
    },
    /// Fuzzes the port names and TransportIDs of every protocol, and the iSCSI transport's PDUs.
    Fuzz {
        /// How long, for all protocols together.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// The seed of a run to repeat [default: another one each time].
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Does in a fresh Debian root what a user of a distribution's kernel does, and boots it.
    Stock,
    /// Proves the series of patches for the kernel: each builds, and the result boots.
    Series {
        /// The driver of one of them alone.
        module: Option<String>,
        /// Write that one for a kernel's tree instead, to an empty directory.
        #[arg(long, value_name = "DIR", requires = "module", requires = "kernel")]
        write: Option<PathBuf>,
        /// The tree: the root of a git repository. The series is for its HEAD.
        #[arg(long, value_name = "TREE", requires = "write")]
        kernel: Option<PathBuf>,
    },
    /// Proves the fixes of target core beside it: each mends what is seen without it.
    Fixes {
        /// One of them alone.
        name: Option<String>,
    },
    /// One of the series' steps, for git.
    #[command(hide = true)]
    SeriesGates {
        /// The driver of the series.
        module: String,
    },
    /// Makes a Debian package of the generator: its path is the last line.
    Deb,
    /// Measures, and prints each figure as a ratio to a peer's.
    Bench {
        /// One part alone.
        #[arg(value_enum)]
        part: Option<Part>,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Setup => drop(setup::setup()?),
        Command::Kernel { version, debug } => {
            let kernel = get(version.as_deref(), debug)?;
            println!("source {}", kernel.source.display());
            println!("build {}", kernel.build.display());
        }
        Command::Build {
            dir,
            version,
            debug,
        } => {
            let dir = dir
                .canonicalize()
                .with_context(|| format!("no directory {}", dir.display()))?;
            print!("{}", build(&get(version.as_deref(), debug)?, &dir, &[])?);
        }
        Command::Demo => xtask::demo::demo()?,
        Command::Lint => xtask::lint::lint()?,
        Command::Test { full: true } => xtask::suite::test(Length::Full)?,
        Command::Test { full: false } => xtask::suite::test(Length::Short)?,
        Command::Fuzz { seconds, seed } => {
            let seed = seed.unwrap_or_else(|| fastrand::u64(..));
            xtask::fuzz::fuzz(Duration::from_secs(seconds), seed)?;
        }
        Command::Stock => xtask::stock::stock()?,
        Command::Series {
            module,
            write,
            kernel,
        } => {
            let driver = module.as_deref().map(Driver::find).transpose()?;
            match (driver, write, kernel) {
                (Some(driver), Some(dir), Some(tree)) => series::write(driver, &tree, &dir)?,
                _ => series::prove(driver)?,
            }
        }
        Command::Fixes { name } => xtask::fixes::fixes(name.as_deref())?,
        Command::SeriesGates { module } => series::gates(Driver::find(&module)?)?,
        Command::Deb => println!("{}", xtask::package::deb()?.display()),
        Command::Bench { part } => xtask::bench::bench(part)?,
        Command::Boot {
            version,
            debug,
            module,
            icount,
            limit,
            command,
        } => {
            let kernel = get(version.as_deref(), debug)?;
            let mut guest = Guest::racing(&kernel);
            guest.modules = module;
            guest.limit = Duration::from_secs(limit);
            if icount {
                guest.count_instructions();
            }
            let outcome = guest.run(&command.join(" "))?;
            for report in &outcome.reports {
                eprintln!("kernel: {report}");
            }
            if !outcome.reports.is_empty() {
                outcome.check()?;
            }
            return Ok(ExitCode::from(
                u8::try_from(outcome.status).unwrap_or(u8::MAX),
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn get(version: Option<&str>, debug: bool) -> Result<Kernel> {
    let flavour = if debug {
        Flavour::Debug
    } else {
        Flavour::Plain
    };
    kernel::get(version.unwrap_or_else(|| newest()), flavour)
}
