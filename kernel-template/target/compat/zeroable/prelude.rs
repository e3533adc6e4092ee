// SPDX-License-Identifier: GPL-2.0-only

//! Types that are valid when they are all zero: in the prelude.

pub(in crate::target) use kernel::prelude::Zeroable;
