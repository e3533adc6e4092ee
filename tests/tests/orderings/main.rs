// SPDX-License-Identifier: GPL-2.0-only

//! Code of modules that takes no lock, in a model checker: the list of commands, the end of a
//! session, the pointer of a slot. loom runs each scenario in all orders of its threads, with all
//! values that the memory orderings allow.
//!
//! The sources are those of modules. Mutants of them, from `mutants.rs`, must fail.

#![allow(
    unsafe_code,
    reason = "the sources are those of a kernel module, and their benches call them"
)]

mod atomic;
#[path = "../../../kernel-template/target/closing.rs"]
mod closing;
mod closing_bench;
#[path = "../../../kernel-template/target/list.rs"]
mod list;
mod list_bench;
mod memory;
mod mutants;
#[path = "../../../kernel-template/data_path/loopback/slot/pointer.rs"]
mod pointer;
mod pointer_bench;

use mutants::{MUTANTS, Mutant};

/// The module that the sources import from.
mod target {
    pub(crate) mod compat {
        pub(crate) use crate::atomic::Refcount;
    }

    pub(crate) use crate::atomic;
}

/// Names and functions.
type Scenarios = &'static [(&'static str, fn())];

/// The mutants, with the scenarios of each.
#[allow(unused, reason = "a mutant does not use all of its source")]
#[allow(clippy::all, clippy::pedantic, reason = "mutants are not tidy")]
mod built {
    use super::{MUTANTS, Mutant, Scenarios};

    include!(concat!(env!("OUT_DIR"), "/mutants.rs"));

    pub(super) fn mutants() -> Vec<(&'static Mutant, Scenarios)> {
        built()
    }
}

/// Runs a scenario in all orders that have at most `preemptions` of threads.
fn check(scenario: fn(), preemptions: usize) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(preemptions);
    model.check(scenario);
}

fn all_hold(scenarios: Scenarios) {
    for (name, scenario) in scenarios {
        println!("{name}");
        check(*scenario, 3);
    }
}

#[test]
fn list_of_commands_is_sound() {
    all_hold(&list_bench::SCENARIOS);
}

#[test]
fn end_of_a_session_is_sound() {
    all_hold(&closing_bench::SCENARIOS);
}

#[test]
fn pointer_of_a_slot_is_sound() {
    all_hold(&pointer_bench::SCENARIOS);
}

#[test]
fn mutants_fail() {
    let mut survivors = Vec::new();
    for (mutant, scenarios) in built::mutants() {
        let fails = |(_, scenario): &(&str, fn())| {
            let scenario = *scenario;
            std::thread::spawn(move || check(scenario, 3))
                .join()
                .is_err()
        };
        let found = scenarios.iter().find(|scenario| fails(scenario));
        let (source, from, to) = (mutant.source, mutant.from, mutant.to);
        match found {
            Some((scenario, _)) => println!("{source}: {to:?}: {scenario}"),
            None => survivors.push(format!("{source}: {from:?} to {to:?}")),
        }
    }
    assert!(survivors.is_empty(), "{}", survivors.join("\n"));
}
