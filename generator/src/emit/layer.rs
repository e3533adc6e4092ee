// SPDX-License-Identifier: GPL-2.0-only

//! The safe layer, `target.rs` and `target/`. Its files are copied, except `ops.rs`, which is generated
//! from the header.

use super::{Input, ops};
use crate::module::files::{Files, Owner};

/// Paths and texts of files that are copied unchanged.
macro_rules! copied {
    ($($path:literal),* $(,)?) => {
        [$(($path, template!($path))),*]
    };
}

const COPIED: [(&str, &str); 40] = copied![
    "target.rs",
    "target/attributes.rs",
    "target/closing.rs",
    "target/cmd.rs",
    "target/compat.rs",
    "target/compat/atomic.rs",
    "target/compat/completion.rs",
    "target/compat/init_zeroed.rs",
    "target/compat/refcount.rs",
    "target/compat/raw_try_init.rs",
    "target/cpu.rs",
    "target/data.rs",
    "target/depend.rs",
    "target/dma.rs",
    "target/groups.rs",
    "target/handle.rs",
    "target/list.rs",
    "target/lun.rs",
    "target/nexus.rs",
    "target/node_acl.rs",
    "target/np.rs",
    "target/object.rs",
    "target/pages.rs",
    "target/payload.rs",
    "target/pending.rs",
    "target/protection.rs",
    "target/protocol.rs",
    "target/queue.rs",
    "target/registration.rs",
    "target/request.rs",
    "target/response.rs",
    "target/session.rs",
    "target/submit.rs",
    "target/tags.rs",
    "target/task.rs",
    "target/tmr.rs",
    "target/tpg.rs",
    "target/users.rs",
    "target/work.rs",
    "target/wwn.rs",
];

/// Adds the layer.
pub(super) fn add(files: &mut Files, input: &Input<'_>) {
    for (path, text) in COPIED {
        files.add(path, Owner::Generator, text.to_owned());
    }
    files.add(ops::PATH, Owner::Generator, ops::text(input.plan));
}
