#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# states.sh MISUSE KO ROUNDS: commands in each state, and what comes then: the
# module that KO is holds them for user space. MISUSE is the program.

. "${0%/*}/lib.sh"

MISUSE=$1
KO=$2
ROUNDS=$3

FABRIC=$T/hold
PORT=$FABRIC/naa.5001405000000001
TPG=$PORT/tpgt_1
A=naa.5001405000000aaa
B=naa.5001405000000bbb

READ=28000000000000000100
WRITE=2a000000000000000100
TUR=000000000000

# each_allocation WORDS...: the program's call, with each allocation failing; on a
# kernel without faults, nothing.
each_allocation()
{
	[ -d $F ] || return 0
	"$MISUSE" "$@"
}

# section TEXT: what is tried next, and when in the guest's life.
section()
{
	echo "--- $* ($(cut -d. -f1 /proc/uptime) s)"
}

# tell ATTRIBUTE WORDS...
tell()
{
	file=$TPG/$1
	shift
	echo "$*" > "$file"
}

# must TEXT COMMAND...
must()
{
	what=$1
	shift
	"$@" || fail "$what: $*; held: $(cat $TPG/held) results: $(cat $TPG/results)"
}

# refused COMMAND...
refused()
{
	! "$@" 2> /dev/null || fail "not refused: $*"
}

# result TAG TEXT: how a command ended. ended TAG: that it did.
result()
{
	retry 20 grep -q "^$1 $2" $TPG/results ||
		fail "$1: want $2, have $(cat $TPG/results); held: $(cat $TPG/held)"
}

ended()
{
	grep -q "^$1 " $TPG/results
}

held()
{
	retry 20 grep -q "^$*" $TPG/held || fail "not held: $*, but $(cat $TPG/held)"
}

aborted()
{
	sed -n 's/^aborted \([0-9]*\).*/\1/p' $TPG/held
}

# released COUNT: so many commands have been released.
released()
{
	retry 20 grep -q "released $1\$" $TPG/held || fail "want $1 released: $(cat $TPG/held)"
}

# log_in NAME: SESSION is its number.
log_in()
{
	must "login" tell login "$1"
	SESSION=$(sed -n '$s/ .*//p' $TPG/login)
}

mkdir -p /var/target/pr /etc/target
[ -d $F ] && echo N > $F/ignore-gfp-wait
[ -d $F ] && echo 0 > $F/verbose

section "the n-th allocation fails while the module is loaded"
# Each load takes a second, and the loader has most of the allocations.
each_allocation load "$KO" tcm_hold $((ROUNDS > 100 ? 1 : 41)) || fail "load"
modprobe tcm_hold || exit 1
mkdir $FABRIC

section "the n-th allocation fails while directories are made"
mkdir $PORT || fail "no port"
each_allocation mkdir $FABRIC/naa.5001405000000002 || fail "wwn"
each_allocation mkdir $TPG || fail "tpg"
mkdir $TPG || fail "no portal group"
each_allocation mkdir $TPG/acls/$A || fail "node ACL"
each_allocation mkdir $TPG/lun/lun_1 || fail "LUN"
ramdisk hold 4
link $TPG "$BACKSTORE"

section "no login before the portal group is enabled"
refused tell login $A
echo 1 > $TPG/enable || fail "cannot enable"
mkdir -p $PORT/tpgt_2 && echo 1 > $PORT/tpgt_2/enable || fail "second portal group"
[ "$(cat $TPG/rtpi)" != "$(cat $PORT/tpgt_2/rtpi)" ] || fail "one RTPI for two groups"
[ "$(wc -l < $FABRIC/groups)" -eq 2 ] || fail "not both groups are listed"
rmdir $PORT/tpgt_2
grep -qx "naa.5001405000000001 1" $FABRIC/groups || fail "the group is not listed"
log_in $A
a=$SESSION
log_in $B
b=$SESSION

section "data, with a length of the initiator's and without"
tell submit $a 1 0 write 512 ab $WRITE
result 1 "status 00"
tell submit $a 2 0 read 512 00 $READ
result 2 "status 00 sense 0/00/00 residual =0 payload 512 ab"
tell submit $a 3 0 read cdb 00 $READ
result 3 "status 00 sense 0/00/00 residual =0 payload 512 ab"
tell submit $a 4 0 write cdb cd 2a000000010000004000
result 4 "status 00"
tell submit $a 5 0 read cdb 00 28000000010000004000
result 5 "status 00 sense 0/00/00 residual =0 payload 32768 cd"
tell submit $a 6 0 none 0 00 $TUR
result 6 "status 00"
tell submit $a 7 1 read 512 00 $READ
result 7 "status 02 sense 5/25/00"
tell submit $a 8 0 read 512 00 ff000000000000000000
result 8 "status 02 sense 5/20/00"

section "descriptor blocks that are cut short"
# What one of each group begins with, and how long it is.
tell results clear
tag=100
for block in 00:6 3f:10 5f:10 88:16 a8:12 ff:10 7f00000000000018:32; do
	cdb=${block%:*}
	while [ ${#cdb} -lt $((2 * ${block#*:})) ]; do
		refused tell submit $a 99 0 none 0 00 "$cdb"
		cdb=${cdb}00
	done
	tell submit $a $tag 0 none 0 00 "$cdb"
	tell submit $a $((tag + 1)) 0 none 0 00 "${cdb}00"
	tag=$((tag + 2))
done
answers()
{
	[ "$(grep -c "^1[01]. status 0" $TPG/results)" -eq 14 ]
}
retry 20 answers || fail "not all whole blocks are answered: $(cat $TPG/results)"
ended 99 && fail "a block that was cut short is answered"

section "residuals both ways"
tell submit $a 10 0 read 1024 00 $READ
result 10 "status 00 sense 0/00/00 residual -512 payload 512 ab"
tell submit $a 11 0 read 256 00 $READ
result 11 "status .. sense ./../.. residual +256"
tell submit $a 12 0 write 1024 00 $WRITE
result 12 "status 02 sense 5/0e/03 residual -512"
tell submit $a 13 0 write 256 00 $WRITE
result 13 "status 02 sense 5/0e/03 residual +256"
tell submit $a 14 0 read 8 00 120000002400
result 14 "status 00 sense 0/00/00 residual +28 payload 8"
tell submit $a 15 0 read 255 00 120000002400
result 15 "status 00 sense 0/00/00 residual -219 payload 36"

section "the RTPI in VPD page 83h"
tell submit $a 16 0 read 1024 00 120183040000
result 16 "status 00"
rtpi=$(printf '%04x' "$(($(cat $TPG/rtpi)))")
hex $TPG/data | grep -q "51940004""0000$rtpi\|61940004""0000$rtpi\|94000400""00$rtpi" ||
	fail "no RTPI $rtpi in $(hex $TPG/data)"

section "what is given back to target core comes again"
tell refuse 3
tell submit $a 20 0 read 512 00 $READ
result 20 "status 00 sense 0/00/00 residual =0 payload 512 ab"

section "a write that waits for data is aborted"
tell hold writes
tell results clear
n=$(aborted)
tell submit $a 30 0 write 512 01 $WRITE
held write 30 waits
tell tmr $a 31 0 abort 30
held write 30 aborted
ended 31 && fail "answered before the driver gave the command back"
must "execute" tell finish execute 30
result 31 "status 01"
[ "$(aborted)" -eq $((n + 1)) ] || fail "not aborted"
ended 30 && fail "an aborted command was answered"
tell submit $a 32 0 write 512 01 $WRITE
held write 32 waits
tell tmr $a 33 0 abort 32
held write 32 aborted
must "fail" tell finish fail 32
result 33 "status 01"

section "the logical unit is reset by another session"
tell submit $a 34 0 write 512 01 $WRITE
tell submit $b 35 0 write 512 01 $WRITE
held write 34 waits
held write 35 waits
tell tmr $b 36 0 reset
held write 34 aborted
held write 35 aborted
ended 36 && fail "reset before the driver gave the commands back"
must "execute" tell finish execute 34
must "fail" tell finish fail 35
result 36 "status 01"
# TAS: the one that another session has aborted is told so.
result 34 "status 40"
ended 35 && fail "a command that its own session has aborted was answered"

section "a task management function is aborted by a reset"
tell submit $a 45 0 write 512 01 $WRITE
held write 45 waits
tell tmr $a 46 0 abort 45
held write 45 aborted
tell tmr $b 47 0 reset
sleep 0.5
must "execute" tell finish execute 45
result 46 "status ff"
result 47 "status 01"

section "a write without data fails"
tell submit $a 37 0 write 512 01 $WRITE
held write 37 waits
must "fail" tell finish fail 37
result 37 "status 02 sense b/29/03"

section "a response that is held is not aborted"
tell hold responses
tell submit $a 40 0 read 512 00 $READ
held response 40
tell tmr $a 41 0 abort 40
result 41 "status 02"
tell tmr $b 42 0 reset
result 42 "status 01"
must "send" tell finish send 40

section "each function, for a command in each state, and each allocation fails"
# From this session or another.
for state in write response; do
	case $state in
	write) submit="$a 50 0 write 512 01 $WRITE" finish="execute 50" ;;
	response) submit="$a 50 0 read 512 00 $READ" finish="send 50" ;;
	esac
	tell hold ${state}s
	for who in $a $b; do
		for what in "abort 50" reset; do
			tell submit $submit
			held $state 50
			# Each one that succeeds ends the command: there is another one then.
			each_allocation write $TPG/tmr "$who 51 0 $what" $TPG/finish "$finish" \
				$TPG/submit "$submit" || fail "$state $who $what"
			held $state 50
			tell results clear
			tell tmr $who 52 0 $what
			sleep 0.1
			must "$finish" tell finish $finish
			retry 20 ended 52 || fail "$state $who $what: no answer"
		done
	done
done
tell hold nothing

section "a nexus ends with a command in each state"
tell hold writes
log_in $A
tell submit $SESSION 60 0 write 512 01 $WRITE
held write 60 waits
tell logout $SESSION &
sleep 0.3
kill -0 $! 2> /dev/null || fail "the nexus did not wait for a write"
must "fail" tell finish fail 60
wait $!
tell hold responses
log_in $A
tell submit $SESSION 61 0 read 512 00 $READ
held response 61
tell logout $SESSION &
sleep 0.3
kill -0 $! 2> /dev/null || fail "the nexus did not wait for a response"
must "send" tell finish send 61
wait $!
tell hold nothing
log_in $A
tell stop $SESSION
refused tell submit $SESSION 62 0 read 512 00 $READ
refused tell tmr $SESSION 63 0 reset
tell logout $SESSION

section "a node ACL that is held"
mkdir $TPG/acls/$A || fail "no node ACL"
refused tell acl naa.5001405000000fff 0
tell logout $a
tell acl $A 1500 &
HOLDER=$!
sleep 0.3
rmdir $TPG/acls/$A &
sleep 0.3
kill -0 $! 2> /dev/null || fail "the node ACL did not wait"
wait $! || fail "the node ACL is still there"
wait $HOLDER || fail "node ACL not found"

section "the n-th allocation fails while initiators log in and commands are submitted"
tell results clear
log_in $A
a=$SESSION
echo 1 > "$BACKSTORE/attrib/submit_type"
each_allocation write $TPG/submit "$a 70 0 read 512 00 $READ" || fail "submit"
each_allocation write $TPG/submit "$a 71 0 write 512 00 $WRITE" || fail "submit"
each_allocation write $TPG/tmr "$a 72 0 reset" || fail "tmr"
echo 0 > "$BACKSTORE/attrib/submit_type"
sed 's/ .*//' $TPG/login > $SCRATCH/before
each_allocation write $TPG/login naa.5001405000000ccc || fail "login"
for session in $(sed 's/ .*//' $TPG/login); do
	grep -qx "$session" $SCRATCH/before || tell logout "$session"
done

section "sessions of one initiator of demo mode come and go at once"
for session in $(sed 's/ .*//' $TPG/login); do
	tell logout "$session"
done
i=0
while [ $i -lt "$ROUNDS" ]; do
	tell login $A & tell login $A & tell login $A &
	wait
	for session in $(sed 's/ .*//' $TPG/login); do
		tell logout "$session" &
	done
	wait
	i=$((i + 1))
done

section "a node ACL goes while its sessions come, go and submit"
i=0
while [ $i -lt "$ROUNDS" ]; do
	mkdir $TPG/acls/$A || fail "no node ACL"
	tell login $A || fail "no login"
	for session in $(sed 's/ .*//' $TPG/login); do
		tell logout "$session" 2> /dev/null &
		tell submit "$session" $((1000 + i)) 0 read 512 00 $READ 2> /dev/null &
	done
	tell login $A 2> /dev/null &
	login=$!
	rmdir $TPG/acls/$A || fail "the node ACL stays"
	wait $login
	for session in $(sed 's/ .*//' $TPG/login); do
		tell logout "$session"
	done
	wait
	i=$((i + 1))
done

section "a LUN goes while commands come"
log_in $A
i=0
while [ $i -lt "$ROUNDS" ]; do
	tell submit $SESSION $((2000 + i)) 0 write 512 00 $WRITE &
	unlink $TPG || fail "cannot unlink"
	wait
	link $TPG "$BACKSTORE"
	i=$((i + 1))
done

section "attributes show a page at most, and take any text"
tell submit $SESSION 82 0 read 4096 00 28000000000000000800
result 82 "status 00"
[ "$(wc -c < $TPG/data)" -eq 4096 ] || fail "not a whole page"
tell submit $SESSION 83 0 read 8192 00 28000000000000001000
result 83 "status 00"
refused cat $TPG/data > /dev/null
i=0
while [ $i -lt 80 ]; do
	tell submit $SESSION $((3000 + i)) 0 none 0 00 $TUR
	i=$((i + 1))
done
retry 20 sh -c "! cat $TPG/results > /dev/null 2>&1" || fail "more than a page"
tell results clear
texts $TPG
tell refuse 0

section "everything goes at once"
echo 1 > $TPG/enable 2> /dev/null
log_in $A
a=$SESSION
tell hold writes
tell submit $a 90 0 write 512 01 $WRITE
held write 90
echo 0 > $TPG/enable || fail "cannot disable"
refused tell submit $a 91 0 read 512 00 $READ
refused tell login $A
echo 1 > $TPG/enable || fail "cannot enable"
log_in $A
tell hold responses
tell submit $SESSION 92 0 read 512 00 $READ
held response 92
unlink $TPG || fail "cannot unlink"
rmdir $TPG || fail "the portal group stays"
drop_backstore "$BACKSTORE"
rmdir $PORT && rmdir $FABRIC && rmmod tcm_hold || fail "cannot unload"

section "persistent reservations with lists that are cut short"
# All stays then: after a list that it refuses, target core waits for the LUN for ever when
# that goes (core_scsi3_decode_spec_i_port keeps a count of it).
modprobe tcm_hold || exit 1
mkdir -p $TPG && ramdisk hold 1 && link $TPG "$BACKSTORE" || fail "no LUN"
echo 1 > $TPG/enable || fail "cannot enable"
# register LIST [LENGTH]: the other initiator as well, by a list that is LENGTH bytes long.
register()
{
	length=${2:-$((${#1} / 2))}
	tell results clear
	tell submit $SESSION 80 0 write "$length" "$1" "5f00000000000000$(printf %02x "$length")00"
	retry 20 ended 80 || fail "no answer to $*"
}

# registrations: read by the initiator. READ FULL STATUS.
registrations()
{
	tell submit $SESSION 81 0 read 512 00 5e030000000000020000
	result 81 "status 00"
	hex $TPG/data
}

log_in $B
log_in $A
# What there is to tell the initiator first.
tell submit $SESSION 79 0 none 0 00 $TUR
retry 20 ended 79 || fail "no answer"
# No key as yet, then the new one, and SPEC_I_PT.
head=0000000000000000123456789abcdef00000000008000000
other=06000000${B#naa.}000000000000000000000000
list=${head}00000018$other
lengths="0 8 23 24 27 28 29 51"
[ "$ROUNDS" -gt 100 ] && lengths=$(seq 0 51)
for length in $lengths; do
	register $list "$length"
	result 80 "status 02 sense 5/"
done
# A list longer or shorter than it says, of another protocol, of nobody.
for wrong in ${head}00000019$other ${head}ffffffff$other ${head}00000017$other \
	${head}0000001800${other#??} ${head}0000001845${other#??} \
	${head}00000018060000005001405000000fff000000000000000000000000; do
	register "$wrong"
	result 80 "status 02 sense 5/"
done
registrations | grep -q "^0\{6\}[0-9a-f]\{2\}0\{8\}" || fail "registered: $(registrations)"
register $list
result 80 "status 00"
for name in $A $B; do
	registrations | grep -q "06000000${name#naa.}0" || fail "not registered: $(registrations)"
done
echo "--- complete"
