// SPDX-License-Identifier: GPL-2.0-only

//! The child process that runs clang.
//!
//! clang crashes or hangs on some files, and writes to standard error. The child limits its own time and
//! memory, and a crash ends only the child. Its answer is JSON.

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

/// Resource limits. A header takes 0.1 seconds and 300 MB of address space, most of it libclang's.
const LIMITS: [(Resource, u64); 3] = [
    (Resource::Cpu, 5),
    (Resource::As, 1 << 30),
    (Resource::Core, 0),
];

/// The signal on the time limit.
const TIMEOUT: Signal = Signal::XCPU;

/// The limit of elapsed time, for a child that sleeps: a header may include a pipe.
const ELAPSED: Duration = Duration::from_secs(30);

/// The child's answer.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// The version string of libclang.
    pub(crate) libclang: String,
    pub(crate) reading: Result<Reading, Failure>,
}

/// Reason why a child gave no answer.
pub(crate) enum ChildError {
    /// The child could not be started.
    Spawn(io::Error),
    /// The child exceeded its time limit.
    Timeout,
    /// The child crashed; its status and last message.
    Crash(String),
}

/// Runs the child: reads the text of a header from standard input, and writes the answer to standard
/// output. The limits stay in force for this process.
///
/// # Errors
///
/// If standard input cannot be read, or standard output cannot be written.
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

/// Sets the limits of this process, lower ones if its hard limits are lower.
fn limit() {
    for (resource, most) in LIMITS {
        let maximum = getrlimit(resource).maximum;
        let current = Some(maximum.map_or(most, |maximum| maximum.min(most)));
        // setrlimit() does not fail: no hard limit is raised.
        let _ = setrlimit(resource, Rlimit { current, maximum });
    }
    thread::spawn(|| {
        thread::sleep(ELAPSED);
        kill_process(getpid(), TIMEOUT)
    });
}

/// Returns the answer of the child that `command` starts and that calls [`serve`].
pub(crate) fn ask(
    mut command: Command,
    text: &str,
) -> Result<Result<Answer, NoLibclang>, ChildError> {
    command.stdin(Stdio::piped());
    let output = run(command.stdout(Stdio::piped()).stderr(Stdio::piped()), text);
    let output = output.map_err(ChildError::Spawn)?;
    serde_json::from_slice(&output.stdout).map_err(|_| {
        if output.status.signal() == Some(TIMEOUT.as_raw()) {
            ChildError::Timeout
        } else {
            ChildError::Crash(reason(&output))
        }
    })
}

fn run(command: &mut Command, text: &str) -> io::Result<Output> {
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // The status reports a child that dies before it has read everything.
        let _ = stdin.write_all(text.as_bytes());
    }
    child.wait_with_output()
}

/// The status of a crashed child, and the last line that it wrote.
fn reason(output: &Output) -> String {
    let noise = String::from_utf8_lossy(&output.stderr);
    let last = noise.lines().rfind(|line| !line.trim().is_empty());
    let last = last.map_or(String::new(), |line| format!(", {}", line.trim()));
    format!("{}{last}", output.status)
}
