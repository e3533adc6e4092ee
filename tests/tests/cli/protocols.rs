// SPDX-License-Identifier: GPL-2.0-only

//! `protocols`, and `--register-as`.

use std::fs;

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;
use xtask::fixture::FixtureTree;

use super::refusal::refused;
use super::{command, generate_for};

#[test]
fn protocols_are_listed_as_text_and_json() {
    command()
        .arg("protocols")
        .assert()
        .success()
        .stdout(predicate::str::is_match("(?m)^0x5  iSCSI .* 24 to 248 bytes +yes$").unwrap())
        .stdout(contains("  no: T10 defines no TransportID").count(5))
        .stdout(contains("  no: target core does not know").count(2))
        .stdout(contains("; yes with --register-as SAS\n").count(3));
    let output = command().args(["protocols", "--json"]).output().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = json.as_array().unwrap();
    assert_eq!(rows[0]["name"], "FC");
    assert!(
        rows.iter()
            .any(|row| row["name"] == "iSCSI" && row["id"] == 5)
    );
    for row in rows {
        let reason = &row["no_reservations_because"];
        assert_eq!(row["persistent_reservations"] == true, reason.is_null());
    }
}

#[test]
fn missing_transport_id_is_a_warning() {
    let tree = FixtureTree::new().unwrap();
    let (mut uas, dir) = generate_for(&tree, "UAS");
    uas.assert()
        .success()
        .stderr(contains("Warning: target core cannot name UAS ports"))
        .stderr(contains("T10 defines no TransportID"))
        .stderr(contains("--register-as SAS"));
    let kconfig = fs::read_to_string(dir.join("Kconfig")).unwrap();
    assert!(kconfig.contains("\t  T10 defines no TransportID for the protocol.\n"));

    let other = FixtureTree::new().unwrap();
    let (mut srp, _) = generate_for(&other, "SRP");
    srp.assert().success().stderr("");
}

#[test]
fn protocol_registers_as_one_with_the_same_names() {
    let tree = FixtureTree::new().unwrap();
    let (mut uas, dir) = generate_for(&tree, "UAS");
    uas.args(["--register-as", "sas"]);
    uas.assert().success().stderr("");
    let text = |file| fs::read_to_string(dir.join(file)).unwrap();
    assert!(text("tcm_x.rs").contains("const PROTOCOL: Protocol = Protocol::SAS;"));
    assert!(text("tcm_x.rs").contains("a SCSI target fabric for USB Attached SCSI."));
    assert!(!text("Kconfig").contains("TransportID"));
    assert!(text(".tcm-mod-builder.json").contains(r#""register_as": "SAS""#));
}

#[test]
fn registration_as_one_with_other_names_is_refused() {
    let tree = FixtureTree::new().unwrap();
    for (proto, instead, said) in [
        ("UAS", "iSCSI", "cannot register UAS as iSCSI"),
        ("ADT", "UAS", "pass --register-as SAS"),
        ("PCIe", "SOP", "leave out --register-as"),
        ("iSCSI", "SAS", "leave out --register-as"),
        ("UAS", "SCSI", "`SCSI`: it is not a T10 protocol identifier"),
    ] {
        let (mut command, _) = generate_for(&tree, proto);
        refused(&tree, command.args(["--register-as", instead]), 1, &[said]);
    }
}
