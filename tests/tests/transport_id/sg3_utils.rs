// SPDX-License-Identifier: GPL-2.0-only

//! TransportIDs as decoded by `sg3_utils`, an independent decoder.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use tcm_mod_builder::protocol::find;
use xtask::codec::{Codec, to_hex};
use xtask::suite::skip;

use super::{encode, with_transport_ids};

const ISID: &[u8; 12] = b"00023d000001";

/// Text of `sg3_utils` for each TransportID, without white space.
fn decoded(ids: &[Vec<u8>]) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("sg_decode");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transport_id/sg_decode.c");
    let mut cc = Command::new("cc");
    cc.args(["-Wall", "-Werror", "-o"])
        .arg(&program)
        .arg(source)
        .arg("-lsgutils2");
    assert!(cc.status().unwrap().success());

    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for id in ids {
        writeln!(stdin, "{}", to_hex(id)).unwrap();
    }
    drop(stdin);
    let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let texts = output.split_terminator("--\n");
    texts
        .map(|text| text.split_whitespace().collect())
        .collect()
}

/// Expected text of `sg3_utils` for a name, without white space.
fn expected(codec: &Codec, name: &str, isid: Option<&[u8; 12]>) -> String {
    let value = (codec.parse)(name.as_bytes()).unwrap().value;
    let hex = to_hex(&value);
    let number = |bytes: &[u8]| u64::from_str_radix(&to_hex(bytes), 16).unwrap();
    match (codec.protocol, isid) {
        ("FC", _) => format!("FCP-2WorldWideName:{hex}"),
        ("SPI", _) => format!(
            "SCSIaddress:{:#x}relativeportnumber(ofcorrespondingtarget):{:#x}",
            number(&value[..2]),
            number(&value[2..])
        ),
        ("SBP", _) => format!("EUI-64name:{hex}"),
        ("SRP", _) => format!("RDMAinitiatorportidentifier:{hex}"),
        ("iSCSI", None) => format!("iSCSIname:{name}"),
        ("iSCSI", Some(isid)) => format!("{name},i,0x{}", String::from_utf8_lossy(isid)),
        ("SAS", _) => format!("SASaddress:{:#x}", number(&value)),
        ("SOP", _) => format!("SOPRoutingID:{:#x}", number(&value)),
        (other, _) => panic!("{other} has no TransportID"),
    }
}

#[test]
fn sg3_utils_decodes_the_same_names() {
    if !Path::new("/usr/include/scsi/sg_lib.h").exists() {
        return skip("libsgutils2-dev; `cargo xtask setup` installs it");
    }
    let mut cases = Vec::new();
    for codec in with_transport_ids() {
        let row = find(codec.protocol).unwrap();
        for name in [row.example, row.other_example, row.initiator_example] {
            cases.push((codec, name, None));
            cases.extend(row.has_isid().then_some((codec, name, Some(ISID))));
        }
    }
    let ids: Vec<_> = cases
        .iter()
        .map(|(codec, name, isid)| encode(codec, name, *isid))
        .collect();
    let texts = decoded(&ids);
    assert_eq!(texts.len(), cases.len());
    for ((codec, name, isid), text) in cases.into_iter().zip(texts) {
        let expected = expected(codec, name, isid);
        assert!(text.ends_with(&expected), "{text}: want {expected}");
    }
}
