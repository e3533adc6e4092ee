// SPDX-License-Identifier: GPL-2.0-only

//! Figures, each as a ratio to a named peer that is measured in the same run.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::guest::Guest;
use crate::kernel::{CURRENT, Flavour, Kernel, get};
use crate::module::{ISCSI, LOOPBACK, Module, Profile, build, builder, rounds};
use crate::setup::LLVM;
use crate::shell::{checkout, logged, output, text};

/// What is measured: a module of the HOWTO's protocol.
const MODULE: Module<'static> = Module {
    proto: "iSCSI",
    name: "tcm_bench",
    options: &[],
};

/// How often a command is run; the best time counts, since all else is noise.
const RUNS: u32 = 7;

/// One line of the table.
struct Figure {
    what: String,
    ours: String,
    peer: String,
    ratio: f64,
    target: Target,
}

/// What a ratio shall be.
#[derive(Clone, Copy)]
enum Target {
    /// At most so much: a cost.
    Most(f64),
    /// At least so much: a rate.
    Least(f64),
}

impl Target {
    fn is_missed(self, ratio: f64) -> bool {
        match self {
            Self::Most(target) => ratio > target,
            Self::Least(target) => ratio < target,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Most(target) => write!(f, "<= {target:.2}"),
            Self::Least(target) => write!(f, ">= {target:.2}"),
        }
    }
}

/// A part of the figures.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Part {
    /// Generating and building a module, and using its directories.
    Module,
    /// The disk of a module with a SCSI host of its own.
    Loopback,
    /// The disk of an iSCSI target.
    Iscsi,
}

/// Measures everything, or one part, and prints a table.
///
/// # Errors
///
/// If something cannot be measured. A target that is missed is not an error: the table shows it.
pub fn bench(part: Option<Part>) -> Result<()> {
    let kernel = get(CURRENT, Flavour::Plain)?;
    let scratch = tempfile::tempdir()?;
    let is_wanted = |wanted| part.is_none_or(|part| part == wanted);
    let mut figures = Vec::new();
    if is_wanted(Part::Module) {
        figures.extend(module(&kernel, scratch.path())?);
    }
    for (part, disk) in [(Part::Loopback, &LOOP_DISK), (Part::Iscsi, &NETWORK_DISK)] {
        if is_wanted(part) {
            let dir = scratch.path().join(disk.module.name);
            disk.module.generate(&kernel, &dir)?;
            build(&kernel, &dir, &[])?;
            figures.extend(disk_instructions(&kernel, &dir, disk)?);
            figures.extend(disk_rates(&kernel, &dir, disk)?);
        }
    }
    print(&figures);
    Ok(())
}

/// A module without a data path: generating and building it, and using its directories.
fn module(kernel: &Kernel, scratch: &Path) -> Result<Vec<Figure>> {
    let module = scratch.join(MODULE.name);
    MODULE.generate(kernel, &module)?;
    build(kernel, &module, &[])?;
    let mut figures = generating(kernel, &module, scratch)?;
    figures.push(size(kernel, &module)?);
    figures.push(building(kernel, &module, scratch)?);
    figures.extend(instructions(kernel, &module)?);
    figures.extend(scale(kernel, &module)?);
    Ok(figures)
}

fn print(figures: &[Figure]) {
    println!("\n| what | ours | peer | ratio | target |\n| --- | ---: | ---: | ---: | ---: |");
    for figure in figures {
        let missed = if figure.target.is_missed(figure.ratio) {
            " (missed)"
        } else {
            ""
        };
        println!(
            "| {} | {} | {} | {:.3} | {}{missed} |",
            figure.what, figure.ours, figure.peer, figure.ratio, figure.target
        );
    }
}

// Generating.

/// A command's best wall time in seconds, and its peak memory in KiB.
struct Cost {
    seconds: f64,
    kib: f64,
}

/// Runs a command and prints its wall time and the peak memory of it and its children.
const MEASURE: &str = "\
import resource, subprocess, sys, time
start = time.monotonic()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
";

fn cost(mut command: impl FnMut() -> Result<Vec<String>>) -> Result<Cost> {
    let mut best = Cost {
        seconds: f64::INFINITY,
        kib: 0.0,
    };
    for _ in 0..RUNS {
        let mut python = Command::new("python3");
        python.env("LIBCLANG_PATH", format!("{LLVM}/lib"));
        let said = output(python.args(["-c", MEASURE]).args(command()?))?;
        let numbers: Vec<f64> = said
            .split_whitespace()
            .filter_map(|n| n.parse().ok())
            .collect();
        let [seconds, kib] = numbers[..] else {
            bail!("no figures in `{said}`")
        };
        best.seconds = best.seconds.min(seconds);
        best.kib = best.kib.max(kib);
    }
    Ok(best)
}

/// Generating a module, as a ratio to bindgen merely parsing the same header with the flags that
/// Kbuild gives it.
fn generating(kernel: &Kernel, module: &Path, scratch: &Path) -> Result<Vec<Figure>> {
    let generator = builder(Profile::Release)?;
    let mut run = 0;
    let ours = cost(|| {
        run += 1;
        let dir = scratch.join(format!("generated-{run}"));
        let words = [
            generator.as_path(),
            Path::new("-p"),
            Path::new(MODULE.proto),
            Path::new("-m"),
            Path::new(MODULE.name),
            Path::new("-k"),
            &kernel.source,
            Path::new("-o"),
            &dir,
        ];
        Ok(words
            .iter()
            .map(|word| word.display().to_string())
            .collect())
    })?;
    let flags = kbuild_flags(module)?;
    let header = scratch.join("header.h");
    fs::copy(module.join("bindings_helper.h"), &header)?;
    let peer = cost(|| {
        // The flags are meant for a shell, in the directory that Kbuild works in.
        let line = format!(
            "cd '{}' && exec '{}' '{}' --allowlist-type target_core_fabric_ops -o /dev/null -- {flags}",
            module.display(),
            kernel.tools.bindgen.display(),
            header.display(),
        );
        Ok(vec!["sh".to_owned(), "-c".to_owned(), line])
    })?;
    let figure = |what: &str, ours: f64, peer: f64, unit: &str, target: f64| Figure {
        what: what.to_owned(),
        ours: format!("{ours:.3} {unit}"),
        peer: format!("{peer:.3} {unit}"),
        ratio: ours / peer,
        target: Target::Most(target),
    };
    Ok(vec![
        figure(
            "generating, to bindgen's full parse",
            ours.seconds,
            peer.seconds,
            "s",
            0.25,
        ),
        figure(
            "generating, peak memory",
            ours.kib / 1024.0,
            peer.kib / 1024.0,
            "MiB",
            1.0,
        ),
    ])
}

/// The C flags that Kbuild's bindgen was run with in `module`.
fn kbuild_flags(module: &Path) -> Result<String> {
    let saved = text(&module.join(".bindings_tested.rs.cmd"));
    let command = saved.lines().next().unwrap_or_default();
    let flags = command
        .split_once(" -- ")
        .context("Kbuild saved no bindgen command")?
        .1;
    // Its dependencies are written by -MMD, which is Kbuild's affair.
    let words = flags
        .split(' ')
        .filter(|word| !word.starts_with("-Wp,-MMD"));
    Ok(words.collect::<Vec<_>>().join(" "))
}

// The module.

fn remote(kernel: &Kernel) -> PathBuf {
    kernel.build.join("drivers/target/tcm_remote/tcm_remote.ko")
}

/// Text and data of the module, as a ratio to those of the kernel's own.
fn size(kernel: &Kernel, module: &Path) -> Result<Figure> {
    let ours = text_and_data(&module.join(format!("{}.ko", MODULE.name)))?;
    let peer = text_and_data(&remote(kernel))?;
    Ok(Figure {
        what: "text and data of the .ko, to tcm_remote's".to_owned(),
        ours: format!("{ours} B"),
        peer: format!("{peer} B"),
        ratio: f64::from(ours) / f64::from(peer),
        target: Target::Most(2.0),
    })
}

fn text_and_data(file: &Path) -> Result<u32> {
    let said = output(Command::new(format!("{LLVM}/bin/llvm-size")).arg(file))?;
    let line = said.lines().nth(1).unwrap_or_default();
    let numbers: Vec<u32> = line
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let [text, data, ..] = numbers[..] else {
        bail!("llvm-size said `{said}`")
    };
    Ok(text + data)
}

/// Building the module from nothing, as a ratio to building a copy of the kernel's own.
fn building(kernel: &Kernel, module: &Path, scratch: &Path) -> Result<Figure> {
    let peer_dir = scratch.join("tcm_remote");
    fs::create_dir(&peer_dir)?;
    for file in ["tcm_remote.c", "tcm_remote.h"] {
        fs::copy(
            kernel.source.join("drivers/target/tcm_remote").join(file),
            peer_dir.join(file),
        )?;
    }
    fs::write(peer_dir.join("Kbuild"), "obj-m += tcm_remote.o\n")?;
    let mut ours = Duration::MAX;
    let mut peer = Duration::MAX;
    for _ in 0..RUNS {
        ours = ours.min(build_time(kernel, module)?);
        peer = peer.min(build_time(kernel, &peer_dir)?);
    }
    Ok(Figure {
        what: "building the module, to tcm_remote".to_owned(),
        ours: format!("{:.2} s", ours.as_secs_f64()),
        peer: format!("{:.2} s", peer.as_secs_f64()),
        ratio: ours.as_secs_f64() / peer.as_secs_f64(),
        target: Target::Most(1.5),
    })
}

fn build_time(kernel: &Kernel, dir: &Path) -> Result<Duration> {
    let log = dir.join("make.log");
    let target = format!("M={}", dir.display());
    logged(kernel.make().arg(&target).arg("clean"), &log)?;
    let start = Instant::now();
    logged(kernel.make().arg(&target), &log)?;
    Ok(start.elapsed())
}

// The guest.

/// Instructions for making and removing each kind of directory, as ratios to the kernel's own
/// fabric module. The guest's clock counts instructions, so the figures do not depend on the host.
fn instructions(kernel: &Kernel, module: &Path) -> Result<Vec<Figure>> {
    let mut guest = Guest::new(kernel);
    guest.modules = vec![module.to_owned()];
    guest.count_instructions();
    let rounds = rounds()?;
    let time = |fabric: &str| {
        format!(
            "mkdir $T/{fabric} && {} time $T/{fabric}/iqn.foo iqn.bar 300\n",
            rounds.display()
        )
    };
    let outcome = guest.run_quietly(&format!(
        "T=/sys/kernel/config/target\nmodprobe tcm_remote && modprobe {} || exit 1\n\
         {}echo ===\n{}",
        MODULE.name,
        time("bench"),
        time("remote")
    ))?;
    outcome.check()?;
    let (ours, peer) = outcome
        .output
        .split_once("===\n")
        .context("the guest gave no figures")?;
    ours.lines()
        .zip(peer.lines())
        .map(|(ours, peer)| {
            let (what, ours) = ours.rsplit_once(' ').context("no figure")?;
            let peer = peer.rsplit_once(' ').context("no figure")?.1;
            Ok(Figure {
                what: format!("instructions, {what}, to tcm_remote"),
                ours: ours.to_owned(),
                peer: peer.to_owned(),
                ratio: ours.parse::<f64>()? / peer.parse::<f64>()?,
                target: Target::Most(1.0),
            })
        })
        .collect()
}

// Many directories.

/// How many directories of a kind there are.
const COUNTS: [u32; 3] = [FEW, 1000, MANY];
const FEW: u32 = 100;
const MANY: u32 = 4000;

/// How often all of them are made where time is measured.
const TURNS: u32 = 3;

/// What making directories takes with so many of their kind there, in turn on our fabric and on
/// the peer's: what `configfs-rounds` prints, the least of the runs.
struct Scale {
    /// Making all of them: by kind, ours and the peer's.
    all: BTreeMap<String, [f64; 2]>,
    /// Making one more.
    one: BTreeMap<String, [f64; 2]>,
}

fn run_scale(guest: &Guest<'_>, count: u32, turns: u32) -> Result<Scale> {
    let rounds = rounds()?;
    let rounds = rounds.display();
    let ours = MODULE.name.trim_start_matches("tcm_");
    let outcome = guest.run_quietly(&format!(
        "T=/sys/kernel/config/target\nmodprobe tcm_remote && modprobe {} || exit 1\n\
         mkdir $T/{ours} $T/remote || exit 1\n\
         for turn in $(seq {turns}); do\n\
         for fabric in {ours} remote; do\n\
         echo $fabric\n{rounds} scale $T/$fabric {count} 100 || exit 1\n\
         done\ndone\n",
        MODULE.name,
    ))?;
    outcome.check()?;
    let mut scale = Scale {
        all: BTreeMap::new(),
        one: BTreeMap::new(),
    };
    let mut whose = 0;
    for line in outcome.output.lines() {
        let fields: Vec<_> = line.split(' ').collect();
        let [kind, all, one] = fields[..] else {
            whose = usize::from(line == "remote");
            continue;
        };
        for (times, time) in [(&mut scale.all, all), (&mut scale.one, one)] {
            let least = times.entry(kind.to_owned()).or_insert([f64::INFINITY; 2]);
            least[whose] = least[whose].min(time.parse()?);
        }
    }
    Ok(scale)
}

/// Making directories where there are many, as ratios to the kernel's own fabric module; and
/// whether that ratio grows with them.
fn scale(kernel: &Kernel, module: &Path) -> Result<Vec<Figure>> {
    let mut counting = Guest::new(kernel);
    counting.modules = vec![module.to_owned()];
    let timing = counting.clone();
    counting.count_instructions();
    let mut figures = Vec::new();
    let mut ratios: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for count in COUNTS {
        for (kind, [ours, peer]) in run_scale(&counting, count, 1)?.one {
            ratios.entry(kind.clone()).or_default().push(ours / peer);
            figures.push(Figure {
                what: format!("instructions a mkdir, {kind}, {count} there, to tcm_remote"),
                ours: format!("{ours:.0}"),
                peer: format!("{peer:.0}"),
                ratio: ours / peer,
                target: most_of(&kind),
            });
        }
    }
    for count in COUNTS {
        for (kind, [ours, peer]) in run_scale(&timing, count, TURNS)?.all {
            figures.push(Figure {
                what: format!("time of {count} mkdirs, {kind}, two processors, to tcm_remote"),
                ours: format!("{:.1} ms", ours / 1e6),
                peer: format!("{:.1} ms", peer / 1e6),
                ratio: ours / peer,
                target: most_of(&kind),
            });
        }
    }
    for (kind, ratios) in ratios {
        let [few, .., many] = ratios[..] else {
            bail!("no figures of a {kind}")
        };
        figures.push(Figure {
            what: format!("that ratio of instructions, {kind}, {MANY} there, to {FEW} there"),
            ours: format!("{many:.3}"),
            peer: format!("{few:.3}"),
            ratio: many / few,
            // Instructions are the same within a hundredth from run to run.
            target: Target::Most(1.01),
        });
    }
    Ok(figures)
}

/// What many directories of a kind may cost.
fn most_of(kind: &str) -> Target {
    Target::Most(if kind == "wwn" { 1.0 } else { 1.03 })
}

// The data path.

/// A disk to be measured beside that of the kernel's own module.
struct Disk {
    module: Module<'static>,
    /// The script of `tests/guest` that runs the loads on both.
    script: &'static str,
    /// The kernel's own module.
    peer: &'static str,
}

/// The disk of a SCSI host.
const LOOP_DISK: Disk = Disk {
    module: Module {
        proto: "iSCSI",
        name: "tcm_bench_disk",
        options: &LOOPBACK,
    },
    script: "speed.sh",
    peer: "tcm_loop",
};

/// The disk of an iSCSI target, with the kernel's own initiator.
const NETWORK_DISK: Disk = Disk {
    module: Module {
        proto: "iSCSI",
        name: "tcm_bench_target",
        options: &ISCSI,
    },
    script: "iscsi_speed.sh",
    peer: "iscsi_target_mod",
};

/// How long a guest may take for its loads.
const LIMIT: Duration = Duration::from_secs(60 * 60);

/// A run of fio: how much it moved, and how long that took.
struct Run {
    kib: f64,
    milliseconds: f64,
}

/// The runs of a load, on our disk and on the peer's.
#[derive(Default)]
struct Runs {
    ours: Vec<Run>,
    peer: Vec<Run>,
}

/// Runs the loads in the guest; gives the runs by load.
fn speed(guest: &Guest<'_>, disk: &Disk, jobs: u32, rounds: u32) -> Result<BTreeMap<String, Runs>> {
    let name = disk.module.name;
    let outcome = guest.run_quietly(&format!(
        "sh {}/tests/guest/{} {name} {} {jobs} {rounds}",
        checkout().display(),
        disk.script,
        name.trim_start_matches("tcm_"),
    ))?;
    outcome.check()?;
    let mut loads: BTreeMap<String, Runs> = BTreeMap::new();
    for line in outcome.output.lines() {
        let fields: Vec<_> = line.split(';').collect();
        let [load, whose, kib, milliseconds] = fields[..] else {
            bail!("fio gave no figures: {line}")
        };
        let run = Run {
            kib: kib.parse()?,
            milliseconds: milliseconds.parse()?,
        };
        let runs = loads.entry(load.to_owned()).or_default();
        match whose {
            "ours" => runs.ours.push(run),
            _ => runs.peer.push(run),
        }
    }
    Ok(loads)
}

/// How many KiB a command of the load has, which its name begins with.
fn block(load: &str) -> Result<f64> {
    let number = load.split(' ').next().unwrap_or_default();
    number.parse().with_context(|| format!("no size in {load}"))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// The figures of loads: of each the median of what `measure` makes of a run and of how many
/// commands it had.
fn disk_figures(
    loads: BTreeMap<String, Runs>,
    target: Target,
    measure: fn(&Run, f64) -> f64,
    what: &str,
    peer_name: &str,
) -> Result<Vec<Figure>> {
    let figure = |(load, runs): (String, Runs)| {
        let block = block(&load)?;
        let measured = |runs: &[Run]| {
            let each = |run| measure(run, run.kib / block);
            median(runs.iter().map(each).collect())
        };
        let (ours, peer) = (measured(&runs.ours), measured(&runs.peer));
        Ok(Figure {
            what: format!("{what}, {load}, to {peer_name}"),
            ours: format!("{ours:.0}"),
            peer: format!("{peer:.0}"),
            ratio: ours / peer,
            target,
        })
    };
    loads.into_iter().map(figure).collect()
}

/// Instructions for each command to a disk, fio's own included, as ratios to the peer's.
fn disk_instructions(kernel: &Kernel, module: &Path, disk: &Disk) -> Result<Vec<Figure>> {
    let mut guest = Guest::new(kernel);
    guest.modules = vec![module.to_owned()];
    guest.limit = LIMIT;
    guest.count_instructions();
    // Once: what a clock that counts instructions shows hardly varies.
    disk_figures(
        speed(&guest, disk, 1, 1)?,
        Target::Most(1.0),
        |run, commands| run.milliseconds * 1e6 / commands,
        "instructions",
        disk.peer,
    )
}

/// Commands a second that two processors get done, as ratios to the peer's.
fn disk_rates(kernel: &Kernel, module: &Path, disk: &Disk) -> Result<Vec<Figure>> {
    let mut guest = Guest::new(kernel);
    guest.modules = vec![module.to_owned()];
    guest.limit = LIMIT;
    disk_figures(
        speed(&guest, disk, 2, 5)?,
        Target::Least(1.0),
        |run, commands| commands / (run.milliseconds / 1e3),
        "IOPS, two processors",
        disk.peer,
    )
}
