# SPDX-License-Identifier: MIT
# After docs/parse.awk: prints "table CODE" for the table in the first comment,
# "list CODE WHERE" for the lists of the functions and of the other headers.
END {
	if (failed)
		exit 1
	for (h = 1; h <= header_count; h++)
		for (i = 1; i <= intros[headers[h]]; i++)
			print_codes(intro[headers[h], i], headers[h])
	for (i = 1; i <= functions; i++)
		for (j = 1; j <= errors[names[i]]; j++)
			print_list(error_codes[names[i], j], names[i])
}

function print_codes(line, head) {
	if (head == "hugepersist.h" && match(line, /^\t-E[A-Z]+\t/))
		print "table", substr(line, 2, RLENGTH - 2)
	else if (match(line, /^-E[A-Z]+(, -E[A-Z]+)*(\t|$)/))
		print_list(substr(line, 1, RLENGTH), head)
}

function print_list(codes, where,    n, i, code) {
	n = split(codes, code, /[, \t]+/)
	for (i = 1; i <= n; i++)
		if (code[i] ~ /^-E/)
			print "list", code[i], where
}
