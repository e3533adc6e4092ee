#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Run by DKMS before it builds the module for the kernel whose headers are in $1.
# Missing packages are reported and end the build. They cannot be installed here,
# since the package manager waits for DKMS.
why=$(make -s -C "$(dirname "$0")" KDIR="$1" kernel-crate 2>&1) && exit 0
if ! command -v tcm-mod-builder > /dev/null; then
	echo "$why" >&2
	echo "tcm-mod-builder, which makes a kernel crate, is not installed" >&2
	exit 1
fi
exec tcm-mod-builder prepare -k "$1"
