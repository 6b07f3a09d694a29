/*
 * omp_kernels.c: the kernels as OpenMP's users write them: one parallel region, loops with a static
 * schedule.
 *
 * Heat and Life go from one buffer to another, with one barrier a step. The bodies are moved in
 * place, as usual: all accelerations, a barrier, all positions, a barrier. Buffers are aligned and
 * placed like Synched's, huge pages included, and first touched by the threads that use them, so
 * that what is compared is the scheduling.
 */
#include <omp.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "../kernels.h"

#define HUGE_PAGE 2097152u

static void *allocate(size_t bytes) {
  const size_t alignment = bytes >= HUGE_PAGE ? HUGE_PAGE : 4096;
  void *block = aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (block != NULL && bytes >= HUGE_PAGE)
    (void)madvise(block, bytes, MADV_HUGEPAGE);
  return block;
}

static int run_bodies(struct kernel_run *run) {
  struct bodies *all = allocate(BLOCKS * sizeof *all);
  struct acceleration *by = allocate(BLOCKS * sizeof *by);
  double start_ns = 0;
  if (all == NULL || by == NULL)
    return -1;
#pragma omp parallel num_threads((int)run->workers)
  {
#pragma omp for schedule(static)
    for (size_t b = 0; b < BLOCKS; b++)
      kernel_bodies_init(all, b, b + 1);
    for (uint64_t step = 0; step < run->steps; step++) {
      if (step == run->warm_up && omp_get_thread_num() == 0)
        start_ns = bench_now_ns();
#pragma omp for schedule(static)
      for (size_t b = 0; b < BLOCKS; b++)
        kernel_accelerate(all, b, &by[b]);
#pragma omp for schedule(static)
      for (size_t b = 0; b < BLOCKS; b++)
        kernel_move(&all[b], &by[b], &all[b]);
    }
  }
  run->ns = bench_now_ns() - start_ns;
  run->checksum = kernel_checksum(all, BLOCKS * sizeof *all);
  free(by);
  free(all);
  return 0;
}

int omp_kernel(struct kernel_run *run) {
  const struct kernel *kernel = run->kernel;
  const size_t bytes = kernel->row_count * kernel->row_bytes;
  double start_ns = 0;
  omp_set_dynamic(0);
  if (strcmp(kernel->name, "nbody128") == 0)
    return run_bodies(run);
  void *states[2] = {allocate(bytes), allocate(bytes)};
  if (states[0] == NULL || states[1] == NULL)
    return -1;
#pragma omp parallel num_threads((int)run->workers)
  {
    const size_t count = (size_t)omp_get_num_threads();
    const size_t index = (size_t)omp_get_thread_num();
    /* One call computes all rows that schedule(static) would give to this thread. */
    const size_t first = kernel->row_count * index / count;
    const size_t end = kernel->row_count * (index + 1) / count;
    kernel->init(states[0], first, end);
    memset((char *)states[1] + first * kernel->row_bytes, 0, (end - first) * kernel->row_bytes);
#pragma omp barrier
    for (uint64_t step = 0; step < run->steps; step++) {
      if (step == run->warm_up && index == 0)
        start_ns = bench_now_ns();
      kernel->step(states[step & 1], states[~step & 1], first, end);
#pragma omp barrier
    }
  }
  run->ns = bench_now_ns() - start_ns;
  run->checksum = kernel_checksum(states[run->steps & 1], bytes);
  free(states[0]);
  free(states[1]);
  return 0;
}
