# SPDX-License-Identifier: MIT
# shows: which images, command lines and initrds hugepersist update refuses and why,
# and that a refusal changes nothing: files, loaded kernels, pools, held memory,
# sessions of LUO; then a good update
# time: 900
# suites: sid
# rest: sid
# other-kernels: stock
# installs: hugepersist
initrd_of_257() {
	mkdir -p /hp/initrd
	(
		cd /hp/initrd
		zcat /boot/initrd.dracut | cpio -i --quiet
		find . -name 'libsystemd-shared-*' |
			while read -r file; do
				mv "$file" "${file%/*}/libsystemd-shared-257.so"
			done
		find . | cpio -o --quiet -H newc | gzip -1 >/hp/initrd.257
	)
	rm -rf /hp/initrd
}

stage_1() {
	start_cache

	# The image
	head -c 3000000 $image >/hp/short
	refuses_update 1 'it is cut$|it is cut off' /hp/short --append="$line"
	refuses_update 1 'not a kernel image' /etc/passwd --append="$line"
	refuses_update 1 'No such file' /nowhere --append="$line"
	refuses_update 1 'says of no format' /hp/kernel/stock --append="$line"
	sed 's/luo:/lua:/' /sys/kernel/notes >/hp/notes
	mount --bind /hp/notes /sys/kernel/notes
	refuses_update 1 "This kernel writes 'lua:" $image --append="$line"
	umount /sys/kernel/notes

	# The next kernel
	refuses_update 1 'liveupdate=on is missing' $image --append="kho=on"
	refuses_update 1 'kho=on is missing' $image --append="liveupdate=on"
	refuses_update 1 'kho=on is missing' $image --append="$line kho=off"
	refuses_update 1 'root= is missing' $image --append="kho=on liveupdate=on"
	refuses_update 1 'mem= is not as' $image --append="$line mem=900M"
	refuses_update 1 'No such file' $image --append="$line" --initrd=/nowhere
	refuses_update 3 'it is no initrd' $image --append="$line" --initrd=/etc/passwd
	head -c 5000000 /boot/initrd.dracut >/hp/short
	refuses_update 1 'it is no initrd, or' $image --append="$line" --initrd=/hp/short
	initrd_of_257
	refuses_update 1 'older than' $image --append="$line" --initrd=/hp/initrd.257
	mkdir -p /run/initramfs
	touch /run/initramfs/.need_shutdown
	refuses_update 1 'comes back at' $image --append="$line"
	rm -r /run/initramfs

	next_by=update
}

stage_2() {
	wait_for said cache hello
	answers 0 '1 session with 2 regions came back' verify
}
