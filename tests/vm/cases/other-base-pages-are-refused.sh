# SPDX-License-Identifier: MIT
# shows: a kernel with base pages of another size is refused by hugepersist update,
# before anything is loaded, and a kernel with the same is not
# arch: arm64
# other-kernels: pages-64K
# hugepages: 8

# finding FILE ID ANSWER: of an update to this kernel
finding() {
	hugepersist update "$1" --dry-run --json '--append=kho=on liveupdate=on' >/tmp/report || true
	tr -d ' \n' </tmp/report | tr '{' '\n' | grep -F "\"id\":\"$2\"" >/tmp/finding ||
		fail "no finding $2"
	grep -qF "\"answer\":\"$3\"" /tmp/finding || fail "not $3: $(cat /tmp/finding)"
}

stage_1() {
	cat "$(drive patched)" >/tmp/same
	cat "$(drive pages-64K)" >/tmp/other
	finding /tmp/same image.whole yes
	finding /tmp/same image.machine yes
	finding /tmp/same image.formats yes
	finding /tmp/other image.machine yes
	finding /tmp/other image.formats no
	grep -q 'basepages' /tmp/finding || fail "for another reason: $(cat /tmp/finding)"
	head -c 1000000 /tmp/same >/tmp/short
	finding /tmp/short image.whole no
	[ "$(cat /sys/kernel/kexec_loaded)" = 0 ] || fail "a kernel was loaded"
}
