/*
 * lattice.cpp: a flow past a cylinder serially and with Synched, in C++.
 */
#include "lattice/kernel.h"

#include <cstdio>
#include <exception>
#include <vector>

#include <synched/synched.hpp>

#include "codes.h"

namespace {

constexpr double reynolds = 60;

/* The plane is twice as wide as it is high. */
struct flow {
  std::vector<lattice_range> solid;
  lattice_plane plane{};

  explicit flow(std::size_t height) : solid(height) {
    plane.width = 2 * height;
    plane.height = height;
    lattice_place_cylinder(&plane, reynolds, solid.data());
  }
  std::size_t bytes() const {
    return plane.height * lattice_row(&plane) * sizeof(double);
  }
};

} // namespace

int lattice_serial(struct code_run *run) {
  const flow flow(run->size);
  auto *was = static_cast<double *>(code_allocate(flow.bytes()));
  auto *is = static_cast<double *>(code_allocate(flow.bytes()));
  if (was == nullptr || is == nullptr)
    return -1;
  lattice_init(&flow.plane, 0, flow.plane.height, was);
  for (std::uint64_t step = 1; step <= run->steps; step++) {
    lattice_step(&flow.plane, was, 0, flow.plane.height, is);
    std::swap(was, is);
    code_step_done(run, step);
  }
  run->checksum = kernel_checksum(was, flow.bytes());
  std::free(was);
  std::free(is);
  return 0;
}

/* --- Synched --- */

namespace {

constexpr std::size_t segments_per_worker = 2;
/* of a band, where several steps run between two barriers */
constexpr std::size_t rows_blocked = 2;

void compute(const flow &flow, struct code_run *run, unsigned rounds_per_barrier) {
  const std::size_t row = lattice_row(&flow.plane);
  const std::size_t segments = rounds_per_barrier == 1 ? segments_per_worker * run->workers
                                                       : flow.plane.height / rows_blocked;
  synched::pool pool(synched::pool_options().worker_count(run->workers));
  synched::memory<double> cells(synched::memory_options()
                                    .segment_count(segments)
                                    .segment_capacity(flow.plane.height / segments * row)
                                    .refill(SYNCHED_REFILL_NONE)
                                    .flags(SYNCHED_MEMORY_HUGE_PAGES));
  synched::job job =
      synched::job_setup(pool, cells)
          .init([&](synched::task &task) {
            const auto out = task.out(cells);
            lattice_init(&flow.plane, task.first() / row, (task.first() + out.size()) / row,
                         out.data());
          })
          .reads_near(1, true)
          .rounds_per_barrier(rounds_per_barrier)
          .compute([&](synched::task &task) {
            const auto out = task.out(cells);
            lattice_step(&flow.plane, task.previous(cells).data(), task.first() / row,
                         (task.first() + out.size()) / row, out.data());
          })
          .on_round([&](synched::round_view now) {
            code_step_done(run, now.round());
            return SYNCHED_CONTINUE;
          })
          .round_count(run->steps)
          .create();
  job.run();
  run->checksum = kernel_checksum(cells.current().data(), flow.bytes());
}

int try_to_compute(struct code_run *run, unsigned rounds_per_barrier) {
  try {
    compute(flow(run->size), run, rounds_per_barrier);
    return 0;
  } catch (const std::exception &failure) {
    (void)std::fprintf(stderr, "synched-bench: %s\n", failure.what());
    return -1;
  }
}

} // namespace

int lattice_synched(struct code_run *run) {
  return try_to_compute(run, 1);
}

int lattice_blocked_synched(struct code_run *run) {
  return try_to_compute(run, LATTICE_BLOCKED);
}
