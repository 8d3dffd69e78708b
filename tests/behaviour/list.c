// SPDX-License-Identifier: MIT
/* The one list of cases. */
#include "behaviour.h"

/* In the order in which they run. */
#define CASES(X)                                                    \
	X(memfd_of_the_application_comes_back)                      \
	X(file_of_a_mount_comes_back)                               \
	X(file_that_cannot_be_adopted_is_refused)                   \
	X(mapping_of_a_file_comes_back)                             \
	X(anonymous_shared_mapping_comes_back)                      \
	X(mapping_that_cannot_be_adopted_is_refused)                \
	X(adopted_memory_stays_when_the_session_closes)             \
	X(region_is_shared_with_another_process)                    \
	X(memory_lives_until_all_processes_have_closed_it)          \
	X(file_that_is_no_region_cannot_be_attached)                \
	X(damaged_manifest_does_not_lose_the_regions)               \
	X(short_manifest_does_not_lose_the_regions)                 \
	X(damaged_session_can_be_dropped)                           \
	X(region_without_any_manifest_can_be_reclaimed)             \
	X(file_without_huge_pages_is_no_region)                     \
	X(want_of_descriptors_loses_nothing)                        \
	X(limit_of_memory_loses_nothing)                            \
	X(information_says_who_wrote_the_session)                   \
	X(information_has_the_size_that_the_caller_knows)           \
	X(regions_are_listed_in_their_order)                        \
	X(each_owner_is_a_generation)                               \
	X(seal_comes_back_and_breaks_with_a_mapping_to_write)       \
	X(later_writes_and_preserves_unseal)                        \
	X(one_region_of_many_is_dropped)                            \
	X(last_region_is_dropped)                                   \
	X(memory_that_someone_else_preserves_is_refused)            \
	X(pages_are_frozen_and_bytes_are_not)                       \
	X(file_that_was_resized_is_refused)                         \
	X(pages_never_touched_come_back_as_zeros)                   \
	X(all_pages_are_taken_at_once_or_none)                      \
	X(forked_child_changes_nothing)                             \
	X(child_does_not_keep_an_aborted_session_alive)             \
	X(committed_session_can_be_preserved_while_a_child_lives)   \
	X(session_can_be_given_by_its_descriptors)                  \
	X(descriptor_of_something_else_is_refused)                  \
	X(session_of_another_process_is_refused)                    \
	X(label_and_layout_come_back)                               \
	X(region_comes_back_at_its_old_address)                     \
	X(region_comes_back_at_another_address)                     \
	X(region_can_be_mapped_for_reading_only)                    \
	X(page_size_that_is_not_the_expected_one_is_refused)        \
	X(pages_of_both_sizes_come_back)                            \
	X(pages_can_be_taken_at_once)                               \
	X(pages_come_from_the_nodes_asked_for)                      \
	X(region_that_has_grown_comes_back_longer)                  \
	X(region_that_cannot_grow_where_it_is_may_move)             \
	X(region_grows_where_it_is)                                 \
	X(thousand_regions_come_back)                               \
	X(fresh_session_has_nothing)                                \
	X(regions_come_back_with_their_bytes)                       \
	X(region_not_preserved_does_not_come_back)                  \
	X(session_without_a_preserve_does_not_come_back)            \
	X(aborted_session_does_not_come_back)                       \
	X(after_an_abort_only_what_is_preserved_again_comes_back)   \
	X(a_name_has_one_holder)                                    \
	X(device_that_is_busy_can_be_tried_again)                   \
	X(close_does_not_drop_what_is_preserved)                    \
	X(commit_drops_nothing_unless_told_to)                      \
	X(commit_drops_what_is_not_open_if_told_to)                 \
	X(regions_that_nobody_opens_are_carried_along)              \
	X(closed_region_can_be_reclaimed_again)                     \
	X(process_that_dies_after_open_takes_the_data_along)        \
	X(process_that_dies_before_the_kexec_preserves_nothing)     \
	X(session_of_another_process_is_not_taken)                  \
	X(sessions_of_a_process_are_independent)                    \
	X(a_name_can_return_and_be_preserved_at_once)               \
	X(three_updates_right_after_one_another)                    \
	X(what_is_not_preserved_again_is_lost)                      \
	X(what_nobody_opens_is_lost_at_the_next_kexec)              \
	X(local_session_is_no_different_where_there_is_live_update) \
	X(bad_arguments_are_refused)                                \
	X(shmem_comes_back_in_its_huge_pages)                       \
	X(shmem_never_touched_is_put_into_huge_pages)               \
	X(shmem_in_small_pages_says_so)                             \
	X(shmem_is_not_mistaken_for_pages_of_the_pool)              \
	X(shmem_can_grow_and_be_shared)

/* Cases that must fail. */
#define CONTROLS(X)             \
	X(control_wrong_result) \
	X(control_changed_byte)

#define DECLARE(name) extern const struct behaviour case_##name;
#define POINT(name) &case_##name,

/* clang-format off */
CASES(DECLARE)
CONTROLS(DECLARE)

const struct behaviour *const behaviours[] = { CASES(POINT) };
const struct behaviour *const controls[] = { CONTROLS(POINT) };
/* clang-format on */

const unsigned int behaviours_count =
	sizeof(behaviours) / sizeof(behaviours[0]);
const unsigned int controls_count = sizeof(controls) / sizeof(controls[0]);
