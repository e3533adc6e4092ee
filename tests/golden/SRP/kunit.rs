// SPDX-License-Identifier: GPL-2.0-only

//! Unit tests of port names and TransportIDs, for kernels with `CONFIG_KUNIT=y`.
//!
//! KUnit runs them when the module is loaded; the results are in the kernel's log and in debugfs.

use kernel::prelude::*;

#[kunit_tests(tcm_nab5000)]
mod tests {
    use crate::transport_id::*;

    const NAME: &[u8] = b"0xfe80000000000000001175000077d8ee";
    const OTHER_NAME: &[u8] = b"0x0000000000000000001175000077d8ee";

    /// Other spellings of `NAME`, which the driver refuses.
    const SPELLINGS: [&[u8]; 3] = [
        b"0XFE80000000000000001175000077D8EE",
        b"fe80000000000000001175000077d8ee",
        b"fe80:0000:0000:0000:0011:7500:0077:d8ee",
    ];

    /// No names, each for a reason of its own.
    const REFUSED: [&[u8]; 7] = [
        b"0x",
        b"0x123",
        b"0xfe80000000000000001175000077d8ee00",
        b"0xfe80000000000000001175000077d8eg",
        b"fe80::11:7500:77:d8ee",
        b"fe80:0000:0000:0000:0011:7500:0077",
        b"ib.fe80000000000000001175000077d8ee",
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
    const IDS: [(&[u8], [u8; LEN]); 2] = [
        (
            b"0xfe80000000000000001175000077d8ee",
            [
                0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xfe, 0x80, 0x00, 0x00, 0x00, 0x00,
                0x00, 0x00, 0x00, 0x11, 0x75, 0x00, 0x00, 0x77, 0xd8, 0xee,
            ],
        ),
        (
            b"12aB",
            [
                0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x12, 0xab,
            ],
        ),
    ];

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
