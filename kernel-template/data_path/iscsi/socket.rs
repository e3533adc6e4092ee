// SPDX-License-Identifier: GPL-2.0-only

//! TCP sockets of the kernel's own.
//!
//! A [`Listener`] accepts connections and blocks. A [`Socket`] is a connection whose calls do not
//! block: a thread sends and receives what it can, and then waits in [`Socket::wait`] for the
//! network, for a [`Socket::kick`] of another thread's, or for the time to be over.
//!
//! A socket belongs to the network namespace of the task that has made its listener, and holds it.
//!
//! C header: [`include/linux/net.h`](srctree/include/linux/net.h)

use core::{
    mem::{self, MaybeUninit},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6},
    ptr::{self, NonNull},
    sync::atomic::{AtomicI32, Ordering},
};

use kernel::{
    error::to_result,
    ffi::{c_int, c_uint},
    prelude::*,
    time::Jiffies, //
};

use crate::{
    bindings::{
        self,
        tcm_nab5000_can_splice as can_splice,
        tcm_nab5000_interface as interface_index,
        tcm_nab5000_is_in_this_namespace as is_in_this_namespace,
        tcm_nab5000_kick as socket_kick,
        tcm_nab5000_may_log as is_within_limit,
        tcm_nab5000_wait as socket_wait, //
    },
    target::{Payload, PayloadMut}, //
};

/// A `struct socket`. Dropping it closes it.
///
/// # Invariants
///
/// The pointer is that of a socket that belongs to this.
struct Raw(NonNull<bindings::socket>);

// SAFETY: The network locks what it changes of a socket, which any thread may close.
unsafe impl Send for Raw {}

// SAFETY: The network locks what it changes of a socket.
unsafe impl Sync for Raw {}

impl Raw {
    fn as_ptr(&self) -> *mut bindings::socket {
        self.0.as_ptr()
    }

    /// Ends both directions: who waits for the socket is woken. Called in process context; sleeps.
    fn shut_down(&self) {
        self.end(bindings::sock_shutdown_cmd_SHUT_RDWR);
    }

    fn end(&self, how: bindings::sock_shutdown_cmd) {
        // SAFETY: The socket is alive until this is dropped, by the type's invariants. The call
        // fails where there is nothing to end.
        let _ = unsafe { bindings::kernel_sock_shutdown(self.as_ptr(), how) };
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // SAFETY: The socket belongs to this, by the type's invariants, and is closed here once.
        unsafe { bindings::sock_release(self.as_ptr()) };
    }
}

/// An address as C has it.
union Address {
    storage: bindings::__kernel_sockaddr_storage,
    v4: bindings::sockaddr_in,
    v6: bindings::sockaddr_in6,
}

impl Address {
    fn zeroed() -> Self {
        // SAFETY: The fields of the union have numbers and arrays of numbers, which may be zero.
        unsafe { MaybeUninit::zeroed().assume_init() }
    }

    /// The address, and its length in bytes.
    fn new(address: &SocketAddr) -> (Self, usize) {
        let mut raw = Self::zeroed();
        match address {
            SocketAddr::V4(v4) => {
                raw.v4.sin_family = bindings::AF_INET as u16;
                raw.v4.sin_port = v4.port().to_be();
                raw.v4.sin_addr.s_addr = u32::from_ne_bytes(v4.ip().octets());
                (raw, mem::size_of::<bindings::sockaddr_in>())
            }
            SocketAddr::V6(v6) => {
                raw.v6.sin6_family = bindings::AF_INET6 as u16;
                raw.v6.sin6_port = v6.port().to_be();
                raw.v6.sin6_addr.in6_u.u6_addr8 = v6.ip().octets();
                raw.v6.sin6_scope_id = v6.scope_id();
                (raw, mem::size_of::<bindings::sockaddr_in6>())
            }
        }
    }

    /// The address that C has filled in. One of IPv4 that came to a socket of IPv6 is itself.
    fn get(&self) -> Option<SocketAddr> {
        // SAFETY: All are numbers, so any bits are valid; the family says which of them are meant.
        unsafe {
            match u32::from(self.storage.__bindgen_anon_1.__bindgen_anon_1.ss_family) {
                bindings::AF_INET => {
                    let ip = Ipv4Addr::from(self.v4.sin_addr.s_addr.to_ne_bytes());
                    let port = u16::from_be(self.v4.sin_port);
                    Some(SocketAddrV4::new(ip, port).into())
                }
                bindings::AF_INET6 => {
                    let ip = Ipv6Addr::from(self.v6.sin6_addr.in6_u.u6_addr8);
                    let port = u16::from_be(self.v6.sin6_port);
                    match ip.to_ipv4_mapped() {
                        Some(v4) => Some(SocketAddr::new(IpAddr::V4(v4), port)),
                        None => Some(SocketAddrV6::new(ip, port, 0, self.v6.sin6_scope_id).into()),
                    }
                }
                _ => None,
            }
        }
    }
}

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

/// Returns the number of a network interface, in the network namespace of the calling task; 0 for
/// an unknown name. Called in process context.
pub(crate) fn interface(name: &CStr) -> u32 {
    // SAFETY: The name ends with NUL.
    unsafe { interface_index(name.as_char_ptr()) }
}

/// Returns true if a line about another machine may go to the log: there are few of them in any
/// time, whatever machines do. Called in any context.
pub(crate) fn may_log() -> bool {
    // SAFETY: The function has no requirements.
    unsafe { is_within_limit() }
}

/// Maximum number of segments of a payload in one call.
const SEGMENTS: usize = 32;

/// Events that a thread waits for, besides kicks and the end of the connection.
#[derive(Clone, Copy)]
pub(crate) struct Interest {
    /// Data to be received.
    pub(crate) data: bool,
    /// Room to send.
    pub(crate) space: bool,
}

/// A connection.
pub(crate) struct Socket {
    raw: Raw,
    /// Set by [`Self::kick`], cleared by [`Self::clear_kick`].
    kicked: AtomicI32,
}

impl Socket {
    /// Sets how many bytes the network keeps that are not received yet. It takes twice as much
    /// memory at most. Called in process context; sleeps.
    pub(crate) fn set_receive_buffer(&self, bytes: u32) {
        // SAFETY: The socket was accepted, so it has a `sk`, and is alive while it is borrowed. The
        // network bounds the number.
        unsafe { bindings::sock_set_rcvbuf((*self.raw.as_ptr()).sk, bytes as c_int) };
    }

    /// Receives bytes that are there, at most as many as fit. Called in process context.
    ///
    /// # Errors
    ///
    /// [`EAGAIN`] if there are none yet, `EPIPE` if there will be no more, and what else
    /// `recv(2)` fails with.
    pub(crate) fn receive(&self, to: &mut [u8]) -> Result<usize> {
        let vector = bindings::kvec {
            iov_base: to.as_mut_ptr().cast(),
            iov_len: to.len(),
        };
        let mut message = message(0);
        // SAFETY: The vector and `to`, which is valid for writes, outlive the message, and the
        // iterator describes them.
        unsafe {
            let direction = bindings::ITER_DEST;
            bindings::iov_iter_kvec(&mut message.msg_iter, direction, &vector, 1, to.len());
            self.receive_message(&mut message)
        }
    }

    /// Receives bytes that are there straight into `payload`, from `offset` on, at most `count`.
    /// Called in process context.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if they do not all lie in the payload; else as [`Self::receive`].
    pub(crate) fn receive_payload(
        &self,
        payload: &mut PayloadMut<'_>,
        offset: u32,
        count: u32,
    ) -> Result<usize> {
        let pages = Pages::new(payload, offset, count)?;
        let mut message = message(0);
        // SAFETY: The pages are the payload's, which outlives the message, and which its borrower
        // alone may change.
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
        // SAFETY: The socket is alive while it is borrowed. What the message describes is valid for
        // writes, by the requirements of this function.
        let received = unsafe { bindings::sock_recvmsg(self.raw.as_ptr(), message, flags) };
        match counted(received)? {
            0 => Err(EPIPE),
            count => Ok(count),
        }
    }

    /// Sends bytes, as many as there is room for. `more` says that others follow at once. Called in
    /// process context.
    ///
    /// # Errors
    ///
    /// [`EAGAIN`] if there is no room, [`EPIPE`] if the connection is gone, and what else `send(2)`
    /// fails with.
    pub(crate) fn send(&self, from: &[u8], more: bool) -> Result<usize> {
        let vector = bindings::kvec {
            iov_base: from.as_ptr().cast_mut().cast(),
            iov_len: from.len(),
        };
        let mut message = message(send_flags(more));
        // SAFETY: The vector and `from` outlive the message, and the iterator describes them. They
        // are only read.
        unsafe {
            let direction = bindings::ITER_SOURCE;
            bindings::iov_iter_kvec(&mut message.msg_iter, direction, &vector, 1, from.len());
            self.send_message(&mut message)
        }
    }

    /// Sends `count` bytes of `payload` from `offset` on, as many as there is room for, without a
    /// copy: the network holds the pages until they are acknowledged. Called in process context.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if they do not all lie in the payload; else as [`Self::send`].
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
        // SAFETY: The pages are the payload's, which outlives the message. They are only read, and
        // the network takes references to those that it keeps longer: `can_splice` says that they
        // have some.
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
        // SAFETY: The socket is alive while it is borrowed. What the message describes is valid for
        // reads, by the requirements of this function.
        counted(unsafe { bindings::sock_sendmsg(self.raw.as_ptr(), message) })
    }

    /// Waits for what is of `interest`, or until the connection ends, or somebody kicks, or
    /// `milliseconds` are over. Returns for how long. Called in process context; sleeps.
    pub(crate) fn wait(&self, interest: Interest, milliseconds: u32) -> Jiffies {
        let data = u32::from(interest.data) * bindings::TCM_SOCKET_DATA;
        let space = u32::from(interest.space) * bindings::TCM_SOCKET_SPACE;
        let (socket, kicked) = (self.raw.as_ptr(), self.kicked.as_ptr().cast());
        // SAFETY: The socket and `kicked` are alive while they are borrowed, and an `atomic_t` is
        // an integer like `kicked`.
        let waited = unsafe { socket_wait(socket, kicked, data | space, milliseconds) };
        waited as Jiffies
    }

    /// Clears the kick. Call it before you look at what a kick may be about: then one that comes
    /// later ends the next [`Self::wait`] at once.
    pub(crate) fn clear_kick(&self) {
        self.kicked.swap(0, Ordering::AcqRel);
    }

    /// Has [`Self::wait`] return. Called in any context.
    pub(crate) fn kick(&self) {
        // SAFETY: The socket and `kicked` are alive while they are borrowed, and an `atomic_t` is
        // an integer like `kicked`.
        unsafe { socket_kick(self.raw.as_ptr(), self.kicked.as_ptr().cast()) };
    }

    /// Ends the connection, in both directions. Called in process context; sleeps.
    pub(crate) fn shut_down(&self) {
        self.raw.shut_down();
    }

    /// Ends sending: the other end notices once it has all that was sent. Called in process
    /// context; sleeps.
    pub(crate) fn shut_down_sending(&self) {
        self.raw.end(bindings::sock_shutdown_cmd_SHUT_WR);
    }

    /// The address of this end.
    pub(crate) fn local_address(&self) -> Option<SocketAddr> {
        self.address(bindings::kernel_getsockname)
    }

    /// The address of the other end.
    pub(crate) fn peer_address(&self) -> Option<SocketAddr> {
        self.address(bindings::kernel_getpeername)
    }

    /// The address that one of C's two functions for it tells.
    fn address(&self, tell: GetName) -> Option<SocketAddr> {
        let mut address = Address::zeroed();
        // SAFETY: The socket is alive while it is borrowed, and `address` has room for the longest.
        let length = unsafe { tell(self.raw.as_ptr(), ptr::from_mut(&mut address).cast()) };
        address.get().filter(|_| length > 0)
    }
}

/// `kernel_getsockname()` or `kernel_getpeername()`.
type GetName = unsafe extern "C" fn(*mut bindings::socket, *mut bindings::sockaddr) -> c_int;

/// A message with these flags, and no data yet.
fn message(flags: c_uint) -> bindings::msghdr {
    // SAFETY: The struct has numbers, pointers and an iterator, all of which may be zero.
    let mut message: bindings::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    message.msg_flags = flags;
    message
}

fn send_flags(more: bool) -> c_uint {
    let more = if more { bindings::MSG_MORE } else { 0 };
    bindings::MSG_DONTWAIT | bindings::MSG_NOSIGNAL | more
}

/// Result of a call that returns a number of bytes.
fn counted(result: c_int) -> Result<usize> {
    to_result(result.min(0))?;
    Ok(result as usize)
}

/// The pages of a part of a payload, or of its beginning.
struct Pages {
    vectors: [MaybeUninit<bindings::bio_vec>; SEGMENTS],
    count: c_uint,
    length: usize,
}

impl Pages {
    fn new(payload: &Payload<'_>, offset: u32, count: u32) -> Result<Self> {
        let mut pages = Self {
            vectors: [const { MaybeUninit::uninit() }; SEGMENTS],
            count: 0,
            length: 0,
        };
        let segments = payload.segments(offset, count)?;
        for (place, segment) in pages.vectors.iter_mut().zip(segments) {
            place.write(bindings::bio_vec {
                bv_page: segment.page(),
                bv_len: segment.length(),
                bv_offset: segment.offset(),
            });
            pages.count += 1;
            pages.length += segment.length() as usize;
        }
        Ok(pages)
    }

    /// # Safety
    ///
    /// `iterator` must be valid for writes, and must not be used after this is dropped, or the
    /// payload that this was made of is not borrowed any more.
    unsafe fn iterate(&self, iterator: *mut bindings::iov_iter, direction: u32) {
        let vectors = self.vectors.as_ptr().cast();
        // SAFETY: `new` has written `count` vectors, of `length` bytes together. `iterator` is
        // valid for writes, and does not outlive them, by the requirements of this function.
        unsafe {
            bindings::iov_iter_bvec(
                iterator,
                direction,
                vectors,
                self.count as usize,
                self.length,
            );
        }
    }
}
