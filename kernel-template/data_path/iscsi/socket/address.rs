// SPDX-License-Identifier: GPL-2.0-only

//! Socket addresses, between C and Rust.
//!
//! C headers: [`include/linux/in.h`](srctree/include/linux/in.h),
//! [`include/linux/in6.h`](srctree/include/linux/in6.h)

use core::{
    mem::{self, MaybeUninit},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6}, //
};

use crate::bindings;

/// A socket address of C.
pub(super) union Address {
    storage: bindings::__kernel_sockaddr_storage,
    v4: bindings::sockaddr_in,
    v6: bindings::sockaddr_in6,
}

impl Address {
    pub(super) fn zeroed() -> Self {
        // SAFETY: The fields of the union consist of integers, for which zeros are valid.
        unsafe { MaybeUninit::zeroed().assume_init() }
    }

    /// Converts an address. Returns it with its length in bytes.
    pub(super) fn new(address: &SocketAddr) -> (Self, usize) {
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

    /// Converts an address that C has written. An IPv4-mapped IPv6 address becomes an IPv4 address.
    pub(super) fn get(&self) -> Option<SocketAddr> {
        // SAFETY: The fields of the union consist of integers, for which any bits are valid.
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
