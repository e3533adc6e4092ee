// SPDX-License-Identifier: GPL-2.0-only

//! `transport_id.rs`: the protocol's, with its unit tests where the kernel can run them.

use super::kbuild::renamed;
use super::{Input, UnitTests};

/// What the unit tests begin with; they are the last part of each file.
const TESTS: &str = "\n#[cfg(any(test, CONFIG_KUNIT = \"y\"))]\n";

/// The text of `transport_id.rs`.
pub(super) fn text(input: &Input<'_>) -> String {
    let source = input.protocol.source;
    let text = match input.unit_tests {
        UnitTests::Kunit => source,
        UnitTests::Absent => source.split(TESTS).next().unwrap_or(source),
    };
    renamed(text, input.names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::PROTOCOLS;

    #[test]
    fn unit_tests_are_the_last_part_of_every_file() {
        for protocol in &PROTOCOLS {
            let (code, tests) = protocol.source.split_once(TESTS).unwrap();
            assert!(code.contains("impl PortName"), "{}", protocol.name);
            assert!(tests.contains("\nmod tests {\n"), "{}", protocol.name);
            assert_eq!(tests.matches("\n}\n").count(), 1, "{}", protocol.name);
        }
    }
}
