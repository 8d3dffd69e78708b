// SPDX-License-Identifier: MIT
/*
 * PostgreSQL comes back warm: shared_buffers live in a region of hugepersist.
 *
 * The region has a head, a table of tags and the blocks. At a clean stop the
 * postmaster writes the tag of every clean buffer into the table, and a mark into
 * the head. The next start compares everything that the head says with what it
 * finds. If all is the same, it enters the buffers again. If anything differs, the
 * buffers are empty, and the log and the view hugepersist_status say why.
 *
 * What makes a buffer right: a clean buffer is equal to its block in the file.
 * That stays so until somebody writes to the buffer or to the file. Who writes to
 * a buffer has started this postmaster: the mark is gone by then. Who writes to
 * the files by way of PostgreSQL changes the control file. Who replaces the whole
 * data directory replaces the ticket, a random number that each stop draws anew.
 * Who replaces single files changes their times.
 *
 * All of this runs in the postmaster, before its first and after its last child.
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hugepersist/hugepersist.h>

#include "access/xlog.h"
#include "access/xlog_internal.h"
#include "catalog/pg_control.h"
#include "common/file_perm.h"
#include "common/relpath.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "port/pg_crc32c.h"
#include "portability/instr_time.h"
#include "storage/buf_internals.h"
#include "storage/bufmgr.h"
#include "storage/bufpage.h"
#include "storage/fd.h"
#include "storage/ipc.h"
#include "storage/pg_shmem.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/timestamp.h"

#if PG_VERSION_NUM < 150000
#error "PostgreSQL 15 or later: shmem_request_hook"
#endif
#if PG_VERSION_NUM >= 190000
#error "Read buf_internals.h, freelist.c and the postmaster of this version first"
#endif
#ifdef EXEC_BACKEND
#error "children must inherit the mapping by fork"
#endif

PG_MODULE_MAGIC;

#ifndef HUGEPERSIST_FORMAT
#define HUGEPERSIST_FORMAT 1 /* of what is in the region */
#endif
#define TOKEN 1
#define MAGIC UINT64_C(0x6c6f6f7068677000)
#define MARK UINT64_C(0x64656c6165732121)
#define TICKET_FILE "hugepersist.ticket"
#define TICKET_SIZE 16
#define WAIT_MS 10000

/* A buffer, in numbers that every version of PostgreSQL has. */
struct entry {
	uint32 tablespace, database, relation, fork, block;
	uint32 buffer; /* rising */
	uint32 usage, permanent;
};

union control {
	ControlFileData data;
	char bytes[PG_CONTROL_FILE_SIZE];
};

struct head {
	uint64 magic;
	/* What must be the same at the next start. */
	union control control;
	char ticket[TICKET_SIZE];
	uint32 format, server_version;
	uint32 buffers, block_size, descriptor_size;
	/* The table. */
	uint32 count;
	pg_crc32c entries_crc;
	int64 since;  /* TimestampTz of the start that was cold */
	uint64 files; /* when the files of all entries were changed, and sizes */
	pg_crc32c crc; /* of all above */
	uint64 mark;   /* the last store of a stop, the first of a start */
	struct entry entries[FLEXIBLE_ARRAY_MEMBER];
};

enum { ENABLE_OFF, ENABLE_TRY, ENABLE_ON };
enum { MEMORY_HUGE, MEMORY_SHMEM };

static const struct config_enum_entry enable_words[] = {
	{ "off", ENABLE_OFF, false },
	{ "try", ENABLE_TRY, false },
	{ "on", ENABLE_ON, false },
	{ NULL, 0, false },
};
static const struct config_enum_entry memory_words[] = {
	{ "huge", MEMORY_HUGE, false },
	{ "shmem", MEMORY_SHMEM, false },
	{ NULL, 0, false },
};

static int enable = ENABLE_TRY;
static int memory = MEMORY_HUGE;
static char *session_name;
static bool check_pages;

static shmem_request_hook_type next_request_hook;
static shmem_startup_hook_type next_startup_hook;

static struct hp_session *session;
static struct hp_region *region;
static struct head *head;

/* For the view. Children have it by fork. */
static struct {
	char reason[512]; /* empty: warm */
	struct hp_session_info info;
	uint32 buffers;
	double enter_ms;
	TimestampTz since;
} status = { .reason = "hugepersist.enable is off" };

static void cold(const char *reason)
{
	snprintf(status.reason, sizeof(status.reason), "%s", reason);
}

#ifdef HUGEPERSIST_TEST
/* Is this check to be made? A test leaves out one, and has to see it. */
static bool check(const char *name)
{
	const char *without = getenv("HUGEPERSIST_WITHOUT");

	return !without || strcmp(without, name) != 0;
}
#else
#define check(name) true
#endif

/* -- The region ------------------------------------------------------------ */

static Size blocks_offset(void)
{
	return TYPEALIGN(BLCKSZ, offsetof(struct head, entries) +
					 (Size)NBuffers * sizeof(struct entry));
}

static Size region_length(void)
{
	return TYPEALIGN(HP_PAGE_2M, blocks_offset() + (Size)NBuffers * BLCKSZ);
}

static char *block_of(uint32 buffer)
{
	return (char *)head + blocks_offset() + (Size)buffer * BLCKSZ;
}

static void log_detail(void *context, int priority, const char *message)
{
	/* 4 is LOG_WARNING of syslog(3) */
	ereport(priority <= 4 ? WARNING : DEBUG1,
		(errmsg("hugepersist: %s", message)));
}

static int open_session(void)
{
	struct hp_session_opts opts = {
		.size = sizeof(opts),
		.timeout_ms = WAIT_MS,
		.populate_threads =
			Min(16, Max(1, sysconf(_SC_NPROCESSORS_ONLN))),
		.log = log_detail,
	};

	return hp_session_open(session_name, &opts, &session);
}

static int open_region(void)
{
	struct hp_region_opts opts = {
		.size = sizeof(opts),
		.label = "shared_buffers",
		/* Memory of the other kind is other memory */
		.layout = HUGEPERSIST_FORMAT * 2 + memory,
		.flags = memory == MEMORY_SHMEM ? HP_REGION_SHMEM : 0,
	};

	return hp_region_open(session, TOKEN, region_length(), &opts, &region);
}

/* A page with a memory error would be a signal for whoever touches it. */
static int check_memory(void)
{
#ifdef MADV_POPULATE_READ
	if (!hp_region_is_new(region) &&
	    madvise(hp_region_address(region), region_length(),
		    MADV_POPULATE_READ) != 0 &&
	    errno == EHWPOISON)
		return -EHWPOISON;
#endif
	return 0;
}

/* Memory that came back and is of no use goes first: both have no room. */
static int open_all(void)
{
	int err = open_session();

	if (err)
		return err;
	err = open_region();
	if (!err)
		err = check_memory();
	if (err == -ESTALE)
		cold("shared_buffers, hugepersist.memory or the build of the "
		     "extension is another");
	else if (err == -EHWPOISON)
		cold("a page of the memory has a hardware memory error");
	else if (hp_error_class(err) == HP_ERROR_LOST)
		cold("the manifest, which lists the memory, is gone or "
		     "damaged");
	else
		return err;
	err = hp_session_drop(session);
	session = NULL;
	if (!err)
		err = open_session();
	return err ? err : open_region();
}

static void complain(const char *reason, const char *hint)
{
	ereport(enable == ENABLE_ON ? FATAL : WARNING,
		(errmsg("hugepersist: shared_buffers end with this server: %s",
			reason),
		 hint ? errhint("%s", hint) : 0));
}

static const char *hint_for(int err)
{
	switch (err) {
	case -ENOMEM:
		return memory != MEMORY_HUGE ?
			       NULL :
			       psprintf("Set /sys/kernel/mm/hugepages/"
					"hugepages-2048kB/nr_hugepages so that "
					"%zu huge pages are free, or set "
					"hugepersist.memory = shmem.",
					region_length() / (Size)HP_PAGE_2M);
	case -ENODEV:
	case -EACCES:
	case -ESRCH:
		return "The README of the extension says how a service manager "
		       "starts the server.";
	default:
		return NULL;
	}
}

/* Without a head, shared_buffers are where PostgreSQL puts them. */
static void request(void)
{
	int err;

	if (next_request_hook)
		next_request_hook();
	if (enable == ENABLE_OFF || !IsPostmasterEnvironment ||
	    IsUnderPostmaster || IsBinaryUpgrade)
		return;
	if (huge_pages == HUGE_PAGES_ON && memory == MEMORY_SHMEM) {
		cold("huge_pages = on excludes hugepersist.memory = shmem");
		complain(status.reason,
			 "Set hugepersist.memory = huge, or huge_pages = try.");
		return;
	}
	cold("");
	err = open_all();
	if (err) {
		cold(hp_strerror(err));
		complain(status.reason, hint_for(err));
		return;
	}
	head = hp_region_address(region);
	/*
	 * PostgreSQL's own segment has a place for the blocks, which nobody
	 * touches. In huge pages it would take them from the pool all the same.
	 */
	SetConfigOption("huge_pages", "off", PGC_POSTMASTER, PGC_S_OVERRIDE);
}

/* -- Files of the data directory ------------------------------------------- */

static bool read_file(const char *path, char *bytes, ssize_t length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool done = fd >= 0 && read(fd, bytes, length) == length;

	if (fd >= 0)
		close(fd);
	return done;
}

static bool write_ticket(const char *ticket)
{
	int fd = open(TICKET_FILE ".new",
		      O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		      pg_file_create_mode);
	bool done = fd >= 0 && write(fd, ticket, TICKET_SIZE) == TICKET_SIZE;

	if (fd >= 0)
		close(fd);
	/* It also syncs the file and the directory */
	return done &&
	       durable_rename(TICKET_FILE ".new", TICKET_FILE, LOG) == 0;
}

static bool remove_ticket(void)
{
	return access(TICKET_FILE, F_OK) != 0 ||
	       durable_unlink(TICKET_FILE, LOG) == 0;
}

/* -- Is it all the same? --------------------------------------------------- */

static pg_crc32c crc_of(const void *bytes, Size length)
{
	pg_crc32c crc;

	INIT_CRC32C(crc);
	COMP_CRC32C(crc, bytes, length);
	FIN_CRC32C(crc);
	return crc;
}

static uint32 server_version(void)
{
	return strtoul(GetConfigOption("server_version_num", false, false),
		       NULL, 10);
}

static const char *why_control_differs(const ControlFileData *then,
				       const ControlFileData *now)
{
	if (then->system_identifier != now->system_identifier)
		return "the memory is of another cluster";
	if (then->data_checksum_version != now->data_checksum_version)
		return "data checksums were switched since";
	return "the data directory was used or replaced since";
}

static const char *why_files_differ(void)
{
	static const char *const files[] = { BACKUP_LABEL_FILE,
					     RECOVERY_SIGNAL_FILE,
					     STANDBY_SIGNAL_FILE };
	static char reason[64];
	union control control;
	char ticket[TICKET_SIZE];

	if (!read_file(XLOG_CONTROL_FILE, control.bytes, sizeof(control)))
		return "the control file cannot be read";
	if (check("control") &&
	    memcmp(&control, &head->control, sizeof(control)) != 0)
		return why_control_differs(&head->control.data, &control.data);
	if (check("ticket") &&
	    (!read_file(TICKET_FILE, ticket, sizeof(ticket)) ||
	     memcmp(ticket, head->ticket, sizeof(ticket)) != 0))
		return "the data directory is not the one that the last stop "
		       "left";
	for (int i = 0; i < lengthof(files); i++) {
		if (check(files[i]) && access(files[i], F_OK) == 0) {
			snprintf(reason, sizeof(reason), "there is a file %s",
				 files[i]);
			return reason;
		}
	}
	return NULL;
}

static const char *why_head_differs(void)
{
	if (hp_region_origin(region) == HP_ORIGIN_LOST)
		return "the memory is lost";
	if (check("new") && hp_region_is_new(region))
		return "the memory is new";
	if (check("format") &&
	    (head->magic != MAGIC || head->format != HUGEPERSIST_FORMAT))
		return "another build of the extension wrote the memory";
	if (check("mark") && head->mark != MARK)
		return "the last run did not stop cleanly";
	if (check("head") &&
	    head->crc != crc_of(head, offsetof(struct head, crc)))
		return "the head is damaged";
	if (check("version") && head->server_version != server_version())
		return "the version of PostgreSQL is another";
	if (check("size") &&
	    (head->buffers != NBuffers || head->block_size != BLCKSZ ||
	     head->descriptor_size != sizeof(BufferDesc) ||
	     head->count > NBuffers))
		return "the size of shared_buffers, a block or a descriptor is "
		       "another";
	if (check("table") &&
	    head->entries_crc !=
		    crc_of(head->entries, head->count * sizeof(struct entry)))
		return "the table of tags is damaged";
	return NULL;
}

/* Beyond its checksum, which is only right in the file. */
static bool is_page(const char *block)
{
	const PageHeaderData *page = (const PageHeaderData *)block;

	if (page->pd_upper == 0) {
		for (const uint64 *p = (const void *)block;
		     (const char *)p < block + BLCKSZ; p++)
			if (*p)
				return false;
		return true;
	}
	return !(page->pd_flags & ~PD_VALID_FLAG_BITS) &&
	       page->pd_lower <= page->pd_upper &&
	       page->pd_upper <= page->pd_special &&
	       page->pd_special <= BLCKSZ &&
	       page->pd_special == MAXALIGN(page->pd_special);
}

/* The file that has the block. */
static void path_of(const struct entry *e, char path[MAXPGPATH])
{
	uint32 segment = e->block / RELSEG_SIZE;
#if PG_VERSION_NUM < 170000
	char *name = GetRelationPath(e->database, e->tablespace, e->relation,
				     InvalidBackendId, e->fork);
#elif PG_VERSION_NUM < 180000
	char *name = GetRelationPath(e->database, e->tablespace, e->relation,
				     INVALID_PROC_NUMBER, e->fork);
#else
	RelPathStr relation =
		GetRelationPath(e->database, e->tablespace, e->relation,
				INVALID_PROC_NUMBER, e->fork);
	char *name = relation.str;
#endif

	snprintf(path, MAXPGPATH, segment ? "%s.%u" : "%s", name, segment);
#if PG_VERSION_NUM < 180000
	pfree(name);
#endif
}

/* Is the buffer equal to its block in the file? */
static bool is_in_file(const struct entry *e)
{
	PGAlignedBlock file, buffer;
	char path[MAXPGPATH];
	ssize_t got;
	int fd;

	path_of(e, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	got = pread(fd, file.data, BLCKSZ,
		    (off_t)(e->block % RELSEG_SIZE) * BLCKSZ);
	close(fd);
	if (got != BLCKSZ)
		return false;
	memcpy(buffer.data, block_of(e->buffer), BLCKSZ);
	/* It is set in the copy that is written */
	((PageHeader)buffer.data)->pd_checksum = 0;
	((PageHeader)file.data)->pd_checksum = 0;
	return memcmp(buffer.data, file.data, BLCKSZ) == 0;
}

/* A file, and what changes when somebody writes to it or puts another in its place. */
struct file {
	struct entry segment; /* with its number as the block */
	int64 size, modified[2], changed[2];
};

static pg_crc32c crc_of_file(const struct entry *e, const struct entry *segment)
{
	struct file file;
	char path[MAXPGPATH];
	struct stat st;

	memset(&file, 0, sizeof(file));
	file.segment = *segment;
	path_of(e, path);
	if (stat(path, &st) == 0) {
		file.size = st.st_size;
		file.modified[0] = st.st_mtim.tv_sec;
		file.modified[1] = st.st_mtim.tv_nsec;
		file.changed[0] = st.st_ctim.tv_sec;
		file.changed[1] = st.st_ctim.tv_nsec;
	}
	return crc_of(&file, sizeof(file));
}

/* One number for all files that the entries are of, in whatever order. */
static uint64 sum_of_files(void)
{
	HASHCTL control = { .keysize = sizeof(struct entry),
			    .entrysize = sizeof(struct entry) };
	HTAB *seen = hash_create("hugepersist files", 1024, &control,
				 HASH_ELEM | HASH_BLOBS);
	uint64 sum = 0;

	for (uint32 i = 0; i < head->count; i++) {
		struct entry segment = head->entries[i];
		bool found;

		segment.block /= RELSEG_SIZE;
		segment.buffer = segment.usage = segment.permanent = 0;
		hash_search(seen, &segment, HASH_ENTER, &found);
		if (!found)
			sum += crc_of_file(&head->entries[i], &segment);
	}
	hash_destroy(seen);
	return sum;
}

static const char *why_blocks_differ(void)
{
	static char reason[160];
	const char *what;

	for (uint32 i = 0; i < head->count; i++) {
		const struct entry *e = &head->entries[i];

		if (check("order") &&
		    (e->buffer >= NBuffers || (i && e->buffer <= e[-1].buffer)))
			return "the table of tags is damaged";
		if (check("page") && !is_page(block_of(e->buffer)))
			what = "is not a page";
		else if (check_pages && !is_in_file(e))
			what = "differs from its file";
		else
			continue;
		snprintf(reason, sizeof(reason),
			 "block %u of fork %u of relation %u/%u/%u %s",
			 e->block, e->fork, e->tablespace, e->database,
			 e->relation, what);
		return reason;
	}
	return NULL;
}

static const char *why_cold(void)
{
	const char *reason;

	if (status.reason[0])
		return status.reason;
	reason = why_head_differs();
	if (!reason)
		reason = why_files_differ();
	if (!reason && check("files") && head->files != sum_of_files())
		reason =
			"a file of a table or an index was changed or replaced "
			"since";
	return reason ? reason : why_blocks_differ();
}

/* -- Start ----------------------------------------------------------------- */

static BufferTag tag_of(const struct entry *e)
{
	BufferTag tag;

	memset(&tag, 0, sizeof(tag));
#if PG_VERSION_NUM < 160000
	tag.rnode.spcNode = e->tablespace;
	tag.rnode.dbNode = e->database;
	tag.rnode.relNode = e->relation;
#else
	tag.spcOid = e->tablespace;
	tag.dbOid = e->database;
	tag.relNumber = e->relation;
#endif
	tag.forkNum = e->fork;
	tag.blockNum = e->block;
	return tag;
}

static struct entry entry_of(const BufferTag *tag)
{
	struct entry e = { .fork = tag->forkNum, .block = tag->blockNum };

#if PG_VERSION_NUM < 160000
	e.tablespace = tag->rnode.spcNode;
	e.database = tag->rnode.dbNode;
	e.relation = tag->rnode.relNode;
#else
	e.tablespace = tag->spcOid;
	e.database = tag->dbOid;
	e.relation = tag->relNumber;
#endif
	return e;
}

/* Two buffers of one block would be two truths: false. */
static bool enter(const struct entry *e)
{
	BufferDesc *buffer = GetBufferDescriptor(e->buffer);
	BufferTag tag = tag_of(e);

	if (BufTableInsert(&tag, BufTableHashCode(&tag), e->buffer) >= 0 &&
	    check("twice"))
		return false;
	buffer->tag = tag;
	/* With a usage count, nobody takes it from the list of free buffers */
	pg_atomic_write_u32(&buffer->state,
			    BM_VALID | BM_TAG_VALID |
				    (e->permanent ? BM_PERMANENT : 0) |
				    Min(Max(e->usage, 1), BM_MAX_USAGE_COUNT) *
					    BUF_USAGECOUNT_ONE);
	return true;
}

/* Take back enter(). */
static void leave(const struct entry *e)
{
	BufferDesc *buffer = GetBufferDescriptor(e->buffer);
	BufferTag tag = tag_of(e);
	struct entry nothing = { .fork = (uint32)InvalidForkNumber,
				 .block = InvalidBlockNumber };

	BufTableDelete(&tag, BufTableHashCode(&tag));
	buffer->tag = tag_of(&nothing);
	pg_atomic_write_u32(&buffer->state, 0);
}

static const char *enter_all(void)
{
	for (uint32 i = 0; i < head->count; i++) {
		if (enter(&head->entries[i]))
			continue;
		while (i--)
			leave(&head->entries[i]);
		return "the table of tags has a block twice";
	}
	return NULL;
}

static void begin_cold(const char *reason)
{
	if (reason != status.reason)
		cold(reason);
	status.buffers = 0;
	status.since = GetCurrentTimestamp();
	ereport(LOG, (errmsg("hugepersist: cold start: %s", reason)));
}

static void begin_warm(void)
{
	status.buffers = head->count;
	status.since = head->since;
	ereport(LOG, (errmsg("hugepersist: warm start: %u of %d buffers came "
			     "back, entered in %.1f ms",
			     status.buffers, NBuffers, status.enter_ms)));
}

static void start(void)
{
	instr_time began, took;
	const char *reason;

	INSTR_TIME_SET_CURRENT(began);
	reason = why_cold();
	/* From here on, a crash leaves no mark. */
	if (check("unmark"))
		head->mark = 0;
	pg_memory_barrier();
	head->magic = MAGIC;
	head->format = HUGEPERSIST_FORMAT;
	if (!remove_ticket() && !reason)
		reason = "the file " TICKET_FILE " cannot be removed";
	if (!reason)
		reason = enter_all();
	INSTR_TIME_SET_CURRENT(took);
	INSTR_TIME_SUBTRACT(took, began);
	status.enter_ms = INSTR_TIME_GET_MILLISEC(took);
	if (reason)
		begin_cold(reason);
	else
		begin_warm();
}

static void preserve(void)
{
	int err = hp_session_preserve(session);

	status.info.size = sizeof(status.info);
	if (!err)
		err = hp_session_info(session, &status.info);
	if (err)
		complain(hp_strerror(err), NULL);
}

/* -- Stop ------------------------------------------------------------------ */

static void write_table(void)
{
	head->count = 0;
	for (int i = 0; i < NBuffers; i++) {
		BufferDesc *buffer = GetBufferDescriptor(i);
		uint32 state = pg_atomic_read_u32(&buffer->state);
		struct entry e = entry_of(&buffer->tag);

		if ((state & (BM_VALID | BM_TAG_VALID)) !=
			    (BM_VALID | BM_TAG_VALID) ||
		    BUF_STATE_GET_REFCOUNT(state))
			continue;
		if (state & (BM_DIRTY | BM_IO_IN_PROGRESS | BM_IO_ERROR))
			continue;
		/*
		 * Maps of free space are hints. PostgreSQL changes them without a
		 * write (fp_next_slot; all of it in a recovery).
		 */
		if (e.fork == FSM_FORKNUM)
			continue;
		e.buffer = i;
		/*
		 * With zero_damaged_pages, a page that is damaged in its file is
		 * zeros here, and clean.
		 */
		if (PageIsNew((Page)block_of(i)) && check("zeros") &&
		    !is_in_file(&e))
			continue;
		e.usage = BUF_STATE_GET_USAGECOUNT(state);
		e.permanent = (state & BM_PERMANENT) != 0;
		head->entries[head->count++] = e;
	}
}

/* Returns why it cannot be. */
static const char *seal(void)
{
	int err;

	if (!read_file(XLOG_CONTROL_FILE, head->control.bytes,
		       sizeof(head->control)))
		return "the control file cannot be read";
	if (check("shutdown") && head->control.data.state != DB_SHUTDOWNED)
		return "this was not the clean stop of a primary";
	if (!pg_strong_random(head->ticket, sizeof(head->ticket)) ||
	    !write_ticket(head->ticket))
		return "the file " TICKET_FILE " cannot be written";
	write_table();
	head->server_version = server_version();
	head->buffers = NBuffers;
	head->block_size = BLCKSZ;
	head->descriptor_size = sizeof(BufferDesc);
	head->since = status.since;
	head->files = sum_of_files();
	head->entries_crc =
		crc_of(head->entries, head->count * sizeof(struct entry));
	head->crc = crc_of(head, offsetof(struct head, crc));
	pg_write_barrier();
	head->mark = MARK;
	/* For people and tools. The mark is what counts. */
	err = hp_session_seal(session);
	return err ? hp_strerror(err) : NULL;
}

static void stop(int code, Datum arg)
{
	instr_time began, took;
	const char *reason;

	if (MyProcPid != PostmasterPid)
		return;
	/*
	 * Before PgStartTime is set there was no process that can use a buffer. A
	 * start that ends there keeps what came back. A start that ends later with
	 * an error has lost a process in a way that nobody knows.
	 */
	if (PgStartTime ? check("code") && code != 0 : status.reason[0] != 0)
		return;
	INSTR_TIME_SET_CURRENT(began);
	reason = seal();
	INSTR_TIME_SET_CURRENT(took);
	INSTR_TIME_SUBTRACT(took, began);
	if (reason)
		ereport(LOG, (errmsg("hugepersist: the next start is cold: %s",
				     reason)));
	else
		ereport(LOG, (errmsg("hugepersist: %u of %d buffers wait for "
				     "the next start, sealed in %.1f ms",
				     head->count, NBuffers,
				     INSTR_TIME_GET_MILLISEC(took))));
}

/* Runs in the postmaster, again after the crash of a child. */
static void startup(void)
{
	static bool again;

	if (next_startup_hook)
		next_startup_hook();
	if (!head || IsUnderPostmaster)
		return;
	BufferBlocks = block_of(0);
	if (again && check("again")) {
		begin_cold("a server process crashed, and shared memory was "
			   "made anew");
	} else {
		again = true;
		preserve();
		start();
	}
	/* Not before: until here, nothing has changed that a stop could seal. */
	on_shmem_exit(stop, 0);
}

/* -- What people see ------------------------------------------------------- */

static const char *origin_word(void)
{
	switch (region ? hp_region_origin(region) : 0) {
	case HP_ORIGIN_CREATED:
		return "created";
	case HP_ORIGIN_LIVE_UPDATE:
		return "live update";
	case HP_ORIGIN_KEPT:
		return "kept";
	case HP_ORIGIN_LOST:
		return "lost";
	default:
		return "none";
	}
}

static const char *answer_word(unsigned int answer)
{
	switch (answer) {
	case HP_YES:
		return "yes";
	case HP_NO:
		return "no";
	default:
		return "not known";
	}
}

PG_FUNCTION_INFO_V1(hugepersist_status);

Datum hugepersist_status(PG_FUNCTION_ARGS)
{
	enum { COLUMNS = 10 };
	TupleDesc description;
	Datum values[COLUMNS] = { 0 };
	bool nulls[COLUMNS] = { false };
	bool warm = head && !status.reason[0];
	int i = 0;

	if (get_call_result_type(fcinfo, NULL, &description) !=
	    TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[i++] = CStringGetTextDatum(warm ? "warm" :
					  head ? "cold" :
						 "not used");
	nulls[i] = warm;
	values[i++] = CStringGetTextDatum(status.reason);
	values[i++] = CStringGetTextDatum(origin_word());
	values[i++] = Int64GetDatum(status.buffers);
	values[i++] = Int64GetDatum((int64)status.buffers * BLCKSZ);
	nulls[i] = !head;
	values[i++] = Float8GetDatum(status.enter_ms);
	nulls[i] = !head;
	values[i++] = TimestampTzGetDatum(status.since);
	values[i++] =
		CStringGetTextDatum(answer_word(status.info.outlives_restart));
	values[i++] =
		CStringGetTextDatum(answer_word(status.info.outlives_kexec));
	nulls[i] = !status.info.kexec_reason;
	values[i++] = CStringGetTextDatum(
		status.info.kexec_reason ? status.info.kexec_reason : "");
	Assert(i == COLUMNS);
	PG_RETURN_DATUM(HeapTupleGetDatum(
		heap_form_tuple(BlessTupleDesc(description), values, nulls)));
}

static void define_settings(void)
{
	DefineCustomEnumVariable("hugepersist.enable",
				 "Keeps shared_buffers: off, try, or on, which "
				 "does not start without.",
				 NULL, &enable, ENABLE_TRY, enable_words,
				 PGC_POSTMASTER, 0, NULL, NULL, NULL);
	DefineCustomEnumVariable(
		"hugepersist.memory",
		"Huge pages, or shared memory in transparent huge pages.", NULL,
		&memory, MEMORY_HUGE, memory_words, PGC_POSTMASTER, 0, NULL,
		NULL, NULL);
	DefineCustomStringVariable(
		"hugepersist.session",
		"Name of the session, unique in the service.", NULL,
		&session_name, "postgresql", PGC_POSTMASTER, 0, NULL, NULL,
		NULL);
	DefineCustomBoolVariable(
		"hugepersist.check_pages",
		"Compares every buffer that comes back with its file.", NULL,
		&check_pages, false, PGC_POSTMASTER, GUC_NOT_IN_SAMPLE, NULL,
		NULL, NULL);
	MarkGUCPrefixReserved("hugepersist");
}

void _PG_init(void);

void _PG_init(void)
{
	if (!process_shared_preload_libraries_in_progress)
		ereport(ERROR, (errmsg("hugepersist must be in "
				       "shared_preload_libraries")));
	define_settings();
	next_request_hook = shmem_request_hook;
	shmem_request_hook = request;
	next_startup_hook = shmem_startup_hook;
	shmem_startup_hook = startup;
}
