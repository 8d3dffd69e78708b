# SPDX-License-Identifier: MIT
# shows: the library's tests pass on another processor, with the calls of its
# kernel, and with base pages of another size
# arch: arm64 arm64-64K
# memory: 3072
# hugepages: 320
# layers: tests
# time: 600
stage_1() {
	HUGEPERSIST_STARTED_WITH=this:value hugepersist-unit
	hugepersist-system
}
