// SPDX-License-Identifier: GPL-2.0-only

//! The process of a guest, from its start to its end.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};

use crate::shell::text;

/// The end of a guest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ended {
    /// QEMU has ended by itself.
    #[default]
    ByItself,
    /// It was ended before its time limit.
    Stopped,
    /// It was ended at its time limit.
    Late,
}

/// A guest that runs.
pub(super) struct Running {
    vng: Child,
    /// The file with the number of QEMU's process.
    pid: PathBuf,
}

impl Running {
    /// Starts a guest with more arguments for QEMU. `dir` is a directory of its own, `log` gets what
    /// is on the console.
    pub(super) fn start(mut vng: Command, dir: &Path, qemu: &str, log: &Path) -> Result<Self> {
        let pid = dir.join("qemu.pid");
        vng.arg(format!("--qemu-opts=-pidfile {} {qemu}", pid.display()));
        let file = File::create(log)?;
        vng.stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file);
        let vng = vng.spawn().context("cannot run vng")?;
        Ok(Self { vng, pid })
    }

    /// Waits for the guest to end. `stop` is called now and then; if it returns true, the guest is
    /// ended.
    pub(super) fn wait(
        &mut self,
        limit: Duration,
        mut stop: impl FnMut() -> Result<bool>,
    ) -> Result<Ended> {
        let start = Instant::now();
        while self.vng.try_wait()?.is_none() {
            if stop()? {
                self.end()?;
                return Ok(Ended::Stopped);
            }
            if start.elapsed() > limit {
                self.end()?;
                return Ok(Ended::Late);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(Ended::ByItself)
    }

    /// Ends QEMU, and vng with it. Either may have ended by itself.
    fn end(&mut self) -> Result<()> {
        let pid = text(&self.pid).trim().parse().ok().and_then(Pid::from_raw);
        let _ = match pid {
            Some(qemu) => kill_process(qemu, Signal::KILL).map_err(Into::into),
            None => self.vng.kill(),
        };
        self.vng.wait()?;
        Ok(())
    }
}

/// Writes the bytes of a file from `from` on to `out`; returns how many there were.
pub(super) fn show(path: &Path, from: u64, out: &mut dyn Write) -> Result<u64> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    let mut new = Vec::new();
    file.read_to_end(&mut new)?;
    out.write_all(&new)?;
    out.flush()?;
    Ok(new.len() as u64)
}
