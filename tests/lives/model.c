// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model.h"

jmp_buf model_failed;
char model_problem[512];

void wrong(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(model_problem, sizeof(model_problem), format,
			arguments);
	va_end(arguments);
	longjmp(model_failed, 1);
}

/* -- Bytes ----------------------------------------------------------------- */

static uint64_t *place(const struct hp_region *region, unsigned int page,
		       unsigned int end)
{
	uint64_t *start = hp_region_address(region);
	uint64_t words = HP_PAGE_2M / sizeof(*start);

	return start + page * words + (end ? words - 1 : 0);
}

void model_write(struct content *content, struct hp_region *region,
		 unsigned int page, uint64_t tag)
{
	for (unsigned int end = 0; end < 2; end++)
		content->tags[page][end] = *place(region, page, end) =
			tag + end;
}

void model_compare(const struct content *content,
		   const struct hp_region *region)
{
	uint64_t length = hp_region_length(region);

	for (unsigned int page = 0; page < length / HP_PAGE_2M; page++)
		for (unsigned int end = 0; end < 2; end++) {
			uint64_t is = *place(region, page, end);
			uint64_t want = content->tags[page][end];

			if (is != want)
				wrong("token %llu page %u: %llu, and %llu was "
				      "written last",
				      (unsigned long long)hp_region_token(
					      region),
				      page, (unsigned long long)is,
				      (unsigned long long)want);
		}
}

/* -- Accounts -------------------------------------------------------------- */

/* Is it listed and lost? */
static enum belief is_missing(const struct account *account)
{
	switch (account->promised) {
	case YES:
		return account->there ? NO : YES;
	case MAYBE:
		if (account->there)
			return account->lost ? MAYBE : NO;
		return account->lost == YES ? YES : MAYBE;
	default:
		return account->lost;
	}
}

void model_begin(struct model *model, bool keeps)
{
	model->incomplete = model->perhaps_incomplete = false;
	for (int i = 0; i < TOKENS; i++) {
		struct account *next = &model->next[i];

		if (model->all_gone)
			*next = (struct account){ .promised = NO };
		model->incomplete |= is_missing(next) == YES;
		model->perhaps_incomplete |= is_missing(next) == MAYBE;
		model->came[i] = *next;
		if (!keeps)
			*next = (struct account){ .promised = NO };
	}
	model->found_sealed = model->sealed;
	if (model->all_gone)
		model->found_sealed = model->sealed = NO;
}

void model_made(struct model *model, unsigned int token,
		struct hp_region *region, uint64_t inode)
{
	struct account *next = &model->next[token - 1];
	const struct account *came = &model->came[token - 1];
	struct content content = {
		.inode = inode,
		.length = hp_region_length(region),
		.shorter = hp_region_length(region),
	};

	model_compare(&content, region);
	model->now[token - 1] = content;
	*next = (struct account){
		.content = content,
		/* Until it is preserved, the list says what it said. */
		.lost = came->promised && !came->there ? came->promised :
							 came->lost,
	};
	model->sealed = NO;
}

static void check_new(const struct model *model, const struct account *came,
		      unsigned int token, bool lost)
{
	if (model->may_lose)
		return;
	if (came->promised == YES && came->there)
		wrong("token %u was promised and is there, and comes as %s",
		      token, lost ? "LOST" : "CREATED");
	if (!lost && (came->promised == YES ||
		      (came->promised == NO && came->lost == YES)))
		wrong("token %u was promised and is lost, and comes as CREATED",
		      token);
	if (lost && came->promised == MAYBE && came->there && !came->lost)
		wrong("token %u is there, and comes as LOST", token);
	if (lost && came->promised == NO && came->lost == NO)
		wrong("token %u was never promised or was dropped, and comes "
		      "as LOST",
		      token);
}

void model_opened(struct model *model, unsigned int token,
		  struct hp_region *region, uint64_t inode, bool writable)
{
	struct account *came = &model->came[token - 1];
	uint64_t length = hp_region_length(region);

	if (hp_region_is_new(region)) {
		check_new(model, came, token,
			  hp_region_origin(region) == HP_ORIGIN_LOST);
		model_made(model, token, region, inode);
		return;
	}
	if (came->promised == NO)
		wrong("token %u was never promised or was dropped, and comes "
		      "back",
		      token);
	if (inode != came->content.inode)
		wrong("token %u comes back as another, older file", token);
	if (length != came->content.length && length != came->content.shorter)
		wrong("token %u comes back with %llu bytes, not %llu", token,
		      (unsigned long long)length,
		      (unsigned long long)came->content.length);
	model->now[token - 1] = came->content;
	model->now[token - 1].length = model->now[token - 1].shorter = length;
	model_sync(model, token);
	model_compare(&came->content, region);
	if (writable)
		model->sealed = NO;
}

void model_sync(struct model *model, unsigned int token)
{
	const struct content *now = &model->now[token - 1];
	struct account *accounts[] = { &model->came[token - 1],
				       &model->next[token - 1] };

	for (int i = 0; i < 2; i++)
		if (accounts[i]->content.inode == now->inode)
			accounts[i]->content = *now;
}

void model_info(const struct model *model, const struct hp_session_info *info)
{
	bool sealed = info->sealed;

	if (sealed && model->found_sealed == NO)
		wrong("it came back as sealed, and was not");
	if (sealed && model->incomplete && !model->may_lose)
		wrong("it came back as sealed, and something is lost");
	if (!sealed && model->found_sealed == YES && !model->incomplete &&
	    !model->perhaps_incomplete && !model->may_lose)
		wrong("it was sealed and is complete, and comes back as not "
		      "sealed");
}
