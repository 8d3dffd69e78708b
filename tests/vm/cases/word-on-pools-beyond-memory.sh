# SPDX-License-Identifier: MIT
# shows: a word of the old kernel on its pools that is of more pages than there is memory for
# is ignored: preserved pages come back in addition to the pool
# hugepages: 10
# ram: shared
# host: ./corrupt pools-beyond-memory
stage_1() {
	keep_file_and_damage_word
}

stage_2() {
	expect_word_ignored
}
