// SPDX-License-Identifier: GPL-2.0-only

//! The two questions of `tcm_mod_builder.py`, answered on a terminal, from a pipe, or by an option.

use std::io::{self, BufRead, IsTerminal};

use anyhow::{Result, bail};

use super::print::print;

/// The question about adding `module` to `file`, in the script's words.
#[must_use]
pub fn question(module: &str, file: &str) -> String {
    format!("Would you like to add {module} to {file}..? [yes,no]: ")
}

/// The source of the answers.
#[derive(Debug)]
pub enum Answers {
    /// An option: this answer to every question.
    Always(bool),
    /// Standard input, a line for each question.
    Lines {
        /// True if a person answers, so that a question can be repeated.
        terminal: bool,
    },
}

impl Answers {
    /// Gives the same answer to every question.
    #[must_use]
    pub fn always(answer: bool) -> Self {
        Self::Always(answer)
    }

    /// Reads answers from standard input. After its end, every answer is no.
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
    /// If the terminal cannot be read or written, or a pipe has an answer other than yes or no.
    pub fn yes(&mut self, question: &str) -> Result<bool> {
        let terminal = match self {
            Self::Always(answer) => return Ok(*answer),
            Self::Lines { terminal } => *terminal,
        };
        loop {
            print(question)?;
            let mut line = String::new();
            let ended = io::stdin().lock().read_line(&mut line)? == 0;
            if !terminal {
                // A terminal has echoed the end of the line; a pipe has not.
                print("\n")?;
            }
            match line.trim().to_ascii_lowercase().as_str() {
                _ if ended => return Ok(false),
                "yes" | "y" => return Ok(true),
                "no" | "n" | "" => return Ok(false),
                _ if terminal => print("Please answer yes or no.\n")?,
                other => {
                    bail!(
                        "cannot read answer `{other}`: it must be yes or no; nothing has been changed"
                    );
                }
            }
        }
    }
}
