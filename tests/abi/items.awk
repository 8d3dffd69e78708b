# SPDX-License-Identifier: MIT
# After docs/parse.awk: one line for each field and constant of the headers, as
# header_use.c names them.
END {
	if (failed)
		exit 1
	for (i = 1; i <= type_count; i++) {
		type = types[i]
		sub(/^struct /, "", type)
		if (types[i] ~ /^struct/)
			print "SIZE(" type ","
		for (j = 1; j <= items[types[i]]; j++)
			if (types[i] ~ /^struct/)
				print "FIELD(" type ", " item_name[types[i], j] ","
			else
				print "CONSTANT(" item_name[types[i], j] ","
	}
	for (i = 1; i <= constants; i++)
		if (constant[i] !~ /^HP_VERSION_/)
			print "CONSTANT(" constant[i] ","
}
