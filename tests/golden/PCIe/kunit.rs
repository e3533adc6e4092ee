// SPDX-License-Identifier: GPL-2.0-only

//! Unit tests of port names and TransportIDs, for kernels with `CONFIG_KUNIT=y`.
//!
//! KUnit runs them when the module is loaded; the results are in the kernel's log and in debugfs.

use kernel::prelude::*;

#[kunit_tests(tcm_nab5000)]
mod tests {
    use crate::transport_id::*;

    const NAME: &[u8] = b"0000:3b:00.1";
    const OTHER_NAME: &[u8] = b"abcd:3b:1f.7";

    /// Other spellings of `NAME`, which the driver refuses.
    const SPELLINGS: [&[u8]; 2] = [b"0000:3B:00.1", b"3b:00.1"];

    /// No names, each for a reason of its own.
    const REFUSED: [&[u8]; 7] = [
        b"0000:3b:00",
        b"0000:3b:00.8",
        b"0000:3b:20.0",
        b"000:3b:00.1",
        b"00000:3b:00.1",
        b":3b:00.1",
        b"0000:3b:00.g",
    ];

    #[test]
    fn every_spelling_is_read_as_the_same_port() {
        let port = PortName::parse(NAME);
        assert!(port.is_some());
        for spelling in SPELLINGS {
            assert_eq!(PortName::parse(spelling), port);
        }
    }

    #[test]
    fn the_canonical_name_is_kept() {
        for name in [NAME, OTHER_NAME] {
            let port = PortName::parse(name);
            assert!(port.is_some_and(|port| port.as_bytes() == name));
        }
    }

    #[test]
    fn another_name_is_another_port() {
        let other = PortName::parse(OTHER_NAME);
        assert!(other.is_some() && other != PortName::parse(NAME));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for name in REFUSED {
            assert_eq!(PortName::parse(name), None);
        }
    }
}
