// SPDX-License-Identifier: MIT
#include <string.h>

#include "base/checksum.h"
#include "manifest/manifest.h"
#include "system/cleanup.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

#define ENTRY_SIZE sizeof(struct hp_manifest_entry)

/* Word by word, so that the order of stores is the order of the program. */
static void put_words(const struct hp_sys *sys, void *to, const void *from,
		      size_t length)
{
	uint64_t *address = to;
	uint64_t word;

	for (size_t i = 0; i < length / sizeof(word); i++) {
		memcpy(&word, (const char *)from + i * sizeof(word),
		       sizeof(word));
		sys->store(address + i, word);
	}
}

static unsigned char *entry_place(const struct hp_manifest_writer *writer,
				  int slot, uint32_t index)
{
	return writer->slots + slot * HP_MANIFEST_SLOT_SIZE +
	       sizeof(struct hp_manifest_header) + index * ENTRY_SIZE;
}

static void write_slot(struct hp_manifest_writer *writer, int index,
		       const struct hp_manifest_entry *added)
{
	unsigned char *slot = writer->slots + index * HP_MANIFEST_SLOT_SIZE;
	struct hp_manifest_header h = {
		.magic = HP_MANIFEST_MAGIC,
		.version = HP_MANIFEST_VERSION,
		.header_size = sizeof(h),
		.entry_size = ENTRY_SIZE,
		.count = writer->count,
		.sequence = writer->sequence,
		.about = writer->about,
	};

	writer->sys->store((uint64_t *)slot, 0);
	if (added)
		put_words(writer->sys,
			  entry_place(writer, index, writer->count - 1), added,
			  sizeof(*added));
	h.checksum =
		hp_manifest_checksum(writer->entries_checksum, &h, sizeof(h));
	put_words(writer->sys, slot + sizeof(h.magic),
		  (const char *)&h + sizeof(h.magic),
		  sizeof(h) - sizeof(h.magic));
	writer->sys->store((uint64_t *)slot, h.magic);
}

static void write_slots(struct hp_manifest_writer *writer,
			const struct hp_manifest_entry *added)
{
	writer->sequence++;
	writer->about.written_ns = writer->sys->time_ns();
	for (int i = HP_MANIFEST_SLOTS - 1; i >= 0; i--)
		write_slot(writer, i, added);
}

/* For people. What cannot be found out stays empty and stops nobody. */
static void describe_writer(struct hp_manifest_about *about,
			    const struct hp_sys *sys)
{
	if (sys->kernel_release(about->kernel, sizeof(about->kernel)) < 0)
		memset(about->kernel, 0, sizeof(about->kernel));
	if (sys->read_text(BOOT_ID, about->boot_id, sizeof(about->boot_id)) < 0)
		memset(about->boot_id, 0, sizeof(about->boot_id));
	strncpy(about->library, hp_version(), sizeof(about->library) - 1);
}

int hp_manifest_start(struct hp_manifest_writer *writer,
		      const struct hp_sys *sys,
		      const struct hp_manifest_about *about)
{
	HP_FD(file, sys, sys->memfd("hugepersist manifest", 0));
	struct hp_map_request request = {
		.fd = file.fd,
		.length = HP_MANIFEST_SIZE,
	};
	void *slots;
	int err;

	if (file.fd < 0)
		return file.fd;
	/* With memory behind every page no store below can raise SIGBUS. */
	err = sys->allocate(file.fd, HP_MANIFEST_SIZE);
	if (err < 0)
		return err;
	err = sys->map(&request, &slots);
	if (err < 0)
		return err;
	*writer = (struct hp_manifest_writer){
		.sys = sys,
		.fd = hp_fd_keep(&file),
		.slots = slots,
		.about.generation = about->generation,
		.about.updates = about->updates,
	};
	describe_writer(&writer->about, sys);
	write_slots(writer, NULL);
	return 0;
}

void hp_manifest_add(struct hp_manifest_writer *writer,
		     const struct hp_manifest_entry *entry)
{
	writer->count++;
	writer->entries_checksum = hp_checksum_after(writer->entries_checksum,
						     entry, sizeof(*entry));
	write_slots(writer, entry);
}

void hp_manifest_seal(struct hp_manifest_writer *writer, bool sealed)
{
	if (writer->about.sealed == sealed)
		return;
	writer->about.sealed = sealed;
	write_slots(writer, NULL);
}

void hp_manifest_stop(struct hp_manifest_writer *writer)
{
	writer->sys->unmap(writer->slots, HP_MANIFEST_SIZE);
	writer->sys->close(writer->fd);
}
