/*
 * orders.c: see orders.h. The table is not a part of the program's data, which each execution puts
 * back.
 */
#include "orders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SITES_MOST 4096u /* a power of two */

struct site {
  uintptr_t address;
  const char *operation; /* NULL: it has not been executed */
  int order, failure;
  bool weakened;
  int weaker, weaker_failure;
};

struct sim_orders {
  bool watched;
  unsigned count;
  struct site sites[SITES_MOST];
};

static const char *const names[] = {
    [__ATOMIC_RELAXED] = "relaxed", [__ATOMIC_CONSUME] = "consume", [__ATOMIC_ACQUIRE] = "acquire",
    [__ATOMIC_RELEASE] = "release", [__ATOMIC_ACQ_REL] = "acq_rel", [__ATOMIC_SEQ_CST] = "seq_cst"};

static void set_up(void) {
  if (sim->orders != NULL)
    return;
  void *block =
      mmap(NULL, sizeof *sim->orders, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED) {
    perror("simulator: mmap");
    exit(2);
  }
  sim->orders = block;
}

/* Of that address, or where it would be. */
static struct site *find(uintptr_t address) {
  size_t at = address * UINT64_C(0x9e3779b97f4a7c15) >> 52;
  while (sim->orders->sites[at].address != 0 && sim->orders->sites[at].address != address)
    at = (at + 1) % SITES_MOST;
  return &sim->orders->sites[at];
}

static struct site *add(uintptr_t address) {
  struct site *site = find(address);
  if (site->address == 0 && ++sim->orders->count == SITES_MOST) {
    (void)fprintf(stderr, "simulator: more than %u sites\n", SITES_MOST);
    exit(2);
  }
  site->address = address;
  return site;
}

void sim_orders_watch(void) {
  set_up();
  sim->orders->watched = true;
}

void sim_orders_print(void) {
  for (unsigned i = 0; i < SITES_MOST; i++) {
    const struct site *site = &sim->orders->sites[i];
    if (site->operation != NULL)
      (void)printf("%#zx %s %s%s%s\n", (size_t)site->address, site->operation, names[site->order],
                   site->failure < 0 ? "" : "/", site->failure < 0 ? "" : names[site->failure]);
  }
}

/* The order whose name the text begins with, and *end after it; -1: none. */
static int read_order(const char *text, const char **end) {
  for (int order = 0; order < (int)(sizeof names / sizeof names[0]); order++)
    if (strncmp(text, names[order], strlen(names[order])) == 0) {
      *end = text + strlen(names[order]);
      return order;
    }
  return -1;
}

static bool read_orders(const char *text, int *order, int *failure) {
  *order = read_order(text, &text);
  *failure = __ATOMIC_RELAXED;
  if (*order >= 0 && *text == '/')
    *failure = read_order(text + 1, &text);
  return *order >= 0 && *failure >= 0 && *text == '\0';
}

bool sim_orders_weaken(const char *text) {
  const char *colon = strchr(text, ':');
  int order, failure;
  if (colon == NULL || !read_orders(colon + 1, &order, &failure))
    return false;
  set_up();
  while (text < colon) {
    char *end;
    const uintptr_t address = strtoull(text, &end, 0);
    if (end == text || address == 0 || (*end != ',' && *end != ':'))
      return false;
    struct site *site = add(address);
    site->weakened = true;
    site->weaker = order;
    site->weaker_failure = failure;
    text = end + 1;
  }
  return true;
}

int sim_order_at(const char *operation, int order, int *failure, const void *site) {
  struct sim_orders *orders = sim->orders;
  if (orders == NULL)
    return order;
  struct site *known = find((uintptr_t)site);
  if (known->weakened) {
    if (failure != NULL)
      *failure = known->weaker_failure;
    return known->weaker;
  }
  if (orders->watched && known->address == 0 && order != __ATOMIC_RELAXED) {
    known = add((uintptr_t)site);
    known->operation = operation;
    known->order = order;
    known->failure = failure == NULL ? -1 : *failure;
  }
  return order;
}
