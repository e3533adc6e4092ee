// SPDX-License-Identifier: GPL-2.0-only

//! Fixes of target core, in C: each is a patch that stands alone. The series needs none of them.

use super::data;

/// A fix.
pub(super) struct Fix(&'static str);

/// All of them.
pub(super) const FIXES: [Fix; 12] = [
    Fix(data!("fixes/write_pending.patch")),
    Fix(data!("fixes/node_acl.patch")),
    Fix(data!("fixes/device_entries.patch")),
    Fix(data!("fixes/replaced_entry.patch")),
    Fix(data!("fixes/task_attr.patch")),
    Fix(data!("fixes/demo_login.patch")),
    Fix(data!("fixes/dynamic_acl.patch")),
    Fix(data!("fixes/vpd_names.patch")),
    Fix(data!("fixes/caw_sem.patch")),
    Fix(data!("fixes/last_put.patch")),
    Fix(data!("fixes/unregister.patch")),
    Fix(data!("fixes/fabric_data.patch")),
];

impl Fix {
    /// The message, without the line that signs it off.
    pub(super) fn message(&self) -> &'static str {
        self.parts().0
    }

    /// The change, as git takes it.
    pub(super) fn diff(&self) -> &'static str {
        self.parts().1
    }

    /// The first line of the message.
    pub(super) fn subject(&self) -> &'static str {
        self.message().lines().next().unwrap_or_default()
    }

    fn parts(&self) -> (&'static str, &'static str) {
        self.0.split_once("\n---\n").unwrap_or((self.0, ""))
    }
}
