// SPDX-License-Identifier: GPL-2.0-only

//! Fuzzer of port names, TransportIDs, and the PDUs and texts of the iSCSI transport: checks
//! properties of mutated inputs from a small corpus.
//!
//! Coverage guidance would need a nightly compiler. Instead, the mutations insert parts of names
//! and TransportIDs, and an accepted input with a new outcome joins the corpus for the rest of the
//! run.

use std::collections::HashSet;
use std::fs;
use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use fastrand::Rng;
use tcm_mod_builder::protocol::{self, Protocol};

use crate::codec::{CODECS, Codec, Isid, from_hex, to_hex};
use crate::iscsi;
use crate::shell::checkout;

/// Parts of names and TransportIDs, for the mutations to insert.
const TOKENS: [&[u8]; 24] = [
    b":",
    b".",
    b"-",
    b"\0",
    b"0",
    b"7",
    b"8",
    b"f",
    b"F",
    b"g",
    b"+1",
    b"0x",
    b"eui.",
    b"iqn.",
    b"naa.",
    b"spi.",
    b"65535",
    b"65536",
    b"fe80:",
    b"0000:",
    b",i,0x",
    b"0123456789ab",
    b"0123456789ABCDEF",
    b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

/// Maximum length of an input. The longest TransportID has 248 bytes.
const INPUT_MAX: usize = 320;

/// Name of the corpus of PDUs and texts of the iSCSI transport.
const TRANSPORT: &str = "iSCSI-transport";

const ISID: Isid = *b"00023d000001";

/// The outcome for an input. An input with a new outcome is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Outcome {
    is_name: bool,
    is_canonical: bool,
    is_transport_id: bool,
    len: usize,
}

/// Numbers of inputs and of accepted ones.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    inputs: u64,
    names: u64,
    transport_ids: u64,
}

/// Fuzzes each protocol and the iSCSI transport, for an equal share of the time, and prints the
/// numbers of inputs.
///
/// # Errors
///
/// The first input that fails a check, with the seed of the run.
pub fn fuzz(time: Duration, seed: u64) -> Result<()> {
    println!("seed {seed}");
    let share = time / u32::try_from(CODECS.len() + 1)?;
    for codec in &CODECS {
        let tally = run(codec, share, seed)?;
        println!(
            "{}: {} inputs, {} of them names, {} TransportIDs",
            codec.protocol, tally.inputs, tally.names, tally.transport_ids
        );
    }
    let pool = [iscsi::corpus(), corpus_file(TRANSPORT)?].concat();
    let inputs = grow(pool, share, seed, |input| {
        let outcome = caught(|| iscsi::check(input));
        outcome
            .with_context(|| described(TRANSPORT, input, seed))
            .map(Some)
    })?;
    println!("{TRANSPORT}: {inputs} inputs");
    Ok(())
}

/// Fuzzes a protocol.
fn run(codec: &Codec, time: Duration, seed: u64) -> Result<Tally> {
    let mut tally = Tally::default();
    let inputs = grow(corpus(codec)?, time, seed, |input| {
        let outcome = tried(codec, input, seed)?;
        tally.names += u64::from(outcome.is_name);
        tally.transport_ids += u64::from(outcome.is_transport_id);
        let is_accepted = outcome.is_name || outcome.is_transport_id;
        Ok(is_accepted.then_some(outcome))
    })?;
    Ok(Tally { inputs, ..tally })
}

/// Tries mutated inputs of a pool. Inputs with a new outcome join the pool. Returns the number of
/// inputs.
fn grow<O: Eq + Hash>(
    mut pool: Vec<Vec<u8>>,
    time: Duration,
    seed: u64,
    mut tried: impl FnMut(&[u8]) -> Result<Option<O>>,
) -> Result<u64> {
    let mut rng = Rng::with_seed(seed);
    let mut outcomes = HashSet::new();
    for input in &pool {
        outcomes.extend(tried(input)?);
    }
    let start = Instant::now();
    let mut inputs = 0;
    // Reading the clock for each input would be slow.
    while inputs % 1000 != 0 || start.elapsed() < time {
        let input = mutated(&pool, &mut rng);
        let outcome = tried(&input)?;
        inputs += 1;
        if outcome.is_some_and(|outcome| outcomes.insert(outcome)) {
            pool.push(input);
        }
    }
    Ok(inputs)
}

/// Checks an input. A panic is an error, too.
fn tried(codec: &Codec, input: &[u8], seed: u64) -> Result<Outcome> {
    caught(|| check(codec, input)).with_context(|| described(codec.protocol, input, seed))
}

fn caught<T>(check: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(check)).unwrap_or_else(|_| Err(anyhow!("a panic")))
}

fn described(what: &str, input: &[u8], seed: u64) -> String {
    let hex = to_hex(input);
    format!(
        "{what}, seed {seed}: \"{}\"; add the line `hex {hex}` to tests/corpus/{what}",
        input.escape_ascii()
    )
}

/// Checks an input, both as a name and as a TransportID.
///
/// # Errors
///
/// The check that failed.
pub fn check(codec: &Codec, input: &[u8]) -> Result<Outcome> {
    Ok(Outcome {
        is_name: check_name(codec, input)?,
        is_canonical: codec.is_canonical(input),
        is_transport_id: check_transport_id(codec, input)?,
        len: input.len(),
    })
}

/// Checks an input as a name. Returns true if it is one.
fn check_name(codec: &Codec, name: &[u8]) -> Result<bool> {
    let Some(port) = (codec.parse)(name) else {
        return Ok(false);
    };
    let text = &port.text;
    ensure!(!text.contains(&0), "a NUL in the canonical form");
    ensure!(
        port.with_nul.strip_suffix(&[0]) == Some(text),
        "the form with a NUL has none"
    );
    ensure!(
        (codec.parse)(text).as_ref() == Some(&port),
        "its canonical form is another port"
    );
    ensure!(
        !text.iter().any(u8::is_ascii_uppercase),
        "its canonical form has capitals"
    );
    if let Some(transport_id) = &codec.transport_id {
        let encode = |isid| (transport_id.encode)(name, isid).context("no TransportID");
        let id = encode(None)?;
        ensure!(
            id.len() >= 24 && id.len() % 4 == 0,
            "a TransportID of {} bytes",
            id.len()
        );
        ensure!(
            id[0] & 0xf == row(codec)?.id,
            "its TransportID is of another protocol"
        );
        ensure!(
            (transport_id.decode)(&id) == Some((text.clone(), None)),
            "its TransportID is of another name"
        );
        if row(codec)?.has_isid() {
            ensure!(
                (transport_id.decode)(&encode(Some(&ISID))?) == Some((text.clone(), Some(ISID))),
                "its TransportID with an ISID is of another name"
            );
        }
    }
    Ok(true)
}

/// Checks an input as a TransportID. Returns true if it is one.
fn check_transport_id(codec: &Codec, id: &[u8]) -> Result<bool> {
    let Some(transport_id) = &codec.transport_id else {
        return Ok(false);
    };
    let Some((name, isid)) = (transport_id.decode)(id) else {
        return Ok(false);
    };
    let encoded = (transport_id.encode)(&name, isid.as_ref()).context("cannot be encoded again")?;
    // The bytes must be the same, except for the case of an ISID.
    let isid_start = isid.map_or(id.len(), |_| 4 + name.len() + ",i,0x".len());
    ensure!(
        encoded[..isid_start] == id[..isid_start] && encoded.eq_ignore_ascii_case(id),
        "encoded again, it is {}",
        encoded.escape_ascii()
    );
    Ok(true)
}

fn row(codec: &Codec) -> Result<&'static Protocol> {
    protocol::find(codec.protocol).map_err(|reason| anyhow!(reason))
}

/// Initial inputs: names of the table, their TransportIDs, and the corpus file of the protocol.
fn corpus(codec: &Codec) -> Result<Vec<Vec<u8>>> {
    let row = row(codec)?;
    let names = [row.example, row.other_example, row.initiator_example];
    let lists = [row.other_spellings, row.refused];
    let mut inputs: Vec<Vec<u8>> = names
        .iter()
        .chain(lists.into_iter().flatten())
        .map(|name| name.as_bytes().to_vec())
        .collect();
    if let Some(transport_id) = &codec.transport_id {
        let isids = [None, Some(&ISID)].into_iter();
        let ids = isids.filter_map(|isid| (transport_id.encode)(row.example.as_bytes(), isid));
        inputs.extend(ids.collect::<Vec<_>>());
    }
    inputs.extend(corpus_file(codec.protocol)?);
    Ok(inputs)
}

/// Inputs in a file of `tests/corpus`, if it exists. A line is `text …` or `hex …`.
fn corpus_file(name: &str) -> Result<Vec<Vec<u8>>> {
    let path = checkout().join("tests/corpus").join(name);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = fs::read_to_string(&path)?;
    let inputs = text
        .lines()
        .map(|line| line_input(line).with_context(|| format!("{}: {line}", path.display())));
    inputs.filter_map(Result::transpose).collect()
}

/// Input in a line of a corpus file, `None` for a comment.
fn line_input(line: &str) -> Result<Option<Vec<u8>>> {
    match line.split_once(' ') {
        Some(("#", _)) => Ok(None),
        Some(("text", text)) => Ok(Some(text.as_bytes().to_vec())),
        Some(("hex", digits)) => from_hex(digits).map(Some),
        _ => bail!("want `text`, `hex` or `#`"),
    }
}

/// An input of the pool after one to three mutations.
fn mutated(pool: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let mut input = rng.choice(pool).cloned().unwrap_or_default();
    for _ in 0..rng.usize(1..=3) {
        let other = rng.choice(pool).map(Vec::as_slice).unwrap_or_default();
        mutate(&mut input, other, rng);
    }
    input.truncate(INPUT_MAX);
    input
}

/// Changes a part of an input. Half of the changes keep digits digits, and letters letters.
fn mutate(input: &mut Vec<u8>, other: &[u8], rng: &mut Rng) {
    let from = rng.usize(..=input.len());
    let to = rng.usize(from..=input.len().min(from + 16));
    let part = &mut input[from..to];
    match rng.u8(..14) {
        0..4 => part
            .iter_mut()
            .for_each(|byte| *byte = digit_for(*byte, rng)),
        4..7 => part
            .iter_mut()
            .for_each(|byte| *byte = in_other_case(*byte)),
        7 => part.iter_mut().for_each(|byte| *byte = rng.u8(..)),
        8 => part.iter_mut().for_each(|byte| *byte ^= 1 << rng.u8(..8)),
        9 => drop(input.drain(from..to)),
        10 => {
            let again = part.to_vec();
            input.splice(from..from, again);
        }
        11 => {
            let token = rng.choice(TOKENS).unwrap_or_default();
            input.splice(from..to, token.iter().copied());
        }
        12 => {
            let rest = other.get(from..).unwrap_or_default();
            input.splice(from.., rest.iter().copied());
        }
        _ => finish(input),
    }
}

fn digit_for(byte: u8, rng: &mut Rng) -> u8 {
    let digit = rng.choice(*b"0123456789abcdefABCDEF");
    digit.filter(|_| byte.is_ascii_hexdigit()).unwrap_or(byte)
}

fn in_other_case(byte: u8) -> u8 {
    if byte.is_ascii_alphabetic() {
        byte ^ 0x20
    } else {
        byte
    }
}

/// Gives an input the length of a TransportID, and sets its length field.
fn finish(input: &mut Vec<u8>) {
    let end = input.iter().rposition(|byte| *byte != 0).unwrap_or(0);
    input.truncate(end + 1);
    // The text of iSCSI ends with a NUL. The other formats have room for one.
    input.resize((end + 2).max(24).next_multiple_of(4), 0);
    if input[0] & 0xf == 5 {
        let additional = u16::try_from(input.len() - 4).unwrap_or(u16::MAX);
        input[2..4].copy_from_slice(&additional.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Port, codec};
    use crate::suite::seed;

    /// One second for each protocol and the transport.
    #[test]
    fn fuzzer_finds_no_fault_in_seconds() {
        fuzz(Duration::from_secs(13), seed()).unwrap();
    }

    #[test]
    fn corpus_has_each_kind_of_input() {
        for codec in &CODECS {
            let outcomes: Vec<_> = corpus(codec)
                .unwrap()
                .iter()
                .map(|input| check(codec, input).unwrap())
                .collect();
            let is_other = |outcome: &Outcome| outcome.is_name && !outcome.is_canonical;
            assert!(outcomes.iter().any(|outcome| outcome.is_canonical));
            assert!(outcomes.iter().any(is_other));
            assert!(outcomes.iter().any(|outcome| !outcome.is_name));
            let reached = outcomes.iter().any(|outcome| outcome.is_transport_id);
            assert_eq!(reached, codec.transport_id.is_some(), "{}", codec.protocol);
        }
    }

    #[test]
    fn fuzzer_finds_wrong_codecs() {
        let fc = codec("FC").unwrap();
        let found = |wrong: &Codec| {
            let error = run(wrong, Duration::from_secs(10), 1).unwrap_err();
            format!("{error:#}")
        };
        let keeps_spelling = Codec {
            parse: |name| {
                let port = (codec("FC")?.parse)(name)?;
                let with_nul = [name, b"\0"].concat();
                let text = name.to_vec();
                Some(Port {
                    text,
                    with_nul,
                    ..port
                })
            },
            ..*fc
        };
        let said = found(&keeps_spelling);
        assert!(said.contains("its canonical form has capitals"), "{said}");
        let panics = Codec {
            parse: |name| (name.len() != 30).then_some(None).unwrap(),
            ..*fc
        };
        let said = found(&panics);
        assert!(
            said.contains("seed 1") && said.contains("a panic"),
            "{said}"
        );
    }

    #[test]
    fn corpus_line_is_text_or_hex() {
        assert_eq!(line_input("text a b").unwrap().unwrap(), b"a b");
        assert_eq!(line_input("hex 00ff").unwrap().unwrap(), [0, 0xff]);
        assert!(line_input("# comment").unwrap().is_none());
        assert!(line_input("hex 0g").is_err() && line_input("other").is_err());
    }
}
