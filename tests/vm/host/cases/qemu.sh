# SPDX-License-Identifier: MIT
# shows: a guest of Debian's QEMU, unmodified, goes on over restarts and kexecs of its
# host, also if it was stopped before; and is refused with a disk that was changed
# suites: sid
# packages: sid=qemu-system-x86 sid=python3
# qemu: yes
# rest: sid
# time: 1800
stages=3
place=/var/lib/private/hp-qemu/one
console=$place/console

install_guest() {
	# Not in the environment: QEMU has libraries of its own
	printf '%s\n' '#!/bin/sh' \
		'exec /lib64/ld-linux-x86-64.so.2 --library-path /hp/lib /hp/lib/hugepersist "$@"' \
		>/usr/bin/hugepersist
	chmod +x /usr/bin/hugepersist
	cp -r /hp/qemu/hp-qemu /usr/local/lib/
	cp /hp/qemu/hp-qemu@.service /etc/systemd/system/
	grep -q ^kvm: /etc/group || echo kvm:x:108: >>/etc/group
	mkdir -p /etc/hp-qemu "$place" /etc/systemd/system/hp-qemu@.service.d
	printf '%s\n' '[Service]' 'StandardOutput=append:/hp/log/one' \
		'StandardError=append:/hp/log/one' >/etc/systemd/system/hp-qemu@.service.d/log.conf
	chmod 700 /var/lib/private
	truncate -s 1M "$place/disk"
	cp /hp/qemu/guest.cpio "$place/"
	cp /hp/kernel/patched "$place/kernel"
	cat >/etc/hp-qemu/one.conf <<-'END'
		RAM=64M
		WORDS=
		GUEST="-machine pc-q35-7.2,accel=tcg -cpu qemu64-v1 -nodefaults -no-user-config \
		-display none -drive file=/var/lib/hp-qemu/one/disk,format=raw,if=none,id=d \
		-device virtio-blk-pci,drive=d,addr=3 -kernel /var/lib/hp-qemu/one/kernel \
		-chardev file,id=c,append=on,path=/var/lib/hp-qemu/one/console -serial chardev:c \
		-initrd /var/lib/hp-qemu/one/guest.cpio \
		-append 'console=ttyS0 quiet no_timer_check tsc=reliable panic=-1'"
	END
	systemctl daemon-reload
	systemctl enable hp-qemu@one
}

# counted: how far it is
counted() {
	tr -d '\r' <"$console" 2>/dev/null | awk '/ sum=/ { n = $1 } END { print n + 0 }'
}

# guest COMMAND: systemctl; what the guest's unit said, if that fails
guest() {
	systemctl "$1" hp-qemu@one || {
		tail -n 30 /hp/log/one >&2 || true
		fail "systemctl $1 hp-qemu@one"
	}
}

# counts_on: for a while, however slow a machine in a machine is
counts_on() {
	local from try

	guest is-active
	from=$(counted)
	# Looking costs the machine in the machine time, too
	for try in $(seq 150); do
		[ "$(counted)" -lt $((from + 3)) ] || return 0
		sleep 4
	done
	tail -n 30 /hp/log/one "$console" >&2 || true
	fail "the guest does not count on from $from"
}

# one_life: it left out nothing, and every sum was right; the longest pause by its clock
one_life() {
	tr -d '\r' <"$console" | awk -F '[ =]' '
		/ sum=/ {
			if ($1 != ++n || $3 != "ok" || $5 != "ok") { print "at " n ": " $0; exit 1 }
			if (n > 1 && $7 - ms > longest) longest = $7 - ms
			ms = $7
		}
		END { print "counted to " n ", longest pause " longest " ms by its own clock" }
	' >/hp/log/life || fail "the guest has not one life: $(cat /hp/log/life)"
	report "$(cat /hp/log/life)"
}

said_goes_on() {
	grep -q "the guest goes on .*generation $1)" /hp/log/one ||
		fail "hp-qemu did not say that the guest goes on, generation $1"
}

# now_ms
now_ms() {
	date +%s%3N
}

stage() {
	local began

	if [ "$stage" = 1 ]; then
		install_guest
		guest start
		counts_on
		began=$(now_ms)
		guest restart
		report "restart: $(($(now_ms) - began)) ms"
		counts_on
		said_goes_on 2
		one_life
		stored hp-qemu@one 3
		return
	fi
	if [ "$stage" = 3 ]; then
		# It was stopped before this kernel, and a disk was changed
		touch "$place/disk"
		! systemctl start hp-qemu@one || fail "it started with another disk"
		grep -q 'disk is not as it was (last write)' /hp/log/one ||
			fail "hp-qemu did not say what was wrong"
		touch -d "$(cat /hp/log/written)" "$place/disk"
		systemctl reset-failed hp-qemu@one
		guest start
	else
		guest is-active
	fi
	counts_on
	one_life
	stored hp-qemu@one 3
	[ "$stage" != 2 ] || {
		systemctl stop hp-qemu@one
		systemctl disable hp-qemu@one
		date -r "$place/disk" +%F\ %T.%N >/hp/log/written
	}
}
