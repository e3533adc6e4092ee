// SPDX-License-Identifier: GPL-2.0-only

//! Bulk-Only Transport, revision 1.0: command and status wrappers, and a host that follows it.

use std::ops::{Deref, DerefMut};

use anyhow::{Context, Result, bail, ensure};
use nusb::Interface;

use super::device::{End, Product, Received, Receiver, SOON, Sender, class_out, select};
use super::scsi::Ended;
use super::{Host, scsi};

/// Alternate setting of the transport.
const SETTING: u8 = 0;

/// Class request: Bulk-Only Mass Storage Reset.
pub(super) const RESET: u8 = 0xff;

/// Class request: Get Max LUN.
pub(super) const GET_MAX_LUN: u8 = 0xfe;

/// Number of bytes in a command block wrapper.
pub(super) const CBW: usize = 31;

/// Number of bytes in a command status wrapper.
const CSW: usize = 13;

/// A command block wrapper, section 5.1.
#[derive(Clone, Debug)]
pub(super) struct Wrapper {
    /// Number of bytes that the host expects to transfer.
    pub length: u32,
    /// Direction of the transfer: true to the host.
    pub is_in: bool,
    pub lun: u8,
    pub cdb: Vec<u8>,
}

impl Wrapper {
    pub(super) fn bytes(&self, tag: u32) -> Vec<u8> {
        let mut bytes = b"USBC".to_vec();
        bytes.extend(tag.to_le_bytes());
        bytes.extend(self.length.to_le_bytes());
        bytes.extend([u8::from(self.is_in) << 7, self.lun]);
        bytes.push(u8::try_from(self.cdb.len()).unwrap_or(u8::MAX));
        bytes.extend(&self.cdb);
        bytes.resize(CBW, 0);
        bytes
    }
}

/// A command status wrapper, section 5.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Status {
    pub residue: u32,
    pub status: u8,
}

/// Values of the status.
pub(super) const PASSED: u8 = 0;
pub(super) const FAILED: u8 = 1;
pub(super) const PHASE_ERROR: u8 = 2;

/// The phases of a command after its wrapper.
#[derive(Debug)]
pub(super) struct Phases {
    /// Data received.
    pub data: Vec<u8>,
    /// Number of bytes transferred, either way.
    pub moved: usize,
    /// True if the device has ended the data by a STALL.
    pub is_stalled: bool,
    pub status: Status,
}

/// The interface and its endpoints.
pub(super) struct Pipes {
    pub interface: Interface,
    pub out: Sender,
    pub inward: Receiver,
}

impl Pipes {
    fn open(product: Product) -> Result<Self> {
        let interface = product.claim()?;
        select(&interface, SETTING)?;
        let setting = interface.descriptor().context("no alternate setting")?;
        let addresses: Vec<_> = setting
            .endpoints()
            .map(|endpoint| endpoint.address())
            .collect();
        let address = |is_in: bool| {
            let mut found = addresses
                .iter()
                .filter(|address| (**address >= 0x80) == is_in);
            found.next().copied().context("an endpoint is missing")
        };
        Ok(Self {
            out: Sender::open(&interface, address(false)?)?,
            inward: Receiver::open(&interface, address(true)?)?,
            interface,
        })
    }
}

/// A host that uses the transport.
pub(super) struct Bot {
    /// `None` after [`Self::again`] has failed.
    pipes: Option<Pipes>,
    product: Product,
    tag: u32,
}

impl Deref for Bot {
    type Target = Pipes;

    fn deref(&self) -> &Pipes {
        self.pipes.as_ref().expect("the interface is open")
    }
}

impl DerefMut for Bot {
    fn deref_mut(&mut self) -> &mut Pipes {
        self.pipes.as_mut().expect("the interface is open")
    }
}

impl Bot {
    /// Gives the interface back to the kernel's driver, calls `between`, and claims it again.
    pub(super) fn again(&mut self, between: fn(Product) -> Result<()>) -> Result<()> {
        self.pipes = None;
        between(self.product)?;
        self.pipes = Some(Pipes::open(self.product)?);
        Ok(())
    }

    /// A tag that was not used before.
    pub(super) fn next_tag(&mut self) -> u32 {
        self.tag = self.tag.wrapping_add(0x0101_0001);
        self.tag
    }

    /// Sends a command block wrapper. Returns its tag.
    pub(super) fn wrap(&mut self, wrapper: &Wrapper) -> Result<u32> {
        let tag = self.next_tag();
        let (sent, end) = self.out.send(&wrapper.bytes(tag), SOON)?;
        ensure!(
            sent == CBW && end == End::Complete,
            "the wrapper: {end:?} after {sent} bytes"
        );
        Ok(tag)
    }

    /// Receives the status of the command with this tag, after a STALL if need be, section 6.7.2.
    pub(super) fn status(&mut self, tag: u32) -> Result<Status> {
        let mut received = self.inward.receive(CSW, SOON)?;
        if received.end == End::Stalled {
            self.inward.clear_halt()?;
            received = self.inward.receive(CSW, SOON)?;
        }
        status(&received, tag)
    }

    /// Sends a command, with `out` as its data if the wrapper has this direction.
    pub(super) fn phases(&mut self, wrapper: &Wrapper, out: &[u8]) -> Result<Phases> {
        let tag = self.wrap(wrapper)?;
        let length = wrapper.length as usize;
        let mut phases = Phases {
            data: Vec::new(),
            moved: 0,
            is_stalled: false,
            status: Status {
                residue: 0,
                status: 0,
            },
        };
        if wrapper.is_in && length > 0 {
            let received = self.inward.receive(length, SOON)?;
            phases.is_stalled = received.end == End::Stalled;
            ensure!(
                phases.is_stalled || received.end == End::Complete,
                "data: {:?}",
                received.end
            );
            phases.moved = received.bytes.len();
            phases.data = received.bytes;
            if phases.is_stalled {
                self.inward.clear_halt()?;
            }
        } else if length > 0 {
            let (sent, end) = self.out.send(out, SOON)?;
            phases.is_stalled = end == End::Stalled;
            ensure!(phases.is_stalled || end == End::Complete, "data: {end:?}");
            phases.moved = sent;
            if phases.is_stalled {
                self.out.clear_halt()?;
            }
        }
        phases.status = self.status(tag).with_context(|| {
            let Phases {
                moved, is_stalled, ..
            } = phases;
            format!("no status after {moved} of {length} bytes, STALL: {is_stalled}")
        })?;
        Ok(phases)
    }

    /// Sends the class's reset alone.
    pub(super) fn class_reset(&mut self) -> Result<()> {
        class_out(&self.interface, RESET, 0).context("a reset")
    }

    /// Reset recovery, section 5.3.4.
    pub(super) fn reset_recovery(&mut self) -> Result<()> {
        self.class_reset()?;
        self.inward.clear_halt()?;
        self.out.clear_halt()
    }

    /// Sense data of the last command, by REQUEST SENSE.
    fn sense(&mut self) -> Result<Vec<u8>> {
        let wrapper = Wrapper {
            length: 18,
            is_in: true,
            lun: 0,
            cdb: vec![3, 0, 0, 0, 18, 0],
        };
        let phases = self.phases(&wrapper, &[]).context("REQUEST SENSE")?;
        ensure!(phases.status.status == PASSED, "REQUEST SENSE: {phases:?}");
        Ok(phases.data)
    }
}

/// The status in a transfer.
pub(super) fn status(received: &Received, tag: u32) -> Result<Status> {
    let Received { bytes, end } = received;
    ensure!(*end == End::Complete, "the status: {end:?}");
    let word = |at: usize| -> Option<u32> {
        let bytes = bytes.get(at..at + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    };
    let (Some(residue), CSW, Some(b"USBS")) = (word(8), bytes.len(), bytes.get(..4)) else {
        bail!("no status: {bytes:02x?}")
    };
    ensure!(
        word(4) == Some(tag),
        "the status of tag {:08x?}, not {tag:08x}",
        word(4)
    );
    Ok(Status {
        residue,
        status: bytes[12],
    })
}

impl Host for Bot {
    fn open(product: Product) -> Result<Self> {
        Ok(Self {
            pipes: Some(Pipes::open(product)?),
            product,
            tag: 0x8000_0001,
        })
    }

    fn recover(&mut self) -> Result<()> {
        self.reset_recovery()
    }

    fn command(&mut self, cdb: &[u8], length: usize, out: &[u8]) -> Result<Ended> {
        let wrapper = Wrapper {
            length: u32::try_from(length.max(out.len()))?,
            is_in: out.is_empty(),
            lun: 0,
            cdb: cdb.to_vec(),
        };
        let phases = self.phases(&wrapper, out)?;
        let sense = match phases.status.status {
            PASSED => Vec::new(),
            FAILED => self.sense()?,
            status => bail!("status {status} of {cdb:02x?}"),
        };
        ensure!(
            phases.status.status == PASSED || scsi::is_sense(&sense),
            "sense {sense:02x?}"
        );
        Ok(Ended {
            data: phases.data,
            sense,
        })
    }
}
