# SPDX-License-Identifier: MIT
# shows: a word of the old kernel on its pools that is of more pages than there is
# memory for, in all pools together, is ignored: preserved pages come back in
# addition to the pool
# memory: 1536
# hugepages: 10
# ram: shared
# host: ./corrupt pools-beyond-memory-together
stage_1() {
	keep_file_and_damage_word
}

stage_2() {
	expect_word_ignored
}
