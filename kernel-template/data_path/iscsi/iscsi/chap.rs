// SPDX-License-Identifier: GPL-2.0-only

//! The Challenge Handshake Authentication Protocol (CHAP) in a login (RFC 7143, section 12.1.3, and
//! RFC 1994).
//!
//! The target challenges the initiator to prove that it knows a secret. The initiator may challenge
//! the target as well.
//!
//! Pure `core`: the same file is compiled and tested on the host.

#![forbid(unsafe_code)]

use super::{
    keys::{self, Value, Writer},
    pdu::LoginStatus, //
};

/// Maximum challenge of an initiator, in bytes (RFC 7143, section 12.1.3).
const CHALLENGE_MAX: usize = 1024;

/// Maximum length of a digest, in bytes.
pub(crate) const DIGEST_MAX: usize = 32;

/// Number of random bytes of a handshake: an identifier and a challenge.
pub(crate) const RANDOM_LEN: usize = 1 + DIGEST_MAX;

/// A digest algorithm, with its number in IANA's registry of PPP authentication algorithms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Algorithm {
    Md5 = 5,
    Sha1 = 6,
    Sha256 = 7,
}

impl Algorithm {
    fn of(text: &[u8]) -> Option<Self> {
        let known = [Self::Md5, Self::Sha1, Self::Sha256];
        let wanted = keys::number(text)?;
        known
            .into_iter()
            .find(|algorithm| *algorithm as u32 == wanted)
    }

    /// Returns the length of the digest, in bytes.
    pub(crate) fn digest_length(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

/// The functions of a cryptographic library that CHAP needs.
pub(crate) trait Crypto {
    /// Returns the digest of the concatenated `parts`, padded with zeros, or `None` if memory is
    /// short.
    fn digest(algorithm: Algorithm, parts: [&[u8]; 3]) -> Option<[u8; DIGEST_MAX]>;

    /// Returns true if two digests are equal, in constant time.
    fn is_equal(a: &[u8; DIGEST_MAX], b: &[u8; DIGEST_MAX]) -> bool;
}

/// The credentials of an initiator and its target; empty fields are unset.
#[derive(Clone, Copy)]
pub(crate) struct Credentials<'a> {
    /// CHAP name of the initiator.
    pub(crate) userid: &'a [u8],
    /// Secret of the initiator.
    pub(crate) password: &'a [u8],
    /// CHAP name of the target.
    pub(crate) userid_mutual: &'a [u8],
    /// Secret of the target.
    pub(crate) password_mutual: &'a [u8],
}

impl Credentials<'_> {
    /// Returns true if the initiator can authenticate itself.
    pub(crate) fn has_secret(&self) -> bool {
        !self.userid.is_empty() && !self.password.is_empty()
    }

    /// Returns true if the target can authenticate itself.
    pub(crate) fn is_mutual(&self) -> bool {
        !self.userid_mutual.is_empty() && !self.password_mutual.is_empty()
    }
}

/// The values of the CHAP keys in a login request.
#[derive(Clone, Copy, Default)]
pub(crate) struct Keys<'a> {
    algorithms: Option<&'a [u8]>,
    id: Option<&'a [u8]>,
    challenge: Option<&'a [u8]>,
    name: Option<&'a [u8]>,
    response: Option<&'a [u8]>,
}

impl<'a> Keys<'a> {
    /// Takes a key and its value. Returns false if it is not a CHAP key.
    pub(crate) fn take(&mut self, key: &[u8], value: &'a [u8]) -> bool {
        let place = match key {
            b"CHAP_A" => &mut self.algorithms,
            b"CHAP_I" => &mut self.id,
            b"CHAP_C" => &mut self.challenge,
            b"CHAP_N" => &mut self.name,
            b"CHAP_R" => &mut self.response,
            _ => return false,
        };
        *place = Some(value);
        true
    }

    /// Returns true if there are none.
    pub(crate) fn is_empty(&self) -> bool {
        let all = [
            self.algorithms,
            self.id,
            self.challenge,
            self.name,
            self.response,
        ];
        all.iter().all(Option::is_none)
    }
}

/// The state of a handshake.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Waits for the algorithms of the initiator.
    Algorithms,
    /// Waits for the response to the challenge.
    Response(Algorithm),
    /// The initiator is authenticated.
    Done,
}

/// The target's side of a handshake.
pub(crate) struct Chap {
    step: Step,
    random: [u8; RANDOM_LEN],
}

impl Chap {
    /// Creates a handshake. `random` must not be used for another one.
    pub(crate) fn new(random: [u8; RANDOM_LEN]) -> Self {
        Self {
            step: Step::Algorithms,
            random,
        }
    }

    /// Returns true if the initiator is authenticated.
    pub(crate) fn is_done(&self) -> bool {
        self.step == Step::Done
    }

    /// Returns the identifier and the challenge for a digest algorithm.
    fn challenge(&self, algorithm: Algorithm) -> (u8, &[u8]) {
        let [id, challenge @ ..] = &self.random;
        let challenge = challenge.get(..algorithm.digest_length());
        (*id, challenge.unwrap_or_default())
    }

    /// Answers a request of the initiator.
    ///
    /// # Errors
    ///
    /// Returns the login status if the authentication fails or the request is invalid.
    pub(crate) fn answer<C: Crypto>(
        &mut self,
        said: &Keys<'_>,
        credentials: &Credentials<'_>,
        writer: &mut Writer<'_>,
    ) -> Result<(), LoginStatus> {
        match self.step {
            Step::Algorithms => self.choose(said, writer),
            Step::Response(algorithm) => {
                self.verify::<C>(algorithm, said, credentials)?;
                self.step = Step::Done;
                // Authentication of the target is the choice of the initiator (RFC 7143, section
                // 12.1.3).
                if said.id.is_none() && said.challenge.is_none() {
                    return Ok(());
                }
                self.respond::<C>(algorithm, said, credentials, writer)
            }
            Step::Done if said.is_empty() => Ok(()),
            Step::Done => Err(LoginStatus::AUTHENTICATION_FAILURE),
        }
    }

    /// Chooses the first supported algorithm of the initiator, and sends the challenge.
    fn choose(&mut self, said: &Keys<'_>, writer: &mut Writer<'_>) -> Result<(), LoginStatus> {
        let failure = LoginStatus::AUTHENTICATION_FAILURE;
        let list = said.algorithms.ok_or(failure)?;
        let others = Keys {
            algorithms: None,
            ..*said
        };
        if !others.is_empty() {
            return Err(failure);
        }
        let chosen = list.split(|byte| *byte == b',').find_map(Algorithm::of);
        let chosen = chosen.ok_or(failure)?;
        self.step = Step::Response(chosen);
        let (id, challenge) = self.challenge(chosen);
        let is_written = writer.pair(b"CHAP_A", Value::Number(chosen as u32))
            && writer.pair(b"CHAP_I", Value::Number(id.into()))
            && writer.pair(b"CHAP_C", Value::Binary(challenge));
        written(is_written)
    }

    /// Verifies the response of the initiator.
    fn verify<C: Crypto>(
        &self,
        algorithm: Algorithm,
        said: &Keys<'_>,
        credentials: &Credentials<'_>,
    ) -> Result<(), LoginStatus> {
        let failure = LoginStatus::AUTHENTICATION_FAILURE;
        let (Some(name), Some(response), None) = (said.name, said.response, said.algorithms) else {
            return Err(failure);
        };
        if !credentials.has_secret() {
            return Err(failure);
        }
        let mut received = [0; DIGEST_MAX];
        let length = decode(response, &mut received).ok_or(failure)?;
        let (id, challenge) = self.challenge(algorithm);
        let computed = C::digest(algorithm, [&[id], credentials.password, challenge]);
        let computed = computed.ok_or(LoginStatus::OUT_OF_RESOURCES)?;
        let is_right = length == algorithm.digest_length()
            && name == credentials.userid
            && C::is_equal(&received, &computed);
        is_right.then_some(()).ok_or(failure)
    }

    /// Answers the challenge of the initiator.
    fn respond<C: Crypto>(
        &self,
        algorithm: Algorithm,
        said: &Keys<'_>,
        credentials: &Credentials<'_>,
        writer: &mut Writer<'_>,
    ) -> Result<(), LoginStatus> {
        let failure = LoginStatus::AUTHENTICATION_FAILURE;
        let (Some(id), Some(challenge)) = (said.id, said.challenge) else {
            return Err(failure);
        };
        let id = keys::number(id).and_then(|id| u8::try_from(id).ok());
        let id = id.ok_or(failure)?;
        let mut place = [0; CHALLENGE_MAX];
        let length = decode(challenge, &mut place).ok_or(failure)?;
        let challenge = place.get(..length).unwrap_or_default();
        // A reflected challenge: its response would authenticate the sender in another login.
        let is_reflected = challenge == self.challenge(algorithm).1;
        if challenge.is_empty() || is_reflected || !credentials.is_mutual() {
            return Err(failure);
        }
        let computed = C::digest(algorithm, [&[id], credentials.password_mutual, challenge]);
        let computed = computed.ok_or(LoginStatus::OUT_OF_RESOURCES)?;
        let response = computed.get(..algorithm.digest_length());
        let is_written = writer.pair(b"CHAP_N", Value::Text(credentials.userid_mutual))
            && writer.pair(b"CHAP_R", Value::Binary(response.unwrap_or_default()));
        written(is_written)
    }
}

/// Converts the result of writing an answer.
///
/// # Errors
///
/// Returns the login status if the answer did not fit.
pub(crate) fn written(is_written: bool) -> Result<(), LoginStatus> {
    is_written
        .then_some(())
        .ok_or(LoginStatus::OUT_OF_RESOURCES)
}

/// Decodes a binary value, in hexadecimal or base64 (RFC 7143, section 6.1), to `place`. Returns
/// its length, or `None` if the value is malformed or too long.
pub(crate) fn decode(text: &[u8], place: &mut [u8]) -> Option<usize> {
    match text {
        [b'0', b'x' | b'X', digits @ ..] => decode_hex(digits, place),
        [b'0', b'b' | b'B', digits @ ..] => decode_base64(digits, place),
        _ => None,
    }
}

fn decode_hex(digits: &[u8], place: &mut [u8]) -> Option<usize> {
    let pairs = digits.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let mut length = 0usize;
    for pair in pairs {
        let [high, low] = pair else { return None };
        let byte = (digit(high)? << 4) | digit(low)?;
        *place.get_mut(length)? = u8::try_from(byte).ok()?;
        length = length.checked_add(1)?;
    }
    Some(length)
}

/// Decodes base64. Some initiators leave out the padding that RFC 4648 requires.
fn decode_base64(digits: &[u8], place: &mut [u8]) -> Option<usize> {
    let padded = digits.len() % 4 == 0;
    let digits = match digits {
        [digits @ .., b'=', b'='] if padded => digits,
        [digits @ .., b'='] if padded => digits,
        digits => digits,
    };
    let mut length = 0usize;
    for group in digits.chunks(4) {
        let mut bits = 0u32;
        for byte in group {
            bits = (bits << 6) | sextet(*byte)?;
        }
        // The digits of a short group are the highest ones. A single digit is less than a byte.
        let count = group.len().checked_sub(1).filter(|count| *count != 0)?;
        bits <<= 6usize.checked_mul(4usize.checked_sub(group.len())?)?;
        let [_, bytes @ ..] = bits.to_be_bytes();
        for byte in bytes.iter().take(count) {
            *place.get_mut(length)? = *byte;
            length = length.checked_add(1)?;
        }
    }
    Some(length)
}

fn sextet(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte.checked_sub(b'A')?,
        b'a'..=b'z' => byte.checked_sub(b'a')?.checked_add(26)?,
        b'0'..=b'9' => byte.checked_sub(b'0')?.checked_add(52)?,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(value.into())
}
