// SPDX-License-Identifier: GPL-2.0-only

//! Writes the mutants of `tests/orderings/mutants.rs` as modules, each with the bench of its source.

use std::path::Path;
use std::{env, fs};

#[path = "tests/orderings/mutants.rs"]
mod mutants;

use mutants::{MUTANTS, Mutant, TEMPLATE};

fn main() {
    let tests = env::var("CARGO_MANIFEST_DIR").unwrap();
    let mut modules = String::new();
    let mut table = String::new();
    for (index, mutant) in MUTANTS.iter().enumerate() {
        let name = mutant.source;
        let text = text(mutant, &Path::new(&tests).join(TEMPLATE));
        let bench = format!("{tests}/tests/orderings/{name}_bench.rs");
        modules += &format!(
            "mod mutant_{index} {{\nmod {name} {{\n{text}\n}}\n#[path = {bench:?}]\npub(super) mod bench;\n}}\n"
        );
        table += &format!("(&MUTANTS[{index}], &mutant_{index}::bench::SCENARIOS[..]),\n");
    }
    let modules =
        format!("{modules}\nfn built() -> Vec<(&'static Mutant, Scenarios)> {{\nvec![{table}]\n}}");
    let out = env::var("OUT_DIR").unwrap();
    fs::write(Path::new(&out).join("mutants.rs"), modules).unwrap();
}

/// The text of a mutant.
fn text(mutant: &Mutant, template: &Path) -> String {
    let path = template.join(mutant.path);
    println!("cargo::rerun-if-changed={}", path.display());
    let text = fs::read_to_string(path).unwrap();
    let found = text.matches(mutant.from).count();
    assert_eq!(found, 1, "{}: {:?}", mutant.path, mutant.from);
    text.replace(mutant.from, mutant.to)
}
