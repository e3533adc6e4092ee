// SPDX-License-Identifier: GPL-2.0-only

//! Unit tests of what in this layer calls nothing of target core, which may be a module.

use crate::prelude::*;

#[kunit_tests(rust_target)]
mod values {
    use crate::{
        str::BStr,
        target::{
            tpg_tag,
            Request,
            TaskAttribute,
            TmrFunction, //
        },
    };

    fn tag(name: &[u8]) -> Option<u16> {
        tpg_tag(BStr::from_bytes(name)).ok()
    }

    #[test]
    fn a_tag_has_one_canonical_form() {
        assert_eq!(tag(b"tpgt_0"), Some(0));
        assert_eq!(tag(b"tpgt_1"), Some(1));
        assert_eq!(tag(b"tpgt_65535"), Some(65535));
        for name in [
            &b"tpgt_"[..],
            b"tpgt_00",
            b"tpgt_01",
            b"tpgt_+1",
            b"tpgt_1x",
            b"tpgt_65536",
            b"tpg_1",
        ] {
            assert_eq!(tag(name), None);
        }
    }

    #[test]
    fn a_descriptor_block_is_as_long_as_its_first_byte_says() {
        let is_whole = |cdb: &[u8]| {
            let request = Request {
                tag: 0,
                lun: 0,
                cdb,
                attribute: TaskAttribute::SIMPLE,
            };
            request.is_whole()
        };
        for (code, length) in [
            (0x12, 6),
            (0x28, 10),
            (0x88, 16),
            (0xa8, 12),
            (0xc0, 10),
        ] {
            let mut cdb = [0; 16];
            cdb[0] = code;
            assert!(is_whole(&cdb[..length]));
            assert!(!is_whole(&cdb[..length - 1]));
        }
        // The command of variable length says how many bytes follow the first eight.
        let mut cdb = [0; 32];
        cdb[0] = 0x7f;
        cdb[7] = 24;
        assert!(is_whole(&cdb));
        assert!(!is_whole(&cdb[..31]));
        assert!(!is_whole(&[]));
    }

    #[test]
    fn abort_task_alone_refers_to_a_tag() {
        assert_eq!(TmrFunction::AbortTask(7).to_raw().1, 7);
        assert_eq!(TmrFunction::LunReset.to_raw().1, 0);
    }
}
