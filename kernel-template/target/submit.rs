// SPDX-License-Identifier: GPL-2.0-only

//! What arrives through a session: commands and task management functions.
//!
//! C header: [`include/target/target_core_fabric.h`](srctree/include/target/target_core_fabric.h)

use core::{
    cell::UnsafeCell,
    ptr,
    ptr::NonNull, //
};

use kernel::{
    error::to_result,
    ffi::{c_int, c_void},
    prelude::*, //
};

use crate::{
    bindings,
    target::{
        tmr::Tmr,
        Cmd,
        CmdMemory,
        Direction,
        Operations,
        Reference,
        Refusal,
        Refused,
        Request,
        Session,
        TmrFunction, //
    },
};

impl<T: Operations> Session<T> {
    /// Submits a command. Target core answers it through the ops, even before this returns.
    ///
    /// Called in process context. Where submission is queued (`DEFAULT_SUBMIT_TYPE`, and no
    /// `DIRECT_SUBMIT_SUPP`) also in softirq: then this does not sleep.
    ///
    /// # Errors
    ///
    /// [`Refused`] says why the command was not submitted, and has the memory and the data.
    pub fn submit(
        &self,
        memory: T::CmdMemory,
        data: T::Cmd,
        request: &Request<'_>,
    ) -> Result<(), Refused<T>> {
        self.start(memory, data, request, 0).map(drop)
    }

    /// Submits a command as [`Self::submit`] does, and returns a reference to it: the command lives
    /// at least until the driver drops that.
    ///
    /// # Errors
    ///
    /// As [`Self::submit`].
    pub fn submit_counted(
        &self,
        memory: T::CmdMemory,
        data: T::Cmd,
        request: &Request<'_>,
    ) -> Result<Reference<Cmd<T>>, Refused<T>> {
        let ack = bindings::target_sc_flags_table_TARGET_SCF_ACK_KREF;
        let cmd = self.start(memory, data, request, ack)?;
        // SAFETY: The flag has made target core count a reference for the driver, which keeps the
        // command alive.
        Ok(unsafe { Reference::from_raw(cmd.as_ptr().cast()) })
    }

    /// Submits a command. The result may be dangling unless `flags` have target core count a
    /// reference for the caller.
    fn start(
        &self,
        memory: T::CmdMemory,
        data: T::Cmd,
        request: &Request<'_>,
        mut flags: bindings::target_sc_flags_table,
    ) -> Result<NonNull<Cmd<T>>, Refused<T>> {
        if !request.is_whole() {
            return Err(Refused {
                reason: Refusal::ShortCdb,
                memory,
                data,
            });
        }
        let mut buffer = memory.buffer();
        if buffer.direction == Direction::NONE {
            // Target core would move `length` bytes whatever the direction is: it looks at that
            // only to enforce write protection.
            buffer.length = Some(0);
        }
        if buffer.length.is_none() {
            flags |= bindings::target_sc_flags_table_TARGET_SCF_UNKNOWN_SIZE;
        }
        let cmd = memory.into_raw();
        let inner: *mut bindings::se_cmd = cmd.cast();
        // SAFETY: The pointer is valid for writes, by the contract of `CmdMemory`. Target core
        // wants the command all zero, but for what is set here, and does not fill the sense
        // buffer's end.
        unsafe {
            inner.write_bytes(0, 1);
            ptr::addr_of_mut!((*cmd).sense).write_bytes(0, 1);
            ptr::addr_of_mut!((*cmd).link).write(UnsafeCell::new(ptr::null_mut()));
            ptr::addr_of_mut!((*cmd).data).write(data);
            (*inner).tag = request.tag;
            (*inner).prot_pto = buffer.is_unprotected;
        }
        // SAFETY: The command is all zero but for its tag and `prot_pto`. The session is alive
        // while it is borrowed, and target core holds it for the command from here on. The sense
        // buffer is as long as target core wants it.
        let stopped = unsafe {
            bindings::target_init_cmd(
                inner,
                self.0.get(),
                ptr::addr_of_mut!((*cmd).sense).cast(),
                request.lun,
                buffer.length.unwrap_or(0),
                request.attribute.0 as c_int,
                buffer.direction.0 .0 as c_int,
                flags as c_int,
            )
        };
        if stopped != 0 {
            // SAFETY: Target core has refused the command, so this function is the only owner of
            // what it has written above.
            let (memory, data) = unsafe { Cmd::<T>::take_back(inner) };
            return Err(Refused {
                reason: Refusal::Stopped,
                memory,
                data,
            });
        }
        let (data, data_count) = buffer.data;
        let (protection, protection_count) = buffer.protection;
        // SAFETY: The command has just been initialized. Its descriptor block is whole, and target
        // core copies it. The scatterlists are valid until release, by the contract of `CmdMemory`.
        let refused = unsafe {
            bindings::target_submit_prep(
                inner,
                request.cdb.as_ptr().cast_mut(),
                data,
                data_count,
                ptr::null_mut(),
                0,
                protection,
                protection_count,
                bindings::GFP_ATOMIC,
            )
        };
        // If this fails, target core has responded already.
        if refused == 0 {
            // SAFETY: Target core has accepted the command above, and keeps it until it is
            // submitted here.
            unsafe { bindings::target_submit(inner) };
        }
        // SAFETY: The pointer of the memory is valid for writes, by the contract of `CmdMemory`, so
        // it is not null.
        Ok(unsafe { NonNull::new_unchecked(cmd) })
    }

    /// Submits a task management function. Target core either responds, with `queue_tm_rsp`, or
    /// aborts the function, with `aborted_task`; that call returns `data` to the driver.
    ///
    /// An `ABORT TASK`, or a reset, waits until the driver has given back each command concerned
    /// that it holds: a [`Pending`](super::Pending), which says
    /// [so](super::Pending::is_aborted), or a [`Reference`] to it.
    ///
    /// Called in any context but hard interrupts.
    ///
    /// # Errors
    ///
    /// [`ENOMEM`], or the errno `ESHUTDOWN` if the nexus is stopped; with `data`.
    pub fn submit_tmr(
        &self,
        lun: u64,
        function: TmrFunction,
        data: T::Tmr,
    ) -> Result<(), (Error, T::Tmr)> {
        let (function, tag) = function.to_raw();
        let tmr = Tmr::<T>::new(data)?;
        // SAFETY: `Tmr::new` has zeroed the C part. The session is alive while it is borrowed, and
        // target core holds it for the function from here on. A task management function has no
        // sense data.
        let result = to_result(unsafe {
            bindings::target_submit_tmr(
                tmr.cast(),
                self.0.get(),
                ptr::null_mut(),
                lun,
                ptr::null_mut::<c_void>(),
                function,
                bindings::GFP_ATOMIC,
                tag,
                0,
            )
        });
        // SAFETY: `tmr` comes from `Tmr::new`, and with an error target core has refused it.
        result.map_err(|error| (error, unsafe { Tmr::take_back(tmr) }))
    }
}
