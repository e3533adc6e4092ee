// SPDX-License-Identifier: GPL-2.0-only

//! Listening sockets.
//!
//! C header: [`include/linux/net.h`](srctree/include/linux/net.h)

use core::{
    net::SocketAddr,
    ptr::{self, NonNull},
    sync::atomic::AtomicI32, //
};

use kernel::{error::to_result, ffi::c_int, prelude::*};

use super::{address::Address, Raw, Socket};
use crate::bindings::{
    self,
    tcm_nab5000_is_in_this_namespace as is_in_this_namespace, //
};

/// A socket that accepts connections.
pub(crate) struct Listener(Raw);

impl Listener {
    /// Listens at `address`, in the network namespace of the calling task. Called in process
    /// context; sleeps.
    ///
    /// The address need not be one of the machine's yet: connections come as soon as it is.
    /// IPv4 takes a multicast address, too, to which no connection comes.
    ///
    /// `buffer` is the most that connections ever have as [`Socket::set_receive_buffer`].
    ///
    /// # Errors
    ///
    /// `EADDRINUSE` if somebody else listens there, `EAFNOSUPPORT` if the kernel lacks the protocol, and what else `bind(2)` and
    /// `listen(2)` fail with.
    pub(crate) fn bind(address: &SocketAddr, backlog: u16, buffer: u32) -> Result<Self> {
        let family = match address {
            SocketAddr::V4(_) => bindings::AF_INET,
            SocketAddr::V6(_) => bindings::AF_INET6,
        };
        let mut socket = ptr::null_mut();
        // SAFETY: `socket` is valid for the write of a pointer.
        to_result(unsafe {
            bindings::sock_create(
                family as c_int,
                bindings::sock_type_SOCK_STREAM as c_int,
                0,
                &mut socket,
            )
        })?;
        let listener = Self(Raw(NonNull::new(socket).ok_or(ENOMEM)?));
        let (mut address, length) = Address::new(address);
        // SAFETY: The socket has just been made, so its `sk` is there and nobody else changes it.
        // The address is as long as it says.
        to_result(unsafe {
            bindings::sock_set_reuseaddr((*socket).sk);
            bindings::ip_sock_set_freebind((*socket).sk);
            // TCP scales its windows by this, once and for all.
            bindings::sock_set_rcvbuf((*socket).sk, buffer as c_int);
            bindings::kernel_bind(socket, ptr::from_mut(&mut address).cast(), length as c_int)
        })?;
        // SAFETY: The socket has been bound above, and belongs to `listener`.
        to_result(unsafe { bindings::kernel_listen(socket, backlog.into()) })?;
        Ok(listener)
    }

    /// Waits for a connection. Called in process context; sleeps.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] after [`Self::shut_down`]. Other errors are of a connection that did not come
    /// about, or of memory or files that are short.
    pub(crate) fn accept(&self) -> Result<Socket> {
        let mut socket = ptr::null_mut();
        // SAFETY: The socket listens, or did before `shut_down`, and is alive while it is borrowed.
        // `socket` is valid for the write of a pointer.
        to_result(unsafe { bindings::kernel_accept(self.0.as_ptr(), &mut socket, 0) })?;
        let socket = Raw(NonNull::new(socket).ok_or(ENOMEM)?);
        // SAFETY: The socket has just been accepted, so it has a `sk`, of TCP.
        unsafe { bindings::tcp_sock_set_nodelay((*socket.as_ptr()).sk) };
        Ok(Socket {
            raw: socket,
            kicked: AtomicI32::new(0),
        })
    }

    /// Ends the listening: [`Self::accept`] fails from now on. Called in process context; sleeps.
    pub(crate) fn shut_down(&self) {
        self.0.shut_down();
    }

    /// Returns true if it listens in the network namespace of the calling task. Called in process
    /// context.
    pub(crate) fn is_in_this_namespace(&self) -> bool {
        // SAFETY: `bind` has made the socket with a `sk`, which holds its namespace. The calling
        // task has one, since it does not exit.
        unsafe { is_in_this_namespace(self.0.as_ptr()) }
    }
}
