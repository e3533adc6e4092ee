// SPDX-License-Identifier: GPL-2.0-only

//! Descriptors of an interface, made for each function when it is bound.
//!
//! USB 2.0 section 9.6, USB 3.2 section 9.6.

use kernel::prelude::*;

use crate::bindings;

/// An interface.
pub(crate) struct Interface {
    /// Name of the function in the kernel's log.
    pub(crate) name: &'static CStr,
    /// Endpoints. The alternate settings refer to them by their index.
    pub(crate) endpoints: &'static [Direction],
    /// Alternate settings, by number.
    pub(crate) alternates: &'static [Alternate],
}

pub(crate) use crate::target::Direction;

/// An alternate setting of an interface.
pub(crate) struct Alternate {
    /// `bInterfaceClass`, `bInterfaceSubClass` and `bInterfaceProtocol`.
    pub(crate) class: [u8; 3],
    /// Endpoints in use.
    pub(crate) endpoints: &'static [Endpoint],
}

/// A bulk endpoint of an alternate setting.
pub(crate) struct Endpoint {
    /// Index in [`Interface::endpoints`].
    pub(crate) index: usize,
    /// Maximum number of packets in a burst at SuperSpeed, minus 1.
    pub(crate) burst: u8,
    /// Binary logarithm of the number of streams at SuperSpeed, where the controller has as many;
    /// 0 for none.
    pub(crate) streams: u8,
    /// Descriptor of the class, after that of the endpoint; may be empty.
    pub(crate) class_descriptor: &'static [u8],
}

/// Descriptor types.
const INTERFACE: u8 = bindings::USB_DT_INTERFACE as u8;
const ENDPOINT: u8 = bindings::USB_DT_ENDPOINT as u8;
const COMPANION: u8 = bindings::USB_DT_SS_ENDPOINT_COMP as u8;

/// Attributes of a bulk endpoint.
pub(super) const BULK: u8 = bindings::USB_ENDPOINT_XFER_BULK as u8;

/// Room for a descriptor, in bytes.
const ROOM: usize = 9;

/// A connection speed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Speed {
    Full,
    High,
    Super,
}

impl Speed {
    /// Returns the maximum packet size of a bulk endpoint, in bytes.
    fn packet(self) -> u16 {
        match self {
            Self::Full => 64,
            Self::High => 512,
            Self::Super => 1024,
        }
    }
}

/// The numbers that the framework and the controller give to an interface.
pub(super) struct Numbers<'a> {
    /// `bInterfaceNumber`.
    pub(super) interface: u8,
    /// `bEndpointAddress` of each endpoint.
    pub(super) addresses: &'a [u8],
    /// Binary logarithm of the number of streams, or 0.
    pub(super) streams: u8,
}

/// Descriptors of an interface at a speed.
pub(super) struct Descriptors {
    bytes: KVec<[u8; ROOM]>,
}

impl Descriptors {
    /// Makes the descriptors.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`], or [`EINVAL`] if a descriptor of a class is too long.
    pub(super) fn new(interface: &Interface, numbers: &Numbers<'_>, speed: Speed) -> Result<Self> {
        let mut descriptors = Self { bytes: KVec::new() };
        for (number, alternate) in interface.alternates.iter().enumerate() {
            let [class, subclass, protocol] = alternate.class;
            let count = alternate.endpoints.len() as u8;
            let number = number as u8;
            descriptors.push(&[
                9,
                INTERFACE,
                numbers.interface,
                number,
                count,
                class,
                subclass,
                protocol,
                0,
            ])?;
            for endpoint in alternate.endpoints {
                descriptors.endpoint(endpoint, numbers, speed)?;
            }
        }
        Ok(descriptors)
    }

    /// Adds the descriptors of an endpoint.
    fn endpoint(&mut self, endpoint: &Endpoint, numbers: &Numbers<'_>, speed: Speed) -> Result {
        let address = *numbers.addresses.get(endpoint.index).ok_or(EINVAL)?;
        let [low, high] = speed.packet().to_le_bytes();
        self.push(&[7, ENDPOINT, address, BULK, low, high, 0])?;
        if speed == Speed::Super {
            let streams = endpoint.streams.min(numbers.streams);
            self.push(&[6, COMPANION, endpoint.burst, streams, 0, 0])?;
        }
        if !endpoint.class_descriptor.is_empty() {
            self.push(endpoint.class_descriptor)?;
        }
        Ok(())
    }

    /// Adds a descriptor.
    fn push(&mut self, descriptor: &[u8]) -> Result {
        let mut bytes = [0; ROOM];
        let place = bytes.get_mut(..descriptor.len()).ok_or(EINVAL)?;
        // The framework goes from one descriptor to the next by the first byte.
        if descriptor.first().map(|length| usize::from(*length)) != Some(descriptor.len()) {
            return Err(EINVAL);
        }
        place.copy_from_slice(descriptor);
        Ok(self.bytes.push(bytes, GFP_KERNEL)?)
    }

    /// Returns the list for the framework, which ends with a null pointer. The pointers are valid
    /// while `self` is borrowed.
    pub(super) fn list(&mut self) -> Result<KVec<*mut bindings::usb_descriptor_header>> {
        let mut list = KVec::new();
        for descriptor in self.bytes.iter_mut() {
            list.push(descriptor.as_mut_ptr().cast(), GFP_KERNEL)?;
        }
        list.push(::core::ptr::null_mut(), GFP_KERNEL)?;
        Ok(list)
    }
}
