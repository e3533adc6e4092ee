#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tools.sh BUILD: finds the tools that build a module for the kernel in BUILD, and
# checks them. Writes variables for the kernel's make, with absolute paths. If a
# module cannot be built, it says why and exits with 1.
#
# tools.sh BUILD report: writes each check instead, as subject, status and finding,
# separated by tabs, and the variables. A build of two files is one of the checks.
#
# RUSTC, BINDGEN, LLVM and CLIPPY_DRIVER of the environment, or of make's command line,
# are taken as they are. So is TCM_CC, the compiler. CC of the environment is not: some
# package managers export their own, and the kernel was built with another one.
set -f
build=$1
report=$2
kernel_config=$build/include/config/auto.conf
[ -e "$kernel_config" ] || kernel_config=$build/.config
if [ ! -e "$kernel_config" ]; then
	echo "cannot build a module for $build: it is not there, or has no configuration" >&2
	exit 1
fi
words=
failed=
unset MAKEFLAGS MFLAGS MAKELEVEL KBUILD_EXTMOD
# This script's own programs are there even if the user's PATH lacks them.
users_path=$PATH
PATH=$PATH:/usr/bin:/bin
scratch=$(mktemp -d) || exit 1
trap 'rm -r "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

# say SUBJECT STATUS FINDING
say()
{
	if [ "$report" ]; then
		printf '%s\t%s\t%s\n' "$@"
	elif [ "$2" = missing ] || [ "$2" = wrong ]; then
		echo "cannot build a module for $build: $1: $3" >&2
	fi
	case $2 in missing | wrong) failed=1 ;; esac
}

# use WORD: an argument of make.
use()
{
	words="$words '$1'"
	[ ! "$report" ] || printf 'use\t-\t%s\n' "$1"
}

# config SYMBOL: its value in the kernel's configuration, without quotes.
config()
{
	sed -n "s/^CONFIG_$1=//p" "$kernel_config" | sed 's/^"//; s/"$//'
}

# absolute PROGRAM: its path.
absolute()
{
	found=$(PATH=$users_path; command -v -- "$1") || return 1
	case $found in /*) ;; */*) found=$PWD/$found ;; *) return 1 ;; esac
	echo "$found"
}

# programs NAME: the paths of all programs of this name. That of `prepare` is the first.
programs()
{
	sed -n "s,^.* $(echo "$1" | tr a-z A-Z)=\(/[^ ]*\).*,\1,p" "$build/prepared.mk" 2> /dev/null
	IFS=:
	for dir in $users_path; do
		[ ! -f "$dir/$1" ] || [ ! -x "$dir/$1" ] || echo "$dir/$1"
	done
	unset IFS
}

# first_line COMMAND...: of its output, in the directory of the build.
first_line()
{
	(cd "$build" && LC_ALL=C "$@" 2> /dev/null < /dev/null) > "$scratch/said" || return 1
	head -n 1 "$scratch/said" | grep .
}

# without_name VERSION: GCC's version begins with the name of its program.
without_name()
{
	echo "${1#* }"
}

# at_least VERSION MINIMUM
at_least()
{
	[ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]
}

# pick VERSION PROGRAM...: takes the first program of this version, else the first that
# runs. Sets `tool` and `version`.
pick()
{
	wanted=$1
	tool=
	version=
	shift
	for candidate in "$@"; do
		candidate=$(absolute "$candidate") && said=$(first_line "$candidate" --version) || continue
		if [ ! "$tool" ] || [ "$(without_name "$said")" = "$(without_name "$wanted")" ]; then
			tool=$candidate
			version=$said
		fi
		[ "$(without_name "$version")" != "$(without_name "$wanted")" ] || break
	done
	[ "$tool" ]
}

# find_architecture: that of the kernel, unless it is this machine's.
find_architecture()
{
	arch=$(sed -n 's,^# Linux/\([a-z0-9_]*\) .*,\1,p' "$kernel_config")
	here=$(uname -m | sed -e 's/i.86/x86/' -e 's/x86_64/x86/' -e 's/aarch64.*/arm64/' \
		-e 's/^arm[^6].*/arm/' -e 's/s390x/s390/' -e 's/ppc.*/powerpc/' \
		-e 's/riscv.*/riscv/' -e 's/loongarch.*/loongarch/')
	[ ! "$arch" ] || [ "$arch" = "$here" ] || use "ARCH=$arch"
}

# find_compiler: that of the kernel, and its linker. LLVM=DIR/ selects all tools of a
# directory, LLVM=-19 those with this suffix, and LLVM=1 those without one, if they are
# there.
find_compiler()
{
	wanted=$(config CC_VERSION_TEXT)
	clang=$(config CLANG_VERSION)
	clang=$((${clang:-0} / 10000))
	linker=ld
	chosen=1
	if [ "$TCM_CC" ]; then
		use "CC=$TCM_CC"
		[ ! "$LLVM" ] || use "LLVM=$LLVM"
		set -- "${TCM_CC%% *}"
	elif [ "$LLVM" ] && { [ "$LLVM" != 1 ] || absolute clang > /dev/null; }; then
		use "LLVM=$LLVM"
		case $LLVM in
		*/) set -- "${LLVM}clang" ;;
		-*) set -- "clang$LLVM" ;;
		*) set -- clang ;;
		esac
	elif [ "$CROSS_COMPILE" ] && [ ! "$(config CC_IS_CLANG)" ]; then
		set -- "${CROSS_COMPILE}gcc"
	elif [ "$(config CC_IS_CLANG)" ]; then
		chosen=
		set -- $(programs clang) $(programs "clang-$clang") "/usr/lib/llvm-$clang/bin/clang"
	else
		chosen=
		set -- "${wanted%% *}" gcc
	fi
	if ! pick "$wanted" "$@"; then
		say compiler missing "no $1; the kernel was built with $wanted"
		return
	fi
	if [ ! "$chosen" ]; then
		name=${tool##*/}
		linked=$(readlink -f "$tool")
		if [ ! "$(config LD_IS_LLD)" ]; then
			use "CC=$tool"
		elif [ ! "$(config CC_IS_CLANG)" ]; then
			linker=ld.lld
			use "CC=$tool"
			use "LD=$(absolute ld.lld)"
		elif [ "$name" = clang ] && [ -x "${tool%/*}/ld.lld" ]; then
			linker=${tool%/*}/ld.lld
			use "LLVM=${tool%/*}/"
		elif [ -x "${linked%/*}/clang" ] && [ -x "${linked%/*}/ld.lld" ]; then
			linker=${linked%/*}/ld.lld
			use "LLVM=${linked%/*}/"
		elif [ "$name" != clang ]; then
			linker=ld.lld${name#clang}
			use "LLVM=${name#clang}"
		else
			linker=ld.lld
			use LLVM=1
		fi
		if ! absolute "$linker" > /dev/null; then
			say compiler missing "no linker $linker beside $tool"
			return
		fi
	fi
	if [ "$(without_name "$version")" = "$(without_name "$wanted")" ]; then
		say compiler ok "$tool: $version"
	else
		say compiler note "$tool: $version; the kernel was built with $wanted"
	fi
}

# find_rustc: the very one that built the kernel: symbols have its hash in their names. The
# program behind rustup's is taken, whose choice depends on the working directory.
find_rustc()
{
	wanted=$(config RUSTC_VERSION_TEXT)
	if ! pick "$wanted" ${RUSTC:-$(programs rustc) /usr/bin/rustc}; then
		say rustc missing "no ${RUSTC:-rustc} that runs; the kernel was built with $wanted"
		return
	fi
	if [ "$wanted" ] && [ "$version" != "$wanted" ]; then
		say rustc wrong "$tool is $version; the kernel was built with $wanted"
		return
	fi
	sysroot=$(first_line "$tool" --print sysroot)
	case $sysroot in */toolchains/*) tool=$sysroot/bin/rustc ;; esac
	rustc=$tool
	rustc_version=$version
	use "RUSTC=$tool"
	say rustc ok "$tool: $version"
	linter=${CLIPPY_DRIVER:-${tool%/*}/clippy-driver}
	linter=$(absolute "$linter" || echo "$linter")
	linted=$(first_line "$linter" --rustc --version)
	if [ "$linted" = "$version" ]; then
		use "CLIPPY_DRIVER=$linter"
		say clippy ok "$linter"
	else
		say clippy note "no $linter of this rustc${linted:+, but of $linted}"
	fi
}

# find_bindgen: of the version that the kernel wants, and with a libclang that it understands:
# else it leaves out the members of nested types.
find_bindgen()
{
	minimum=
	for dir in "$build/source" "$build"; do
		[ "$minimum" ] || minimum=$(sh "$dir/scripts/min-tool-version.sh" bindgen 2> /dev/null)
	done
	minimum=${minimum:-0.65.1}
	printf '%s\n' 'struct inner { int member; };' 'struct outer { struct inner inner; };' \
		'#pragma message("clang version " __clang_version__)' > "$scratch/probe.h"
	fault=
	for candidate in ${BINDGEN:-$(programs bindgen)}; do
		candidate=$(absolute "$candidate") && version=$(first_line "$candidate" --version) || continue
		number=$(echo "$version" | sed -n 's/^[^0-9]*\([0-9.]*\).*/\1/p')
		"$candidate" "$scratch/probe.h" > "$scratch/probe.rs" 2> "$scratch/said"
		status=$?
		libclang=$(sed -n 's/.*\(clang version [0-9.]*\).*/\1/p' "$scratch/said" | head -n 1)
		if ! at_least "$number" "$minimum"; then
			why="the kernel wants $minimum"
		elif [ "$status" -ne 0 ]; then
			why="it cannot read a header: $(grep . "$scratch/said" | head -n 1)"
		elif ! grep -q 'pub member' "$scratch/probe.rs" || grep -q _address "$scratch/probe.rs"; then
			why="it loses members with $libclang"
		else
			use "BINDGEN=$candidate"
			say bindgen ok "$candidate: $version, with $libclang"
			return
		fi
		fault=${fault:-"$candidate is $version, but $why"}
	done
	if [ "$fault" ]; then
		say bindgen wrong "$fault"
	else
		say bindgen missing "no ${BINDGEN:-bindgen} that runs"
	fi
}

# find_crate: the kernel crate, compiled by the same rustc.
find_crate()
{
	if [ ! -e "$build/rust/libkernel.rmeta" ]; then
		say 'kernel crate' missing "$build has no rust/libkernel.rmeta"
		return
	fi
	made=$(head -c 4096 "$build/rust/libcore.rmeta" 2> /dev/null | tr -c ' -~' '\n' |
		sed -n 's/^.*\(rustc .*)\).*/\1/p' | head -n 1)
	if [ "$rustc" ] && [ "$made" ] && [ "$made" != "$rustc_version" ]; then
		say 'kernel crate' wrong "$build/rust was made with $made, and rustc here is $rustc_version"
		return
	fi
	if [ ! "$report" ] || [ "$failed" ]; then
		return
	fi
	mkdir "$scratch/module"
	printf '%s\n' 'obj-m := probe.o' 'probe-y := first.o second.o' > "$scratch/module/Kbuild"
	echo '#include <linux/module.h>' > "$scratch/module/second.c"
	printf '%s\n' 'use kernel::prelude::*;' 'module! { type: Probe, name: "probe",' \
		'description: "A probe of the tools", license: "GPL", }' 'struct Probe;' \
		'impl kernel::Module for Probe {' \
		'fn init(_module: &'"'"'static ThisModule) -> Result<Self> { Ok(Self) } }' \
		> "$scratch/module/first.rs"
	if (PATH=$users_path; eval "make -k -s -C '$build' M='$scratch/module' $words probe.o") \
		> "$scratch/log" 2>&1 < /dev/null; then
		say 'kernel crate' ok "$build/rust"
		return
	fi
	why=$(grep -i -m 1 -e 'error[:[]' -e 'No such file' -e 'not found' "$scratch/log" ||
		head -n 1 "$scratch/log")
	if [ ! -e "$scratch/module/second.o" ]; then
		say compiler wrong "a file of C does not compile: $why"
	elif [ ! -e "$scratch/module/first.o" ]; then
		say 'kernel crate' wrong "$build/rust: a file of Rust does not compile: $why"
	else
		say compiler wrong "two files cannot be linked: $why"
	fi
}

find_architecture
find_compiler
find_rustc
find_bindgen
find_crate
[ "$report" ] || [ "$failed" ] || echo "$words"
[ ! "$failed" ]
