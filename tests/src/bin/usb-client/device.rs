// SPDX-License-Identifier: GPL-2.0-only

//! The device, its interface, and bulk endpoints with time limits.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nusb::transfer::{
    Buffer, Bulk, Completion, ControlIn, ControlOut, ControlType, In, Out, Recipient, TransferError,
};
use nusb::{Device, Endpoint, Interface, MaybeFuture};

/// Limit of time for an answer, on a busy machine.
pub(super) const SOON: Duration = Duration::from_secs(20);

/// The time after which a device is known not to answer.
pub(super) const QUIET: Duration = Duration::from_millis(300);

/// Limit of time for a control request.
const CONTROL: Duration = Duration::from_secs(5);

/// The product identifier of a device.
#[derive(Clone, Copy)]
pub(super) struct Product(pub u16);

impl Product {
    /// Opens the device, when it is there.
    fn open(self) -> Result<Device> {
        let start = Instant::now();
        loop {
            let device = nusb::list_devices()
                .wait()?
                .find(|found| found.product_id() == self.0)
                .map(|found| found.open().wait());
            match device {
                Some(Ok(device)) => return Ok(device),
                _ if start.elapsed() < SOON => sleep(Duration::from_millis(20)),
                Some(Err(error)) => return Err(error.into()),
                None => bail!("no device with the product identifier {:04x}", self.0),
            }
        }
    }

    /// Resets the device's port.
    pub(super) fn reset(self) -> Result<()> {
        self.open()?.reset().wait().context("a reset of the port")
    }

    /// Claims the interface from the kernel's driver.
    pub(super) fn claim(self) -> Result<Interface> {
        let start = Instant::now();
        loop {
            // The kernel may be binding its driver.
            match self.open()?.detach_and_claim_interface(0).wait() {
                Ok(interface) => return Ok(interface),
                Err(_) if start.elapsed() < SOON => sleep(Duration::from_millis(20)),
                Err(error) => return Err(error).context("claiming the interface"),
            }
        }
    }
}

/// Selects an alternate setting, when the transfers of all endpoints have ended.
pub(super) fn select(interface: &Interface, setting: u8) -> Result<()> {
    let start = Instant::now();
    loop {
        match interface.set_alt_setting(setting).wait() {
            Ok(()) => return Ok(()),
            Err(_) if start.elapsed() < CONTROL => sleep(Duration::from_millis(5)),
            Err(error) => return Err(error).context("selecting an alternate setting"),
        }
    }
}

/// The end of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// All bytes, or a short packet.
    Complete,
    /// The endpoint is halted.
    Stalled,
    /// No end within the time limit: the transfer was cancelled.
    Late,
    /// A fault of the bus, as of an endpoint that was disabled meanwhile.
    Fault,
}

/// The end of a transfer with these results.
fn end(completion: &Completion) -> Result<End> {
    Ok(match completion.status {
        Ok(()) => End::Complete,
        Err(TransferError::Stall) => End::Stalled,
        Err(TransferError::Cancelled) => End::Late,
        Err(TransferError::Fault | TransferError::Unknown(_)) => End::Fault,
        Err(error) => bail!("a transfer: {error}"),
    })
}

/// A bulk endpoint to the device.
pub(super) struct Sender(Endpoint<Bulk, Out>);

impl Sender {
    pub(super) fn open(interface: &Interface, address: u8) -> Result<Self> {
        Ok(Self(interface.endpoint(address)?))
    }

    pub(super) fn address(&self) -> u8 {
        self.0.endpoint_address()
    }

    /// Sends bytes in one transfer. Returns the number of those that were sent.
    pub(super) fn send(&mut self, bytes: &[u8], limit: Duration) -> Result<(usize, End)> {
        let done = self.0.transfer_blocking(bytes.to_vec().into(), limit);
        Ok((done.actual_len, end(&done)?))
    }

    /// Starts a transfer. [`Self::finish`] ends it.
    pub(super) fn start(&mut self, bytes: &[u8]) {
        self.0.submit(bytes.to_vec().into());
    }

    /// Waits for the next started transfer, and cancels all of them at the time limit.
    pub(super) fn finish(&mut self, limit: Duration) -> Result<End> {
        if let Some(done) = self.0.wait_next_complete(limit) {
            return end(&done);
        }
        self.0.cancel_all();
        let done = self.0.wait_next_complete(SOON);
        end(&done.context("a cancelled transfer does not end")?)
    }

    /// Number of transfers that were started and are not finished.
    pub(super) fn started(&self) -> usize {
        self.0.pending()
    }

    pub(super) fn clear_halt(&mut self) -> Result<()> {
        self.0
            .clear_halt()
            .wait()
            .context("CLEAR FEATURE of an OUT endpoint")
    }
}

/// Bytes from the device, and the end of their transfer.
#[derive(Debug)]
pub(super) struct Received {
    pub bytes: Vec<u8>,
    pub end: End,
}

/// A bulk endpoint from the device.
pub(super) struct Receiver(Endpoint<Bulk, In>);

impl Receiver {
    pub(super) fn open(interface: &Interface, address: u8) -> Result<Self> {
        Ok(Self(interface.endpoint(address)?))
    }

    pub(super) fn address(&self) -> u8 {
        self.0.endpoint_address()
    }

    /// Receives in one transfer up to `length` bytes, rounded up to whole packets.
    pub(super) fn receive(&mut self, length: usize, limit: Duration) -> Result<Received> {
        let packet = self.0.max_packet_size();
        let length = length.max(1).next_multiple_of(packet);
        let done = self.0.transfer_blocking(Buffer::new(length), limit);
        let end = end(&done)?;
        let mut bytes = done.buffer.into_vec();
        bytes.truncate(done.actual_len);
        Ok(Received { bytes, end })
    }

    pub(super) fn clear_halt(&mut self) -> Result<()> {
        self.0
            .clear_halt()
            .wait()
            .context("CLEAR FEATURE of an IN endpoint")
    }
}

/// Sends a class request to the interface.
pub(super) fn class_out(
    interface: &Interface,
    request: u8,
    value: u16,
) -> Result<(), TransferError> {
    let request = ControlOut {
        control_type: ControlType::Class,
        recipient: Recipient::Interface,
        request,
        value,
        index: 0,
        data: &[],
    };
    interface.control_out(request, CONTROL).wait()
}

/// Sends a class request for `length` bytes to the interface.
pub(super) fn class_in(
    interface: &Interface,
    request: u8,
    value: u16,
    length: u16,
) -> Result<Vec<u8>, TransferError> {
    let request = ControlIn {
        control_type: ControlType::Class,
        recipient: Recipient::Interface,
        request,
        value,
        index: 0,
        length,
    };
    interface.control_in(request, CONTROL).wait()
}

/// Halts an endpoint by a SET FEATURE.
pub(super) fn halt(interface: &Interface, address: u8) -> Result<()> {
    let request = ControlOut {
        control_type: ControlType::Standard,
        recipient: Recipient::Endpoint,
        request: 3,
        value: 0,
        index: u16::from(address),
        data: &[],
    };
    interface
        .control_out(request, CONTROL)
        .wait()
        .context("SET FEATURE of an endpoint")
}
