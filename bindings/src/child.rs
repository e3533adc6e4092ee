// SPDX-License-Identifier: GPL-2.0-only

//! The child process that clang runs in, which bounds it.
//!
//! clang crashes or never ends on some files, and writes to standard error. The child limits its own
//! time and memory, and dies alone. Its answer is JSON.

use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, Signal, getpid, getrlimit, kill_process, setrlimit};
use serde::{Deserialize, Serialize};

use crate::NoLibclang;
use crate::field::Reading;
use crate::reader::{Failure, Reader};

/// The limits. A header takes a tenth of a second, and 300 MB of addresses, most of them libclang's.
const LIMITS: [(Resource, u64); 3] = [
    (Resource::Cpu, 5),
    (Resource::As, 1 << 30),
    (Resource::Core, 0),
];

/// The signal of a process whose time is over, and the child's end if it waits for something, such as
/// a pipe that the header includes.
const LATE: Signal = Signal::XCPU;
const PATIENCE: Duration = Duration::from_secs(30);

/// The child's answer.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// The version of libclang, in its own words.
    pub(crate) libclang: String,
    pub(crate) reading: Result<Reading, Failure>,
}

/// Reason why a child gave no answer.
pub(crate) enum Died {
    /// It could not be started.
    Unstarted(io::Error),
    /// Its time was over.
    Late,
    /// Its status and last words.
    Crashed(String),
}

/// Does the child's work: reads the text of a header from standard input, and writes the answer to
/// standard output. This process keeps the limits from now on.
///
/// # Errors
///
/// If the one cannot be read, or the other not be written.
pub fn serve() -> io::Result<()> {
    limit();
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    let answer = Reader::new().map(|reader| Answer {
        libclang: reader.version(),
        reading: reader.read(&text),
    });
    let answer = answer.map_err(|reason| NoLibclang { reason });
    io::stdout().write_all(&serde_json::to_vec(&answer)?)
}

/// Limits this process, to less where its hard limits are lower.
fn limit() {
    for (resource, most) in LIMITS {
        let maximum = getrlimit(resource).maximum;
        let current = Some(maximum.map_or(most, |maximum| maximum.min(most)));
        // Cannot fail: no hard limit is raised.
        let _ = setrlimit(resource, Rlimit { current, maximum });
    }
    thread::spawn(|| {
        thread::sleep(PATIENCE);
        kill_process(getpid(), LATE)
    });
}

/// The answer of the child that `command` starts, and that calls [`serve`].
pub(crate) fn ask(mut command: Command, text: &str) -> Result<Result<Answer, NoLibclang>, Died> {
    command.stdin(Stdio::piped());
    let output = run(command.stdout(Stdio::piped()).stderr(Stdio::piped()), text);
    let output = output.map_err(Died::Unstarted)?;
    serde_json::from_slice(&output.stdout).map_err(|_| {
        if output.status.signal() == Some(LATE.as_raw()) {
            Died::Late
        } else {
            Died::Crashed(reason(&output))
        }
    })
}

fn run(command: &mut Command, text: &str) -> io::Result<Output> {
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A child that dies before it has read all says so by its status.
        let _ = stdin.write_all(text.as_bytes());
    }
    child.wait_with_output()
}

/// The status of a child that gave no answer, and the last line that it wrote.
fn reason(output: &Output) -> String {
    let noise = String::from_utf8_lossy(&output.stderr);
    let last = noise.lines().rfind(|line| !line.trim().is_empty());
    let last = last.map_or(String::new(), |line| format!(", {}", line.trim()));
    format!("{}{last}", output.status)
}
