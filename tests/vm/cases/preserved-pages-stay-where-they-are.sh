# SPDX-License-Identifier: MIT
# shows: compaction, soft offline and taking the memory away leave preserved
# pages alone: all of them fail, and the contents arrive
# hugepages: 16
# cpus: 2
memory=/sys/devices/system/memory

# block_of FRAME: the block of memory that has it
block_of() {
	echo $(($1 * 4096 / 0x$(cat $memory/block_size_bytes)))
}

offline() {
	timeout 3 sh -c "echo offline >$memory/memory$1/state"
}

# move FILE: try everything that moves pages; the frame is the same after
move() {
	local before block

	before=$(frame "$1" 0)
	echo 1 >/proc/sys/vm/compact_memory
	block=$(block_of "$before")
	# The kernel describes each page that it cannot move on the console, in
	# words that are a complaint elsewhere
	echo 1 >/proc/sys/kernel/printk
	if offline "$block"; then
		fail "memory$block went offline, with a preserved page in it"
	fi
	if echo $((before * 4096)) >/sys/devices/system/memory/soft_offline_page; then
		fail "the page went offline softly"
	fi
	dmesg -c >/dev/null
	echo 7 >/proc/sys/kernel/printk
	[ "$(cat $memory/memory"$block"/state)" = online ] || fail "memory$block: $(cat $memory/memory"$block"/state)"
	[ "$(frame "$1" 0)" = "$before" ] || fail "the page moved from $before to $(frame "$1" 0)"
}

stage_1() {
	luo <<-'END'
		memfd f 2M 16M
		map m f rw 0 16M
		fill m 1
		# it can, with a page that is not preserved
		memfd g 2M 2M
		map n g rw 0 2M
		fill n 2
		sh frame memfd:g 0 >/tmp/frame; echo $(($(cat /tmp/frame) * 4096)) >/sys/devices/system/memory/soft_offline_page
		sh [ "$(frame memfd:g 0)" != "$(cat /tmp/frame)" ]
		check n 2
		close n
		close g
		create s
		preserve s f 1
		sh . /cases/preserved-pages-stay-where-they-are.sh; move memfd:f
		check m 1
		hold
	END
}

stage_2() {
	luo <<-'END'
		incoming s
		retrieve s f 1
		check f 1
		# retrieved pages can move again
		map m f rw 0 16M
		load m 0
		sh frame memfd:f 0 >/tmp/frame; echo $(($(cat /tmp/frame) * 4096)) >/sys/devices/system/memory/soft_offline_page
		sh [ "$(frame memfd:f 0)" != "$(cat /tmp/frame)" ]
		check m 1
		finish s
	END
}
