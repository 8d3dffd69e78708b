# SPDX-License-Identifier: MIT
# Reads a report of abidiff --leaf-changes-only; succeeds if all that it says is
# that structures which begin with their size got longer at the end.
# usage: awk -v sized=" hp_x hp_y " -f growth.awk REPORT
/^(Leaf|Changed leaf|Removed\/Changed)/ || /^$/ || /there are data member changes:/ { next }
/^'struct [a-z_]+( at [^']*)?' changed:$/ {
	name = $2
	gsub(/'/, "", name)
	grown = index(sized, " " name " ")
	next
}
grown && /^ +type size changed from [0-9]+ to [0-9]+ \(in bits\)$/ {
	old_size = $5
	seen = 1
	next
}
grown && /^ +[0-9]+ data member insertions?:$/ { next }
grown && /^ +'.*', at offset [0-9]+ \(in bits\)/ {
	offset = $0
	sub(/.*, at offset /, "", offset)
	if (offset + 0 < old_size + 0)
		exit bad = 1
	next
}
{ exit bad = 1 }
END { exit bad || !seen }
