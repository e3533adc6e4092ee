// SPDX-License-Identifier: GPL-2.0-only

//! The two questions of the original script, answered on a terminal, from a pipe, or beforehand.

use std::io::{self, BufRead, IsTerminal, Write};

/// The question whether `module` shall be added to `file`, as the script put it.
#[must_use]
pub fn question(module: &str, file: &str) -> String {
    format!("Would you like to add {module} to {file}..? [yes,no]: ")
}

/// Where the answers come from.
#[derive(Debug)]
pub enum Answers {
    /// The command line: always this.
    Always(bool),
    /// Standard input, a line each.
    Lines {
        /// Whether a person types them, so that the question can be repeated.
        terminal: bool,
    },
}

impl Answers {
    /// The same answer to everything.
    #[must_use]
    pub fn always(answer: bool) -> Self {
        Self::Always(answer)
    }

    /// Answers from standard input; where it ends, the rest is no.
    #[must_use]
    pub fn from_stdin() -> Self {
        Self::Lines {
            terminal: io::stdin().is_terminal(),
        }
    }

    /// Asks a question.
    ///
    /// # Errors
    ///
    /// If standard input cannot be read, or a pipe holds something else than yes or no.
    pub fn yes(&mut self, question: &str) -> io::Result<bool> {
        let terminal = match self {
            Self::Always(answer) => return Ok(*answer),
            Self::Lines { terminal } => *terminal,
        };
        loop {
            print!("{question}");
            io::stdout().flush()?;
            let mut line = String::new();
            let ended = io::stdin().lock().read_line(&mut line)? == 0;
            if !terminal {
                // On a terminal the user's Enter ends the line; with a pipe nothing has.
                println!();
            }
            match line.trim().to_ascii_lowercase().as_str() {
                _ if ended => return Ok(false),
                "yes" | "y" => return Ok(true),
                "no" | "n" | "" => return Ok(false),
                _ if terminal => println!("Please answer yes or no."),
                other => {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidInput,
                        format!("answer `{other}`: want yes or no; nothing has been changed"),
                    ));
                }
            }
        }
    }
}
