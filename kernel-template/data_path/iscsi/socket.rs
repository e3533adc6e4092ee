// SPDX-License-Identifier: GPL-2.0-only

//! In-kernel TCP sockets.
//!
//! A [`Listener`](listener::Listener) accepts connections and blocks. A [`Socket`] is a connection
//! whose calls do not block: a thread sends and receives as much as possible, and then sleeps in
//! [`Socket::wait`] until the socket is ready, another thread calls [`Socket::kick`], or a timeout
//! expires.
//!
//! A socket belongs to the network namespace of the task that created its listener, and pins it.
//!
//! C header: [`include/linux/net.h`](srctree/include/linux/net.h)

mod address;
pub(crate) mod listener;
mod message;

use core::{
    net::SocketAddr,
    ptr::{self, NonNull}, //
};

use kernel::{ffi::c_int, prelude::*, time::Jiffies};

use crate::{
    bindings::{
        self,
        tcm_nab5000_can_splice as can_splice,
        tcm_nab5000_has_data as socket_has_data,
        tcm_nab5000_interface as interface_index,
        tcm_nab5000_kick as socket_kick,
        tcm_nab5000_may_log as is_within_limit,
        tcm_nab5000_wait as socket_wait, //
    },
    target::{
        atomic::{Atomic, Full},
        Payload, PayloadMut,
    }, //
};

use address::Address;
use message::{counted, message, send_flags, Pages};

/// An owned `struct socket`, closed when dropped.
///
/// # Invariants
///
/// The pointer is that of a socket that the value owns.
struct Raw(NonNull<bindings::socket>);

// SAFETY: The network accesses the fields of a socket under locks of its own. Any thread may close
// a socket.
unsafe impl Send for Raw {}

// SAFETY: The network accesses the fields of a socket under locks of its own.
unsafe impl Sync for Raw {}

impl Raw {
    fn as_ptr(&self) -> *mut bindings::socket {
        self.0.as_ptr()
    }

    /// Shuts down both directions, and wakes waiters. Called in process context; sleeps.
    fn shut_down(&self) {
        self.end(bindings::sock_shutdown_cmd_SHUT_RDWR);
    }

    fn end(&self, how: bindings::sock_shutdown_cmd) {
        // SAFETY: The socket is alive until this is dropped, by the type's invariants. The call
        // fails if the socket is not connected, which is not an error here.
        let _ = unsafe { bindings::kernel_sock_shutdown(self.as_ptr(), how) };
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // SAFETY: The value owns the socket, by the type's invariants, and closes it here once.
        unsafe { bindings::sock_release(self.as_ptr()) };
    }
}

/// Returns the index of a network interface in the network namespace of the calling task, or 0 if
/// the name is unknown. Called in process context.
pub(crate) fn interface(name: &CStr) -> u32 {
    // SAFETY: The name ends with NUL.
    unsafe { interface_index(name.as_char_ptr()) }
}

/// Returns true if a message that other machines can cause may be logged: it is rate limited.
/// Called in any context.
pub(crate) fn may_log() -> bool {
    // SAFETY: The function has no requirements.
    unsafe { is_within_limit() }
}

/// The events that a thread waits for, besides kicks and the end of the connection.
#[derive(Clone, Copy)]
pub(crate) struct Interest {
    /// Data to receive.
    pub(crate) data: bool,
    /// Room to send.
    pub(crate) space: bool,
}

/// A connection.
pub(crate) struct Socket {
    raw: Raw,
    /// Set by [`Self::kick`], cleared by [`Self::clear_kick`].
    kicked: Atomic<i32>,
}

impl Socket {
    /// Sets the size of the receive buffer, in bytes. It uses at most twice as much memory. Called
    /// in process context; sleeps.
    pub(crate) fn set_receive_buffer(&self, bytes: u32) {
        // SAFETY: The socket was accepted, so it has a `sk`, and is alive while it is borrowed. The
        // network limits the size.
        unsafe { bindings::sock_set_rcvbuf((*self.raw.as_ptr()).sk, bytes as c_int) };
    }

    /// Returns true if received bytes are queued. Called in process context.
    pub(crate) fn has_data(&self) -> bool {
        // SAFETY: The socket was accepted, so it has a `sk`, and is alive while it is borrowed.
        unsafe { socket_has_data(self.raw.as_ptr()) }
    }

    /// Receives available bytes, at most as many as fit. Returns their number. Called in process
    /// context.
    ///
    /// # Errors
    ///
    /// Returns [`EINVAL`] if `to` is empty, [`EAGAIN`] if no bytes are available, [`EPIPE`] at the
    /// end of the connection, or another error of `recv(2)`.
    pub(crate) fn receive(&self, to: &mut [u8]) -> Result<usize> {
        if to.is_empty() {
            return Err(EINVAL);
        }
        let vector = bindings::kvec {
            iov_base: to.as_mut_ptr().cast(),
            iov_len: to.len(),
        };
        let mut message = message(0);
        // SAFETY: The iterator describes `to`, which is valid for writes. The vector and `to`
        // outlive the message.
        unsafe {
            let direction = bindings::ITER_DEST;
            bindings::iov_iter_kvec(&mut message.msg_iter, direction, &vector, 1, to.len());
            self.receive_message(&mut message)
        }
    }

    /// Receives at most `count` available bytes directly into `payload`, at `offset`. Returns their
    /// number. Called in process context.
    ///
    /// # Errors
    ///
    /// Returns [`EINVAL`] if the range is empty or not within the payload; else as
    /// [`Self::receive`].
    pub(crate) fn receive_payload(
        &self,
        payload: &mut PayloadMut<'_>,
        offset: u32,
        count: u32,
    ) -> Result<usize> {
        if count == 0 {
            return Err(EINVAL);
        }
        let pages = Pages::new(payload, offset, count)?;
        let mut message = message(0);
        // SAFETY: The pages are those of the payload, which outlives the message and is borrowed
        // exclusively.
        unsafe {
            pages.iterate(&mut message.msg_iter, bindings::ITER_DEST);
            self.receive_message(&mut message)
        }
    }

    /// # Safety
    ///
    /// The memory that the iterator of `message` describes must be valid for writes.
    unsafe fn receive_message(&self, message: &mut bindings::msghdr) -> Result<usize> {
        let flags = bindings::MSG_DONTWAIT as c_int;
        // SAFETY: The socket is alive while it is borrowed. The memory of the message is valid for
        // writes, by the requirements of this function.
        let received = unsafe { bindings::sock_recvmsg(self.raw.as_ptr(), message, flags) };
        match counted(received)? {
            0 => Err(EPIPE),
            count => Ok(count),
        }
    }

    /// Sends as many bytes as there is room for. Returns their number. `more` announces that other
    /// bytes follow at once. Called in process context.
    ///
    /// # Errors
    ///
    /// Returns [`EAGAIN`] if there is no room, [`EPIPE`] if the connection has ended, or another
    /// error of `send(2)`.
    pub(crate) fn send(&self, from: &[u8], more: bool) -> Result<usize> {
        let vector = bindings::kvec {
            iov_base: from.as_ptr().cast_mut().cast(),
            iov_len: from.len(),
        };
        let mut message = message(send_flags(more));
        // SAFETY: The iterator describes `from`, which is only read. The vector and `from` outlive
        // the message.
        unsafe {
            let direction = bindings::ITER_SOURCE;
            bindings::iov_iter_kvec(&mut message.msg_iter, direction, &vector, 1, from.len());
            self.send_message(&mut message)
        }
    }

    /// Sends at most `count` bytes of `payload` at `offset`, as many as there is room for. Returns
    /// their number. The bytes are not copied: the network holds references to the pages until they
    /// are acknowledged. Called in process context.
    ///
    /// # Errors
    ///
    /// Returns [`EINVAL`] if the range is not within the payload; else as [`Self::send`].
    pub(crate) fn send_payload(
        &self,
        payload: &Payload<'_>,
        offset: u32,
        count: u32,
        more: bool,
    ) -> Result<usize> {
        let pages = Pages::new(payload, offset, count)?;
        let mut message = message(send_flags(more || pages.length < count as usize));
        let vectors = pages.vectors.as_ptr().cast();
        // SAFETY: The pages are those of the payload, which outlives the message. They are only
        // read. The network takes references to the pages that it keeps longer, if `can_splice`
        // allows it; otherwise it copies the bytes.
        unsafe {
            if can_splice(vectors, pages.count) {
                message.msg_flags |= bindings::MSG_SPLICE_PAGES;
            }
            pages.iterate(&mut message.msg_iter, bindings::ITER_SOURCE);
            self.send_message(&mut message)
        }
    }

    /// # Safety
    ///
    /// The memory that the iterator of `message` describes must be valid for reads.
    unsafe fn send_message(&self, message: &mut bindings::msghdr) -> Result<usize> {
        // SAFETY: The socket is alive while it is borrowed. The memory of the message is valid for
        // reads, by the requirements of this function.
        counted(unsafe { bindings::sock_sendmsg(self.raw.as_ptr(), message) })
    }

    /// Sleeps until an event in `interest`, the end of the connection, a kick, or a timeout.
    /// Returns the time slept. Called in process context; sleeps.
    pub(crate) fn wait(&self, interest: Interest, milliseconds: u32) -> Jiffies {
        let data = u32::from(interest.data) * bindings::TCM_SOCKET_DATA;
        let space = u32::from(interest.space) * bindings::TCM_SOCKET_SPACE;
        let (socket, kicked) = (self.raw.as_ptr(), self.kicked.as_ptr().cast());
        // SAFETY: The socket and `kicked` are alive while they are borrowed. `atomic_t` has the
        // layout of `Atomic<i32>`.
        let waited = unsafe { socket_wait(socket, kicked, data | space, milliseconds) };
        waited as Jiffies
    }

    /// Clears the kick. Call it before checking for the causes of a kick: a later kick then ends
    /// the next [`Self::wait`] at once.
    pub(crate) fn clear_kick(&self) {
        self.kicked.xchg(0, Full);
    }

    /// Makes [`Self::wait`] return. Called in any context.
    pub(crate) fn kick(&self) {
        // SAFETY: The socket and `kicked` are alive while they are borrowed. `atomic_t` has the
        // layout of `Atomic<i32>`.
        unsafe { socket_kick(self.raw.as_ptr(), self.kicked.as_ptr().cast()) };
    }

    /// Shuts down the connection in both directions. Called in process context; sleeps.
    pub(crate) fn shut_down(&self) {
        self.raw.shut_down();
    }

    /// Shuts down sending: the peer sees the end of the stream after all that was sent. Called in
    /// process context; sleeps.
    pub(crate) fn shut_down_sending(&self) {
        self.raw.end(bindings::sock_shutdown_cmd_SHUT_WR);
    }

    /// Returns the local address.
    pub(crate) fn local_address(&self) -> Option<SocketAddr> {
        self.address(bindings::kernel_getsockname)
    }

    /// Returns the address of the peer.
    pub(crate) fn peer_address(&self) -> Option<SocketAddr> {
        self.address(bindings::kernel_getpeername)
    }

    /// Returns the address from `get_name`.
    fn address(&self, get_name: GetName) -> Option<SocketAddr> {
        let mut address = Address::zeroed();
        // SAFETY: The socket is alive while it is borrowed. `address` has room for any address.
        let length = unsafe { get_name(self.raw.as_ptr(), ptr::from_mut(&mut address).cast()) };
        address.get().filter(|_| length > 0)
    }
}

/// `kernel_getsockname()` or `kernel_getpeername()`.
type GetName = unsafe extern "C" fn(*mut bindings::socket, *mut bindings::sockaddr) -> c_int;
