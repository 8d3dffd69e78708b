# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC2154,SC2034
# What the cases about memcached can call. Its items are those of mc-items.

port=11211
mc_conf=/etc/memcached.conf
mc_state=/var/lib/memcached
mc_dropins=/etc/systemd/system/memcached.service.d

# install_memcached [PAGES]: as the README of the example says
install_memcached() {
	install_program
	hugepersist setup --size=2M --pages="${1:-32}"
	cp /hp/memcached/hugepersist-memcached /usr/local/sbin/
	mkdir -p $mc_dropins
	cp /hp/memcached/hugepersist.conf $mc_dropins/
	systemctl daemon-reload
	systemctl restart memcached
}

# first WORD: it is up, and item 0 is a hit or a miss
first() {
	local have

	have=$(mc-items "$port" first)
	[ "${have% *}" = "$1" ] || {
		journalctl -b -n 30 -u memcached
		fail "item 0 is a ${have% *}, expected a $1"
	}
}

# note_items NAME FIRST COUNT: store them and note what memcached says about them
note_items() {
	mc-items "$port" fill "$2" "$3"
	mc-items "$port" note "/hp/log/$1.items" "$2" "$3"
}

fill_items() {
	note_items small 0 10000
	note_items large 100000000 5
}

# same: all items are there, and nothing about them has changed
same() {
	local name

	first hit
	for name in small large; do
		mc-items "$port" same /hp/log/$name.items >/tmp/said || fail "$name: $(cat /tmp/said)"
		report "$name: $(cat /tmp/said)"
	done
}

# empty: it runs, without any of these items
empty() {
	local name

	first miss
	for name in small large; do
		mc-items "$port" gone /hp/log/$name.items >/tmp/said || fail "$name: $(cat /tmp/said)"
	done
	[ ! -e $mc_state/items.meta ] || fail "items.meta is still there"
}

# mc LINE...: what memcached answers to these lines
mc() {
	printf '%s\r\n' "$@" quit | busybox nc 127.0.0.1 $port | tr -d '\r'
}

# size MIB: another one in the configuration
size() {
	sed -i "s/^-m .*/-m $1/" $mc_conf
	grep -q "^-m $1\$" $mc_conf || fail "no line -m in $mc_conf"
}

# log_says WORDS: in the journal of the unit
log_says() {
	journalctl -b -u memcached | grep -qF -- "$1"
}
