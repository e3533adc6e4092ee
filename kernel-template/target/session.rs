// SPDX-License-Identifier: GPL-2.0-only

//! I_T nexuses: the sessions of initiators that have logged in, which commands arrive through.
//!
//! C header: [`include/target/target_core_fabric.h`](srctree/include/target/target_core_fabric.h)

use core::{
    marker::PhantomData,
    ops::Deref,
    ptr,
    ptr::NonNull, //
};

use kernel::{
    error::{from_err_ptr, to_result},
    ffi::{c_int, c_void},
    prelude::*,
    str::BStr,
    types::Opaque, //
};

use crate::{
    bindings,
    target::{
        bstr,
        into_raw,
        Cmd,
        CmdMemory,
        Operations,
        Reference,
        Refusal,
        Request,
        Tmr,
        TmrFunction,
        Tpg, //
    },
};

/// An I_T nexus: a `struct se_session` of the fabric.
#[repr(transparent)]
pub struct Session<T: Operations>(Opaque<bindings::se_session>, PhantomData<T>);

impl<T: Operations> Session<T> {
    /// Borrows the session.
    ///
    /// # Safety
    ///
    /// `ptr` must be a session of this fabric, and not be removed while `'a` lasts.
    pub(super) unsafe fn from_raw<'a>(ptr: *mut bindings::se_session) -> &'a Self {
        // SAFETY: The type is transparent; by the requirements of this function.
        unsafe { &*ptr.cast() }
    }

    /// The portal group that the initiator has logged in to.
    pub fn tpg(&self) -> &Tpg<T> {
        // SAFETY: A portal group outlives its sessions, and does not change while they exist.
        unsafe { Tpg::from_raw((*self.0.get()).se_tpg) }
    }

    /// The initiator's name.
    pub fn initiator_name(&self) -> &BStr {
        // SAFETY: A node ACL outlives its sessions; its name ends with NUL and does not change.
        unsafe { bstr((*(*self.0.get()).se_node_acl).initiatorname.as_ptr()) }
    }

    /// Establishes the unit attention condition of an I_T nexus loss, which the initiator is told
    /// of next time.
    pub fn report_nexus_loss(&self) {
        // SAFETY: A node ACL outlives its sessions.
        unsafe { bindings::core_allocate_nexus_loss_ua((*self.0.get()).se_node_acl) };
    }

    /// Submits a command. Target core answers it through the ops, even before this returns.
    ///
    /// May be called in any context, as long as submission is queued (`DEFAULT_SUBMIT_TYPE`).
    ///
    /// # Errors
    ///
    /// Gives the memory back, and says why target core does not get the command.
    pub fn submit(
        &self,
        memory: T::CmdMemory,
        data: T::Cmd,
        request: &Request<'_>,
    ) -> Result<(), (Refusal, T::CmdMemory)> {
        self.start(memory, data, request, 0).map(drop)
    }

    /// Submits a command as [`Self::submit`] does, and keeps a reference to it.
    ///
    /// # Errors
    ///
    /// As [`Self::submit`].
    pub fn submit_counted(
        &self,
        memory: T::CmdMemory,
        data: T::Cmd,
        request: &Request<'_>,
    ) -> Result<Reference<Cmd<T>>, (Refusal, T::CmdMemory)> {
        let ack = bindings::target_sc_flags_table_TARGET_SCF_ACK_KREF;
        let cmd = self.start(memory, data, request, ack)?;
        // SAFETY: The flag has made target core count a reference for the driver.
        Ok(unsafe { Reference::from_raw(cmd.as_ptr().cast()) })
    }

    /// Submits a command; the result may be used as far as `flags` keep a reference to it.
    fn start(
        &self,
        memory: T::CmdMemory,
        data: T::Cmd,
        request: &Request<'_>,
        flags: bindings::target_sc_flags_table,
    ) -> Result<NonNull<Cmd<T>>, (Refusal, T::CmdMemory)> {
        if !request.is_whole() {
            return Err((Refusal::ShortCdb, memory));
        }
        let buffer = memory.buffer();
        let cmd = memory.into_raw();
        let inner: *mut bindings::se_cmd = cmd.cast();
        // SAFETY: By the memory's contract the pointer is valid for writes. Target core wants the
        // command all zero, but for what is set here, and does not fill the sense buffer's end.
        unsafe {
            inner.write_bytes(0, 1);
            ptr::addr_of_mut!((*cmd).sense).write_bytes(0, 1);
            ptr::addr_of_mut!((*cmd).data).write(data);
            (*inner).tag = request.tag;
            (*inner).prot_pto = buffer.is_unprotected;
        }
        // SAFETY: The command is all zero. The session is alive, and target core holds it for the
        // command from here on. The sense buffer is as long as target core wants it.
        let stopped = unsafe {
            bindings::target_init_cmd(
                inner,
                self.0.get(),
                ptr::addr_of_mut!((*cmd).sense).cast(),
                request.lun,
                buffer.length,
                request.attribute.0 as c_int,
                buffer.direction.0 as c_int,
                flags as c_int,
            )
        };
        if stopped != 0 {
            // SAFETY: Target core has not taken the command.
            return Err((Refusal::Stopped, unsafe { Cmd::<T>::release(inner) }));
        }
        let (data, data_count) = buffer.data;
        let (protection, protection_count) = buffer.protection;
        // SAFETY: The command has just been initialized. Its descriptor block is whole, and target
        // core copies it. By the memory's contract the scatterlists are valid until release.
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
                bindings::TCM_GFP_ATOMIC,
            )
        };
        // A command that is refused has its answer already.
        if refused == 0 {
            // SAFETY: The command has just been prepared.
            unsafe { bindings::target_submit(inner) };
        }
        // SAFETY: The memory's pointer is not null.
        Ok(unsafe { NonNull::new_unchecked(cmd) })
    }

    /// Submits a task management function. Target core answers it with `queue_tm_rsp`, or aborts it
    /// in turn, with `aborted_task`.
    ///
    /// May be called in any context.
    ///
    /// # Errors
    ///
    /// [`ENOMEM`], or `ESHUTDOWN` if the nexus is about to go.
    pub fn submit_tmr(
        &self,
        lun: u64,
        function: TmrFunction,
        tmr: Pin<KBox<Tmr<T>>>,
    ) -> Result<Reference<Tmr<T>>> {
        let (function, tag) = function.to_raw();
        let ack = bindings::target_sc_flags_table_TARGET_SCF_ACK_KREF;
        let tmr = into_raw(tmr);
        // SAFETY: The C part is all zero. The session is alive, and target core holds it for the
        // function from here on. A task management function has no sense data.
        let result = to_result(unsafe {
            bindings::target_submit_tmr(
                tmr.cast(),
                self.0.get(),
                ptr::null_mut(),
                lun,
                ptr::null_mut::<c_void>(),
                function,
                bindings::TCM_GFP_ATOMIC,
                tag,
                ack as c_int,
            )
        });
        if let Err(error) = result {
            // SAFETY: Target core has not taken the function, so this is its only owner.
            drop(unsafe { KBox::from_raw(tmr) });
            return Err(error);
        }
        // SAFETY: The flag has made target core count a reference for the driver.
        Ok(unsafe { Reference::from_raw(tmr.cast()) })
    }
}

/// What a fabric does to protection information on its way, by direction.
#[derive(Clone, Copy)]
pub struct ProtectionOps(bindings::target_prot_op);

impl ProtectionOps {
    /// Nothing: there is none.
    pub const NORMAL: Self = Self(bindings::target_prot_op_TARGET_PROT_NORMAL);
    /// It passes both ways.
    pub const PASS: Self = Self(
        bindings::target_prot_op_TARGET_PROT_DIN_PASS
            | bindings::target_prot_op_TARGET_PROT_DOUT_PASS,
    );
}

/// An I_T nexus that the driver has set up. Dropping it ends it: target core takes no more
/// commands from it, and those that it has are waited for.
///
/// # Invariants
///
/// `session` is registered with target core. `tpg` counts it, and waits for it before it goes.
pub struct Nexus<T: Operations> {
    session: NonNull<bindings::se_session>,
    tpg: NonNull<Tpg<T>>,
}

// SAFETY: Target core's sessions may be used and removed by any thread.
unsafe impl<T: Operations> Send for Nexus<T> {}

// SAFETY: Target core locks what it changes of a session.
unsafe impl<T: Operations> Sync for Nexus<T> {}

impl<T: Operations> Nexus<T> {
    /// Logs `initiator` in to `tpg`. Called in process context.
    ///
    /// # Errors
    ///
    /// [`EACCES`] if the initiator has no node ACL and `tpg_check_demo_mode` wants one, [`ENOMEM`].
    pub fn new(tpg: &Tpg<T>, initiator: &CStr, protection: ProtectionOps) -> Result<Self> {
        tpg.session_begins();
        // SAFETY: The portal group is registered, and waits for the session before it goes. Target
        // core copies the name.
        let session = unsafe {
            bindings::target_setup_session(
                tpg.as_raw(),
                0,
                0,
                protection.0,
                initiator.as_char_ptr(),
                ptr::null_mut(),
                None,
            )
        };
        match from_err_ptr(session).and_then(|session| NonNull::new(session).ok_or(ENOMEM)) {
            Ok(session) => Ok(Self {
                session,
                tpg: NonNull::from(tpg),
            }),
            Err(error) => {
                tpg.session_ends();
                Err(error)
            }
        }
    }
}

impl<T: Operations> Deref for Nexus<T> {
    type Target = Session<T>;

    fn deref(&self) -> &Session<T> {
        // SAFETY: By the type's invariants the session lasts as long as the nexus.
        unsafe { Session::from_raw(self.session.as_ptr()) }
    }
}

impl<T: Operations> Drop for Nexus<T> {
    fn drop(&mut self) {
        let session = self.session.as_ptr();
        // SAFETY: By the type's invariants the session is registered. Once it is stopped it takes
        // no commands, and once all have ended nobody uses it.
        unsafe {
            bindings::target_stop_session(session);
            bindings::target_wait_for_sess_cmds(session);
            bindings::target_remove_session(session);
        }
        // SAFETY: The portal group is alive: it still counts this session.
        unsafe { self.tpg.as_ref() }.session_ends();
    }
}
