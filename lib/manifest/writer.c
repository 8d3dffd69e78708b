// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "base/checksum.h"
#include "base/error.h"
#include "manifest/manifest.h"
#include "system/cleanup.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

#define ENTRY_SIZE sizeof(struct hp_manifest_entry)

/*
 * Word by word, so that the order of stores is the order of the program. A word
 * that says so already stays.
 */
static void put_words(const struct hp_sys *sys, void *to, const void *from,
		      size_t length)
{
	uint64_t *address = to;
	uint64_t word;

	for (size_t i = 0; i < length / sizeof(word); i++) {
		memcpy(&word, (const char *)from + i * sizeof(word),
		       sizeof(word));
		if (__atomic_load_n(address + i, __ATOMIC_RELAXED) != word)
			sys->store(address + i, word);
	}
}

static void write_slot(struct hp_manifest *manifest, int index,
		       const struct hp_manifest_header *header)
{
	const struct hp_sys *sys = manifest->sys;
	unsigned char *slot =
		manifest->slots + index * (manifest->size / HP_MANIFEST_SLOTS);

	sys->store((uint64_t *)slot, 0);
	put_words(sys, slot + sizeof(*header), manifest->entries,
		  manifest->count * ENTRY_SIZE);
	put_words(sys, slot + sizeof(header->magic),
		  (const char *)header + sizeof(header->magic),
		  sizeof(*header) - sizeof(header->magic));
	sys->store((uint64_t *)slot, header->magic);
}

void hp_manifest_write(struct hp_manifest *manifest)
{
	struct hp_manifest_header h = {
		.magic = HP_MANIFEST_MAGIC,
		.version = HP_MANIFEST_VERSION,
		.header_size = sizeof(h),
		.entry_size = ENTRY_SIZE,
		.count = manifest->count,
	};
	uint64_t checksum = 0;

	manifest->about.written_ns = manifest->sys->time_ns();
	h.sequence = ++manifest->sequence;
	h.about = manifest->about;
	for (uint32_t i = 0; i < manifest->count; i++)
		checksum = hp_checksum_after(checksum, &manifest->entries[i],
					     ENTRY_SIZE);
	h.checksum = hp_manifest_checksum(checksum, &h, sizeof(h));
	write_slot(manifest, !manifest->whole, &h);
	write_slot(manifest, manifest->whole, &h);
}

void hp_manifest_sign(struct hp_manifest *manifest)
{
	struct hp_manifest_about *about = &manifest->about;
	const struct hp_sys *sys = manifest->sys;
	char boot_id[sizeof(about->boot_id)] = "";

	/* For people. What cannot be found out is empty and stops nobody. */
	memset(about->kernel, 0, sizeof(about->kernel));
	if (sys->kernel_release(about->kernel, sizeof(about->kernel)) < 0)
		memset(about->kernel, 0, sizeof(about->kernel));
	if (sys->read_text(BOOT_ID, boot_id, sizeof(boot_id)) < 0)
		memset(boot_id, 0, sizeof(boot_id));
	/* Counts that came from outside stay at their end. */
	if (about->generation && strcmp(boot_id, about->boot_id) &&
	    about->updates < UINT64_MAX)
		about->updates++;
	if (about->generation < UINT64_MAX)
		about->generation++;
	memset(about->boot_id, 0, sizeof(about->boot_id));
	strcpy(about->boot_id, boot_id);
	memset(about->library, 0, sizeof(about->library));
	strncpy(about->library, hp_version(), sizeof(about->library) - 1);
	about->owner = (uint32_t)sys->process_id();
}

/* Map what the descriptor is of, which becomes the manifest's. */
static int map(struct hp_manifest *manifest, const struct hp_sys *sys,
	       uint64_t size, int fd)
{
	const struct hp_map_request request = { .fd = fd, .length = size };
	struct hp_file_info info;
	void *slots;
	int err;

	err = sys->file_info(fd, &info);
	if (!err)
		err = sys->map(&request, &slots);
	if (err < 0)
		return err;
	manifest->sys = sys;
	manifest->fd = fd;
	manifest->slots = slots;
	manifest->size = size;
	manifest->device = info.device;
	manifest->inode = info.inode;
	return 0;
}

int hp_manifest_check(const struct hp_manifest *manifest)
{
	struct hp_file_info info;
	int err = manifest->sys->file_info(manifest->fd, &info);

	if (err < 0)
		return err == -EBADF ? -EUCLEAN : hp_error_common(err);
	return info.device == manifest->device &&
			       info.inode == manifest->inode ?
		       0 :
		       -EUCLEAN;
}

int hp_manifest_create(struct hp_manifest *manifest, const struct hp_sys *sys)
{
	uint64_t id;
	int err;

	HP_FD(file, sys, sys->memfd("hugepersist manifest", 0));
	if (file.fd < 0)
		return file.fd;
	/* With memory behind every page no store can raise SIGBUS. */
	err = sys->allocate(file.fd, HP_MANIFEST_SIZE);
	if (!err)
		err = sys->seal_length(file.fd);
	if (!err)
		err = sys->random(&id);
	if (!err)
		err = map(manifest, sys, HP_MANIFEST_SIZE, file.fd);
	if (err < 0)
		return err;
	hp_fd_keep(&file);
	manifest->about.id = id | 1;
	hp_manifest_sign(manifest);
	hp_manifest_write(manifest);
	return 0;
}

int hp_manifest_open(struct hp_manifest *manifest, const struct hp_sys *sys,
		     int fd)
{
	struct hp_file_info info;
	int err;

	/* A kernel may have made the file anew, without its seals. */
	(void)sys->seal_length(fd);
	err = hp_manifest_read(sys, fd, manifest);
	if (!err)
		err = sys->file_info(fd, &info);
	if (!err)
		err = map(manifest, sys, info.length, fd);
	return err;
}

void hp_manifest_renumber(struct hp_manifest *manifest, int fd)
{
	manifest->fd = fd;
}

int hp_manifest_put(struct hp_manifest *manifest,
		    const struct hp_manifest_entry *entry)
{
	struct hp_manifest_entry *place =
		hp_manifest_find(manifest, entry->token);
	uint64_t room = manifest->size / HP_MANIFEST_SLOTS -
			sizeof(struct hp_manifest_header);

	if (!place && (manifest->count == HP_REGIONS_MAX ||
		       manifest->count == room / ENTRY_SIZE))
		return -E2BIG;
	if (!place)
		place = &manifest->entries[manifest->count++];
	*place = *entry;
	(void)hp_manifest_index(manifest);
	return 0;
}

void hp_manifest_remove(struct hp_manifest *manifest, uint64_t token)
{
	struct hp_manifest_entry *place = hp_manifest_find(manifest, token);
	size_t after;

	if (!place)
		return;
	manifest->count--;
	after = manifest->count - (size_t)(place - manifest->entries);
	memmove(place, place + 1, after * ENTRY_SIZE);
	(void)hp_manifest_index(manifest);
}

void hp_manifest_seal(struct hp_manifest *manifest, bool sealed)
{
	if (manifest->about.sealed == sealed)
		return;
	manifest->about.sealed = sealed;
	hp_manifest_write(manifest);
}

void hp_manifest_close(struct hp_manifest *manifest)
{
	if (!manifest || !manifest->slots)
		return;
	manifest->sys->unmap(manifest->slots, manifest->size);
	if (manifest->fd >= 0)
		manifest->sys->close(manifest->fd);
	manifest->slots = NULL;
}
