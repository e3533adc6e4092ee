#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# DKMS runs this before it builds the module for the kernel whose headers are in
# $1. What is missing is printed, and ends the build: no package can be installed
# from here, since the package manager waits for DKMS.
if [ -e "$1/rust/libkernel.rmeta" ]; then
	exit 0
fi
if ! command -v tcm-mod-builder > /dev/null; then
	echo "$1 lacks the kernel crate, and tcm-mod-builder, which makes it, is not installed" >&2
	exit 1
fi
exec tcm-mod-builder prepare -k "$1"
