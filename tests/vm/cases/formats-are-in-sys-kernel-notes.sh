# SPDX-License-Identifier: MIT
# shows: the running kernel says which formats it hands over, in its notes
# arch: x86 arm64 arm64-64K
stage_1() {
	tr '\0' '\n' </sys/kernel/notes >/tmp/notes
	for format in kho:kho-v luo:luo-v file:memfd-v file:hugetlb-v; do
		grep -a "^${format}[0-9]*$" /tmp/notes || fail "no $format in /sys/kernel/notes"
	done
	case $(base_kib) in
	4) shift=12 ;;
	64) shift=16 ;;
	esac
	grep -ax "page-shift:$shift" /tmp/notes || fail "no size of a page in /sys/kernel/notes"
}
