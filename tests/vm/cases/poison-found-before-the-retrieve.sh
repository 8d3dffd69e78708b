# SPDX-License-Identifier: MIT
# shows: preserved pages that turn out to be broken after the boot of the new
# kernel and before they are retrieved, or given up, are never handed out as good
# hugepages: 16
stage_1() {
	luo <<-'END'
		memfd f 2M 8M
		memfd g 2M 8M
		memfd u 2M 8M
		map m f rw 0 8M
		map n u rw 0 8M
		fill m 1
		fill g 2
		fill n 3
		# where they are wrong later
		load m 2867200
		load m 6M
		# in the second huge page, and the first 4 KiB of the fourth and of the
		# first of the file that nobody wants
		sh frame memfd:f 700 >/state/broken
		sh frame memfd:f 1536 >>/state/broken
		sh frame memfd:u 0 >>/state/broken
		create s
		preserve s f 1
		preserve s g 2
		preserve s u 3
		hold
	END
}

stage_2() {
	while read -r pfn; do
		# Nobody can be asked to let go of the page: EBUSY
		echo "$pfn" >$corrupt_pfn || true
	done </state/broken
	expect_corrupted 3
	luo <<-'END'
		incoming s
		retrieve s f 1
		retrieve s g 2
		map m f rw 0 8M
		check f 1 0 2M
		check f 1 4M 2M
		check g 2
		expect SIGBUS load m 2867200
		expect SIGBUS load m 2M
		expect SIGBUS load m 6M
		expect EIO read f 2867200 1
		expect EIO read f 6M 1
		finish s
		create t
		preserve t f 1
		preserve t g 2
		close t
		close m
		close f
		# The broken ones stay in use: nobody gets one, or a promise of one
		sh expect_pool 16 9 0 0
		memfd all 2M 18M
		map all-m all rw 0 18M
		fill all-m 4
		sh expect_pool 16 0 0 0
		sh for i in $(seq 0 512 4096); do frame memfd:all $i; done >/state/used
		memfd more 2M 2M
		expect ENOSPC fallocate more 0 2M
		expect ENOMEM map more-m more rw 0 2M
		check g 2
	END
	expect_pool 16 13 0 0
	[ "$(wc -l </state/used)" -eq 9 ] || fail "$(wc -l </state/used) frames, not 9"
	awk '{ page = int($1 / 512) }
		NR == FNR { broken[page] = 1; next }
		page in broken { bad = 1 }
		END { exit bad }' /state/broken /state/used || fail "a broken page was used"
	# What is not broken goes back to the system
	echo 0 >$pool/nr_hugepages
	expect_pool 3 0 0 3
	expect_corrupted 3
}
