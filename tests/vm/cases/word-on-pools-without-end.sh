# SPDX-License-Identifier: MIT
# shows: a word of the old kernel on its pools that is more than fits into its memory
# is ignored: preserved pages come back in addition to the pool
# hugepages: 10
# ram: shared
# host: ./corrupt pools-without-end
stage_1() {
	keep_file_and_damage_word
}

stage_2() {
	expect_word_ignored
}
