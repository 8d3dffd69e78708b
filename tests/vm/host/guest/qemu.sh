# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC2154,SC2034
# What the cases about a guest of QEMU can call. The guest is called one; its program
# is tests/qemu/guest.c.

unit=hp-qemu@one
place=/var/lib/private/hp-qemu/one
console=$place/console
log=/hp/log/one

# As the README of the example says. The guest is told the speed of its clock: what
# it measures goes wrong in an emulation that gets no time.
install_guest() {
	install_program
	cp -r /hp/qemu/hp-qemu /usr/local/lib/
	cp /hp/qemu/hp-qemu@.service /etc/systemd/system/
	mkdir -p "/etc/systemd/system/$unit.service.d"
	printf '%s\n' '[Service]' "StandardOutput=append:$log" "StandardError=append:$log" \
		>"/etc/systemd/system/$unit.service.d/log.conf"
	mkdir -p /etc/hp-qemu "$place"
	chmod 700 /var/lib/private
	truncate -s 1M "$place/disk"
	cp /hp/qemu/guest.cpio "$place/"
	cp /hp/kernel/patched "$place/kernel"
	cat >/etc/hp-qemu/one.conf <<-END
		RAM=64M
		WORDS=
		GUEST="-machine pc-i440fx-7.2,accel=tcg -cpu qemu64-v1 -nodefaults -no-user-config \
		-display none -sandbox on,spawn=deny \
		-drive file=/var/lib/hp-qemu/one/disk,format=raw,if=none,id=disk \
		-device virtio-blk-pci,drive=disk,addr=3 \
		-chardev file,id=console,append=on,path=/var/lib/hp-qemu/one/console \
		-serial chardev:console \
		-kernel /var/lib/hp-qemu/one/kernel -initrd /var/lib/hp-qemu/one/guest.cpio \
		-append 'console=ttyS0 quiet panic=-1 acpi=off no_timer_check tsc=reliable \
		tsc_early_khz=$(from_cmdline tsc_early_khz) every=400'"
	END
	systemctl daemon-reload
	systemctl enable "$unit"
}

# guest VERB: what the unit said, if that fails
guest() {
	systemctl "$1" "$unit" || fail "systemctl $1 $unit: $(tail -n 5 "$log" | tr '\n' ';')"
}

# counted: how far it is
counted() {
	tr -d '\r' <"$console" 2>/dev/null | awk '/ wall=/ { n = $1 } END { print n + 0 }'
}

# counts_on: however slow a machine in a machine is
counts_on() {
	local from

	guest is-active
	from=$(counted)
	for _ in $(seq 300); do
		[ "$(counted)" -lt $((from + 2)) ] || return 0
		sleep 1
	done
	fail "the guest does not count on from $from: $(tail -n 5 "$console" | tr '\r\n' ' ;')"
}

# one_life: it counted from 1 on and left nothing out, and every sum was right
one_life() {
	tr -d '\r' <"$console" | awk -F '[ =]' '
		/ wall=/ && ($1 != ++n || $3 != "ok" || $5 != "ok") { print "at " n ": " $0; wrong = 1; exit }
		END { exit wrong || !n }' || fail "the guest has not one life, see above"
}

# gap FROM: the longest time between two counts after FROM by the guest's own monotonic
# clock, in gap_ms; the two counts are last_count and next_count
gap() {
	local words

	words=$(tr -d '\r' <"$console" | awk -F '[ =]' -v from="$1" '
		/ wall=/ {
			if ($1 > from && $7 - ms > longest) {
				longest = $7 - ms
				last = count
				next_one = $1
			}
			count = $1
			ms = $7
		}
		END { print longest + 0, last + 0, next_one + 0 }')
	next_count=${words##* } gap_ms=${words%% *}
	last_count=${words#* }
	last_count=${last_count% *}
}

# behind: the guest's wall clock to that of the host at its last count, in ms
behind() {
	local now

	now=$(date -r "$console" +%s%3N)
	tr -d '\r' <"$console" | awk -F '[ =]' -v now="$now" '
		/ wall=/ { wall = $9 } END { print now - wall }'
}

# went_on GENERATION: sets pause_ms, how long it stood still by the host's clock
went_on() {
	local words

	words=$(grep "the guest goes on .*generation $1)" "$log") ||
		fail "hp-qemu did not say that the guest goes on, generation $1"
	pause_ms=$(echo "$words" | sed 's/.* after \([0-9]*\)\.\([0-9]\) s .*/\1\200/')
}

# newer_qemu: Debian's package that is installed, packed again with a higher version
# number. Its scripts run and its files are replaced as in any upgrade.
newer_qemu() {
	local name=qemu-system-x86 root=/var/tmp/newer script

	mkdir -p "$root/DEBIAN"
	dpkg-query -L $name | while read -r path; do
		if [ -h "$path" ] || [ -f "$path" ]; then
			cp -a --parents "$path" "$root/"
		fi
	done
	for script in preinst postinst prerm postrm triggers shlibs conffiles; do
		[ ! -e "/var/lib/dpkg/info/$name.$script" ] ||
			cp "/var/lib/dpkg/info/$name.$script" "$root/DEBIAN/$script"
	done
	dpkg-query -s $name | sed -e '/^Status:/d' -e 's/^Version: .*/&+newer/' \
		-e '/^Conffiles:/,/^[^ C]/{/^Conffiles:/d;/^ /d}' >"$root/DEBIAN/control"
	dpkg-deb -Znone --build "$root" "$root.deb"
	rm -rf "$root"
}

# runs_replaced: the program that QEMU runs is not there any more
runs_replaced() {
	readlink "/proc/$(pidof qemu-system-x86_64)/exe" | grep -q ' (deleted)$'
}
