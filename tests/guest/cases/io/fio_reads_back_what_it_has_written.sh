# SPDX-License-Identifier: GPL-2.0-only
#
# Commands of 512 bytes to 1 MiB transfer the right data at each queue depth.

. "$GUEST/io_lib.sh"

a_disk 96
# All jobs in one fio, since fio takes longer to start than to run a job.
set -- --name=psync --ioengine=psync
for depth in 1 4 16 64; do
	set -- "$@" --name=io_uring.$depth --stonewall --ioengine=io_uring --iodepth=$depth
done
fio --name=global --filename="$DISK" --size="${MIB}m" --direct=1 --rw=randrw --bsrange=512-1m \
	--verify=crc32c --do_verify=1 --verify_fatal=1 --output=$SCRATCH/fio "$@" || {
	cat $SCRATCH/fio
	fail "fio"
}
[ "$(grep -c 'err= 0' $SCRATCH/fio)" -eq 5 ] || fail "not all jobs: $(cat $SCRATCH/fio)"
