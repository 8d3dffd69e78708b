# SPDX-License-Identifier: MIT
# shows: a memfd of small pages survives on a stock kernel (the machinery works)
# kernel: stock
stage_1() {
	luo <<-'END'
		memfd f shmem 8M
		fill f 11
		seek f 4096
		create s
		preserve s f 1
		hold
	END
}

stage_2() {
	luo <<-'END'
		incoming s
		retrieve s f 1
		is f size 8M
		is f position 4096
		check f 11
		finish s
		check f 11
	END
}
