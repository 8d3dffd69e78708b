// SPDX-License-Identifier: MIT
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "held/json.h"

const char *held_manifest_word(const struct held_session *session)
{
	switch (session->manifest_error) {
	case 0:
		return "read";
	case -ENOMSG:
		return "missing";
	case -EBADMSG:
		return "damaged";
	case -EOPNOTSUPP:
		return "of a newer library";
	case -EACCES:
		return "not readable for this user";
	default:
		return "not readable";
	}
}

/* Of a manifest: what is no UTF-8 must not make the whole report fail. */
static json_t *words(const char *text)
{
	json_t *string = json_string(text);
	char copy[128];

	if (string)
		return string;
	(void)snprintf(copy, sizeof(copy), "%s", text);
	for (char *c = copy; *c; c++)
		if (*c & 0x80)
			*c = '?';
	return json_string(copy);
}

static json_t *hex(uint64_t number)
{
	return json_sprintf("%016" PRIx64, number);
}

static json_t *life_object(const struct life *life)
{
	return json_pack("{ssssss}", "answer", answer_word(life->answer),
			 "reason", life->reason, "remedy", life->remedy);
}

static json_t *region_object(const struct held_region *region)
{
	json_t *object =
		json_pack("{sosbsb}", "token", hex(region->token), "listed",
			  region->listed, "present", region->present);

	if (object && region->listed)
		(void)json_object_update_new(
			object,
			json_pack("{sIsIsIso}", "bytes",
				  (json_int_t)region->entry.length, "page_size",
				  (json_int_t)hp_manifest_page_size(
					  &region->entry),
				  "layout", (json_int_t)region->entry.layout,
				  "label", words(region->entry.label)));
	return object;
}

static json_t *manifest_object(const struct held_session *session)
{
	const struct hp_manifest_about *about = &session->about;

	if (session->manifest_error)
		return json_null();
	return json_pack("{sbsIsIsIsIsososo}", "sealed", (int)about->sealed,
			 "generation", (json_int_t)about->generation, "updates",
			 (json_int_t)about->updates, "written_ns",
			 (json_int_t)about->written_ns, "owner",
			 (json_int_t)about->owner, "kernel",
			 words(about->kernel), "boot_id", words(about->boot_id),
			 "library", words(about->library));
}

static json_t *regions_array(const struct held_session *session)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < session->region_count; i++)
		(void)json_array_append_new(
			array, region_object(&session->regions[i]));
	return array;
}

static json_t *session_object(const struct held_session *session)
{
	return json_pack(
		"{sssssssssbsosIsososssIsIsssosososososI}", "title",
		held_title(session), "unit", session->unit, "user",
		session->user, "name", session->name, "unit_gone",
		session->unit_gone, "id", hex(session->id), "holder",
		(json_int_t)session->holder, "handed_over_by",
		session->keeper ? json_integer(session->keeper) : json_null(),
		"taken_by",
		session->owner ? json_integer(session->owner) : json_null(),
		"taken_by_name", session->owner_name, "active_since_us",
		(json_int_t)session->active_since, "free_since_us",
		(json_int_t)session->free_since, "manifest_state",
		held_manifest_word(session), "manifest",
		manifest_object(session), "regions", regions_array(session),
		"restart", life_object(&session->lives.restart), "stop",
		life_object(&session->lives.stop), "kexec",
		life_object(&session->lives.kexec), "bytes",
		(json_int_t)session->bytes);
}

json_t *held_object(const struct held *held)
{
	json_t *sessions = json_array();

	for (struct held_session *s = held->sessions; s; s = s->next)
		(void)json_array_append_new(sessions, session_object(s));
	return json_pack("{sisbsissso}", "version", 1, "complete",
			 held->complete, "systemd", held->systemd, "obstacle",
			 held->obstacle ? held->obstacle : "", "sessions",
			 sessions);
}
