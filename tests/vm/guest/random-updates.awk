# SPDX-License-Identifier: MIT
# What random files go through in one of many updates, as a script for luo.
#
#   awk -v seed=N -v update=K -v updates=U -v small=P -v large=Q -f this
#
# Prints what is to be done in the kernel after update K (0: the first kernel):
# retrieve the files and compare every byte, then create, resize, write, drop
# and preserve some for the next one. small and large are the pages in the 2 MiB
# and 1 GiB pools. It keeps no state: each call plays from the start and prints
# the last part, so the seed alone says what every byte has to be. In update
# number "change", if given, one byte is written that nobody knows of.

# Exact in the doubles that awk counts in
function random(n) {
	state = state * 16807 % 2147483647
	return int(state / 2147483647 * n)
}

function out(line) {
	if (now == update)
		print line
}

# --- the model: files are made of units, content 0 is a hole -----------------

function unit_text(kind) {
	return kind == "2M" ? "2M" : kind == "1G" ? "1G" : "64K"
}

function offset_text(kind, i) {
	return kind == "2M" ? i * 2 "M" : kind == "1G" ? i "G" : i * 64 "K"
}

function in_use(kind,   f, i, n) {
	for (f = 1; f <= files; f++)
		if (alive[f] && kinds[f] == kind)
			for (i = 0; i < units[f]; i++)
				n += there[f, i]
	return n + 0
}

# Units that the files of this kind would have without holes
function span(kind,   f, n) {
	for (f = 1; f <= files; f++)
		if (alive[f] && kinds[f] == kind)
			n += units[f]
	return n + 0
}

function room(kind) {
	if (kind == "shmem")
		return 16
	return (kind == "2M" ? small : large) - span(kind)
}

function pools() {
	out("pool 2M " small " " small - in_use("2M") " 0 0")
	if (large)
		out("pool 1G " large " " large - in_use("1G") " 0 0")
}

# --- what can happen to a file ------------------------------------------------

function write_unit(f, i) {
	content[f, i] = ++contents
	there[f, i] = 1
	out("fill r" f " " contents " " offset_text(kinds[f], i) " " unit_text(kinds[f]))
}

function create(   f, i, kind, n) {
	kind = random(3) ? "2M" : "shmem"
	if (large && !random(4))
		kind = "1G"
	n = 1 + random(kind == "1G" ? 2 : 6)
	if (n > room(kind))
		return
	f = ++files
	alive[f] = 1
	kinds[f] = kind
	units[f] = n
	out("memfd r" f " " kind " " offset_text(kind, n))
	for (i = 0; i < n; i++) {
		content[f, i] = there[f, i] = 0
		# A gigantic hole takes emulation too long to compare
		if (kind == "1G" || random(4))
			write_unit(f, i)
	}
}

function resize(f,   i, n) {
	n = 1 + random(kinds[f] == "1G" ? 2 : 8)
	if (n - units[f] > room(kinds[f]))
		return
	out("ftruncate r" f " " offset_text(kinds[f], n))
	for (i = n; i < units[f]; i++)
		there[f, i] = content[f, i] = 0
	for (i = units[f]; i < n; i++)
		there[f, i] = content[f, i] = 0
	for (i = units[f]; kinds[f] == "1G" && i < n; i++)
		write_unit(f, i)
	units[f] = n
}

function punch(f,   i) {
	if (kinds[f] == "1G")
		return
	i = random(units[f])
	out("punch r" f " " offset_text(kinds[f], i) " " unit_text(kinds[f]))
	there[f, i] = content[f, i] = 0
}

function allocate(f,   i) {
	i = random(units[f])
	out("fallocate r" f " " offset_text(kinds[f], i) " " unit_text(kinds[f]))
	there[f, i] = 1
}

function drop(f) {
	out("close r" f)
	alive[f] = 0
}

# Preserved, taken back, and preserved again later
function change_mind(f) {
	out("create undone")
	out("preserve undone r" f " 1")
	out("close undone")
}

function something(   f, what) {
	f = 1 + random(files)
	what = random(10)
	if (what < 4 || !files)
		create()
	else if (!alive[f])
		return
	else if (what == 4)
		resize(f)
	else if (what == 5)
		punch(f)
	else if (what == 6)
		allocate(f)
	else if (what == 7)
		drop(f)
	else if (what == 8)
		change_mind(f)
	else
		write_unit(f, random(units[f]))
}

# --- one update -----------------------------------------------------------------

function compare(f,   i) {
	out("is r" f " size " offset_text(kinds[f], units[f]))
	for (i = 0; i < units[f]; i++)
		if (content[f, i])
			out("check r" f " " content[f, i] " " offset_text(kinds[f], i) " " unit_text(kinds[f]))
		else
			out("zero r" f " " offset_text(kinds[f], i) " " unit_text(kinds[f]))
}

function arrive(   f, early) {
	early = random(2)
	out("incoming a")
	out("incoming b")
	# Not in the order in which they were preserved
	for (f = files; f >= 1; f--) {
		if (!alive[f])
			continue
		if (forgotten[f])
			continue	# finishing the session frees it
		out("retrieve " home[f] " r" f " " f * 1000003)
		if (early)
			compare(f)
	}
	out("finish b")
	out("finish a")
	out("close a")
	out("close b")
	for (f = 1; f <= files; f++)
		if (forgotten[f])
			alive[f] = 0
	for (f = 1; f <= files; f++)
		if (alive[f] && !early)
			compare(f)
	pools()
}

function leave(   f, i) {
	out("create a")
	out("create b")
	for (f = 1; f <= files; f++) {
		if (!alive[f])
			continue
		home[f] = random(2) ? "a" : "b"
		forgotten[f] = !random(8)
		out("preserve " home[f] " r" f " " f * 1000003)
		for (i = 0; i < units[f]; i++)
			if (kinds[f] != "shmem")
				there[f, i] = 1
	}
	pools()
	# What is written while preserved has to arrive too
	for (f = 1; f <= files; f++)
		if (alive[f] && kinds[f] != "1G" && !random(3))
			write_unit(f, random(units[f]))
	for (f = 1; f <= files && now == change; f++)
		if (alive[f] && kinds[f] == "2M" && !forgotten[f]) {
			out("map hand r" f " rw 0 2M")
			out("store hand 12345")
			out("close hand")
			break
		}
	out("hold")
}

BEGIN {
	state = seed % 2147483646 + 1
	for (i = 0; i < 10; i++)
		random(2)
	if (change == "")
		change = -1
	for (now = 0; now <= update; now++) {
		if (now)
			arrive()
		if (now == updates) {
			for (f = 1; f <= files; f++)
				if (alive[f])
					drop(f)
			pools()
			break
		}
		for (i = now ? 0 : 4; i > 0; i--)
			create()
		for (i = 4 + random(5); i > 0; i--)
			something()
		leave()
	}
}
