// SPDX-License-Identifier: GPL-2.0-only

//! Unit tests of port names and TransportIDs, for kernels with `CONFIG_KUNIT=y`.
//!
//! KUnit runs them when the module is loaded; the results are in the kernel's log and in debugfs.

use kernel::prelude::*;

#[kunit_tests(tcm_nab5000)]
mod tests {
    use crate::transport_id::*;

    const NAME: &[u8] = b"50050760000012ab";
    const OTHER_NAME: &[u8] = b"50050760000012ac";

    /// Other spellings of `NAME`.
    const SPELLINGS: [&[u8]; 2] = [b"50050760000012AB", b"0x50050760000012ab"];

    /// No names, each for a reason of its own.
    const REFUSED: [&[u8]; 5] = [
        b"5005076000001234a",
        b"500507600000123",
        b"500507600000123g",
        b"naa.5005076000001234",
        b"0x",
    ];

    /// Names that no node ACL may have.
    const REFUSED_INITIATORS: [&[u8]; 2] = [b"50050760000012AB", b"0x5005076000001234"];

    #[test]
    fn every_spelling_is_the_same_port() {
        let port = PortName::parse(NAME);
        for spelling in SPELLINGS {
            assert_eq!(PortName::parse(spelling), port);
            assert!(PortName::is_same(spelling, NAME));
        }
        assert!(port.is_some_and(|port| port.as_bytes() == NAME));
    }

    #[test]
    fn another_name_is_another_port() {
        let other = PortName::parse(OTHER_NAME);
        assert!(other.is_some() && other != PortName::parse(NAME));
        assert!(!PortName::is_same(OTHER_NAME, NAME));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for name in REFUSED {
            assert_eq!(PortName::parse(name), None);
            assert!(!PortName::is_valid_initiator(name));
        }
    }

    #[test]
    fn an_initiator_has_a_name_that_target_core_understands() {
        assert!(PortName::is_valid_initiator(NAME));
        for name in REFUSED_INITIATORS {
            assert!(PortName::parse(name).is_some());
            assert!(!PortName::is_valid_initiator(name));
        }
    }
}
