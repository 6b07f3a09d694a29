/*
 * plan.c: placement, as orders of the allowed CPUs.
 *
 * COMPACT, CORES and SCATTER are each one permutation of the allowed CPUs. Workers are dealt along
 * it, and from the start again where there are more workers than CPUs. All three are sorts of
 * (tier, turn, row):
 *
 *   row    the CPU's place in the machine's logical order;
 *   tier   which of its core's allowed hardware threads it is: 0 for the first;
 *   turn   how many CPUs of its group stand before it.
 *
 * Before all that, for AUTO only, come CPUs that nobody of this process has been bound to. COMPACT
 * is the logical order itself. CORES sorts by tier, so that second threads come last. SCATTER does
 * so too, and deals within a tier: first caches take turns, then NUMA nodes, then packages. Each of
 * these passes keeps the order that the pass before gave within a group. So the last pass decides
 * first, and machines with uneven groups and masks with holes are also spread as far as they go.
 */
#include "topology/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "platform/alloc.h"

struct entry {
  /* somebody else has taken it */
  bool taken;
  size_t row;
  size_t tier;
  size_t turn;
};

struct order {
  struct entry *entries;
  size_t count;
};

static int entry_compare(const void *left, const void *right) {
  const struct entry *a = left;
  const struct entry *b = right;
  if (a->taken != b->taken)
    return a->taken ? 1 : -1;
  if (a->tier != b->tier)
    return a->tier < b->tier ? -1 : 1;
  if (a->turn != b->turn)
    return a->turn < b->turn ? -1 : 1;
  return (a->row > b->row) - (a->row < b->row);
}

static void order_sort(struct order *order) {
  qsort(order->entries, order->count, sizeof *order->entries, entry_compare);
}

/* The allowed CPUs in logical order, each with its tier. Threads of one core stand together. */
static void order_fill(struct order *order, const struct synched__machine *machine,
                       const struct synched__cpus *taken) {
  int core_before = -1;
  size_t tier = 0;
  for (size_t row = 0; row < machine->cpu_count; row++) {
    if (!machine->cpus[row].allowed)
      continue;
    int core = machine->cpus[row].place.core;
    tier = core != -1 && core == core_before ? tier + 1 : 0;
    core_before = core;
    const unsigned cpu = (unsigned)machine->cpus[row].place.cpu;
    order->entries[order->count++] = (struct entry){
        .taken = taken != NULL && synched__cpus_contains(taken, cpu), .row = row, .tier = tier};
  }
}

enum level { LEVEL_CACHE, LEVEL_NUMA_NODE, LEVEL_PACKAGE, LEVEL_COUNT };

static int group_of(const struct synched_place *place, enum level level) {
  switch (level) {
  case LEVEL_CACHE:
    return place->cache;
  case LEVEL_NUMA_NODE:
    return place->numa_node;
  default:
    return place->package;
  }
}

static int largest_group(const struct order *order, const struct synched__machine *machine,
                         enum level level) {
  int largest = -1;
  for (size_t i = 0; i < order->count; i++) {
    int group = group_of(&machine->cpus[order->entries[i].row].place, level);
    largest = group > largest ? group : largest;
  }
  return largest;
}

/* Lets the groups of one level take turns, within each tier. CPUs of an unknown group (-1) are one
 * group. */
static int order_deal(struct order *order, const struct synched__machine *machine,
                      enum level level) {
  size_t group_count = (size_t)largest_group(order, machine, level) + 2;
  size_t *turns = synched__alloc(group_count, sizeof *turns);
  if (turns == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory to plan the places of workers");
  for (size_t i = 0; i < order->count; i++) {
    struct entry *entry = &order->entries[i];
    if (i > 0 && entry->tier != order->entries[i - 1].tier)
      memset(turns, 0, group_count * sizeof *turns); /* all groups start a tier together */
    entry->turn = turns[group_of(&machine->cpus[entry->row].place, level) + 1]++;
  }
  synched__free(turns);
  order_sort(order);
  return 0;
}

static int order_scatter(struct order *order, const struct synched__machine *machine) {
  order_sort(order);
  int status = 0;
  for (int level = 0; status == 0 && level < LEVEL_COUNT; level++)
    status = order_deal(order, machine, (enum level)level);
  return status;
}

static int place_along(struct synched_place *places, const struct synched__machine *machine,
                       const struct synched__plan_request *request) {
  struct order order = {
      .entries = synched__alloc(machine->cpu_count, sizeof *order.entries),
  };
  if (order.entries == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory to plan the places of workers");
  order_fill(&order, machine, request->taken);
  int status = 0;
  if (order.count == 0)
    status = synched__fail(SYNCHED_EIO, "the machine has no CPU that is allowed");
  else if (request->affinity == SYNCHED_AFFINITY_CORES)
    order_sort(&order);
  else if (request->affinity == SYNCHED_AFFINITY_SCATTER)
    status = order_scatter(&order, machine);
  for (size_t worker = 0; status == 0 && worker < request->worker_count; worker++)
    places[worker] = machine->cpus[order.entries[worker % order.count].row].place;
  synched__free(order.entries);
  return status;
}

/* --- lists --- */

static int list_check(const struct synched__cpus *list, const struct synched__machine *machine) {
  char text[64];
  for (size_t i = 0; i < list->count; i++) {
    unsigned cpu = list->numbers[i];
    if (!synched__cpus_contains(&machine->present, cpu))
      return synched__fail(SYNCHED_ENOENT, "cpu_list names CPU %u; this machine has %s", cpu,
                           synched__cpus_format(text, sizeof text, &machine->present));
    if (!synched__cpus_contains(&machine->allowed, cpu))
      return synched__fail(SYNCHED_EPERM, "cpu_list names CPU %u; this process may use %s only",
                           cpu, synched__cpus_format(text, sizeof text, &machine->allowed));
  }
  return 0;
}

static int place_listed(struct synched_place *places, const struct synched__machine *machine,
                        const struct synched__plan_request *request) {
  struct synched__cpus list;
  int status = synched__cpus_parse(&list, request->cpu_list);
  if (status != 0)
    return status;
  status = list_check(&list, machine);
  for (size_t worker = 0; status == 0 && worker < request->worker_count; worker++)
    places[worker] = synched__machine_find(machine, list.numbers[worker % list.count])->place;
  synched__cpus_free(&list);
  return status;
}

/* --- the plan --- */

static const struct synched_place unbound = {-1, -1, -1, -1, -1};

int synched__plan_check(const struct synched__plan_request *request) {
  const char *name = synched_affinity_name(request->affinity);
  if (request->worker_count == 0)
    return synched__fail(SYNCHED_EINVAL, "worker_count is 0; a plan is for at least one worker");
  if (name == NULL)
    return synched__fail(SYNCHED_EINVAL, "affinity is %d, which is none of synched_affinity",
                         (int)request->affinity);
  if (request->affinity != SYNCHED_AFFINITY_LIST && request->cpu_list != NULL)
    return synched__fail(SYNCHED_EINVAL,
                         "cpu_list is set, but affinity is %s; a list goes with list only", name);
  if (request->affinity != SYNCHED_AFFINITY_LIST)
    return 0;
  struct synched__cpus list;
  int status = synched__cpus_parse(&list, request->cpu_list);
  synched__cpus_free(&list);
  return status;
}

enum synched_affinity synched__plan_choose(const struct synched__plan_request *request,
                                           const struct synched__cpus_budget *budget) {
  if (request->affinity != SYNCHED_AFFINITY_AUTO)
    return request->affinity;
  const bool leaves_some = request->worker_count < budget->allowed_count;
  return leaves_some || synched__cpus_are_rationed(budget) ? SYNCHED_AFFINITY_NONE
                                                           : SYNCHED_AFFINITY_CORES;
}

int synched__plan_make(struct synched_place *places, const struct synched__machine *machine,
                       const struct synched__plan_request *request) {
  switch (request->affinity) {
  case SYNCHED_AFFINITY_NONE:
    for (size_t worker = 0; worker < request->worker_count; worker++)
      places[worker] = unbound;
    return 0;
  case SYNCHED_AFFINITY_LIST:
    return place_listed(places, machine, request);
  default:
    return place_along(places, machine, request);
  }
}

/* The sentence for AUTO where workers are bound. Up to the list it has 140 bytes at most, with
 * numbers of ten digits; the list gets the rest, and says where it is cut. */
static void explain_bound(char *text, const struct synched__plan_request *request,
                          const struct synched__cpus_budget *budget) {
  const size_t bytes = SYNCHED__PLAN_DECISION;
  size_t used = (size_t)snprintf(
      text, bytes, "bound, one worker to each of the %u CPUs that the process may use",
      budget->allowed_count);
  if (request->worker_count > budget->allowed_count)
    used += (size_t)snprintf(text + used, bytes - used, "; %u more bound to nothing",
                             request->worker_count - budget->allowed_count);
  if (request->taken == NULL || request->taken->count == 0)
    return;
  used += (size_t)snprintf(text + used, bytes - used, "; last those of its other pools: ");
  (void)synched__cpus_format(text + used, bytes - used, request->taken);
}

static void explain(struct synched__plan_result *result,
                    const struct synched__plan_request *request,
                    const struct synched__cpus_budget *budget) {
  char *const text = result->decision;
  if (request->affinity == SYNCHED_AFFINITY_NONE)
    (void)snprintf(text, SYNCHED__PLAN_DECISION, "not bound, as asked for");
  else if (request->affinity != SYNCHED_AFFINITY_AUTO)
    (void)snprintf(text, SYNCHED__PLAN_DECISION, "bound as asked for: %s",
                   synched_affinity_name(request->affinity));
  else if (synched__cpus_are_rationed(budget))
    (void)snprintf(text, SYNCHED__PLAN_DECISION,
                   "not bound: a quota of %.4g CPUs on %u, among which the system must choose",
                   budget->quota_cpus, budget->allowed_count);
  else if (result->topology_status != 0)
    (void)snprintf(text, SYNCHED__PLAN_DECISION, "not bound: the machine could not be read");
  else if (result->affinity == SYNCHED_AFFINITY_NONE)
    (void)snprintf(
        text, SYNCHED__PLAN_DECISION,
        "not bound: fewer workers (%u) than CPUs (%u), of which the system knows which are free",
        request->worker_count, budget->allowed_count);
  else
    explain_bound(text, request, budget);
}

/* Loads the machine where the choice needs it. */
static int load_for(struct synched__machine *machine, struct synched__plan_request *chosen,
                    struct synched__plan_result *result, bool is_auto) {
  if (chosen->affinity == SYNCHED_AFFINITY_NONE)
    return 0;
  const int status = synched__machine_load(machine, NULL);
  if (status == 0)
    result->doubt = synched__machine_doubt(machine);
  if (status != SYNCHED_EIO || !is_auto)
    return status;
  result->topology_status = status;
  chosen->affinity = SYNCHED_AFFINITY_NONE;
  return 0;
}

int synched__plan_here(struct synched_place *places, struct synched__plan_result *out,
                       const struct synched__plan_request *request,
                       const struct synched__cpus_budget *budget) {
  int status = synched__plan_check(request);
  if (status != 0)
    return status;
  const bool is_auto = request->affinity == SYNCHED_AFFINITY_AUTO;
  struct synched__plan_request chosen = *request;
  struct synched__plan_result result = {.doubt = ""};
  struct synched__machine machine = {0};
  chosen.affinity = synched__plan_choose(request, budget);
  if (!is_auto)
    chosen.taken = NULL;
  status = load_for(&machine, &chosen, &result, is_auto);
  /* With AUTO, workers beyond the CPUs are bound to nothing: the system puts them where there is
   * room. */
  if (is_auto && chosen.worker_count > budget->allowed_count)
    chosen.worker_count = budget->allowed_count;
  if (status == 0)
    status = synched__plan_make(places, &machine, &chosen);
  for (size_t worker = chosen.worker_count; status == 0 && worker < request->worker_count; worker++)
    places[worker] = unbound;
  synched__machine_unload(&machine);
  if (status != 0)
    return status;
  result.affinity = chosen.affinity;
  explain(&result, request, budget);
  *out = result;
  return 0;
}
