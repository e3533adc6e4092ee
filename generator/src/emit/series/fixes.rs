// SPDX-License-Identifier: GPL-2.0-only

//! Fixes of target core, in C: each is a patch that stands alone. The series needs none of them.

/// A fix.
#[derive(Clone, Copy, Debug)]
pub struct Fix(&'static str);

macro_rules! fix {
    ($name:literal) => {
        Fix(include_str!(concat!(
            "../../../../kernel-template/series/fixes/",
            $name,
            ".patch"
        )))
    };
}

/// All of them.
pub const FIXES: [Fix; 3] = [
    fix!("write_pending"),
    fix!("node_acl"),
    fix!("device_entries"),
];

impl Fix {
    /// The message, but for who signs it.
    #[must_use]
    pub fn message(&self) -> &'static str {
        self.parts().0
    }

    /// What it changes, as git takes it.
    #[must_use]
    pub fn diff(&self) -> &'static str {
        self.parts().1
    }

    /// The first line of the message.
    #[must_use]
    pub fn subject(&self) -> &'static str {
        self.message().lines().next().unwrap_or_default()
    }

    fn parts(&self) -> (&'static str, &'static str) {
        self.0.split_once("\n---\n").unwrap_or((self.0, ""))
    }
}
