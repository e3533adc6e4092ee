// SPDX-License-Identifier: GPL-2.0-only

//! An iSCSI initiator for tests, which can send invalid PDUs. It shares no code with the target.
//! The program `iscsi-client` uses it in a guest.
//!
//! Source: RFC 7143, sections 6 and 11.

mod pdu;

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Error, Result, bail, ensure};
use sha2::{Digest, Sha256};

use crate::codec::{from_hex, to_hex};
use pdu::digest;

pub use pdu::{Digests, Header, NO_TAG, Pdu, reply, stage};

/// Limit of time for an answer. A debug kernel without KVM is slow.
const PATIENCE: Duration = Duration::from_secs(30);

/// Names for a login.
#[derive(Clone, Debug)]
pub struct Names {
    /// The initiator.
    pub initiator: String,
    /// The target, `None` for a discovery session.
    pub target: Option<String>,
}

impl Names {
    /// Keys of the first login request.
    #[must_use]
    pub fn keys(&self) -> String {
        let kind = match &self.target {
            Some(target) => format!("SessionType=Normal\0TargetName={target}\0"),
            None => "SessionType=Discovery\0".to_owned(),
        };
        format!("InitiatorName={}\0{kind}", self.initiator)
    }
}

/// A connection to a portal.
#[derive(Debug)]
pub struct Connection {
    /// The socket.
    pub stream: TcpStream,
    /// `CmdSN` of the next command.
    pub cmd_sn: u32,
    /// `StatSN` of the next response.
    pub exp_stat_sn: u32,
    /// The tag of the next task.
    pub tag: u32,
    /// The ISID. Each session of an initiator needs another one.
    pub isid: [u8; 6],
    /// Digests in PDUs of both directions.
    pub digests: Digests,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    ///
    /// If the portal does not accept the connection.
    pub fn new(portal: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&portal, PATIENCE)
            .with_context(|| format!("cannot connect to {portal}"))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            cmd_sn: 1,
            exp_stat_sn: 0,
            tag: 1,
            isid: [0x80, 0, 0, 0, 0, 1],
            digests: Digests::default(),
        })
    }

    /// Sends a PDU.
    ///
    /// # Errors
    ///
    /// If the connection is closed.
    pub fn send(&mut self, pdu: &Pdu) -> Result<()> {
        self.send_bytes(&pdu.bytes_with(self.digests))
    }

    /// Sends bytes, which need not be a complete PDU.
    ///
    /// # Errors
    ///
    /// As [`Self::send`].
    pub fn send_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(bytes)?)
    }

    /// Receives a PDU, or `None` if the target has closed the connection.
    ///
    /// # Errors
    ///
    /// If no PDU arrives in time, or a digest is wrong.
    pub fn receive(&mut self) -> Result<Option<Pdu>> {
        let mut pdu = Pdu::new(0, 0, &[]);
        if !self.fill(&mut pdu.header)? {
            return Ok(None);
        }
        pdu.ahs = vec![0; usize::from(pdu.header[4]) * 4];
        let length = (pdu.field(4) & 0x00ff_ffff) as usize;
        let mut data = vec![0; length.next_multiple_of(4)];
        let (mut header_digest, mut data_digest) = ([0; 4], [0; 4]);
        let whole = self.fill(&mut pdu.ahs)?
            && (!self.digests.header || self.fill(&mut header_digest)?)
            && self.fill(&mut data)?
            && (!self.digests.data || length == 0 || self.fill(&mut data_digest)?);
        if !whole {
            return Ok(None);
        }
        ensure!(
            !self.digests.header || header_digest == digest(&[&pdu.header[..], &pdu.ahs].concat()),
            "a wrong header digest: {pdu:?}"
        );
        ensure!(
            !self.digests.data || length == 0 || data_digest == digest(&data),
            "a wrong data digest: {pdu:?}"
        );
        data.truncate(length);
        pdu.data = data;
        let has_status = match pdu.opcode() {
            reply::DATA => pdu.header[1] & 1 != 0,
            reply::R2T => false,
            0x20 => pdu.field(16) != NO_TAG,
            _ => true,
        };
        if has_status {
            self.exp_stat_sn = pdu.field(24).wrapping_add(1);
        }
        Ok(Some(pdu))
    }

    /// Fills `place`. Returns false if the connection ends before that.
    fn fill(&mut self, place: &mut [u8]) -> Result<bool> {
        match self.stream.read_exact(place) {
            Ok(()) => Ok(true),
            Err(error) => match error.kind() {
                ErrorKind::UnexpectedEof
                | ErrorKind::ConnectionReset
                | ErrorKind::BrokenPipe
                | ErrorKind::ConnectionAborted => Ok(false),
                ErrorKind::WouldBlock | ErrorKind::TimedOut => Err(error).context("no answer"),
                _ => Err(error.into()),
            },
        }
    }

    /// Returns true if the target has reset or closed the connection, or does within a second.
    pub fn is_reset(&mut self) -> bool {
        let patience = Some(Duration::from_secs(1));
        let read = self.stream.set_read_timeout(patience);
        match read.and_then(|()| self.stream.read(&mut [0])) {
            Ok(count) => count == 0,
            Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }

    /// A login request.
    #[must_use]
    pub fn login_request(&self, current: u8, next: Option<u8>, text: &str) -> Pdu {
        let transit = next.map_or(0, |next| 0x80 | next);
        let fields = [(16, 1), (24, self.cmd_sn), (28, self.exp_stat_sn)];
        let mut pdu = Pdu::new(0x43, transit | (current << 2), &fields).with(text.as_bytes());
        pdu.header[8..14].copy_from_slice(&self.isid);
        pdu
    }

    /// Sends a login request. Returns the status and the response.
    ///
    /// # Errors
    ///
    /// If the target sends another PDU or none.
    pub fn ask(&mut self, current: u8, next: Option<u8>, text: &str) -> Result<(u16, Pdu)> {
        self.send(&self.login_request(current, next, text))?;
        let pdu = self
            .receive()?
            .context("the target closed the connection")?;
        ensure!(pdu.opcode() == reply::LOGIN, "no login response: {pdu:?}");
        Ok((pdu.status(), pdu))
    }

    /// Logs in without authentication.
    ///
    /// # Errors
    ///
    /// If the target refuses the login.
    pub fn log_in(&mut self, names: &Names, operational: &str) -> Result<()> {
        let text = names.keys() + operational;
        let (status, pdu) = self.ask(stage::OPERATIONAL, Some(stage::FULL), &text)?;
        ensure!(status == 0, "the login is refused: {status:#06x}");
        ensure!(pdu.header[1] & 0x83 == 0x83, "the login goes on: {pdu:?}");
        self.digests = agreed(&pdu);
        Ok(())
    }

    /// A SCSI command for LUN 0, with the flags of the header: 0x80 final, 0x40 read, 0x20 write.
    #[must_use]
    pub fn command(&mut self, flags: u8, length: u32, cdb: &[u8]) -> Pdu {
        let fields = [
            (16, self.tag),
            (20, length),
            (24, self.cmd_sn),
            (28, self.exp_stat_sn),
        ];
        self.tag = self.tag.wrapping_add(1);
        self.cmd_sn = self.cmd_sn.wrapping_add(1);
        let mut pdu = Pdu::new(0x01, flags | 1, &fields);
        pdu.header[32..32 + cdb.len()].copy_from_slice(cdb);
        pdu
    }

    /// Data-Out for an R2T.
    #[must_use]
    pub fn data_out(&self, tag: u32, transfer_tag: u32, number: u32, offset: u32) -> Pdu {
        let fields = [
            (16, tag),
            (20, transfer_tag),
            (28, self.exp_stat_sn),
            (36, number),
            (40, offset),
        ];
        Pdu::new(0x05, 0x80, &fields)
    }

    /// Sends INQUIRY to LUN 0.
    ///
    /// # Errors
    ///
    /// If it is not answered.
    pub fn inquire(&mut self) -> Result<()> {
        let command = self.command(0xc0, 36, &[0x12, 0, 0, 0, 36, 0]);
        let tag = command.field(16);
        self.send(&command)?;
        loop {
            let pdu = self
                .receive()?
                .context("the target closed the connection")?;
            match pdu.opcode() {
                reply::RESPONSE if pdu.field(16) == tag => return Ok(()),
                reply::DATA if pdu.field(16) == tag && pdu.header[1] & 1 != 0 => return Ok(()),
                // PDUs of other commands.
                0x20 | 0x32 | reply::RESPONSE | reply::DATA => {}
                other => bail!("an answer of kind {other:#x}"),
            }
        }
    }

    /// Logs out.
    ///
    /// # Errors
    ///
    /// If the target does not confirm the logout.
    pub fn log_out(&mut self) -> Result<()> {
        let fields = [(16, self.tag), (24, self.cmd_sn), (28, self.exp_stat_sn)];
        self.send(&Pdu::new(0x46, 0x80, &fields))?;
        let pdu = self
            .receive()?
            .context("the target closed the connection")?;
        ensure!(
            pdu.opcode() == reply::LOGOUT && pdu.header[2] == 0,
            "no logout: {pdu:?}"
        );
        Ok(())
    }
}

/// Digests agreed on by the last response of a login.
#[must_use]
pub fn agreed(pdu: &Pdu) -> Digests {
    let is_crc = |key| pdu.value(key).as_deref() == Some("CRC32C");
    Digests {
        header: is_crc("HeaderDigest"),
        data: is_crc("DataDigest"),
    }
}

/// Returns true if an error is a timeout of an open connection.
#[must_use]
pub fn is_silence(error: &Error) -> bool {
    let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
    matches!(kind, Some(ErrorKind::WouldBlock | ErrorKind::TimedOut))
}

/// Response to a CHAP challenge with SHA-256, as the value of a key (RFC 1994, section 4.1).
#[must_use]
pub fn proof(id: u8, secret: &str, challenge: &[u8]) -> String {
    let digest = Sha256::new()
        .chain_update([id])
        .chain_update(secret)
        .chain_update(challenge)
        .finalize();
    hex(&digest)
}

/// Bytes as the value of a key, in hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    format!("0x{}", to_hex(bytes))
}

/// Bytes of the value of a key in hexadecimal.
///
/// # Errors
///
/// If the value is not in hexadecimal.
pub fn bytes(value: &str) -> Result<Vec<u8>> {
    let digits = value.strip_prefix("0x").context("no 0x")?;
    from_hex(digits)
}
