// SPDX-License-Identifier: GPL-2.0-only

//! Generation, build and size of a module.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::{Figure, MODULE, Target};
use crate::kernel::Kernel;
use crate::module::{Profile, builder};
use crate::setup::LLVM;
use crate::shell::{logged, output, text};

/// Number of runs of a command. The best time counts, since the rest is noise.
const RUNS: u32 = 7;

/// Figures of the module in a directory.
pub(super) fn figures(kernel: &Kernel, module: &Path, scratch: &Path) -> Result<Vec<Figure>> {
    let mut figures = generating(kernel, module, scratch)?;
    figures.push(size(kernel, module)?);
    figures.push(building(kernel, module, scratch)?);
    Ok(figures)
}

/// Best wall time of a command in seconds, and its peak memory in KiB.
struct Cost {
    seconds: f64,
    kib: f64,
}

/// Python program that runs a command, and prints its wall time and the peak memory of its
/// processes.
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

/// Generation of a module, as a ratio to bindgen parsing the same header with the flags of Kbuild.
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
        // The flags are quoted for a shell, and relative to the directory of Kbuild.
        let line = format!(
            "cd '{}' && exec '{}' '{}' --allowlist-type target_core_fabric_ops -o /dev/null -- {flags}",
            module.display(),
            kernel.tools.bindgen.display(),
            header.display(),
        );
        Ok(vec!["sh".to_owned(), "-c".to_owned(), line])
    })?;
    let figure = |what: &str, ours: f64, peer: f64, unit: &str, target: f64| {
        Figure::new(what.to_owned(), unit, [ours, peer], 3, Target::Most(target))
    };
    Ok(vec![
        figure(
            "generating, to bindgen's full parse",
            ours.seconds,
            peer.seconds,
            "seconds",
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

/// C flags of bindgen in the build of `module`.
fn kbuild_flags(module: &Path) -> Result<String> {
    let saved = text(&module.join(".bindings_tested.rs.cmd"));
    let command = saved.lines().next().unwrap_or_default();
    let flags = command
        .split_once(" -- ")
        .context("Kbuild saved no bindgen command")?
        .1;
    // Without -MMD, which would write a file of dependencies.
    let words = flags
        .split(' ')
        .filter(|word| !word.starts_with("-Wp,-MMD"));
    Ok(words.collect::<Vec<_>>().join(" "))
}

fn remote(kernel: &Kernel) -> PathBuf {
    kernel.build.join("drivers/target/tcm_remote/tcm_remote.ko")
}

/// Text and data of the module, as a ratio to those of `tcm_remote`.
fn size(kernel: &Kernel, module: &Path) -> Result<Figure> {
    let ours = text_and_data(&module.join(format!("{}.ko", MODULE.name)))?;
    let peer = text_and_data(&remote(kernel))?;
    Ok(Figure::new(
        "text and data of the .ko, to tcm_remote's".to_owned(),
        "bytes",
        [ours, peer].map(f64::from),
        0,
        Target::Most(2.0),
    ))
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

/// Clean build of the module, as a ratio to that of a copy of `tcm_remote`.
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
    Ok(Figure::new(
        "building the module, to tcm_remote".to_owned(),
        "seconds",
        [ours, peer].map(|time| time.as_secs_f64()),
        2,
        Target::Most(1.5),
    ))
}

fn build_time(kernel: &Kernel, dir: &Path) -> Result<Duration> {
    let log = dir.join("make.log");
    let target = format!("M={}", dir.display());
    logged(kernel.make().arg(&target).arg("clean"), &log)?;
    let start = Instant::now();
    logged(kernel.make().arg(&target), &log)?;
    Ok(start.elapsed())
}
