# SPDX-License-Identifier: MIT
# shows: without systemd, "hugepersist run" holds the memory of an unmodified program, and
# "hugepersist update" refuses a kernel that would lose it, then starts the next one
# hugepages: 8
# time: 120
serve() {
	mkdir -p /tmp/state
	# shellcheck disable=SC2016
	hugepersist run cache --region pool=4M --region notes=2M,shmem --state=/tmp/state \
		--if-new 'echo new' -- \
		sh -c 'head -c 7 "$1"; echo; printf "written" | dd of="$1" conv=notrunc; exec sleep 1000' \
		sh @notes@ >/tmp/said 2>&1 &
	wait_for sh -c "hugepersist status --short | grep -q '/cache 6 MiB'"
	wait_for grep -q records /tmp/said
}

# refused WHAT OPTION...: update does not take this
refused() {
	local what=$1
	shift

	! hugepersist update /tmp/kernel "$@" --yes >/tmp/report 2>/tmp/why || fail "$what was taken"
	[ "$(cat /sys/kernel/kexec_loaded)" = 0 ] || fail "$what: a kernel is loaded"
}

parameters="$(cat /proc/cmdline) hp.stage=2"

stage_1() {
	serve
	grep -qx new /tmp/said || fail "the memory is not new"
	cat "$(drive patched)" >/tmp/kernel
	cat "$(drive initrd)" >/tmp/initrd
	refused "a command line without kho=on" --initrd=/tmp/initrd --append=console=ttyS0
	refused "kho=off" --initrd=/tmp/initrd --append="$parameters kho=off"
	# No part of the scratch memory is as large
	cp /tmp/initrd /tmp/large
	truncate -s 200M /tmp/large
	refused "an initrd that has no room" --initrd=/tmp/large --append="$parameters"
	grep -q 'larger kho_scratch=' /tmp/why || fail "it says only '$(cat /tmp/why)'"
	report kexec
	hugepersist update /tmp/kernel --initrd=/tmp/initrd --append="$parameters" --yes
	fail "the update was refused"
}

stage_2() {
	serve
	! grep -qx new /tmp/said || fail "the memory is new"
	grep -qx written /tmp/said || fail "the memory says '$(head -n 1 /tmp/said)'"
	expect_pool 8 6 0 0
}
