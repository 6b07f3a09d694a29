/*
 * json_fields.c: the members of a report in JSON, by name.
 */
#include <stddef.h>

#include "report/json.h"

/* A member's kind by its type; enums and what is unsigned are the rest. */
#define KIND_OF(type, member)                                                                      \
  _Generic(((struct type *)NULL)->member, int                                                      \
           : SYNCHED__JSON_SIGNED, int64_t                                                         \
           : SYNCHED__JSON_SIGNED, double                                                          \
           : SYNCHED__JSON_REAL, bool                                                              \
           : SYNCHED__JSON_FLAG, default                                                           \
           : SYNCHED__JSON_UNSIGNED)
#define AS(type, json_name, member, json_kind)                                                     \
  {                                                                                                \
    .name = (json_name), .kind = (json_kind), .offset = offsetof(struct type, member),             \
    .bytes = sizeof(((struct type *)NULL)->member)                                                 \
  }
#define FIELD(type, member) AS(type, #member, member, KIND_OF(type, member))
#define FLAG(type, member) AS(type, #member, member, SYNCHED__JSON_FLAG)
#define FIELDS(list)                                                                               \
  { (list), sizeof(list) / sizeof *(list) }

#define JOB(member) FIELD(synched_report, member)
static const struct synched__json_field job_fields[] = {
    JOB(process),        JOB(can_steal),   JOB(has_on_round), JOB(has_on_snapshot),
    JOB(delivers_every), JOB(lease_count), JOB(binding_gain),
};
const struct synched__json_fields synched__json_job = FIELDS(job_fields);

static const struct synched__json_field machine_fields[] = {JOB(usable_cpus)};
const struct synched__json_fields synched__json_machine = FIELDS(machine_fields);

#define SUMMARY(member) FIELD(synched_report_summary, member)
static const struct synched__json_field summary_fields[] = {
    AS(synched_report_summary, "record", record, SYNCHED__JSON_LEVEL),
    FLAG(synched_report_summary, ended),
    SUMMARY(status),
    SUMMARY(worker_count),
    SUMMARY(segment_count),
    SUMMARY(round_count),
    SUMMARY(last_round),
    SUMMARY(call_count),
    SUMMARY(stolen_count),
    SUMMARY(start_ns),
    SUMMARY(end_ns),
    SUMMARY(compute_ns),
    SUMMARY(closing_ns),
    SUMMARY(callback_ns),
    SUMMARY(wait_ns),
    SUMMARY(failed_segment),
    SUMMARY(failed_code),
    SUMMARY(lease_wait_count),
    SUMMARY(lease_wait_ns),
    SUMMARY(stalled_count),
    SUMMARY(stalled_ns),
    SUMMARY(delivered_count),
    SUMMARY(missed_count),
    SUMMARY(period_ns),
    SUMMARY(deadline_ns),
    SUMMARY(tick_count),
    SUMMARY(started_count),
    SUMMARY(late_count),
    SUMMARY(skipped_count),
    SUMMARY(overrun_count),
    SUMMARY(lateness_p50_ns),
    SUMMARY(lateness_p99_ns),
    SUMMARY(lateness_max_ns),
    SUMMARY(deadline_missed_count),
    SUMMARY(dropped_count),
    SUMMARY(solo_count),
    SUMMARY(shared_count),
    SUMMARY(sleep_count),
    SUMMARY(wake_count),
    SUMMARY(slept_ns),
    FLAG(synched_report_summary, init_missing),
    SUMMARY(failed_stage),
    SUMMARY(unchanged_count),
    SUMMARY(redealt_count),
    SUMMARY(strayed_count),
    SUMMARY(checkpoint_count),
    SUMMARY(checkpoint_skipped_count),
    SUMMARY(checkpoint_failed_count),
    SUMMARY(checkpoint_bytes),
    SUMMARY(checkpoint_ns),
    SUMMARY(checkpoint_held_ns),
    SUMMARY(rank_count),
    SUMMARY(message_ns),
    SUMMARY(agreement_ns),
    SUMMARY(sent_bytes),
    SUMMARY(sent_messages),
};
const struct synched__json_fields synched__json_summary = FIELDS(summary_fields);

#define EFFICIENCY(member) FIELD(synched_report_efficiency, member)
static const struct synched__json_field efficiency_fields[] = {
    EFFICIENCY(serial),     EFFICIENCY(balance),      EFFICIENCY(scheduling),
    EFFICIENCY(efficiency), EFFICIENCY(utilisation),  EFFICIENCY(total_ns),
    EFFICIENCY(serial_ns),  EFFICIENCY(imbalance_ns), EFFICIENCY(scheduling_ns),
};
const struct synched__json_fields synched__json_efficiency = FIELDS(efficiency_fields);

#define SHARE(name, share)                                                                         \
  AS(synched_report_efficiency, name, share_ns[share], SYNCHED__JSON_UNSIGNED)
static const struct synched__json_field share_fields[] = {
    SHARE("compute", SYNCHED_SHARE_COMPUTE), SHARE("slowest", SYNCHED_SHARE_SLOWEST),
    SHARE("asleep", SYNCHED_SHARE_ASLEEP),   SHARE("opening", SYNCHED_SHARE_OPENING),
    SHARE("closing", SYNCHED_SHARE_CLOSING), SHARE("buffer", SYNCHED_SHARE_BUFFER),
    SHARE("tick", SYNCHED_SHARE_TICK),       SHARE("paused", SYNCHED_SHARE_PAUSED),
    SHARE("others", SYNCHED_SHARE_OTHERS),   SHARE("messages", SYNCHED_SHARE_MESSAGES),
};
_Static_assert(sizeof share_fields / sizeof *share_fields == SYNCHED_SHARE_COUNT, "all shares");
const struct synched__json_fields synched__json_shares = FIELDS(share_fields);

#define WORKER(member) FIELD(synched_report_worker, member)
static const struct synched__json_field worker_fields[] = {
    WORKER(round_count), WORKER(call_count),  WORKER(stolen_count), WORKER(closed_count),
    WORKER(compute_ns),  WORKER(closing_ns),  WORKER(wait_ns),      WORKER(last_start_ns),
    WORKER(last_end_ns), WORKER(sleep_count), WORKER(wake_count),   WORKER(slept_ns),
    WORKER(cpu),         WORKER(core),        WORKER(package),
};
const struct synched__json_fields synched__json_worker = FIELDS(worker_fields);

#define SEGMENT(member) FIELD(synched_report_segment, member)
static const struct synched__json_field segment_fields[] = {
    SEGMENT(home),       SEGMENT(call_count), SEGMENT(stolen_count),
    SEGMENT(compute_ns), SEGMENT(longest_ns),
};
const struct synched__json_fields synched__json_segment = FIELDS(segment_fields);

#define STAGE(member) FIELD(synched_report_stage, member)
static const struct synched__json_field stage_fields[] = {STAGE(round_count), STAGE(total_ns),
                                                          STAGE(compute_ns)};
const struct synched__json_fields synched__json_stage = FIELDS(stage_fields);

#define ROUND(member) FIELD(synched_report_round, member)
static const struct synched__json_field round_fields[] = {
    ROUND(round),
    ROUND(start_ns),
    ROUND(total_ns),
    ROUND(compute_ns),
    ROUND(phase_ns),
    ROUND(callback_ns),
    ROUND(lateness_ns),
    ROUND(longest_worker),
    ROUND(longest_ns),
    ROUND(critical_segment),
    ROUND(critical_ns),
    ROUND(part_count),
    FLAG(synched_report_round, solo),
    ROUND(closer),
};
const struct synched__json_fields synched__json_round = FIELDS(round_fields);

#define PART(member) FIELD(synched_report_part, member)
static const struct synched__json_field part_fields[] = {
    PART(start_ns),     PART(end_ns),          PART(compute_ns), PART(call_count),
    PART(stolen_count), PART(longest_segment), PART(longest_ns), PART(sleep_count),
    PART(wake_count),   PART(slept_ns),
};
const struct synched__json_fields synched__json_part = FIELDS(part_fields);

#define TASK(member) FIELD(synched_report_task, member)
static const struct synched__json_field task_fields[] = {
    TASK(worker), TASK(round), TASK(segment), TASK(start_ns), TASK(compute_ns),
};
const struct synched__json_fields synched__json_task = FIELDS(task_fields);

#define RANK(member) FIELD(synched_report_rank, member)
static const struct synched__json_field rank_fields[] = {
    RANK(rank),           RANK(first_worker), RANK(worker_count),  RANK(first_segment),
    RANK(segment_count),  RANK(elapsed_ns),   RANK(compute_ns),    RANK(message_ns),
    RANK(agreement_ns),   RANK(sent_bytes),   RANK(sent_messages), RANK(clock_ns),
    RANK(clock_error_ns), RANK(process),
};
const struct synched__json_fields synched__json_rank = FIELDS(rank_fields);

#define EXCHANGE(member) FIELD(synched_report_exchange, member)
static const struct synched__json_field exchange_fields[] = {
    EXCHANGE(rank),        EXCHANGE(round),     EXCHANGE(stage),      EXCHANGE(sent_messages),
    EXCHANGE(sent_bytes),  EXCHANGE(start_ns),  EXCHANGE(arrived_ns), EXCHANGE(wait_start_ns),
    EXCHANGE(wait_end_ns), EXCHANGE(agreed_ns),
};
const struct synched__json_fields synched__json_exchange = FIELDS(exchange_fields);

const char *const synched__json_distributions[SYNCHED__JOB_DISTRIBUTIONS] = {
    [SYNCHED_DISTRIBUTION_ROUND] = "round",       [SYNCHED_DISTRIBUTION_WORK] = "work",
    [SYNCHED_DISTRIBUTION_WAIT] = "wait",         [SYNCHED_DISTRIBUTION_CLOSING] = "closing",
    [SYNCHED_DISTRIBUTION_CALLBACK] = "callback", [SYNCHED_DISTRIBUTION_LATENESS] = "lateness",
};

const char *const synched__json_levels[SYNCHED_RECORD_TASKS + 1] = {
    [SYNCHED_RECORD_TOTALS] = "totals",
    [SYNCHED_RECORD_OFF] = "off",
    [SYNCHED_RECORD_ROUNDS] = "rounds",
    [SYNCHED_RECORD_TASKS] = "tasks",
};
