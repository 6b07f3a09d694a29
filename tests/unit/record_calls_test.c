/*
 * record_calls_test.c: what is written down of calls: each one in rings, and their sums by segment.
 */
#include "report/record.h"

#include <criterion/criterion.h>

#include <inttypes.h>
#include <string.h>

#include "support/rounds_by_hand.h"
#include "support/support.h"
#include "support/unit_support.h"

Test(record_calls, task_ring_holds_each_workers_last_calls) {
  struct synched__record *record = task_record(2, 20);
  const uint64_t count = 3 * record->task_rows + 5;
  for (uint64_t number = 0; number < count; number++) {
    const struct synched__task task = task_of(number);
    synched__record_task(record, 1, &task);
  }
  for (uint64_t number = 0; number < count; number++) {
    struct synched__task task;
    const struct synched__task expected = task_of(number);
    const bool read = synched__record_read_task(record, 1, number, &task);
    cr_assert_eq(read, number + record->task_rows >= count);
    cr_assert(!read || memcmp(&task, &expected, sizeof task) == 0, "call %" PRIu64, number);
  }
  cr_assert_eq(synched__load_relaxed(&record->tasks[0].begun_count), 0);
  synched__record_destroy(record);
}

Test(record_calls, task_of_any_length_leaves_its_segment_alone) {
  struct synched__record *record = task_record(1, 4);
  const uint64_t most_ns = (UINT64_C(1) << SYNCHED__TASK_NS_BITS) - 1;
  const struct synched__task tasks[] = {{1, SYNCHED_SEGMENTS_MAX - 1, 10, 10 + most_ns + 5},
                                        {1, 7, 10, 5},
                                        {1, SYNCHED_SEGMENTS_MAX - 1, 0, UINT64_MAX}};
  const uint64_t shown_ns[] = {most_ns, 0, most_ns};
  for (uint64_t i = 0; i < 3; i++) {
    struct synched__task task;
    synched__record_task(record, 0, &tasks[i]);
    cr_assert(synched__record_read_task(record, 0, i, &task));
    cr_assert_eq(task.segment, tasks[i].segment);
    cr_assert_eq(task.end_ns - task.start_ns, shown_ns[i]);
  }
  synched__record_destroy(record);
}

static void *write_tasks_on(void *argument) {
  struct chase *chase = argument;
  for (uint64_t number = 0; atomic_load(&chase->over) == 0; number++) {
    const struct synched__task task = {number, (size_t)(number % 1000), number, 2 * number};
    synched__record_task(chase->record, 0, &task);
    atomic_store(&chase->last, number + 1);
  }
  return NULL;
}

Test(record_calls, task_read_while_it_is_written_over_is_whole_or_lost) {
  struct chase chase = {.record = task_record(1, 1)};
  struct crew crew = {0};
  crew_add(&crew, write_tasks_on, &chase);
  unsigned read_count = 0, wrong_count = 0;
  for (unsigned i = 0; i < at_most(200000, 2000) || read_count == 0; i++) {
    const uint64_t end = atomic_load(&chase.last);
    struct synched__task task;
    if (end == 0 || !synched__record_read_task(chase.record, 0, end - 1, &task))
      continue;
    read_count++;
    wrong_count += task.round != end - 1 || task.start_ns != end - 1 ||
                   task.end_ns != 2 * (end - 1) || task.segment != (end - 1) % 1000;
  }
  atomic_store(&chase.over, 1);
  crew_join(&crew);
  cr_assert_eq(wrong_count, 0, "%u of %u", wrong_count, read_count);
  synched__record_destroy(chase.record);
}

Test(record_calls, calls_add_up_per_segment) {
  struct synched__record *record =
      record_new(&(struct synched__record_shape){.level = SYNCHED_RECORD_TOTALS,
                                                 .worker_count = 1,
                                                 .segment_count = 5000,
                                                 .round_count = 1,
                                                 .segment_times = true});
  cr_assert_null(record->segment_histograms);
  for (size_t s = 0; s < 5000; s++) {
    synched__record_call(record, s, s);
    synched__record_call(record, s, 2 * s);
    synched__record_call(record, s, 1);
    synched__record_stolen(record, s);
  }
  for (size_t s = 0; s < 5000; s++) {
    const struct synched__segment_record *row = &record->segments[s * record->segment_stride];
    cr_assert_eq(synched__load_relaxed(&row->call_count), 3);
    cr_assert_eq(synched__load_relaxed(&row->stolen_count), 1);
    cr_assert_eq(synched__load_relaxed(&row->compute_ns), 3 * s + 1);
    cr_assert_eq(synched__load_relaxed(&row->longest_ns), s == 0 ? 1 : 2 * s);
  }
  synched__record_destroy(record);
}
