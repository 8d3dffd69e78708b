# SPDX-License-Identifier: MIT
# shows: huge pages in KHO's scratch memory, which the next kernel boots in, are
# moved out of it by preserve and arrive whole
# memory: 1024
kho=/sys/kernel/debug/kho/out

# lies_in_scratch FRAME
lies_in_scratch() {
	local at=$(($1 * 4096)) i=1 phys

	for phys in $(cat $kho/scratch_phys); do
		if [ $at -ge $((phys)) ] && [ $at -lt $((phys + $(sed -n "${i}p" $kho/scratch_len))) ]; then
			return 0
		fi
		i=$((i + 1))
	done
	return 1
}

# in_scratch FILE PAGES: how many of the huge pages that luo mapped lie there
in_scratch() {
	local i=0 n=0

	while [ $i -lt "$2" ]; do
		if lies_in_scratch "$(frame "$1" $((i * 512)))"; then
			n=$((n + 1))
		fi
		i=$((i + 1))
	done
	echo $n
}

# Scratch is memory that only movable pages get. A pool takes it when it takes
# most of what there is, and the page that it got last is used first.
stage_1() {
	total=$(awk '/^MemFree:/ { print int($2 / 2048) - 60 }' /proc/meminfo)
	echo "$total" >$pool/nr_hugepages
	expect_pool "$total" "$total" 0 0
	luo <<-'END'
		memfd f 2M 16M
		map m f rw 0 16M
		fill m 1
		sh . /cases/pages-in-scratch-are-moved-out.sh; in_scratch memfd:f 8 >/tmp/before; cat /tmp/before
		sh [ $(cat /tmp/before) -gt 0 ] || fail "no page to move: this shows nothing"
		create s
		preserve s f 1
		sh . /cases/pages-in-scratch-are-moved-out.sh; [ "$(in_scratch memfd:f 8)" = 0 ] || fail "still in scratch"
		check m 1
		fill m 2 4M 4M
		hold
	END
	expect_pool "$total" $((total - 8)) 0 0
	# memory to load the next kernel into
	echo 20 >$pool/nr_hugepages
	expect_pool 20 12 0 0
}

stage_2() {
	luo <<-'END'
		incoming s
		retrieve s f 1
		map m f rw 0 16M
		check m 1 0 4M
		check m 2 4M 4M
		check m 1 8M 8M
		sh . /cases/pages-in-scratch-are-moved-out.sh; [ "$(in_scratch memfd:f 8)" = 0 ] || fail "came back in scratch"
		finish s
	END
	expect_pool 8 8 0 0
}
