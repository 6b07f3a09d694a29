/*
 * model.c: what C11 lets an atomic operation read, and which plain accesses race.
 *
 * Each atomic object has its modification order, a list of stores. A thread knows of a store when
 * it has read or written it, or has synchronised with a thread that did; it never reads one that
 * is older than one it knows of. Of all others it may read any, and that is a choice, like who
 * goes on. So a load that is only relaxed may see what has long been overwritten, and what was
 * written before the store that it reads is not known to the reader, unless the one is a release
 * and the other an acquire. A sequentially consistent load reads nothing older than the last
 * sequentially consistent store of the object; the order of all of these is that in which they
 * happen here. A read-modify-write reads the newest store. Everything happens in an order in
 * which each thread's own is kept, so no value comes out of thin air, and no load reads from a
 * store that is yet to come; stores take their place in the modification order as they happen.
 *
 * Two accesses race if one of them writes, they are not both atomic, and neither knows of the
 * other.
 */
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "orders.h"

static bool is_acquire(int order) {
  return order == __ATOMIC_ACQUIRE || order == __ATOMIC_CONSUME || order == __ATOMIC_ACQ_REL ||
         order == __ATOMIC_SEQ_CST;
}

static bool is_release(int order) {
  return order == __ATOMIC_RELEASE || order == __ATOMIC_ACQ_REL || order == __ATOMIC_SEQ_CST;
}

void sim_clock_join(struct sim_clock *into, const struct sim_clock *from) {
  for (unsigned t = 0; t < sim->thread_count; t++)
    if (from->at[t] > into->at[t])
      into->at[t] = from->at[t];
}

/* --- plain memory, and races --- */

static bool knows(const struct sim_clock *clock, unsigned thread, uint32_t at) {
  return clock->at[thread] >= at;
}

static void check_race(const struct sim_word *word, uint8_t mask, bool write, bool atomic,
                       uintptr_t address, const void *site) {
  const struct sim_clock *own = &sim_self()->clock;
  for (unsigned i = 0; i < 4; i++) {
    const struct sim_cell *cell = &word->cells[i];
    if (cell->at == 0 || cell->thread == sim->current || (cell->mask & mask) == 0 ||
        !(cell->write || write) || (cell->atomic && atomic) || knows(own, cell->thread, cell->at))
      continue;
    unsigned block = 0;
    size_t offset = 0;
    (void)sim_heap_describe(address, &block, &offset);
    sim_fail_at(site,
                "a race: %s %s by %s (block %u + %zu), which does not know of the %s %s by %s",
                atomic ? "an atomic" : "a plain", write ? "write" : "read", sim_self()->name, block,
                offset, cell->atomic ? "atomic" : "plain", cell->write ? "write" : "read",
                sim->fibres[cell->thread].name);
  }
}

/* Takes the place of what it includes, of one that everybody who comes later knows of if they know
 * of this, or of any. */
static void remember(struct sim_word *word, struct sim_cell now) {
  const struct sim_clock *own = &sim_self()->clock;
  unsigned place = 4;
  for (unsigned i = 0; i < 4; i++) {
    struct sim_cell *cell = &word->cells[i];
    const bool same = cell->thread == now.thread && cell->atomic == now.atomic;
    if (cell->at == 0 || ((cell->mask & ~now.mask) == 0 &&
                          ((same && cell->write <= now.write) ||
                           (now.write && !now.atomic && knows(own, cell->thread, cell->at))))) {
      cell->at = 0;
      if (place == 4)
        place = i;
    }
  }
  for (unsigned i = 0; i < 4 && place == 4; i++)
    if (knows(own, word->cells[i].thread, word->cells[i].at))
      place = i;
  word->cells[place == 4 ? sim->step % 4 : place] = now;
}

/* Atomics in a word that is written as plain memory begin anew. */
static void forget_atomics(struct sim_word *word, uint8_t mask) {
  for (unsigned half = 0; half < 2; half++)
    if (word->location[half] != 0 && (mask & (half == 0 ? 0x0f : 0xf0)) != 0)
      sim->locations[word->location[half]].plain = true;
}

static void plain_word(uintptr_t address, uint8_t mask, bool write, const void *site) {
  const bool is_shared = sim_heap_is_shared(address);
  sim->passes_over = false;
  if (!is_shared)
    return;
  struct sim_word *word = sim_word_at(address);
  if (word == NULL)
    return;
  check_race(word, mask, write, false, address, site);
  if (write)
    forget_atomics(word, mask);
  remember(word, (struct sim_cell){.at = sim_self()->clock.at[sim->current],
                                   .thread = (uint8_t)sim->current,
                                   .mask = mask,
                                   .write = write});
}

void sim_plain(uintptr_t address, size_t bytes, bool write, const void *site) {
  const uintptr_t end = address + bytes;
  while (address < end) {
    const unsigned first = address % 8;
    const size_t left = end - address;
    const unsigned count = left < 8 - first ? (unsigned)left : 8 - first;
    plain_word(address - first, (uint8_t)(((1u << count) - 1) << first), write, site);
    address += count;
  }
}

/* --- atomic objects --- */

static uint64_t read_memory(uintptr_t address, unsigned size) {
  uint64_t value = 0;
  memcpy(&value, (const void *)address, size);
  return value;
}

static void write_memory(uintptr_t address, unsigned size, uint64_t value) {
  memcpy((void *)address, &value, size);
}

static struct sim_store *store_at(struct sim_location *location, unsigned index) {
  return &location->history[(location->first + index) % SIM_HISTORY];
}

static struct sim_store *newest(struct sim_location *location) {
  return store_at(location, location->count - 1);
}

/* A new last store; the oldest one is forgotten when there is no room. */
static struct sim_store *append(struct sim_location *location, uint64_t value) {
  if (location->count == SIM_HISTORY)
    location->first = (location->first + 1) % SIM_HISTORY;
  else
    location->count++;
  struct sim_store *store = newest(location);
  memset(store, 0, sizeof *store);
  store->value = value;
  return store;
}

/* Its content, as plain memory, is the first store; that everybody who comes here knows of it,
 * check_race has seen. */
static void begin_location(struct sim_location *location, uintptr_t address, unsigned size) {
  location->address = address;
  location->size = (uint8_t)size;
  location->plain = false;
  location->first = location->count = 0;
  (void)append(location, read_memory(address, size));
}

/* NULL: nobody else has ever been there, so it is as good as plain memory. */
static struct sim_location *enter(uintptr_t address, unsigned size, bool write, const void *site) {
  if (!sim_heap_is_shared(address)) {
    sim_step();
    return NULL;
  }
  sim_point();
  sim->passes_over = false;
  struct sim_word *word = sim_word_at(address);
  if (word == NULL)
    sim_fail_at(site, "an atomic object where the simulator knows of no memory");
  const uint8_t mask = (uint8_t)(((1u << size) - 1) << address % 8);
  check_race(word, mask, write, true, address, site);
  (void)sim_tick();
  remember(word, (struct sim_cell){.at = sim_self()->clock.at[sim->current],
                                   .thread = (uint8_t)sim->current,
                                   .mask = mask,
                                   .write = write,
                                   .atomic = true});
  uint32_t *index = &word->location[address % 8 / 4];
  if (*index == 0) {
    if (sim->location_count == SIM_LOCATIONS)
      sim_fail("the simulator's atomic objects are used up");
    *index = sim->location_count++;
    begin_location(&sim->locations[*index], address, size);
  }
  struct sim_location *location = &sim->locations[*index];
  if (location->plain)
    begin_location(location, address, size);
  if (location->address != address || location->size != size)
    sim_fail_at(site, "two atomic objects in one place");
  return location;
}

/* Whether a thread of that clock knows of the store. */
static bool is_known(const struct sim_store *store, const struct sim_clock *clock) {
  for (unsigned t = 0; t < sim->thread_count; t++)
    if (store->seen.at[t] != 0 && store->seen.at[t] <= clock->at[t])
      return true;
  return false;
}

/* How many of the newest stores a load may choose from. */
static unsigned count_readable(struct sim_location *location, bool seq_cst) {
  const struct sim_clock *own = &sim_self()->clock;
  for (unsigned age = 0; age + 1 < location->count; age++) {
    const struct sim_store *store = store_at(location, location->count - 1 - age);
    if (is_known(store, own) || (seq_cst && store->seq_cst))
      return age + 1;
  }
  return location->count;
}

static void see(struct sim_store *store, bool acquires) {
  uint32_t *since = &store->seen.at[sim->current];
  if (*since == 0)
    *since = sim_self()->clock.at[sim->current];
  if (acquires)
    sim_clock_join(&sim_self()->clock, &store->release);
}

uint64_t sim_load(uintptr_t address, unsigned size, int order, const void *site) {
  struct sim_location *location = enter(address, size, false, site);
  if (location == NULL)
    return read_memory(address, size);
  order = sim_order_at("load", order, NULL, site);
  const unsigned count = count_readable(location, order == __ATOMIC_SEQ_CST);
  const unsigned age = count > 1 ? sim_choose(SIM_CHOOSE_VALUE, count) : 0;
  struct sim_store *store = store_at(location, location->count - 1 - age);
  see(store, is_acquire(order));
  sim_note("reads", address, store->value, age, count, site);
  return store->value;
}

/* What the thread does next comes after what it hands over. */
static void publish(struct sim_store *store, int order) {
  if (is_release(order))
    sim_clock_join(&store->release, &sim_self()->clock);
  store->seq_cst = order == __ATOMIC_SEQ_CST;
  store->seen.at[sim->current] = sim_self()->clock.at[sim->current];
  (void)sim_tick();
}

void sim_store(uintptr_t address, unsigned size, uint64_t value, int order, const void *site) {
  struct sim_location *location = enter(address, size, true, site);
  if (location != NULL)
    publish(append(location, value), sim_order_at("store", order, NULL, site));
  write_memory(address, size, value);
  sim_note("writes", address, value, 0, 0, site);
}

/* The newest store, read, and replaced by another; who reads that acquires from whoever released
 * the ones before, too. */
static void replace(struct sim_location *location, uint64_t value, int order) {
  see(newest(location), is_acquire(order));
  const struct sim_clock inherited = newest(location)->release;
  struct sim_store *store = append(location, value);
  store->release = inherited;
  publish(store, order);
}

static const char *const change_names[] = {
    [SIM_EXCHANGE] = "exchange", [SIM_ADD] = "add", [SIM_SUB] = "sub",
    [SIM_AND] = "and",           [SIM_OR] = "or",   [SIM_XOR] = "xor"};

static uint64_t applied(enum sim_change change, uint64_t value, uint64_t operand) {
  switch (change) {
  case SIM_EXCHANGE:
    return operand;
  case SIM_ADD:
    return value + operand;
  case SIM_SUB:
    return value - operand;
  case SIM_AND:
    return value & operand;
  case SIM_OR:
    return value | operand;
  case SIM_XOR:
    return value ^ operand;
  }
  return value;
}

static uint64_t cut(uint64_t value, unsigned size) {
  return size == 8 ? value : value & ((UINT64_C(1) << 8 * size) - 1);
}

uint64_t sim_change(uintptr_t address, unsigned size, enum sim_change change, uint64_t operand,
                    int order, const void *site) {
  struct sim_location *location = enter(address, size, true, site);
  const uint64_t before = read_memory(address, size);
  const uint64_t after = cut(applied(change, before, operand), size);
  if (location != NULL)
    replace(location, after, sim_order_at(change_names[change], order, NULL, site));
  write_memory(address, size, after);
  sim_note("changes what was", address, before, 0, 0, site);
  sim_note("  into", address, after, 0, 0, site);
  return before;
}

/* It fails where it reads another value than the expected one, and that may be an old one. */
bool sim_compare_exchange(uintptr_t address, unsigned size, uint64_t *expected, uint64_t desired,
                          int order, int failure_order, const void *site) {
  struct sim_location *location = enter(address, size, true, site);
  if (location == NULL) {
    const uint64_t value = read_memory(address, size);
    const bool done = value == *expected;
    *expected = value;
    if (done)
      write_memory(address, size, desired);
    return done;
  }
  order = sim_order_at("cas", order, &failure_order, site);
  const unsigned count = count_readable(location, failure_order == __ATOMIC_SEQ_CST);
  unsigned ages[SIM_HISTORY], options = 0;
  for (unsigned age = 0; age < count; age++)
    if (age == 0 || store_at(location, location->count - 1 - age)->value != *expected)
      ages[options++] = age;
  const unsigned option = options > 1 ? sim_choose(SIM_CHOOSE_VALUE, options) : 0;
  struct sim_store *store = store_at(location, location->count - 1 - ages[option]);
  if (ages[option] == 0 && store->value == *expected) {
    replace(location, desired, order);
    write_memory(address, size, desired);
    sim_note("exchanges what was", address, *expected, 0, options, site);
    sim_note("  for", address, desired, 0, 0, site);
    return true;
  }
  see(store, is_acquire(failure_order));
  *expected = store->value;
  sim_note("does not exchange what is", address, store->value, option, options, site);
  return false;
}

uint64_t sim_newest(uintptr_t address, unsigned size) {
  return read_memory(address, size);
}
