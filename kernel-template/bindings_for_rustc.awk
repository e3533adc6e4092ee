# SPDX-License-Identifier: GPL-2.0-only
#
# Leaves bindgen's tests of layouts out of rustc's input, which then takes a third
# less time to compile: the C compiler checks them. The tests of the types that the
# module's own sources name stay, so that rustc proves what the module holds by value
# or reads.
#
# usage: awk -f bindings_for_rustc.awk part=sources SOURCE... \
#	part=bindings RS='}' bindings_tested.rs

part == "sources" && /^[ \t]*\/\// {
	next
}

part == "sources" {
	count = split($0, words, /[^A-Za-z0-9_]+/)
	for (i = 1; i <= count; i++)
		named[words[i]] = 1
	next
}

# The record before was a test, which ends with a semicolon.
cut {
	sub(/^ ?;\n?/, "")
	cut = 0
}

match($0, /# ?\[allow ?\(clippy ?:: ?unnecessary_operation/) {
	before = substr($0, 1, RSTART - 1)
	match($0, /"Size of [A-Za-z0-9_]+"/)
	if (!(substr($0, RSTART + 9, RLENGTH - 10) in named)) {
		printf "%s%s", brace, before
		brace = ""
		cut = 1
		next
	}
}

{
	printf "%s%s", brace, $0
	brace = "}"
}

END {
	if ($0 !~ /^[ \n]*$/)
		print brace
}
