# SPDX-License-Identifier: MIT
# From gcovr's table, lines and branches of each file; fails below a limit.
# limits: file, percent, reason; the file "*" is all others.
BEGIN {
	FS = ","
	while ((getline line < limits) > 0) {
		if (line ~ /^(#|$)/)
			continue
		split(line, field, " ")
		limit[field[1]] = field[2]
		if (field[1] != "*" && field[3] == "")
			bad(field[1] " has a limit of its own and no reason in " limits)
	}
	if (!("*" in limit))
		bad("no limit in " limits)
	printf "%-28s %15s %20s\n", "", "lines", "branches"
}

function bad(words) {
	print words
	failed = 1
}

function percent(part, all) {
	return all ? 100 * part / all : 100
}

function row(name, lines, lines_run, branches, branches_run) {
	printf "%-28s %5d/%-5d %5.1f %% %5d/%-5d %5.1f %%\n", name,
		lines_run, lines, percent(lines_run, lines),
		branches_run, branches, percent(branches_run, branches)
}

NR == 1 {
	for (i = 1; i <= NF; i++)
		column[$i] = i
	next
}

{
	file = $column["filename"]
	lines = $column["line_total"]
	lines_run = $column["line_covered"]
	branches = $column["branch_total"]
	branches_run = $column["branch_covered"]
	row(file, lines, lines_run, branches, branches_run)
	sum[1] += lines
	sum[2] += lines_run
	sum[3] += branches
	sum[4] += branches_run
	wanted = (file in limit) ? limit[file] : limit["*"]
	seen[file] = 1
	if (percent(lines_run, lines) < wanted)
		below = below sprintf("%s: %.1f %% of the lines ran, and it must be %s %%\n",
			file, percent(lines_run, lines), wanted)
	else if (file in limit && percent(lines_run, lines) >= limit["*"])
		below = below file ": needs no limit of its own any more\n"
}

END {
	row("all", sum[1], sum[2], sum[3], sum[4])
	if (!sum[1])
		bad("no lines at all")
	for (file in limit)
		if (file != "*" && !(file in seen))
			bad(file " has a limit and is not there")
	if (below != "")
		bad("\n" below "Which lines: the file \"lines\" in the folder of the build.")
	exit failed
}
