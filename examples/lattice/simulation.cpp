#include "simulation.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

namespace lattice {

namespace {

/* More bands than workers let those that are done help the others. */
constexpr std::size_t bands_per_worker = 8;

constexpr unsigned report_rounds = 8;

/* As many rows in each band as in any other, or one more. */
synched::memory<double> make_cells(const lattice_plane &plane, std::size_t band_count) {
  std::vector<std::size_t> capacities(std::min(band_count, plane.height));
  for (std::size_t s = 0; s < capacities.size(); s++)
    capacities[s] =
        (plane.height * (s + 1) / capacities.size() - plane.height * s / capacities.size()) *
        lattice_row(&plane);
  return synched::memory<double>(synched::memory_options()
                                     .segment_capacities(capacities)
                                     .refill(SYNCHED_REFILL_NONE)
                                     .flags(SYNCHED_MEMORY_HUGE_PAGES));
}

/* The rows of a call's segment. */
struct rows {
  std::size_t first, end;

  rows(const lattice_plane &plane, const synched::task &task, std::size_t numbers)
      : first(task.first() / lattice_row(&plane)), end(first + numbers / lattice_row(&plane)) {
  }
};

} // namespace

simulation::simulation(const options &options, const flow &flow,
                       std::function<bool()> is_interrupted)
    : plane_(flow.plane()),
      pool_(synched::pool_options().worker_count(options.worker_count).name("lattice")),
      cells_(make_cells(plane_, options.segment_count > 0
                                    ? options.segment_count
                                    : bands_per_worker * pool_.worker_count())),
      job_(make_job(options, std::move(is_interrupted))) {
}

synched::job simulation::make_job(const options &options, std::function<bool()> is_interrupted) {
  return synched::job_setup(pool_, cells_)
      .name("lattice")
      .init([this](synched::task &task) {
        const auto out = task.out(cells_);
        const rows rows(plane_, task, out.size());
        lattice_init(&plane_, rows.first, rows.end, out.data());
      })
      .compute([this](synched::task &task) {
        const auto out = task.out(cells_);
        const rows rows(plane_, task, out.size());
        lattice_step(&plane_, task.previous(cells_).data(), rows.first, rows.end, out.data());
        if (task.round() == measured_round_)
          task.fold<lattice_sums>() = lattice_measure(&plane_, out.data(), rows.first, rows.end);
      })
      .fold(lattice_sums{0, 0, 0},
            [](lattice_sums &into, const lattice_sums &next) noexcept {
              into = lattice_add(into, next);
            })
      .on_round([asked = std::move(is_interrupted)](synched::round_view) {
        return asked() ? SYNCHED_STOP : SYNCHED_CONTINUE;
      })
      .record(example_report_record(&options.report))
      .report_rounds(example_report_rounds(&options.report, report_rounds))
      .create();
}

void simulation::advance(std::uint64_t steps) {
  measured_round_ = state().round() + steps;
  job_.advance(steps);
}

bool is_as_in_a_serial_loop(const flow &flow, std::uint64_t steps,
                            synched::span<const double> state) {
  const lattice_plane &plane = flow.plane();
  std::vector<double> was(flow.size()), is(flow.size());
  lattice_init(&plane, 0, plane.height, was.data());
  for (std::uint64_t step = 0; step < steps; step++) {
    lattice_step(&plane, was.data(), 0, plane.height, is.data());
    was.swap(is);
  }
  return state.size() == was.size() &&
         std::memcmp(state.data(), was.data(), was.size() * sizeof(double)) == 0;
}

} // namespace lattice
