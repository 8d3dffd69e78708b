# SPDX-License-Identifier: MIT
# shows: what a page costs: hp.pages pages are made and filled; with hp.until=preserve
# also preserved, with hp.until=boot the next kernel starts, with hp.until=retrieve it
# retrieves them. Nothing is undone or closed.
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
		echo "hold"
	} | luo
	case $until in fill | preserve) verdict 0 "$until" ;; esac
}

stage_2() {
	[ "$until" = boot ] || luo <<-'END'
		incoming s
		retrieve s m 1
		hold
	END
	verdict 0 "$until"
}
