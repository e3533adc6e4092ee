// SPDX-License-Identifier: GPL-2.0-only

//! The rows of `tcm-mod-builder protocols`, compared with a guest, and the TransportIDs of each
//! module, compared with those of target core.
//!
//! The guest runs `tests/guest/reservations.sh`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use assert_cmd::Command;
use proptest::strategy::{Strategy, ValueTree};
use proptest::string::string_regex;
use proptest::test_runner::TestRunner;
use regex::Regex;
use serde_json::Value;
use tcm_mod_builder::protocol::{PROTOCOLS, Protocol, TransportId, find};
use xtask::codec::{IdCodec, Isid, codec, from_hex};
use xtask::guest::Guest;
use xtask::kernel::Kernel;
use xtask::module::{Built, LOOPBACK, Profile, builder};
use xtask::suite::{Modules, unwatched};

/// ISID of the one session of a generated module.
const ISID: Isid = *b"800000000001";

/// Number of initiator names of each protocol that are compared with target core.
const NAMES: usize = 220;

/// An initiator as named by a TransportID.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Initiator {
    name: String,
    isid: Option<Isid>,
}

/// Initiators of a protocol. Without an ISID, target core takes names of up to 219 bytes.
fn initiators(protocol: &Protocol) -> Vec<Initiator> {
    let mut found = vec![plain(protocol.other_example)];
    if !protocol.persistent_reservations() {
        return found;
    }
    let names = string_regex(&protocol.name_form.pattern()).unwrap();
    let mut runner = TestRunner::deterministic();
    if protocol.has_isid() {
        // Around the least ADDITIONAL LENGTH, and the longest.
        found.extend([7, 15, 16, 19, 20, 219].map(|len| plain(&of_length(len))));
        found.push(Initiator {
            name: of_length(223),
            isid: Some(ISID),
        });
    }
    while found.len() < NAMES {
        let name = names.new_tree(&mut runner).unwrap().current();
        let needs_isid = name.len() > 219 || found.len() % 2 == 0;
        let isid = (protocol.has_isid() && needs_isid).then(|| isid(found.len()));
        if found.iter().all(|initiator| initiator.name != name) {
            found.push(Initiator { name, isid });
        }
    }
    found
}

/// An iSCSI name of this length.
fn of_length(len: usize) -> String {
    format!("iqn.{}", "a".repeat(len - 4))
}

fn plain(name: &str) -> Initiator {
    Initiator {
        name: name.to_owned(),
        isid: None,
    }
}

/// A different ISID for each number.
fn isid(number: usize) -> Isid {
    let digits = format!("00023d{number:06x}");
    digits.as_bytes().try_into().unwrap()
}

fn transport_ids(protocol: &Protocol) -> Option<IdCodec> {
    codec(protocol.name).unwrap().transport_id
}

/// TransportID of an initiator by the generated module. For a protocol without TransportIDs: bytes
/// that look like one.
fn transport_id(protocol: &Protocol, initiator: &Initiator) -> Vec<u8> {
    match transport_ids(protocol) {
        Some(codec) => (codec.encode)(initiator.name.as_bytes(), initiator.isid.as_ref()).unwrap(),
        None => [&[protocol.id], &[0; 23][..]].concat(),
    }
}

/// TransportID of an initiator by target core: the same, except for short iSCSI names, which target
/// core does not pad to the minimum of 20 bytes (SPC-4, section 7.6.4.6).
fn of_target_core(protocol: &Protocol, initiator: &Initiator) -> Vec<u8> {
    let mut id = transport_id(protocol, initiator);
    if protocol.has_isid() && initiator.isid.is_none() && initiator.name.len() < 16 {
        id[3] = u8::try_from((initiator.name.len() + 1).next_multiple_of(4)).unwrap();
        id.truncate(4 + usize::from(id[3]));
    }
    id
}

/// Parameter list of PERSISTENT RESERVE OUT, service action REGISTER, with `SPEC_I_PT`: SPC-4,
/// section 6.16.3.
fn register(ids: &[u8]) -> Vec<u8> {
    let mut parameters = vec![0; 28];
    parameters[14..16].copy_from_slice(&[0x12, 0x34]);
    parameters[20] = 0x08;
    parameters[24..].copy_from_slice(&u32::try_from(ids.len()).unwrap().to_be_bytes());
    parameters.extend_from_slice(ids);
    parameters
}

/// Parameter list of service action REGISTER AND MOVE, section 6.16.4. The guest writes the port
/// into it.
fn register_and_move(id: &[u8]) -> Vec<u8> {
    let mut parameters = vec![0; 24];
    parameters[6..8].copy_from_slice(&[0x12, 0x34]);
    parameters[14..16].copy_from_slice(&[0x12, 0x34]);
    parameters[20..].copy_from_slice(&u32::try_from(id.len()).unwrap().to_be_bytes());
    parameters.extend_from_slice(id);
    parameters
}

/// Invalid TransportIDs with the name of a node ACL: truncated, or of another protocol. For iSCSI
/// also with a length that is too large or no multiple of four, and without the ISID that the
/// format promises.
fn invalid_transport_ids(protocol: &Protocol) -> Vec<Vec<u8>> {
    let id = transport_id(protocol, &plain(protocol.other_example));
    let changed = |at: usize, byte| {
        let mut changed = id.clone();
        changed[at] = byte;
        changed
    };
    let mut none = vec![id[..23].to_vec(), changed(0, (protocol.id + 1) % 12)];
    if protocol.has_isid() {
        none.extend([changed(3, id[3] + 4), changed(3, id[3] - 1)]);
        none.push(changed(0, 0x45));
    }
    none
}

/// Results of a guest for one module.
#[derive(Debug)]
struct Seen {
    /// Answers of `reservations.sh`, by question.
    answers: BTreeMap<String, bool>,
    /// Registrations of READ FULL STATUS, by occasion: the TransportID, and true for the holder of
    /// the reservation.
    status: BTreeMap<String, Vec<(Vec<u8>, bool)>>,
}

impl Seen {
    fn new(said: &str) -> Self {
        assert!(said.ends_with("complete\n"), "{said}");
        let (mut answers, mut status) = (BTreeMap::new(), BTreeMap::new());
        for line in said.lines() {
            let Some((what, value)) = line.rsplit_once(' ') else {
                continue;
            };
            match value {
                "yes" | "no" => {
                    answers.insert(what.to_owned(), value == "yes");
                }
                hex => {
                    status.insert(what.to_owned(), registrations(hex));
                }
            }
        }
        Self { answers, status }
    }

    fn is(&self, question: &str) -> bool {
        let answer = self.answers.get(question);
        *answer.unwrap_or_else(|| panic!("no answer to `{question}` in {:?}", self.answers))
    }

    fn ids(&self, occasion: &str) -> BTreeSet<&[u8]> {
        let registrations = self.status[occasion].iter();
        registrations.map(|(id, _)| id.as_slice()).collect()
    }
}

/// Registrations in the data of READ FULL STATUS: SPC-4, section 6.15.5. After a header of eight
/// bytes, each has 24 bytes, the last four with the length of the TransportID that follows.
fn registrations(hex: &str) -> Vec<(Vec<u8>, bool)> {
    let bytes = from_hex(hex).unwrap();
    let number =
        |bytes: &[u8]| usize::try_from(u32::from_be_bytes(bytes.try_into().unwrap())).unwrap();
    let mut rest = &bytes[8..8 + number(&bytes[4..8])];
    let mut found = Vec::new();
    while !rest.is_empty() {
        let end = 24 + number(&rest[20..24]);
        found.push((rest[24..end].to_vec(), rest[12] & 1 == 1));
        rest = &rest[end..];
    }
    found
}

/// Writes the questions about a protocol for the guest.
fn write_questions(protocol: &Protocol, dir: &Path) {
    let lines = |names: &mut dyn Iterator<Item = &str>| -> String {
        names.map(|name| format!("{name}\n")).collect()
    };
    let names = names(protocol);
    let initiators = initiators(protocol);
    let ids = initiators.iter().map(|one| transport_id(protocol, one));
    let write = |name: &str, bytes: &[u8]| fs::write(dir.join(name), bytes).unwrap();
    let initiator_names = &mut initiators.iter().map(|one| one.name.as_str());
    write(
        "names",
        lines(&mut names.iter().map(String::as_str)).as_bytes(),
    );
    write("initiators", lines(initiator_names).as_bytes());
    write("register", &register(&ids.collect::<Vec<_>>().concat()));
    let id = transport_id(protocol, &initiators[0]);
    write("move", &register_and_move(&id));
    for (index, id) in invalid_transport_ids(protocol).iter().enumerate() {
        write(&format!("refused.{index}"), &register(id));
    }
}

/// Names for target ports and initiators: those of the table for all protocols, and iSCSI names at
/// the limits of length, each also in capitals.
fn names(protocol: &Protocol) -> BTreeSet<String> {
    let own = [protocol.other_example, protocol.initiator_example];
    let own = own.iter().chain(protocol.refused);
    let rows = PROTOCOLS.iter();
    let names = rows
        .flat_map(|row| std::iter::once(row.example).chain(row.other_spellings.iter().copied()));
    let names = names.chain(own.copied()).map(ToOwned::to_owned);
    let names = names.chain([5, 223, 224].map(of_length));
    names.flat_map(|name| [in_capitals(&name), name]).collect()
}

fn in_capitals(name: &str) -> String {
    name.to_ascii_uppercase().replace("0X", "0x")
}

/// Checks that the guest accepted a name for target ports and node ACLs if and only if it has the
/// form of the table, and that the log names the canonical spelling.
fn check_names(protocol: &Protocol, seen: &Seen, log: &str) {
    let form = Regex::new(&format!("^(?:{})$", protocol.name_form.pattern())).unwrap();
    for name in names(protocol) {
        let may_be = ["wwn", "acl"].map(|what| seen.is(&format!("{what} {name}")));
        assert_eq!(may_be, [form.is_match(&name); 2], "{name}");
    }
    let is_accepted = |name| seen.is(&format!("wwn {name}"));
    for name in [
        protocol.example,
        protocol.other_example,
        protocol.initiator_example,
    ] {
        assert!(is_accepted(name), "{name}");
    }
    for name in protocol.other_spellings {
        let said = format!("port name {name}: want {}", protocol.example);
        assert!(log.contains(&said), "the log has no `{said}`");
    }
}

/// Checks a row of `protocols` against the table.
fn check_row(protocol: &Protocol, row: &Value) {
    assert_eq!(row["example"], protocol.example);
    assert_eq!(row["name_form"], protocol.name_form.to_string());
    assert_eq!(row["transport_id"], protocol.transport_id.to_string());
    assert_eq!(
        row["persistent_reservations"],
        protocol.persistent_reservations()
    );
}

/// Checks that persistent reservations work by initiator name if and only if the row says so.
fn check_reservations(protocol: &Protocol, seen: &Seen) {
    // Actions without a TransportID always work.
    assert!(seen.is("register") && seen.is("reserve") && seen.is("clear"));
    let able = [
        !seen.ids("initiator").is_empty(),
        seen.is("specified"),
        seen.is("moved"),
    ];
    let is_claimed = protocol.persistent_reservations();
    assert_eq!(able, [is_claimed; 3], "{}", protocol.name);
    for (index, id) in invalid_transport_ids(protocol).iter().enumerate() {
        assert!(!seen.is(&format!("refused.{index}")), "{id:?}");
        let decoded = transport_ids(protocol).and_then(|codec| (codec.decode)(id));
        assert_eq!(decoded, None);
    }
    if is_claimed {
        check_transport_ids(protocol, seen);
        assert_eq!(lengths(seen), bounds(protocol.transport_id).unwrap());
    }
}

/// Lengths of the shortest and longest TransportID, without those below the minimum of the
/// standard.
fn lengths(seen: &Seen) -> (usize, usize) {
    let lengths = seen.status.values().flatten().map(|(id, _)| id.len());
    let lengths: BTreeSet<_> = lengths.filter(|len| *len >= 24).collect();
    (*lengths.first().unwrap(), *lengths.last().unwrap())
}

/// Lengths of the shortest and longest TransportID in the table.
fn bounds(ids: TransportId) -> Option<(usize, usize)> {
    match ids {
        TransportId::None => None,
        TransportId::Fixed(len) => Some((len, len)),
        TransportId::WithIsid { least, most } => Some((least, most)),
    }
}

/// Compares the TransportIDs of the module and of target core. Target core has parsed each one,
/// since it has found the node ACL of that name, and writes the same bytes.
fn check_transport_ids(protocol: &Protocol, seen: &Seen) {
    let logged_in = Initiator {
        name: protocol.initiator_example.to_owned(),
        isid: protocol.has_isid().then_some(ISID),
    };
    let own = of_target_core(protocol, &logged_in);
    assert_eq!(seen.ids("initiator"), BTreeSet::from([own.as_slice()]));

    let initiators = initiators(protocol);
    assert!(initiators.len() >= 200);
    let expected: BTreeSet<_> = initiators
        .iter()
        .chain([&logged_in])
        .map(|one| of_target_core(protocol, one))
        .collect();
    let expected: BTreeSet<_> = expected.iter().map(Vec::as_slice).collect();
    assert_eq!(seen.ids("initiators"), expected, "{}", protocol.name);

    let decode = transport_ids(protocol).unwrap().decode;
    let read: BTreeSet<_> = seen
        .ids("initiators")
        .into_iter()
        .filter_map(decode)
        .collect();
    for one in initiators
        .iter()
        .filter(|one| one.isid.is_some() || one.name.len() >= 16)
    {
        let named = (one.name.clone().into_bytes(), one.isid);
        assert!(read.contains(&named), "{one:?}");
    }

    let holders = seen.status["holder"].iter().filter(|(_, holds)| *holds);
    let holders: Vec<_> = holders.map(|(id, _)| id.as_slice()).collect();
    assert_eq!(holders, [of_target_core(protocol, &initiators[0])]);
}

/// Rows of `tcm-mod-builder protocols --json`, by protocol.
fn rows() -> BTreeMap<String, Value> {
    let mut command = Command::new(builder(Profile::Dev).unwrap());
    let output = command.args(["protocols", "--json"]).output().unwrap();
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let named = rows.into_iter();
    named
        .map(|row| (row["name"].as_str().unwrap().to_owned(), row))
        .collect()
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn rows_of_protocols_and_transport_ids_match_target_core() {
    let kernel = unwatched().unwrap();
    let dir = Modules::new(&kernel).unwrap();
    let mut guest = Guest::new(&kernel);
    guest.limit = Duration::from_secs(1200);
    let mut command = String::new();
    let modules = modules(&kernel, dir.path());
    for (module, registered) in &modules {
        let questions = module.dir.join("questions");
        fs::create_dir(&questions).unwrap();
        write_questions(registered, &questions);
        command += &question(module, &questions);
        guest.modules.push(module.dir.clone());
    }
    let outcome = guest.run_quietly(&command).unwrap();
    outcome.check().unwrap();
    let rows = rows();
    for (module, registered) in &modules {
        let seen = Seen::new(outcome.part(&module.fabric).unwrap());
        if *registered == module.protocol {
            check_names(registered, &seen, &outcome.log);
        }
        check_row(registered, &rows[registered.name]);
        check_reservations(registered, &seen);
        println!(
            "{}: {} answers, {} TransportIDs compared with target core",
            module.fabric,
            seen.answers.len(),
            seen.status["initiators"].len()
        );
    }
}

/// Modules to test, with the registered protocol: one of each protocol, and one of each that can be
/// registered as another.
fn modules(kernel: &Kernel, dir: &Path) -> Vec<(Built, &'static Protocol)> {
    let mut modules = Vec::new();
    let mut add = |protocol: &'static Protocol, options: &[&str], registered| {
        let options = [&LOOPBACK, options].concat();
        let built = Built::new(kernel, protocol, &options, dir).unwrap();
        modules.push((built, registered));
    };
    for protocol in &PROTOCOLS {
        add(protocol, &[], protocol);
        for name in protocol.may_register_as {
            add(protocol, &["--register-as", name], find(name).unwrap());
        }
    }
    modules
}

/// Command of the guest for one module.
fn question(module: &Built, questions: &Path) -> String {
    let initiator = module.protocol.initiator_example;
    let more = format!("'{initiator}' {}", questions.display());
    format!(
        "echo '=== {}'\nbusybox sh {} || exit 1\n",
        module.fabric,
        module.script("reservations.sh", &more)
    )
}
