#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# session.sh PACKAGE: the commands of a user on a fresh Debian 13 with backports, who builds
# three modules for the distribution's kernel, two by hand and one by DKMS. The page "On
# your distribution" has the same commands. PACKAGE is that of tcm-mod-builder.

set -e -o pipefail

# try COMMAND...: prints and runs a command.
try()
{
	echo "\$ $*"
	"$@"
}

# refuse TEXT COMMAND...: prints and runs a command that must fail with TEXT.
refuse()
{
	text=$1
	shift
	echo "\$ $*"
	if "$@" > /tmp/said 2>&1; then
		cat /tmp/said
		echo "FAILED: $* succeeds"
		exit 1
	fi
	cat /tmp/said
	grep -qF -- "$text" /tmp/said || {
		echo "FAILED: it does not say: $text"
		exit 1
	}
}

# seconds NAME COMMAND...: prints the time of a command.
seconds()
{
	name=$1
	shift
	start=$(date +%s%N)
	"$@"
	echo "[seconds] $name $((($(date +%s%N) - start) / 1000000)) ms"
}

quietly()
{
	echo "\$ $*"
	"$@" > /tmp/said 2>&1 || {
		tail -30 /tmp/said
		exit 1
	}
}

export DEBIAN_FRONTEND=noninteractive
quietly apt-get update
quietly apt-get install --yes "$1"
quietly apt-get install --yes --no-install-recommends -t trixie-backports \
	linux-image-amd64 linux-headers-amd64 libelf-dev
K=$(echo /lib/modules/*/build)
RELEASE=$(cat "$K/include/config/kernel.release")
echo "[kernel] $RELEASE"

echo "=== doctor"
refuse "cannot build a module" tcm-mod-builder doctor -k "$K"
# Run the printed remedies until no package is missing.
for round in 1 2 3; do
	tcm-mod-builder doctor -k "$K" > /tmp/doctor 2>&1 || true
	sed -n 's/^ *-> \(apt install [^,;`(]*\).*/\1/p' /tmp/doctor | sort -u > /tmp/remedies
	[ -s /tmp/remedies ] || break
	while read -r apt install packages; do
		# shellcheck disable=SC2086
		quietly $apt-get $install --yes --no-install-recommends $packages < /dev/null
	done < /tmp/remedies
done
[ ! -s /tmp/remedies ]
refuse "tcm-mod-builder prepare -k $K" tcm-mod-builder doctor -k "$K"
[ "$(grep -c -e ^missing -e ^wrong /tmp/said)" -le 2 ]

echo "=== prepare"
seconds prepare try tcm-mod-builder prepare -k "$K"
seconds prepare-again try tcm-mod-builder prepare -k "$K"
try tcm-mod-builder doctor -k "$K"

echo "=== build"
cd /root
quietly tcm-mod-builder -p iSCSI -m tcm_nab5000 -o tcm_nab5000 -k "$K"
quietly tcm-mod-builder -p SAS -m tcm_disk --data-path loopback -o tcm_disk -k "$K"
seconds make try make -C tcm_nab5000 KDIR="$K"
try make -C tcm_nab5000 KDIR="$K" modules_install
try make -C tcm_nab5000 KDIR="$K" test
quietly tcm-mod-builder -p iSCSI -m tcm_net --data-path iscsi -o tcm_net -k "$K"
seconds make-iscsi try make -C tcm_net KDIR="$K"
try make -C tcm_net KDIR="$K" modules_install
# The initiator for the guest.
quietly apt-get install --yes --no-install-recommends open-iscsi iproute2

echo "=== dkms"
quietly apt-get install --yes --no-install-recommends dkms
quietly dkms add /root/tcm_disk
seconds dkms-install try dkms install tcm_disk/0.1 -k "$RELEASE"
try dkms status
modinfo -k "$RELEASE" -F filename tcm_disk | grep -F updates/dkms/
# DKMS signs with its own key, for Secure Boot.
[ -s /var/lib/dkms/mok.pub ]
try modinfo -k "$RELEASE" -F signer tcm_disk | grep -i dkms

echo "=== upgrade"
# Another kernel is installed without its source: DKMS names the package to install.
OTHER=${RELEASE%-amd64}-cloud-amd64
quietly apt-get remove --yes "linux-source-*"
rm -rf /var/cache/tcm-mod-builder/source-*
refuse "Autoinstall on $OTHER failed" apt-get install --yes \
	--no-install-recommends -t trixie-backports "linux-headers-$OTHER"
grep -F "apt install linux-source-" /var/lib/dkms/tcm_disk/0.1/build/make.log
# With the source, dpkg completes the installation, and DKMS builds the module.
seconds dkms-other-flavour quietly apt-get install --yes --no-install-recommends \
	"linux-source-$(echo "$RELEASE" | cut -d. -f1,2)"
quietly dpkg --configure --pending
dkms status | grep -F "$OTHER" | grep -F installed
try dkms remove tcm_disk/0.1 -k "$OTHER"
[ -z "$(dkms status | grep -F "$OTHER")" ]

echo "=== purge"
quietly apt-get purge --yes tcm-mod-builder
left=$(find / -xdev \( -name 'tcm-mod-builder*' -o -name '_tcm-mod-builder' \) ! -path '/tmp/*')
[ -z "$left" ] || {
	echo "FAILED: purge leaves $left"
	exit 1
}
echo "=== done"
