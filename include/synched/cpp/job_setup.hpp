/*
 * job_setup.hpp: what a job is made of, said in a chain of calls.
 */
#ifndef SYNCHED_CPP_JOB_SETUP_HPP
#define SYNCHED_CPP_JOB_SETUP_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <synched/job.h>

#include <synched/cpp/cluster.hpp>
#include <synched/cpp/job.hpp>
#include <synched/cpp/memory.hpp>
#include <synched/cpp/pool.hpp>
#include <synched/cpp/task.hpp>

SYNCHED_CPP_BEGIN

/* A job to be. Calls are named for the fields of synched_job_options, which says more; get() is
 * for what has no call here. The pool and the memories stay where they are until create().
 *
 *   job_setup(pool, e).field(h)
 *       .stage("magnetic").writes(h).compute([&](task &task) { ... })
 *       .stage("electric").writes(e).fold(SYNCHED_FOLD_SUM).compute([&](task &task) { ... })
 *       .round_count(1000)
 *       .create();
 *
 * After stage(), the calls compute, writes, overwrites, reads_... and the folds are of that stage,
 * until the next one. */
class job_setup {
public:
  template <class T>
  job_setup(const pool &pool, memory<T> &of)
      : pool_(pool.get()), options_(synched_job_options_default()),
        state_(new (std::nothrow) detail::job_state) {
    if (state_ == nullptr)
      note(SYNCHED_ENOMEM, "there is no memory for the job's callbacks");
    memories_[0] = &of;
  }

  /* --- fields and stages --- */

  /* One field more. */
  template <class T> job_setup &field(memory<T> &of) {
    if (field_count_ == SYNCHED_FIELDS_MAX)
      return note(SYNCHED_ERANGE, "a job has at most 16 fields");
    memories_[field_count_++] = &of;
    return *this;
  }

  /* A field that no stage writes. */
  template <class T> job_setup &reads_only(memory<T> &of) {
    const unsigned f = field_count_;
    field(of);
    if (field_count_ > f)
      options_.reads_only |= SYNCHED_FIELD(f);
    return *this;
  }

  /* One stage more, to which what follows belongs. */
  job_setup &stage(const char *name = nullptr) {
    if (stage_count_ == SYNCHED_STAGES_MAX)
      return note(SYNCHED_ERANGE, "a job has at most 16 stages");
    stages_[stage_count_++].name = name;
    return *this;
  }

  /* The fields that the stage writes; no call of this: all; writes(): none. */
  template <class... Memories> job_setup &writes(const Memories &...fields) {
    return set_fields(&synched_stage::writes, SYNCHED_WRITES_NONE, fields...);
  }
  /* Of those, fields of which each call writes all that it counts. */
  template <class... Memories> job_setup &overwrites(const Memories &...fields) {
    return set_fields(&synched_stage::overwrites, 0, fields...);
  }

  /* What the calls of the stage, or of the job where it has none, read beside their own segment: no
   * other; those within a radius; those of a list, which is [segment_count + 1] offsets into the
   * segments, and is copied by create(). No call of these: all. */
  job_setup &reads_own() noexcept {
    return with_reads({SYNCHED_REACH_OWN, 0, 0, nullptr, nullptr, 0, 0});
  }
  job_setup &reads_near(std::uint32_t radius, bool wraps = false) noexcept {
    return with_reads({SYNCHED_REACH_NEAR, radius, wraps ? 1 : 0, nullptr, nullptr, 0, 0});
  }
  job_setup &reads_list(const std::size_t *offsets, const std::size_t *segments) noexcept {
    return with_reads({SYNCHED_REACH_LIST, 0, 0, offsets, segments, 0, 0});
  }

  /* Of segments behind their own, calls read the first elements only, and of those before it the
   * last ones: so no more goes to other ranks. After reads_near or reads_list. */
  job_setup &reads_ends(std::size_t first, std::size_t last) noexcept {
    synched_reads &reads = stage_count_ == 0 ? options_.reads : stages_[stage_count_ - 1].reads;
    reads.first = first;
    reads.last = last;
    return *this;
  }

  /* --- callbacks on workers --- */

  /* compute(task &) computes one segment of the job's stage, or of the job where it has none. It
   * returns nothing, or a code, of which any but 0 fails the round. Calls come from several threads
   * at once. */
  template <class F> job_setup &compute(F callback) {
    check_call<F>();
    if (stage_count_ == 0)
      return set(&detail::job_state::compute, options_.compute, std::move(callback),
                 detail::on_compute<F, &detail::job_state::compute>);
    stages_[stage_count_ - 1].compute = detail::on_stage<F>;
    if (state_)
      keep_in(state_->stages[stage_count_ - 1], std::move(callback));
    return *this;
  }

  /* Fills one segment before the first round; as compute. */
  template <class F> job_setup &init(F callback) {
    check_call<F>();
    return set(&detail::job_state::init, options_.init, std::move(callback),
               detail::on_compute<F, &detail::job_state::init>);
  }

  /* on_round(round_view) completes a round, on the worker that closed it. It returns nothing, or
   * SYNCHED_CONTINUE, SYNCHED_STOP or a negative code. */
  template <class F> job_setup &on_round(F callback) {
    return set(&detail::job_state::on_round, options_.on_round, std::move(callback),
               detail::on_serial<F, &detail::job_state::on_round>);
  }
  /* The same for init. */
  template <class F> job_setup &on_init(F callback) {
    return set(&detail::job_state::on_init, options_.on_init, std::move(callback),
               detail::on_serial<F, &detail::job_state::on_init>);
  }

  /* --- folds: of the stage, or of the job --- */

  job_setup &fold(synched_fold fold, synched_fold_type type = SYNCHED_FOLD_DOUBLE,
                  std::size_t length = 1) {
    return with_fold([&](auto &of) {
      of.fold = fold;
      of.fold_type = type;
      of.fold_length = length;
    });
  }

  /* A fold of values of type V: each call's task.fold<V>() starts as the identity, and
   * combine(V &into, const V &next), which is noexcept and has no captures, adds the next segment's
   * to those before it. */
  template <class V, class F> job_setup &fold(const V &identity, F combine) {
    static_assert(std::is_trivially_copyable_v<V>, "folds are copied as bytes");
    static_assert(sizeof(V) <= SYNCHED_FOLD_BYTES_MAX, "a fold has at most 4096 bytes");
    static_assert(alignof(V) <= alignof(std::max_align_t), "folds are aligned as malloc's blocks");
    (void)detail::stateless(&combine);
    detail::kept &place = identities_[stage_count_];
    keep_in(place, identity);
    return with_fold([&](auto &of) {
      of.fold = SYNCHED_FOLD_CUSTOM;
      of.fold_size = sizeof(V);
      of.fold_combine = detail::on_combine<V, F>;
      of.fold_identity = place.get();
    });
  }

  /* --- callbacks on the loop's thread: their first argument is the job, a job_ref --- */

  /* on_snapshot(job_ref, round_view) */
  template <class F> job_setup &on_snapshot(F callback) {
    return set(&detail::job_state::on_snapshot, options_.on_snapshot, std::move(callback),
               detail::on_snapshot<F>);
  }
  /* on_done(job_ref, const ended &) */
  template <class F> job_setup &on_done(F callback) {
    return set(&detail::job_state::on_done, options_.on_done, std::move(callback),
               detail::on_done<F>);
  }
  /* on_steered(job_ref, const synched_steered &) */
  template <class F> job_setup &on_steered(F callback) {
    return set(&detail::job_state::on_steered, options_.on_steered, std::move(callback),
               detail::on_loop<F, synched_steered, &detail::job_state::on_steered>);
  }
  /* on_deadline(job_ref, const synched_deadline_miss &) */
  template <class F> job_setup &on_deadline(F callback) {
    return set(&detail::job_state::on_deadline, options_.on_deadline, std::move(callback),
               detail::on_loop<F, synched_deadline_miss, &detail::job_state::on_deadline>);
  }
  /* on_stalled(job_ref, const synched_stall &) */
  template <class F> job_setup &on_stalled(F callback) {
    return set(&detail::job_state::on_stalled, options_.on_stalled, std::move(callback),
               detail::on_loop<F, synched_stall, &detail::job_state::on_stalled>);
  }
  /* on_progress(job_ref, const synched_progress &) */
  template <class F> job_setup &on_progress(F callback) {
    return set(&detail::job_state::on_progress, options_.on_progress, std::move(callback),
               detail::on_loop<F, synched_progress, &detail::job_state::on_progress>);
  }
  /* synched_progress_bar */
  job_setup &progress_bar() noexcept {
    options_.on_progress = synched_progress_bar;
    return *this;
  }

  /* --- plain options --- */

  job_setup &name(const char *name) noexcept {
    options_.name = name;
    return *this;
  }
  job_setup &flags(std::uint32_t flags) noexcept {
    options_.flags = flags;
    return *this;
  }
  job_setup &round_count(std::uint64_t count) noexcept {
    options_.round_count = count;
    return *this;
  }
  job_setup &rounds_per_barrier(unsigned count) noexcept {
    options_.rounds_per_barrier = count;
    return *this;
  }
  job_setup &delivery(synched_delivery delivery) noexcept {
    options_.delivery = delivery;
    return *this;
  }
  job_setup &balance(synched_balance balance) noexcept {
    options_.balance = balance;
    return *this;
  }
  job_setup &period(std::chrono::nanoseconds period,
                    synched_overrun overrun = SYNCHED_OVERRUN_SKIP) noexcept {
    options_.period_ns = static_cast<std::uint64_t>(period.count());
    options_.overrun = overrun;
    return *this;
  }
  job_setup &deadline(std::chrono::nanoseconds deadline,
                      synched_deadline_policy policy = SYNCHED_DEADLINE_REPORT) noexcept {
    options_.deadline_ns = static_cast<std::uint64_t>(deadline.count());
    options_.deadline_policy = policy;
    return *this;
  }
  /* The job is one of several ranks, which all make it. */
  job_setup &cluster(const class cluster &of) noexcept {
    options_.cluster = of.get();
    return *this;
  }
  job_setup &weight(unsigned weight) noexcept {
    options_.weight = weight;
    return *this;
  }
  job_setup &record(synched_record record) noexcept {
    options_.record = record;
    return *this;
  }
  job_setup &report_rounds(unsigned count) noexcept {
    options_.report_rounds = count;
    return *this;
  }

  synched_job_options &get() noexcept {
    return options_;
  }

  /* --- the job --- */

  /* Makes the job: synched_job_create. Whether or not it could, the setup is used up. */
  outcome<job> create() {
    const int status = make();
    if (refused_ != 0)
      return refuse();
    if (status == 0)
      for (unsigned f = 0; f < field_count_; f++)
        detail::field_setter::set(*memories_[f], f);
    return detail::finish(status, job(std::move(state_)));
  }

private:
  template <class F> static void check_call() {
    static_assert(std::is_invocable_v<const F &, task &>,
                  "compute takes a task &, and is not mutable: several calls run at once");
  }

  /* What is wrong before the library is asked; of several things the first. */
  job_setup &note(int status, const char *sentence) noexcept {
    if (refused_ == 0) {
      refused_ = status;
      refusal_ = sentence;
    }
    return *this;
  }

  template <class F> void keep_in(detail::kept &place, F &&value) {
    place = detail::keep(std::forward<F>(value));
    if (place == nullptr)
      note(SYNCHED_ENOMEM, "there is no memory for the job's callbacks");
  }

  template <class F, class Function>
  job_setup &set(detail::kept detail::job_state::*member, Function *&option, F &&callback,
                 std::common_type_t<Function *> function) {
    option = function;
    if (state_)
      keep_in(*state_.*member, std::forward<F>(callback));
    return *this;
  }

  template <class Set> job_setup &with_fold(Set set) {
    if (stage_count_ == 0)
      set(options_);
    else
      set(stages_[stage_count_ - 1]);
    return *this;
  }

  job_setup &with_reads(const synched_reads &reads) noexcept {
    (stage_count_ == 0 ? options_.reads : stages_[stage_count_ - 1].reads) = reads;
    return *this;
  }

  template <class... Memories>
  job_setup &set_fields(std::uint32_t synched_stage::*set, std::uint32_t none,
                        const Memories &...fields) {
    if (stage_count_ == 0)
      return note(SYNCHED_EINVAL, "what is written is said of a stage: call stage() first");
    stages_[stage_count_ - 1].*set = sizeof...(fields) == 0 ? none : (0u | ... | bit_of(fields));
    return *this;
  }

  std::uint32_t bit_of(const detail::any_memory &memory) noexcept {
    for (unsigned f = 0; f < field_count_; f++)
      if (memories_[f] == &memory)
        return SYNCHED_FIELD(f);
    note(SYNCHED_EINVAL, "a stage writes a memory that the setup does not have as a field yet");
    return 0;
  }

  int make() {
    if (refused_ != 0)
      return refused_;
#if SYNCHED_CPP_EXCEPTIONS
    struct synched_pool_info info = {};
    info.struct_size = sizeof info;
    (void)synched_pool_info(pool_, &info);
    if (!state_->exceptions.reserve(info.worker_count)) {
      note(SYNCHED_ENOMEM, "there is no memory for the job's exceptions");
      return refused_;
    }
#endif
    synched_memory *more[SYNCHED_FIELDS_MAX] = {};
    for (unsigned f = 1; f < field_count_; f++)
      more[f - 1] = memories_[f]->get();
    if (field_count_ > 1) {
      options_.fields = more;
      options_.field_count = field_count_;
    }
    if (stage_count_ > 0) {
      options_.stages = stages_;
      options_.stage_count = stage_count_;
    }
    options_.user = state_.get();
    if (options_.on_done == nullptr)
      options_.on_done = detail::on_done<detail::nothing_to_do>;
    return synched_job_create(&state_->job, pool_, memories_[0]->get(), &options_);
  }

  outcome<job> refuse() {
#if SYNCHED_CPP_EXCEPTIONS
    detail::fail(refused_, refusal_);
#else
    return outcome<job>(refused_, refusal_);
#endif
  }

  synched_pool *pool_;
  synched_job_options options_;
  synched_stage stages_[SYNCHED_STAGES_MAX] = {};
  unsigned stage_count_ = 0;
  detail::any_memory *memories_[SYNCHED_FIELDS_MAX] = {};
  unsigned field_count_ = 1;
  detail::kept identities_[SYNCHED_STAGES_MAX + 1];
  std::unique_ptr<detail::job_state> state_;
  int refused_ = 0;
  const char *refusal_ = nullptr;
};

SYNCHED_CPP_END

#endif
