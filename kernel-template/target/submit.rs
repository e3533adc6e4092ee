// SPDX-License-Identifier: GPL-2.0-only

//! Submission of commands and task management functions through a session.
//!
//! C header: [`include/target/target_core_fabric.h`](srctree/include/target/target_core_fabric.h)

use core::{
    cell::UnsafeCell,
    ptr, //
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
        Refusal,
        Refused,
        Request,
        Session,
        TmrFunction, //
    },
};

impl<T: Operations> Session<T> {
    /// Submits a command. Target core may call its ops before this returns. If it refuses the
    /// command, for example because the LUN does not exist, it calls `queue_status` and
    /// `release_cmd` here: the caller must not hold a lock that they take.
    ///
    /// Called in process context. If submission is queued (`DEFAULT_SUBMIT_TYPE`, and no
    /// `DIRECT_SUBMIT_SUPP`), this does not sleep and may be called in any context, hard interrupts
    /// included.
    ///
    /// # Errors
    ///
    /// Returns [`Refused`] with the reason, the memory and the data.
    pub fn submit(
        &self,
        memory: T::CmdMemory,
        data: T::Cmd,
        request: &Request<'_>,
    ) -> Result<(), Refused<T>> {
        if !request.is_whole() {
            return Err(Refused {
                reason: Refusal::ShortCdb,
                memory,
                data,
            });
        }
        let mut buffer = memory.buffer();
        if buffer.direction == Direction::NONE {
            // Target core does not compare the direction with the CDB: it would execute a WRITE
            // without `write_pending`, on uninitialized memory.
            buffer.length = Some(0);
        }
        let mut flags = if buffer.length.is_none() {
            bindings::target_sc_flags_table_TARGET_SCF_UNKNOWN_SIZE
        } else {
            0
        };
        let cpu = memory.cpu();
        let cmd = memory.into_raw();
        let inner: *mut bindings::se_cmd = cmd.cast();
        // SAFETY: The pointer is valid for writes, by the contract of `CmdMemory`. Target core
        // requires a zeroed command, apart from the fields set here. The sense buffer is zeroed
        // because target core writes only a part of it.
        unsafe {
            inner.write_bytes(0, 1);
            ptr::addr_of_mut!((*cmd).sense).write_bytes(0, 1);
            ptr::addr_of_mut!((*cmd).link).write(UnsafeCell::new(ptr::null_mut()));
            ptr::addr_of_mut!((*cmd).data).write(data);
            (*inner).tag = request.tag;
            (*inner).prot_pto = buffer.is_unprotected;
            if let Some(cpu) = cpu {
                (*inner).cpuid = cpu.number() as c_int;
                flags |= bindings::target_sc_flags_table_TARGET_SCF_USE_CPUID;
            }
        }
        // SAFETY: The command is zeroed, apart from its tag and `prot_pto`. The session is alive
        // while it is borrowed, and the command holds a reference to it from here on. The sense
        // buffer has `TRANSPORT_SENSE_BUFFER` bytes.
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
            // the command that it has written above.
            let (memory, data) = unsafe { Cmd::<T>::take_back(inner) };
            return Err(Refused {
                reason: Refusal::Stopped,
                memory,
                data,
            });
        }
        let (data, data_count) = buffer.data;
        let (protection, protection_count) = buffer.protection;
        // SAFETY: The command is initialized. Its descriptor block is complete, and target core
        // copies it. The scatterlists are valid until release, by the contract of `CmdMemory`.
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
        // After a failure, target core has already responded.
        if refused == 0 {
            // SAFETY: `target_submit_prep` has succeeded for the command, which is submitted here
            // once.
            unsafe { bindings::target_submit(inner) };
        }
        Ok(())
    }

    /// Submits a task management function. Target core either calls `queue_tm_rsp` with the
    /// response or aborts the function with `aborted_task`, possibly before this returns. Either
    /// call returns `data` to the driver.
    ///
    /// `ABORT TASK` and resets wait until the driver has dropped each [`Pending`](super::Pending)
    /// and each [`Reference`](super::Reference) of the affected commands.
    /// [`Pending::is_aborted`](super::Pending::is_aborted) tells which writes they are.
    ///
    /// Called in any context, hard interrupts included.
    ///
    /// # Errors
    ///
    /// Returns `data` with [`ENOMEM`], or with `ESHUTDOWN` if the nexus is stopped.
    pub fn submit_tmr(
        &self,
        lun: u64,
        function: TmrFunction,
        data: T::Tmr,
    ) -> Result<(), (Error, T::Tmr)> {
        let (function, tag) = function.to_raw();
        let tmr = Tmr::<T>::new(data)?;
        // SAFETY: `Tmr::new` has zeroed the C part. The session is alive while it is borrowed, and
        // the function holds a reference to it from here on. The sense buffer may be null: a task
        // management function has no sense data.
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
        // SAFETY: `tmr` comes from `Tmr::new`, and target core has refused it with an error.
        result.map_err(|error| (error, unsafe { Tmr::take_back(tmr) }))
    }
}
