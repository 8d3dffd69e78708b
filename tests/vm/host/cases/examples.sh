# SPDX-License-Identifier: MIT
# shows: hp-kv and the counter, with the unit files of examples/, keep what they have
# over restart, SIGKILL, an upgrade, stop and start, and kexecs; only a drop empties
# arch: x86 arm64
# rest: bookworm trixie
# time: 300
# What a user does: the programs, the units, and less memory than a real host has
install_examples() {
	cp /hp/bin/hp-kv /hp/bin/hp-counter /usr/local/bin/
	cp /hp/units/*.service /etc/systemd/system/
	mkdir -p /etc/systemd/system/hp-kv.service.d
	printf '%s\n' '[Service]' ExecStart= 'ExecStart=/usr/local/bin/hp-kv --memory 32M' \
		>/etc/systemd/system/hp-kv.service.d/memory.conf
	mkdir -p /etc/systemd/system/counter.service.d
	printf '%s\n' '[Service]' StandardOutput=append:/hp/log/counter \
		>/etc/systemd/system/counter.service.d/log.conf
}

# counts STARTS KERNELS END
counts() {
	wait_for said "start $1, kernel $2, the last end was $3"
}

said() {
	[ "$(tail -n 1 /hp/log/counter)" = "$1" ]
}

# The store has the same keys and values as before
same() {
	kv-list 6379 | cmp - /hp/log/list || fail "hp-kv has other keys or values"
}

stage_1() {
	install_examples
	systemctl enable --now hp-kv counter
	counts 1 1 "none or a crash"
	kv-fill 6379 8
	kv-list 6379 >/hp/log/list

	systemctl restart hp-kv counter
	counts 2 1 clean
	same
	stored hp-kv 2
	stored counter 2
	killed counter
	systemctl kill --signal=KILL hp-kv
	wait_for sh -c 'systemctl is-active -q hp-kv && kv-list 6379'
	same
	[ "$suite" = bookworm ] || {
		systemctl start counter
		counts 3 1 "none or a crash"
	}

	# An upgrade: other files of the same names, then a restart
	cp /hp/bin/hp-kv /usr/local/bin/hp-kv.new
	mv /usr/local/bin/hp-kv.new /usr/local/bin/hp-kv
	systemctl restart hp-kv
	same
	kv-fill 6379 4 16384 1
	kv-list 6379 >/hp/log/list
	[ "$suite" = bookworm ] || {
		systemctl stop hp-kv counter
		systemctl start hp-kv counter
		counts 4 1 clean
		same
	}
	case $suite in
	bookworm) systemctl disable counter ;;
	sid) return ;;
	esac
	verdict 0 passed
}

stage_2() {
	wait_for systemctl is-active hp-kv counter
	counts 5 2 clean
	same
	systemctl stop hp-kv
	systemctl clean --what=fdstore hp-kv
	# The record of one line tells that this is no first start
	systemctl start hp-kv
	case $(kv-list 6379) in "0 0 "*) ;; *) fail "hp-kv is not empty" ;; esac
	grep -rq . /var/lib/hp-kv || fail "hp-kv has no record"
}
