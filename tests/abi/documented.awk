# SPDX-License-Identifier: MIT
# After docs/parse.awk: a C header that a test is compiled with (-include). In it
# each call of a public function is checked: an error that the comment of the
# function does not list ends the test. See documented.h.
END {
	if (failed)
		exit 1
	print "/* Made by tests/abi/documented.awk from the headers. */"
	print "#include <errno.h>"
	# With all that declares one of the names below.
	print "#include \"documented.h\""
	for (i = 1; i <= functions; i++) {
		name = names[i]
		if (!errors[name])
			continue
		list = codes_of(name, 0)
		print "\nstatic const int " name "_lists[] = {" list " 0 };"
		print "#define " name "(...) HP_DOCUMENTED(" name ", " name ", __VA_ARGS__)"
		print "#define " name "_on(...) HP_DOCUMENTED(" name ", " name "_on, __VA_ARGS__)"
	}
}

# Also by reference: "all else as hp_x()", and what goes for all with a directory
function codes_of(name, depth,    i, j, n, list, code, other, rest) {
	if (depth > 3)
		return ""
	for (i = 1; i <= errors[name]; i++) {
		n = split(error_codes[name, i], code, ", ")
		for (j = 1; j <= n; j++)
			if (code[j] ~ /^-/)
				list = list " " substr(code[j], 2) ","
		if (error_codes[name, i] !~ /^all/)
			continue
		rest = error_text[name, i]
		while (match(rest, /hp_[a-z_]+\(\)/)) {
			other = substr(rest, RSTART, RLENGTH - 2)
			rest = substr(rest, RSTART + RLENGTH)
			list = list codes_of(other, depth + 1)
		}
	}
	if (prototype[name] ~ /char \*directory/)
		list = list common(header_of[name])
	return list
}

function common(head,    i, j, n, list, code) {
	for (i = 1; i <= intros[head]; i++)
		if (match(intro[head, i], /^-E[A-Z]+(, -E[A-Z]+)*(\t|$)/)) {
			n = split(substr(intro[head, i], 1, RLENGTH), code, /[, \t]+/)
			for (j = 1; j <= n; j++)
				if (code[j] ~ /^-/)
					list = list " " substr(code[j], 2) ","
		}
	return list
}
