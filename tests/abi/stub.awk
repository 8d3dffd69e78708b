# SPDX-License-Identifier: MIT
# After docs/parse.awk: a C file that defines every function of the headers and
# does nothing, to compare interfaces without what is behind them.
END {
	if (failed)
		exit 1
	for (i = 1; i <= header_count; i++)
		print "#include <hugepersist/" headers[i] ">"
	for (i = 1; i <= functions; i++) {
		code = prototype[names[i]]
		sub(/;$/, "", code)
		print "\n" code "\n{\n\treturn 0;\n}"
	}
}
