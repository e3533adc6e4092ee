// SPDX-License-Identifier: GPL-2.0-only

//! Listening sockets.
//!
//! C header: [`include/linux/net.h`](srctree/include/linux/net.h)

use core::{
    net::SocketAddr,
    ptr::{self, NonNull}, //
};

use kernel::{error::to_result, ffi::c_int, prelude::*};

use super::{address::Address, Raw, Socket};
use crate::{
    bindings::{
        self,
        tcm_nab5000_is_in_this_namespace as is_in_this_namespace, //
    },
    target::atomic::Atomic, //
};

/// A socket that accepts connections.
pub(crate) struct Listener(Raw);

impl Listener {
    /// Listens at `address` in the network namespace of the calling task. Called in process
    /// context; sleeps.
    ///
    /// The address need not be configured on the machine yet; connections are accepted once it is.
    /// A multicast address of IPv4 is not refused, but gets no connections.
    ///
    /// `buffer` is the maximum for [`Socket::set_receive_buffer`] of the connections.
    ///
    /// # Errors
    ///
    /// Returns `EADDRINUSE` if the address is in use, `EAFNOSUPPORT` if the kernel lacks the
    /// protocol, or another error of `bind(2)` or `listen(2)`.
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
        // SAFETY: The socket was created above, so it has a `sk` and is in no other use. `address`
        // has `length` bytes.
        to_result(unsafe {
            bindings::sock_set_reuseaddr((*socket).sk);
            bindings::ip_sock_set_freebind((*socket).sk);
            // TCP chooses the window scale of connections by this size.
            bindings::sock_set_rcvbuf((*socket).sk, buffer as c_int);
            bindings::kernel_bind(socket, ptr::from_mut(&mut address).cast(), length as c_int)
        })?;
        // SAFETY: The socket was bound above. `listener` owns it.
        to_result(unsafe { bindings::kernel_listen(socket, backlog.into()) })?;
        Ok(listener)
    }

    /// Waits for a connection. Called in process context; sleeps.
    ///
    /// # Errors
    ///
    /// Returns [`EINVAL`] after [`Self::shut_down`], or the error of a connection that failed, or
    /// an error if memory or file descriptors are short.
    pub(crate) fn accept(&self) -> Result<Socket> {
        let mut socket = ptr::null_mut();
        // SAFETY: `bind` has made the socket listen. It is alive while it is borrowed. `socket` is
        // valid for the write of a pointer.
        to_result(unsafe { bindings::kernel_accept(self.0.as_ptr(), &mut socket, 0) })?;
        let socket = Raw(NonNull::new(socket).ok_or(ENOMEM)?);
        // SAFETY: The socket was accepted above, so it has a TCP `sk`.
        unsafe { bindings::tcp_sock_set_nodelay((*socket.as_ptr()).sk) };
        Ok(Socket {
            raw: socket,
            kicked: Atomic::new(0),
        })
    }

    /// Stops listening: [`Self::accept`] then fails. Called in process context; sleeps.
    pub(crate) fn shut_down(&self) {
        self.0.shut_down();
    }

    /// Returns true if the socket is in the network namespace of the calling task. Called in
    /// process context.
    pub(crate) fn is_in_this_namespace(&self) -> bool {
        // SAFETY: `bind` has created the socket with a `sk`, which pins its namespace. The calling
        // task is not exiting, so it has a namespace.
        unsafe { is_in_this_namespace(self.0.as_ptr()) }
    }
}
