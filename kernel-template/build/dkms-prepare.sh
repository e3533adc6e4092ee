#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Run by DKMS before it builds the module for the kernel whose headers are in $1.
# Missing packages are reported and end the build. They cannot be installed here,
# since the package manager waits for DKMS.
if [ -e "$1/rust/libkernel.rmeta" ]; then
	exit 0
fi
if ! command -v tcm-mod-builder > /dev/null; then
	echo "$1 lacks the kernel crate, and tcm-mod-builder, which makes it, is not installed" >&2
	exit 1
fi
exec tcm-mod-builder prepare -k "$1"
