// SPDX-License-Identifier: GPL-2.0-only

//! Bindings of C types and functions. bindgen generates them from `bindings_helper.h` when the
//! module is built, with the C flags of the kernel.
//!
//! Only the generator's files use them: the author's files have no `unsafe`.

#![allow(
    clippy::all,
    clippy::as_underscore,
    clippy::cast_lossless,
    clippy::ptr_as_ptr,
    clippy::ref_as_ptr,
    clippy::undocumented_unsafe_blocks,
    dead_code,
    improper_ctypes,
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    rustdoc::all,
    unknown_lints,
    unnecessary_transmutes,
    unreachable_pub,
    unsafe_op_in_unsafe_fn,
    reason = "the text is bindgen's"
)]

use kernel::ffi;

include!(env!("TCM_NAB5000_BINDINGS"));

// The helpers of the layer, by the names that they have in the kernel crate.
pub(crate) use {
    tcm_nab5000_configfs_add_default_group as configfs_add_default_group,
    tcm_nab5000_scsi_command_size as scsi_command_size,
    tcm_nab5000_sg_next as sg_next,
    tcm_nab5000_sg_page as sg_page,
    tcm_nab5000_sg_set_page as sg_set_page, //
};

pub(crate) const GFP_ATOMIC: gfp_t = RUST_CONST_HELPER_GFP_ATOMIC;
