// SPDX-License-Identifier: GPL-2.0-only

//! Unit tests of port names and TransportIDs, for kernels with `CONFIG_KUNIT=y`.
//!
//! KUnit runs them when the module is loaded; the results are in the kernel's log and in debugfs.

use kernel::prelude::*;

#[kunit_tests(tcm_nab5000)]
mod tests {
    use crate::transport_id::*;

    const NAME: &[u8] = b"21:00:00:24:ff:31:4c:48";
    const OTHER_NAME: &[u8] = b"21:00:00:24:ff:31:4c:49";

    /// Other spellings of `NAME`, which the driver refuses.
    const SPELLINGS: [&[u8]; 3] = [
        b"21:00:00:24:FF:31:4C:48",
        b"21000024ff314c48",
        b"0x21000024FF314C48",
    ];

    /// No names, each for a reason of its own.
    const REFUSED: [&[u8]; 7] = [
        b"21:00:00:24:ff:31:4c",
        b"21:00:00:24:ff:31:4c:48:00",
        b"21:00:00:24:ff:31:4c:4g",
        b"2100:0024:ff31:4c48",
        b"21000024ff314c4",
        b"0x",
        b"naa.21000024ff314c48",
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

    /// TransportIDs made by hand: SPC-4, section 7.6.4.
    const IDS: [(&[u8], [u8; LEN]); 1] = [(
        b"21:00:00:24:ff:31:4c:48",
        [
            0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x21, 0x00, 0x00, 0x24, 0xff, 0x31,
            0x4c, 0x48, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        ],
    )];

    #[test]
    fn transport_ids_are_laid_out_as_spc_says() {
        for (name, id) in IDS {
            let name = PortName::parse(name);
            assert_eq!(name.as_ref().map(encode), Some(id));
            assert_eq!(decode(&id), name);
        }
    }

    #[test]
    fn transport_ids_have_their_length() {
        let id = PortName::parse(NAME).map(|name| encode(&name));
        assert!(id.is_some_and(|id| id.len() == 24));
    }

    #[test]
    fn every_byte_of_a_transport_id_counts() {
        for (name, id) in IDS {
            for at in 0..LEN {
                let mut other = id;
                if let Some(byte) = other.get_mut(at) {
                    *byte ^= 0x80;
                }
                assert!(decode(&other) != PortName::parse(name));
                assert_eq!(id.get(..at).and_then(decode), None);
            }
        }
    }
}
