# SPDX-License-Identifier: MIT
# After docs/parse.awk: the errors that the header lists for each function.
END {
	if (failed)
		exit 1
	for (i = 1; i <= functions; i++)
		for (j = 1; j <= errors[names[i]]; j++)
			print_codes(error_codes[names[i], j], names[i])
}

function print_codes(codes, name,    n, k, code) {
	n = split(codes, code, /[, \t]+/)
	for (k = 1; k <= n; k++)
		if (code[k] ~ /^-E/)
			printf "{ \"%s\", %s },\n", name, substr(code[k], 2)
}
