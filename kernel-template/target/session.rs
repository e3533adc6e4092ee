// SPDX-License-Identifier: GPL-2.0-only

//! Sessions, as the ops get them, and their data.
//!
//! C header: [`include/target/target_core_fabric.h`](srctree/include/target/target_core_fabric.h)

use core::{
    marker::PhantomData,
    mem::ManuallyDrop,
    ptr, //
};

use kernel::{
    ffi::c_void,
    prelude::*,
    str::BStr,
    sync::Arc,
    types::Opaque, //
};

use crate::{
    bindings,
    target::{
        atomic::Atomic,
        closing::{request_close, Closable, CloseRequest},
        compat::Completion,
        users::Users,
        NodeAcl,
        Operations,
        RmdirGuard,
        Tpg, //
    },
};

/// A session of the fabric, `struct se_session`.
#[repr(transparent)]
pub struct Session<T: Operations>(pub(super) Opaque<bindings::se_session>, PhantomData<T>);

// SAFETY: Target core accesses the fields of a session under locks of its own. The driver's data
// are `Sync`.
unsafe impl<T: Operations> Sync for Session<T> {}

impl<T: Operations> Session<T> {
    /// Borrows a session.
    ///
    /// # Safety
    ///
    /// `ptr` must be a session of this fabric that is not removed during `'a`.
    pub(super) unsafe fn from_raw<'a>(ptr: *mut bindings::se_session) -> &'a Self {
        // SAFETY: `ptr` is a session that is not removed during `'a`, by the requirements of this
        // function. The type is transparent.
        unsafe { &*ptr.cast() }
    }

    pub(super) fn session_data(&self) -> &SessionData<T> {
        // SAFETY: `Nexus::new` has set the pointer to a `SessionData<T>`, of which the session owns
        // a count until it is removed.
        unsafe { &*(*self.0.get()).fabric_sess_ptr.cast() }
    }

    /// Returns the driver's data.
    pub fn data(&self) -> &T::Session {
        self.session_data().data()
    }

    /// Returns the portal group that the initiator has logged in to.
    pub fn tpg(&self) -> &Tpg<T> {
        self.session_data().tpg()
    }

    /// Returns the node ACL of the initiator.
    pub fn node_acl(&self) -> &NodeAcl<T> {
        // SAFETY: `target_setup_session()` has set the node ACL. The session holds a reference to
        // it until the session is removed.
        unsafe { NodeAcl::from_raw((*self.0.get()).se_node_acl) }
    }

    /// Returns the name of the initiator.
    pub fn initiator_name(&self) -> &BStr {
        self.node_acl().initiator_name()
    }

    /// Returns true if target core has called `close_session`: the driver must end the session.
    pub fn is_close_requested(&self) -> bool {
        self.session_data().close_request.is_made()
    }

    /// Establishes the unit attention condition I_T NEXUS LOSS OCCURRED for all LUNs of the node
    /// ACL, and so for all of its sessions. Called in process context; does not sleep.
    pub fn report_nexus_loss(&self) {
        // SAFETY: The session holds a reference to its node ACL until the session is removed.
        unsafe { bindings::core_allocate_nexus_loss_ua((*self.0.get()).se_node_acl) };
    }
}

/// The data of a session beside the C object: the portal group, and the driver's data.
///
/// It lives until the nexus has ended and any call of `close_session` has returned.
#[pin_data]
pub struct SessionData<T: Operations> {
    #[pin]
    data: T::Session,
    close_request: CloseRequest,
    #[pin]
    pub(super) close_called: Completion,
    /// The nexus and the guards of the session's handles.
    pub(super) users: Arc<Users>,
    /// Argument of the callback of `target_setup_session()`, besides the session.
    pub(super) setup: Atomic<*mut c_void>,
    /// The session to be ended by `work`.
    pub(super) ending: Atomic<*mut bindings::se_session>,
    /// Work item of [`Nexus::end_later`](super::Nexus::end_later), which initializes it.
    pub(super) work: Opaque<bindings::work_struct>,
    // Dropped last: after that, the directory of the group and the module may be removed.
    pub(super) tpg: RmdirGuard<T>,
}

impl<T: Operations> SessionData<T> {
    /// Creates the data of a session with `tpg`.
    ///
    /// # Errors
    ///
    /// Returns the error of `data`, or [`ENOMEM`].
    pub(super) fn new(tpg: &Tpg<T>, data: impl PinInit<T::Session, Error>) -> Result<Arc<Self>> {
        let users = Users::new()?;
        Arc::pin_init(
            try_pin_init!(Self {
                data <- data,
                close_request: CloseRequest::new(Atomic::new(false)),
                close_called <- Completion::new(),
                users,
                setup: Atomic::new(ptr::null_mut()),
                ending: Atomic::new(ptr::null_mut()),
                work: Opaque::uninit(),
                tpg: tpg.into(),
            }),
            GFP_KERNEL,
        )
    }

    /// Returns the portal group that the initiator has logged in to.
    pub fn tpg(&self) -> &Tpg<T> {
        &self.tpg
    }

    /// Returns the driver's data.
    pub fn data(&self) -> &T::Session {
        &self.data
    }

    /// Records the call of `close_session`, after which the session may end. Returns a counted
    /// handle for the op.
    ///
    /// # Safety
    ///
    /// `session` must be a session of this fabric that target core has removed from the session
    /// list of its node ACL. This function must be called at most once for it.
    pub(super) unsafe fn close(session: *mut bindings::se_session) -> Arc<Self> {
        // SAFETY: The session is not on the list of its node ACL, by the requirements of this
        // function, so `Nexus::drop` keeps it until `close_called` is done. The pointer is that of
        // an `Arc`, from `Nexus::new`. `ManuallyDrop` leaves its count to the session.
        let data = unsafe {
            let data = (*session).fabric_sess_ptr.cast_const().cast();
            ManuallyDrop::new(Arc::<Self>::from_raw(data))
        };
        request_close(&*data)
    }
}

impl<T: Operations> Closable for SessionData<T> {
    type Event = Completion;

    fn request(&self) -> &CloseRequest {
        &self.close_request
    }

    fn called(&self) -> &Completion {
        &self.close_called
    }
}

/// Calls `fill` to write a text to `buffer`, and appends a NUL. Returns the length of the text.
pub(super) fn filled(buffer: &mut [u8], fill: impl FnOnce(&mut [u8]) -> usize) -> u32 {
    let Some((_, room)) = buffer.split_last_mut() else {
        return 0;
    };
    let length = fill(room).min(room.len());
    if let Some(end) = buffer.get_mut(length) {
        *end = 0;
    }
    length as u32
}
