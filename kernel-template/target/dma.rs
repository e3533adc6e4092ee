// SPDX-License-Identifier: GPL-2.0-only

//! The payload of a command, mapped for a device: the data, and the protection information.
//!
//! A mapping owns the handle of its command, and target core keeps the memory until the driver
//! gives the handle back. The memory is therefore there while the device may use it.
//!
//! C headers: [`include/linux/dma-mapping.h`](srctree/include/linux/dma-mapping.h),
//! [`include/linux/scatterlist.h`](srctree/include/linux/scatterlist.h)

use core::{
    marker::PhantomData,
    mem::ManuallyDrop,
    ops::Deref,
    ptr, //
};

use kernel::{
    bindings::{
        dma_data_direction,
        dma_map_sg_attrs,
        dma_unmap_sg_attrs,
        sg_dma_address,
        sg_dma_len, //
    },
    device::{Bound, Device},
    prelude::*, //
};

use crate::{
    bindings,
    target::{
        Completed,
        Operations,
        Payload,
        Pending,
        Reference, //
    },
};

/// A handle of a command whose payload a device may use: a [`Pending`], whose payload the device
/// fills in, or a response from [`Response::keep`](super::Response::keep), whose data the device
/// sends.
///
/// # Safety
///
/// - While the value exists, target core must neither change nor free the payloads that
///   `data_payload` and `protection_payload` return, and no other value may map them.
/// - `DIRECTION` must be that of the device, which may write to the memory only if target core
///   expects the driver to.
pub unsafe trait Mappable {
    /// The direction of the transfer, as seen from the device: the reverse of that of the command.
    const DIRECTION: dma_data_direction;

    /// Returns the data.
    fn data_payload(&self) -> Payload<'_>;

    /// Returns the protection information. Empty if the command has none.
    fn protection_payload(&self) -> Payload<'_>;
}

// SAFETY: Target core waits for the command to be executed or to fail, and does not access the
// payload before. Both consume the only `Pending` of the command. The device writes the data.
unsafe impl<T: Operations> Mappable for Pending<T> {
    const DIRECTION: dma_data_direction = dma_data_direction::DMA_FROM_DEVICE;

    fn data_payload(&self) -> Payload<'_> {
        // SAFETY: Target core does not access the payload while `self` exists.
        unsafe { Payload::of(self.as_raw()) }
    }

    fn protection_payload(&self) -> Payload<'_> {
        // SAFETY: As for `data_payload`.
        unsafe { Payload::protection_of(self.as_raw()) }
    }
}

// SAFETY: Target core does not change the payload of a completed command, and frees it after the
// last reference. There is one kept response to a command. The device only reads the memory.
unsafe impl<T: Operations> Mappable for Reference<Completed<T>> {
    const DIRECTION: dma_data_direction = dma_data_direction::DMA_TO_DEVICE;

    fn data_payload(&self) -> Payload<'_> {
        self.payload()
    }

    fn protection_payload(&self) -> Payload<'_> {
        self.protection()
    }
}

/// A list that is mapped, or empty.
struct List {
    list: *mut bindings::scatterlist,
    entries: u32,
    mapped: u32,
    len: u32,
}

impl List {
    /// Maps a payload.
    ///
    /// # Safety
    ///
    /// The payload must be alive until [`Self::unmap`], in a list that is not mapped otherwise.
    unsafe fn map(
        payload: &Payload<'_>,
        device: &Device<Bound>,
        direction: dma_data_direction,
    ) -> Result<Self> {
        let (list, entries) = payload.scatterlist();
        let mut this = Self {
            list,
            entries,
            mapped: 0,
            len: payload.len(),
        };
        if this.len != 0 {
            // SAFETY: A bound device is alive. The list is alive and has `entries` entries, by the
            // requirements of this function.
            this.mapped =
                unsafe { dma_map_sg_attrs(raw(device), list.cast(), entries as i32, direction, 0) };
            if this.mapped == 0 {
                return Err(EIO);
            }
        }
        Ok(this)
    }

    /// Ends the mapping.
    ///
    /// # Safety
    ///
    /// As the list was mapped: `device` and `direction` must be the same. This must be called once.
    unsafe fn unmap(&self, device: &Device<Bound>, direction: dma_data_direction) {
        if self.mapped == 0 {
            return;
        }
        // SAFETY: The list was mapped for the device and is alive, by the requirements of `map`.
        unsafe {
            dma_unmap_sg_attrs(
                raw(device),
                self.list.cast(),
                self.entries as i32,
                direction,
                0,
            );
        }
    }

    fn segments(&self) -> MappedSegments<'_> {
        MappedSegments {
            entry: self.list,
            entries: self.mapped,
            left: self.len,
            mapping: PhantomData,
        }
    }
}

/// Returns the C part of a device.
fn raw(device: &Device<Bound>) -> *mut kernel::bindings::device {
    // `Device` is a transparent wrapper.
    ptr::from_ref(device).cast_mut().cast()
}

/// The payload of a command, mapped for a device. Dropping it ends the mapping, and then drops the
/// handle: the write fails, or the response is dropped.
///
/// The driver must have ended the transfers of the device before it unmaps or drops this.
///
/// # Invariants
///
/// The lists are those of the handle, mapped for `device` in the direction `H::DIRECTION`.
pub struct Mapping<'a, H: Mappable> {
    device: &'a Device<Bound>,
    data: List,
    protection: List,
    handle: ManuallyDrop<H>,
}

// SAFETY: Any thread may end a mapping, and the handle is `Send`.
unsafe impl<H: Mappable + Send> Send for Mapping<'_, H> {}

// SAFETY: A shared mapping is only read, and the handle is `Sync`.
unsafe impl<H: Mappable + Sync> Sync for Mapping<'_, H> {}

impl<'a, H: Mappable> Mapping<'a, H> {
    /// Maps the payload of a command for `device`. Called in any context.
    ///
    /// # Errors
    ///
    /// Returns the handle with [`EIO`] if the device cannot access the memory, or if there are no
    /// resources to map it.
    pub fn new(handle: H, device: &'a Device<Bound>) -> Result<Self, (Error, H)> {
        // SAFETY: The handle keeps the payload, and the mapping the handle.
        let data = match unsafe { List::map(&handle.data_payload(), device, H::DIRECTION) } {
            Ok(data) => data,
            Err(error) => return Err((error, handle)),
        };
        // SAFETY: The handle keeps the protection information, too.
        match unsafe { List::map(&handle.protection_payload(), device, H::DIRECTION) } {
            Ok(protection) => Ok(Self {
                device,
                data,
                protection,
                handle: ManuallyDrop::new(handle),
            }),
            Err(error) => {
                // SAFETY: The list was mapped above.
                unsafe { data.unmap(device, H::DIRECTION) };
                Err((error, handle))
            }
        }
    }

    /// Returns the ranges of the data, as the device addresses them.
    pub fn data(&self) -> MappedSegments<'_> {
        self.data.segments()
    }

    /// Returns the ranges of the protection information. None if the command has none.
    pub fn protection(&self) -> MappedSegments<'_> {
        self.protection.segments()
    }

    /// Ends the mapping and returns the handle. Called in any context.
    pub fn unmap(self) -> H {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: `this` is forgotten, so the lists are unmapped and the handle is taken once.
        unsafe {
            this.end();
            ManuallyDrop::take(&mut this.handle)
        }
    }

    /// Ends the mapping of both lists.
    ///
    /// # Safety
    ///
    /// This must be called once.
    unsafe fn end(&self) {
        // SAFETY: The lists are mapped, by the type's invariants, and are unmapped once.
        unsafe {
            self.data.unmap(self.device, H::DIRECTION);
            self.protection.unmap(self.device, H::DIRECTION);
        }
    }
}

impl<H: Mappable> Deref for Mapping<'_, H> {
    type Target = H;

    fn deref(&self) -> &H {
        &self.handle
    }
}

impl<H: Mappable> Drop for Mapping<'_, H> {
    fn drop(&mut self) {
        // SAFETY: A mapping is dropped once, and `unmap` forgets it.
        unsafe {
            self.end();
            ManuallyDrop::drop(&mut self.handle);
        }
    }
}

/// A range of bytes as a device addresses it.
#[derive(Clone, Copy)]
pub struct MappedSegment<'a> {
    address: u64,
    len: u32,
    mapping: PhantomData<&'a ()>,
}

impl MappedSegment<'_> {
    /// Returns the address for the device. It must not be used after the end of the mapping.
    pub fn address(&self) -> u64 {
        self.address
    }

    /// Returns the length in bytes.
    pub fn length(&self) -> u32 {
        self.len
    }
}

/// An iterator over the [`MappedSegment`]s of a list.
pub struct MappedSegments<'a> {
    entry: *mut bindings::scatterlist,
    entries: u32,
    left: u32,
    mapping: PhantomData<&'a ()>,
}

impl<'a> Iterator for MappedSegments<'a> {
    type Item = MappedSegment<'a>;

    fn next(&mut self) -> Option<MappedSegment<'a>> {
        if self.entries == 0 || self.left == 0 {
            return None;
        }
        // SAFETY: The mapping, which is borrowed, has this many entries that are mapped.
        let (address, length) = unsafe {
            let entry = self.entry;
            self.entry = bindings::sg_next(entry);
            (sg_dma_address(entry.cast()), sg_dma_len(entry.cast()))
        };
        self.entries -= 1;
        let len = length.min(self.left);
        self.left -= len;
        Some(MappedSegment {
            #[allow(
                clippy::useless_conversion,
                reason = "the width depends on the configuration"
            )]
            address: address.into(),
            len,
            mapping: PhantomData,
        })
    }
}
