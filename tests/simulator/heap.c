/*
 * heap.c: memory that starts at the same addresses in each execution, and its shadow.
 *
 * A block is never given out twice in an execution, so that a use after its end is seen. What is
 * known of a word is made when somebody first comes to it: mostly nobody does.
 */
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "internal.h"

extern char __data_start[], _end[];

#define STACKS_BYTES (SIM_THREADS * SIM_STACK_BYTES)
#define MEMORY_BYTES (STACKS_BYTES + SIM_HEAP_BYTES)
#define GUARD_BYTES 64u

struct simulator *sim;

static void *reserve(size_t bytes) {
  void *block =
      mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (block == MAP_FAILED) {
    perror("simulator: mmap");
    exit(2);
  }
  return block;
}

static int find_tls(struct dl_phdr_info *info, size_t size, void *unused) {
  (void)size;
  (void)unused;
  for (unsigned i = 0; i < info->dlpi_phnum; i++)
    if (info->dlpi_phdr[i].p_type == PT_TLS) {
      sim->tls = info->dlpi_tls_data;
      sim->tls_bytes = info->dlpi_phdr[i].p_memsz;
    }
  return 1; /* the program itself comes first */
}

void sim_heap_set_up(void) {
  sim = reserve(sizeof *sim);
  sim->memory = reserve(MEMORY_BYTES);
  sim->data_begin = (uintptr_t)__data_start & ~(uintptr_t)7;
  sim->data_end = (uintptr_t)_end;
  const size_t word_count = (MEMORY_BYTES + sim->data_end - sim->data_begin) / 8 + 1;
  sim->words = reserve(word_count * sizeof *sim->words);
  sim->shared = reserve(word_count);
  sim->first_thread = reserve(word_count);
  sim->touched = reserve(word_count * sizeof *sim->touched);
  sim->locations = reserve(SIM_LOCATIONS * sizeof *sim->locations);
  (void)dl_iterate_phdr(find_tls, NULL);
  if (sim->tls_bytes > sizeof sim->fibres[0].tls) {
    (void)fprintf(stderr, "simulator: %zu bytes of thread-local storage\n", sim->tls_bytes);
    exit(2);
  }
  sim->data_image = malloc(sim->data_end - sim->data_begin);
  sim->tls_image = malloc(sim->tls_bytes + 1);
  if (sim->data_image == NULL || sim->tls_image == NULL)
    exit(2);
  memcpy(sim->data_image, (void *)sim->data_begin, sim->data_end - sim->data_begin);
  memcpy(sim->tls_image, sim->tls, sim->tls_bytes);
}

void sim_heap_reset(void) {
  memcpy((void *)sim->data_begin, sim->data_image, sim->data_end - sim->data_begin);
  if (sim->tls_bytes != 0)
    memcpy(sim->tls, sim->tls_image, sim->tls_bytes);
  sim->generation++;
  sim->heap_used = STACKS_BYTES;
  sim->block_count = 0;
  sim->location_count = 1;
  sim->worker_allocations = sim->worker_locks = 0;
}

/* Of all words that have a shadow; SIZE_MAX: none. */
static size_t index_of(uintptr_t address) {
  const uintptr_t offset = address - (uintptr_t)sim->memory;
  if (offset < MEMORY_BYTES)
    return offset / 8;
  if (address >= sim->data_begin && address < sim->data_end)
    return MEMORY_BYTES / 8 + (address - sim->data_begin) / 8;
  return SIZE_MAX;
}

static struct sim_block *block_of(uintptr_t address) {
  uint32_t low = 0, high = sim->block_count;
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    if (sim->blocks[middle].address + sim->blocks[middle].bytes + GUARD_BYTES <= address)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == sim->block_count || address < sim->blocks[low].address)
    return NULL;
  return &sim->blocks[low];
}

/* A word of a block begins as its creator's zeros. */
static void begin_word(struct sim_word *word, uintptr_t address) {
  *word = (struct sim_word){.generation = sim->generation};
  if (address - (uintptr_t)sim->memory < STACKS_BYTES || address >= sim->data_begin)
    if (address - (uintptr_t)sim->memory >= MEMORY_BYTES ||
        address - (uintptr_t)sim->memory < STACKS_BYTES)
      return;
  const struct sim_block *block = block_of(address);
  if (block == NULL)
    sim_fail("an access to memory that was never allocated, at %#zx",
             address - (uintptr_t)sim->memory);
  word->cells[0] =
      (struct sim_cell){.at = block->at, .thread = block->thread, .mask = 0xff, .write = true};
}

static void check_alive(uintptr_t address) {
  if (address - (uintptr_t)sim->memory < STACKS_BYTES ||
      address - (uintptr_t)sim->memory >= MEMORY_BYTES)
    return;
  const struct sim_block *block = block_of(address);
  if (block == NULL || address >= block->address + block->bytes)
    sim_fail("an access beyond a block of memory");
  if (block->freed)
    sim_fail("an access to a block (%u, of %zu bytes) that thread %u has freed",
             (unsigned)(block - sim->blocks), block->bytes, block->freed_by);
}

struct sim_word *sim_word_at(uintptr_t address) {
  const size_t index = index_of(address);
  if (index == SIZE_MAX)
    return NULL;
  check_alive(address);
  struct sim_word *word = &sim->words[index];
  if (word->generation != sim->generation)
    begin_word(word, address);
  return word;
}

/* What is found out too late is made up for: the execution is repeated. Where seeds make another
 * world of each execution, nothing is found out for the next one. */
bool sim_heap_is_shared(uintptr_t address) {
  const size_t index = index_of(address);
  sim->passes_over = false;
  if (index == SIZE_MAX || sim->shared[index] || sim->world->bound == 0)
    return true;
  sim->passes_over = sim->adapting;
  if (sim->all_shared)
    return true;
  if (sim->touched[index] != sim->generation) {
    sim->touched[index] = sim->generation;
    sim->first_thread[index] = (uint8_t)sim->current;
  } else if (sim->first_thread[index] != sim->current) {
    sim->shared[index] = 1;
    sim->shared_grew = true;
  }
  return sim->shared[index];
}

void *sim_heap_take(size_t bytes, size_t alignment, bool mapped) {
  size_t from = sim->heap_used + GUARD_BYTES;
  from = (from + alignment - 1) / alignment * alignment;
  const size_t room = (bytes + 7) / 8 * 8;
  if (sim->block_count == SIM_BLOCKS || from + room + GUARD_BYTES > MEMORY_BYTES)
    sim_fail("the simulator's memory is used up");
  sim->heap_used = from + room;
  unsigned char *address = sim->memory + from;
  memset(address, 0, room);
  sim->blocks[sim->block_count++] = (struct sim_block){.address = (uintptr_t)address,
                                                       .bytes = room,
                                                       .at = sim_tick(),
                                                       .thread = (uint8_t)sim->current,
                                                       .mapped = mapped};
  sim->worker_allocations += sim_is_worker();
  return address;
}

/* Whoever has been there must have finished. */
void sim_heap_give(void *address, const void *site) {
  struct sim_block *block = block_of((uintptr_t)address);
  if (block == NULL || block->address != (uintptr_t)address)
    sim_fail_at(site, "what is freed is no block");
  if (block->freed)
    sim_fail_at(site, "a block is freed twice");
  const size_t first = index_of(block->address);
  for (size_t i = 0; i < block->bytes / 8; i++)
    if (sim->shared[first + i] || sim->touched[first + i] == sim->generation ||
        sim->words[first + i].generation == sim->generation)
      sim_plain(block->address + 8 * i, 8, true, site);
  block->freed = true;
  block->freed_by = (uint8_t)sim->current;
  block->freed_at = sim_tick();
}

void sim_heap_check_end(void) {
  for (uint32_t i = 0; i < sim->block_count; i++)
    if (!sim->blocks[i].freed)
      sim_fail("block %u of %zu bytes is still there at the end, made by thread %u", i,
               sim->blocks[i].bytes, sim->blocks[i].thread);
}

bool sim_heap_describe(uintptr_t address, unsigned *block, size_t *offset) {
  if (address - (uintptr_t)sim->memory >= MEMORY_BYTES)
    return false;
  const struct sim_block *found = block_of(address);
  if (found == NULL)
    return false;
  *block = (unsigned)(found - sim->blocks);
  *offset = address - found->address;
  return true;
}
