# SPDX-License-Identifier: MIT
# shows: what a page costs: hp.pages pages are made and filled; with hp.until=preserve
# also preserved, with hp.until=retrieve also retrieved after the kexec
# memory: 9216
# hugepages: 1030
# cpus: 1
# args: nokaslr
# time: 400
pages=$(from_cmdline hp.pages)
kind=$(from_cmdline hp.kind)
until=$(from_cmdline hp.until)
case $kind in
2M) size=$((pages * 2))M ;;
shmem) size=$((pages * 4))K ;;
esac

stage_1() {
	{
		echo "memfd m $kind $size"
		case $kind in
		shmem) echo "fill m 3" ;;
		*) echo "fallocate m 0 $size" ;;
		esac
		echo "create s"
		[ "$until" = fill ] || echo "preserve s m 1"
		[ "$until" != retrieve ] || echo "hold"
	} | luo
	[ "$until" = retrieve ] || verdict 0 "$until"
}

stage_2() {
	luo <<-'END'
		incoming s
		retrieve s m 1
		finish s
	END
}
