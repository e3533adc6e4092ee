# SPDX-License-Identifier: GPL-2.0-only
#
# Converts the layout tests of bindgen to assertions for layout_guard.c:
#
#	awk -f layout_guard.awk RS='{' PREPROCESSED RS=';' BINDINGS
#
# PREPROCESSED is the C header that BINDINGS were made of; its definitions show
# whether a type is a struct or a union. Types without a name in C are left out,
# as are anonymous members: the offset of the next member shows their size.
# bindgen writes no tests of bit-fields.
#
# A type that C defines and bindgen empties is an error: bindgen does so where it does
# not understand its libclang. Types that C only declares have no members in Rust.

# Definitions of structs and unions: records end at the brace.
NR == FNR {
	if (match($0, /(struct|union)[ \t\n]+(__attribute__ ?\([^;{}]*\)[ \t\n]*)*[A-Za-z0-9_]+[ \t\n]*$/))
		tag[$NF] = substr($0, RSTART, 1) == "s" ? "struct" : "union"
	next
}

{
	rest = $0
	while (match(rest, /pub (struct|union) [A-Za-z0-9_]+ *\{[ \t\n]*pub _address ?: ?u8/)) {
		split(substr(rest, RSTART, RLENGTH), words, /[^A-Za-z0-9_]+/)
		if (words[3] in tag || words[3] ~ /__bindgen_/)
			emptied = emptied " " words[3]
		rest = substr(rest, RSTART + RLENGTH)
	}
}

# ["Size of se_cmd"][::core::mem::size_of::<se_cmd>() - 472usize];
match($0, /"Size of [A-Za-z0-9_]+"/) {
	type = substr($0, RSTART + 9, RLENGTH - 10)
	if (type in tag)
		add("LAYOUT_SIZE(" tag[type] " " type)
}

# ["Offset of field: se_cmd::tag"][::core::mem::offset_of!(se_cmd, tag) - 16usize];
match($0, /"Offset of field: [A-Za-z0-9_]+::[A-Za-z0-9_]+"/) {
	split(substr($0, RSTART + 18, RLENGTH - 19), name, "::")
	# bindgen adds an underscore to what is a keyword of Rust. None has one of
	# its own, as names in C may.
	if (name[2] ~ /^[A-Za-z0-9]+_$/)
		sub(/_$/, "", name[2])
	if (name[1] in tag && name[2] !~ /^__bindgen_/)
		add("LAYOUT_OFFSET(" tag[name[1]] " " name[1] ", " name[2])
}

# Writes an assertion with the number that the test ends with.
function add(assertion)
{
	match($0, /[0-9]+usize[^0-9]*$/)
	print assertion ", " substr($0, RSTART) + 0 ");"
	count++
}

END {
	if (emptied) {
		print "layout_guard.awk: bindgen leaves out the members of" emptied \
			": take another bindgen or libclang; see tcm-mod-builder doctor" > "/dev/stderr"
		exit 1
	}
	if (!count) {
		print "layout_guard.awk: bindgen wrote no test of a layout" > "/dev/stderr"
		exit 1
	}
}
