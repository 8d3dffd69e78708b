/* SPDX-License-Identifier: MIT */
/*
 * hugepersist: save the regions of a session to a directory, and load them.
 *
 * For what no holder outlives: a full reboot, a power cut, a kernel that does
 * not hand over huge pages. Costs a copy each way, at the speed of the storage.
 *
 *	err = hp_session_save(s, "/var/lib/mydb/save", NULL, NULL);
 *	... reboot ...
 *	err = hp_region_restore(s, POOL, POOL_BYTES, "/var/lib/mydb/save", NULL,
 *				NULL, &r);
 *	if (!err && hp_region_is_new(r))
 *		pool_format(hp_region_address(r));
 *
 * -- Read this before the first call ---------------------------------------
 *
 * A SAVE IS A DIRECTORY. It holds one save of one session: a small file
 * "index", a file "lock", and for each region a file "data-*" that is an image
 * of it, byte by byte, where parts that are all zero are holes. Everything is
 * readable and writable for the owner of the process only. Other files in the
 * directory are left alone.
 *
 * OLD OR NEW. A new save is written beside the old one and replaces it in the
 * end by one rename. After a crash, a kill or a power cut at any moment the
 * directory holds the old save or the new one, whole. So there must be room for
 * both. What a crash left behind is removed by the next save. When
 * hp_session_save() returns 0 the new save is on the storage: all files and
 * the directory are synchronized (fsync(2)); a disk that lies about that is
 * beyond the library.
 *
 * STALE DATA. A save is as old as it is. A program that changes its regions and
 * loses its memory finds the same old save at the next start: saved on Monday,
 * changed on Tuesday, power cut on Wednesday, and Monday is loaded. Where that
 * matters (a cache whose truth is elsewhere) call hp_save_remove() before the
 * first write, wherever the bytes came from.
 *
 * WRITERS. Without HP_SAVE_ONLINE no thread or process may write to the
 * regions during hp_session_save(). A write that happens nevertheless makes a
 * save whose load fails with -EBADMSG, or one that has the write or not.
 *
 * CHECKED. Every block is checked against its XXH3 checksum when it is loaded,
 * and the index against its own. That finds damage, not malice: who can write
 * to the directory can make a save with any content. Nothing in the index can
 * make the library touch memory that it should not. A load that fails leaves
 * no region behind: no half-loaded bytes are ever shown.
 *
 * HOW. By io_uring with a queue of large blocks, past the page cache
 * (O_DIRECT), on the memory of the regions itself. Where one of these is
 * missing or forbidden the library does without, says so to the log function of
 * the session and in struct hp_save_result; only the speed changes. Needs no
 * special right. Untouched pages of a region are not touched and not written;
 * of shmem, untouched pieces of 2 MiB.
 *
 * THREADS. As in hugepersist.h. hp_session_save() holds the session for as long
 * as it runs: other calls on it and its regions wait, except the getters. Two
 * saves or a save and a load in one directory, from whatever process, exclude
 * each other (-EAGAIN). The callbacks run in the thread of the call and must
 * not call functions on the session or its regions, except the getters. The
 * library starts no threads here; the kernel may start some (io_uring).
 *
 * FORK. A child that is forked while another thread is in one of these calls
 * must not touch the directory. It has a copy of the lock: if the parent is
 * killed in the call, others get -EAGAIN until the child execs or exits.
 *
 * ERRORS. Codes are those of hugepersist.h and mean the same. In addition to
 * those that a call lists, all calls with a directory can give:
 *
 * -EINVAL	null or empty directory, or one that cannot be (too long, not a
 *		directory, a loop of links) or, for a save, that has a file
 *		data-ffffffffffffffff-NNNN, which no other can follow; bad options
 * -EACCES	no permission for the directory or one on the way to it
 * -EAGAIN	another call, of this process or another, is saving to this
 *		directory or, for a save or remove, loading from it
 * -EIO		the storage failed: the kernel's log says how
 * -EPROTO	an answer of the kernel that the library does not know
 * -ENOMEM, -EMFILE
 *
 * SOURCES. io_uring(7), io_uring_register(2), open(2) (O_DIRECT), fsync(2),
 * rename(2), fallocate(2), flock(2), ext4(5), xfs(5);
 * https://xxhash.com; lib/save/storage/format.h (the format of the files).
 */
#ifndef HUGEPERSIST_SAVE_H
#define HUGEPERSIST_SAVE_H

#include <hugepersist/hugepersist.h>

#ifdef __cplusplus
extern "C" {
#endif

/* -- Constants ------------------------------------------------------------- */

/* Limits of struct hp_save_opts */
#define HP_SAVE_DEPTH_MAX 256
#define HP_SAVE_BLOCK_MIN (UINT64_C(1) << 16)
#define HP_SAVE_BLOCK_MAX (UINT64_C(1) << 26)

/* -- Structures ------------------------------------------------------------ */

/* How far a call has got. Later versions may add fields at the end. */
struct hp_save_progress {
	uint64_t token;	      /* region at work */
	uint64_t done_bytes;  /* of all regions, skipped ones included */
	uint64_t total_bytes; /* of all regions; grows with further passes */
	unsigned int pass;    /* from 1; more only with HP_SAVE_ONLINE */
};

/*
 * hp_save_progress_fn - how far a call has got.
 * @context: from struct hp_save_opts
 * @progress: valid during the call
 *
 * Called before the first block, then some ten times a second, and once after
 * the last block, when done_bytes is total_bytes. Not 0: stop, also that last
 * time: the call fails with -ECANCELED and leaves things as they were.
 */
typedef int hp_save_progress_fn(void *context,
				const struct hp_save_progress *progress);

/* A part of a region, in bytes; need not be aligned. */
struct hp_save_range {
	uint64_t offset; /* of its first byte */
	uint64_t length; /* bytes */
};

/*
 * hp_save_dirty_fn - HP_SAVE_ONLINE: which parts of a region changed?
 * @context: from struct hp_save_opts
 * @token: of the region
 * @ranges: to be filled in
 * @max: with up to that many
 *
 * Returns how many it filled in, 0: no more; or a negative number, to stop
 * (-ECANCELED). Asked for each region after each pass until it returns 0. Each
 * change must be told at least once by an answer that is given after the store:
 * clear the mark of a range first, then report it, and mark before you store.
 * Also told too often is right, only slower. The first pass reads everything,
 * so only stores since the start of hp_session_save() count.
 */
typedef int hp_save_dirty_fn(void *context, uint64_t token,
			     struct hp_save_range *ranges, unsigned int max);

/*
 * hp_save_pause_fn - HP_SAVE_ONLINE: stop all writers, or let them go on.
 * @context: from struct hp_save_opts
 * @paused: 1: stop them, 0: let them go on
 *
 * After it returned 0 from paused 1, nothing writes to the regions until it is
 * called with 0, which always follows, once, also when the save fails. Not 0
 * from paused 1: stop, -ECANCELED; the call with 0 then does not come.
 */
typedef int hp_save_pause_fn(void *context, int paused);

/* Flags of struct hp_save_opts; in brackets the calls that take them. */
enum {
	/*
	 * [save] The application writes meanwhile: dirty and pause must be set.
	 * Everything is written once, then what changed, as long as that gets
	 * less, and the last rest with the writers paused.
	 */
	HP_SAVE_ONLINE = 1 << 0,

	/*
	 * [save] Replace whatever save is in the directory: that of another
	 * session, of a newer version of the library, or with more regions.
	 */
	HP_SAVE_REPLACE = 1 << 1,

	/* [save, load] Through the page cache, not O_DIRECT. */
	HP_SAVE_BUFFERED = 1 << 2,

	/* [save, load] Without io_uring. */
	HP_SAVE_NO_URING = 1 << 3
};

/* As all options: set size, and all you do not use to zero. */
struct hp_save_opts {
	size_t size;	    /* sizeof(struct hp_save_opts) */
	unsigned int flags; /* HP_SAVE_* */

	/* Blocks in flight, up to HP_SAVE_DEPTH_MAX. 0: the library chooses. */
	unsigned int depth;

	/*
	 * Save: bytes of a block, a power of two from HP_SAVE_BLOCK_MIN to
	 * HP_SAVE_BLOCK_MAX. Each has a checksum. 0: the library chooses. Load:
	 * 0; it reads the blocks that were written.
	 */
	uint64_t block_size;

	hp_save_progress_fn *progress; /* or NULL */
	hp_save_dirty_fn *dirty;       /* NULL without HP_SAVE_ONLINE */
	hp_save_pause_fn *pause;       /* NULL without HP_SAVE_ONLINE */
	void *context;		       /* of these three */
};

/* Bits of struct hp_save_result how: what all files of the save worked with */
enum {
	HP_SAVE_BY_URING = 1 << 0,  /* io_uring, else one call at a time */
	HP_SAVE_BY_DIRECT = 1 << 1, /* O_DIRECT, else the page cache */

	/*
	 * Registered buffers. Not for a load: that would have all pages zeroed
	 * before the first byte is read into them.
	 */
	HP_SAVE_BY_REGISTERED = 1 << 2
};

/* What a save or load did. Set size before the call. */
struct hp_save_result {
	size_t size;	       /* sizeof(struct hp_save_result) */
	unsigned int how;      /* HP_SAVE_BY_* */
	unsigned int regions;  /* how many */
	uint64_t total_bytes;  /* their length */
	uint64_t moved_bytes;  /* written or read; the rest was zero */
	uint64_t duration_ns;  /* of the whole call */
	uint64_t checksum_ns;  /* in it, computing checksums */
	uint64_t pause_ns;     /* HP_SAVE_ONLINE: between the calls of pause */
	uint64_t pause_bytes;  /* written in that time */
	unsigned int passes;   /* save: 1 + those for what changed */
	unsigned int reserved; /* 0 */
};

/* What is in a directory. Set size before the call. */
struct hp_save_info {
	size_t size;		   /* sizeof(struct hp_save_info) */
	unsigned int region_count; /* regions in it */
	unsigned int online;	   /* 1: HP_SAVE_ONLINE */

	/* 1, and one more for each save that replaced another. */
	uint64_t generation;
	uint64_t written_ns;   /* when it was complete: ns since 1970, UTC */
	uint64_t total_bytes;  /* length of all regions */
	uint64_t stored_bytes; /* of these, what is not zero */
	char session[HP_NAME_MAX + 1]; /* its name */
	char kernel[72];  /* release of the kernel it was written under */
	char boot_id[40]; /* its /proc/sys/kernel/random/boot_id */
	char library[16]; /* hp_version() of the writer */
};

/* -- Session --------------------------------------------------------------- */

/*
 * hp_session_save - write all regions of the session to a directory.
 * @directory: made (with mode 0700) if it is not there, in a directory that is
 * @opts: or NULL
 * @result: filled in on success; its size must be set; or NULL
 *
 * All that are open, with token, length, page size, label, layout number and
 * address. The session stays as it is. Regions may be preserved or not, and no
 * holder is needed (HP_SESSION_LOCAL). A session without regions makes a save
 * without regions, if none is lost by that (-EBUSY). On failure the old save
 * stays, if there was one.
 *
 * Blocks until all is on the storage.
 *
 * -EINVAL	null session; the regions have too many blocks of block_size;
 *		see ERRORS
 * -ECHILD	in a forked child
 * -ENOENT	the directory that is to hold the directory is not there
 * -EBUSY	the directory has the save of another session, one in a newer
 *		format, or one with a region that is not open in this session,
 *		which would be lost: load it, choose another directory, or
 *		HP_SAVE_REPLACE. One that is damaged is replaced.
 * -ENOTEMPTY	regions that came back are not open, or are lost, and would be
 *		missing: open them, or give them up with HP_COMMIT_DROP
 * -EBADMSG, -ENOMSG, -EOPNOTSUPP
 *		the manifest that came back cannot be read, so nobody knows what
 *		would be missing: see hp_session_commit()
 * -EUCLEAN	the file of a region was resized, or hp_region_fd() closed
 * -EHWPOISON	a page of a region has a hardware memory error
 * -ENOSPC	the file system or a quota has no room for the new save beside
 *		the old one
 * -EFBIG	a region is longer than a file can be there, or than
 *		RLIMIT_FSIZE (SIGXFSZ, see write(2)); more than 65535 regions,
 *		or more blocks than an index can list, of any size (tens of TiB
 *		in pages of 2 MiB)
 * -EROFS	the file system is mounted for reading only
 * -ECANCELED	a callback said so
 */
int hp_session_save(struct hp_session *session, const char *directory,
		    const struct hp_save_opts *opts,
		    struct hp_save_result *result);

/*
 * hp_session_load - create all regions that a save holds.
 * @opts: or NULL
 * @result: as of hp_session_save()
 *
 * As hp_region_load() for each, without options; hp_region_get() gives them.
 * All or, on failure, none.
 *
 * -EEXIST	one of the tokens is open in this session, or came back
 * all else	as hp_region_load()
 */
int hp_session_load(struct hp_session *session, const char *directory,
		    const struct hp_save_opts *opts,
		    struct hp_save_result *result);

/* -- Region ---------------------------------------------------------------- */

/*
 * hp_region_load - create a region with the bytes that a save has for it.
 * @token: the one it was saved with
 * @region_opts: or NULL
 * @opts: or NULL
 * @ret_region: as of hp_region_create()
 *
 * Options of the region: page_size (0: as it was; or that of the new pages, of
 * which the length must be a multiple), layout (expected), address, numa,
 * HP_REGION_OLD_ADDRESS, HP_REGION_POPULATE with populate_threads,
 * HP_REGION_SHMEM. Label and layout number are those of the save. Without
 * page_size and HP_REGION_SHMEM the region is in pages of the pool or in shmem,
 * as it was; with page_size in pages of the pool, and with HP_REGION_SHMEM in
 * shmem, whatever it was. The region is not preserved. What was never touched
 * when it was saved, or all zero, is untouched.
 *
 * Reads straight into the huge pages; blocks until all is there and checked.
 *
 * -EINVAL	null session or ret_region; token is HP_TOKEN_RESERVED; bad
 *		options, as hp_region_open(), such as a range of numa outside
 *		the saved length; see ERRORS
 * -ECHILD	in a forked child
 * -ENOENT	no such directory, no save in it, one of another session, or one
 *		without that token
 * -EBADMSG	the save is damaged: the index is no index or its checksum is
 *		wrong, a data file is missing or too short, or a block has not
 *		the checksum that it had. The log function hears which. Or the
 *		manifest that came back is damaged, so that nobody knows whether
 *		the token came back: manifest_error in hp_session_info() tells
 *		which of the two
 * -ENOMSG	the manifest that came back is gone: see hp_session_commit()
 * -EOPNOTSUPP	a newer version of the library wrote it in a format that this
 *		one does not know, or a machine of the other byte order; or as
 *		hp_region_open()
 * -ESTALE	the layout number in region_opts is not that of the save
 * -EADDRINUSE	something is mapped at the address, or the old one is not known
 * -EEXIST	a region with that token is open, or came back
 * -ECANCELED	progress said so
 * -ENOMEM, -EFBIG, -EHWPOISON	as hp_region_open()
 */
int hp_region_load(struct hp_session *session, uint64_t token,
		   const char *directory,
		   const struct hp_region_opts *region_opts,
		   const struct hp_save_opts *opts,
		   struct hp_region **ret_region);

/*
 * hp_region_restore - the region, from wherever its bytes are.
 * @length: for a new one, as hp_region_create()
 * @directory: of a save; NULL: there is none
 * @region_opts: or NULL
 * @opts: for the load; or NULL
 *
 * The first of these that has the token: what came back (hp_region_reclaim()),
 * the save (hp_region_load()), new memory (hp_region_open()). hp_region_origin()
 * tells which it was. Only -ENOENT and -ENODATA lead to the next one. Every other
 * error is the result, so that data which is there and cannot be read is never
 * passed over in silence. See STALE DATA.
 *
 * The regions of a session can come from different places and times: one from
 * the holder, and one that is lost from an old save. Compare hp_region_origin()
 * of all of them before the first use.
 *
 * Options of the region: all that hp_region_create() takes, and
 * HP_REGION_OLD_ADDRESS. layout is expected of what is there. page_size and label
 * are for new memory alone. numa, HP_REGION_POPULATE and HP_REGION_SHMEM are for
 * a save and for new memory. HP_REGION_OLD_ADDRESS is for what is there. The
 * length of what is found may differ from length.
 *
 * -EINVAL	length and options are checked first, as for a new region; and a
 *		range of numa outside the region that is loaded
 * -EUCLEAN	the file that came back is not what the manifest says
 * all else	as hp_region_load(), but for -ENOENT
 */
int hp_region_restore(struct hp_session *session, uint64_t token,
		      uint64_t length, const char *directory,
		      const struct hp_region_opts *region_opts,
		      const struct hp_save_opts *opts,
		      struct hp_region **ret_region);

/* -- Save ------------------------------------------------------------------ */

/*
 * hp_save_info - what a directory holds, without loading it.
 * @info: filled in; its size must be set
 *
 * Reads and checks the index, not the data.
 *
 * -EINVAL	info null or its size too small; see ERRORS
 * -ENOENT	no such directory, or no save in it
 * -EBADMSG	the index is damaged
 * -EOPNOTSUPP	newer format, or other byte order
 */
int hp_save_info(const char *directory, struct hp_save_info *info);

/*
 * hp_save_region_info - one by one the regions of a save.
 * @index: from 0 on, until -ENOENT
 * @info: filled in; its size must be set. State and origin are 0, address is
 *        the one at the time of the save
 *
 * -ENOENT	there are not that many, or as hp_save_info()
 * all else	as hp_save_info()
 */
int hp_save_region_info(const char *directory, unsigned int index,
			struct hp_region_info *info);

/*
 * hp_save_remove - there is to be no save in the directory any more.
 *
 * Whole, damaged or newer: index first, then the data, synchronized. After a
 * crash on the way it is there whole or not at all. The directory stays. No
 * save, no directory: 0.
 *
 * -EROFS	the file system is mounted for reading only
 */
int hp_save_remove(const char *directory);

#ifdef __cplusplus
}
#endif

#endif /* HUGEPERSIST_SAVE_H */
