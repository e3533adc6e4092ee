# SPDX-License-Identifier: GPL-2.0-only
#
# The fabric `edu` for cases: TPG has a nexus and a backstore as LUN 0. To be sourced.

. "$GUEST/lib.sh"

FABRIC=$T/edu
PORT=$FABRIC/naa.5001405000000001
TPG=$PORT/tpgt_1
A=naa.5001405000000aaa
DRIVER=/sys/bus/pci/drivers/edu

mkdir -p /var/target/pr /etc/target
trap end EXIT

# portal_group OPS: creates a portal group with the backstore BACKSTORE, and a nexus with
# these operations on protection information.
portal_group()
{
	modprobe tcm_edu && mkdir -p $TPG || fail "no portal group"
	ls -d $DRIVER/0000:*/iommu_group > /dev/null || fail "no device behind an IOMMU"
	link $TPG "$BACKSTORE"
	tell nexus $A "$1" || fail "no nexus"
}

# protected_disk: creates a RAM disk with protection information, which it checks.
protected_disk()
{
	ramdisk edu 1
	echo 1 > "$BACKSTORE/attrib/pi_prot_type" &&
		echo 1 > "$BACKSTORE/attrib/pi_prot_verify" || fail "no protection"
}

# tell ATTRIBUTE WORDS...: writes WORDS to an attribute of the portal group.
tell()
{
	attribute=$TPG/$1
	shift
	echo "$*" > "$attribute"
}

refused()
{
	! "$@" 2> /dev/null || fail "not refused: $*"
}

# want LINE: the state has this line. want_start TEXT: it has a line that begins so.
want()
{
	grep -qx "$1" $TPG/state || fail "want $1; it is $(cat $TPG/state)"
}

want_start()
{
	grep -q "^$1" $TPG/state || fail "want $1; it is $(cat $TPG/state)"
}

end()
{
	status=$?
	trap - EXIT
	! has_failed $status || exit $status
	tell nexus end
	unlink $TPG || fail "cannot unlink"
	rmdir $TPG && rmdir $PORT && rmdir $FABRIC || fail "cannot remove the portal group"
	drop_backstore "$BACKSTORE"
	rmmod tcm_edu || fail "the module is in use"
	exit $status
}
