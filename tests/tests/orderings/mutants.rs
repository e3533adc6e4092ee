// SPDX-License-Identifier: GPL-2.0-only

//! Mutants of the sources that the model checker runs: each must fail in one of its scenarios. The
//! build script makes them, and `main.rs` runs them.

/// The directory of the sources, from that of the crate.
#[allow(dead_code, reason = "the build script uses it")]
pub(crate) const TEMPLATE: &str = "../kernel-template";

/// A source with a fault.
pub(crate) struct Mutant {
    /// The source's module, whose bench runs it.
    pub(crate) source: &'static str,
    /// Path below `TEMPLATE`.
    #[allow(dead_code, reason = "the build script uses it")]
    pub(crate) path: &'static str,
    /// A text of the source, which is there once.
    pub(crate) from: &'static str,
    /// Its replacement.
    pub(crate) to: &'static str,
}

const fn list(from: &'static str, to: &'static str) -> Mutant {
    Mutant {
        source: "list",
        path: "target/list.rs",
        from,
        to,
    }
}

const fn closing(from: &'static str, to: &'static str) -> Mutant {
    Mutant {
        source: "closing",
        path: "target/closing.rs",
        from,
        to,
    }
}

const fn pointer(from: &'static str, to: &'static str) -> Mutant {
    Mutant {
        source: "pointer",
        path: "data_path/loopback/slot/pointer.rs",
        from,
        to,
    }
}

pub(crate) const MUTANTS: [Mutant; 23] = [
    // Weaker orderings.
    list(
        "cmpxchg(last, object, Release)",
        "cmpxchg(last, object, Relaxed)",
    ),
    list("ptr::null_mut(), Acquire)", "ptr::null_mut(), Relaxed)"),
    list("xchg(Self::CLOSED, Acquire)", "xchg(Self::CLOSED, Relaxed)"),
    closing("store(true, Release)", "store(true, Relaxed)"),
    closing("load(Acquire)", "load(Relaxed)"),
    pointer(
        "load(Acquire), guard",
        "load(crate::target::atomic::Relaxed), guard",
    ),
    pointer("xchg(new, Full)", "xchg(new, Acquire)"),
    pointer(
        "xchg(new, Full)",
        "xchg(new, crate::target::atomic::Release)",
    ),
    // Lists that lose objects, or add to a closed list.
    list(
        "set_link(object, last)",
        "set_link(object, ptr::null_mut())",
    ),
    list(
        "Err(now) => last = now,\n            }\n        }\n    }\n\n    /// Takes",
        "Err(_) => return true,\n            }\n        }\n    }\n\n    /// Takes",
    ),
    list("return false;", ""),
    list("N::set_link(last, front);", ""),
    // An end that does not wait for each of its users, or that a request outlives.
    closing("    session.stop();\n", ""),
    closing("    session.wait_for_users();\n", ""),
    closing("    session.wait_for_commands();\n", ""),
    closing("    session.wait_for_grace_period();\n", ""),
    closing("        session.wait_for_close();\n", ""),
    closing("if !session.is_listed()", "if session.is_listed()"),
    closing(
        "    session.stop();\n    session.wait_for_users();\n    session.wait_for_commands();\n    session.wait_for_grace_period();\n",
        "    session.wait_for_users();\n    session.wait_for_commands();\n    session.wait_for_grace_period();\n    session.stop();\n",
    ),
    closing("while users > 0 &&", "while users >= 0 &&"),
    closing(
        "    let counted = data.clone();\n    counted.request().0.store(true, Release);\n    counted.called().complete_all();\n    counted\n",
        "    data.request().0.store(true, Release);\n    data.called().complete_all();\n    data.clone()\n",
    ),
    // A pointer that its owner gets back while it has readers.
    pointer("readers.synchronize();", ""),
    pointer(
        "        let guard = readers.read_lock();\n        (self.0.load(Acquire), guard)",
        "        let pointer = self.0.load(Acquire);\n        (pointer, readers.read_lock())",
    ),
];
