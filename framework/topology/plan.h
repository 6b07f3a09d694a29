/*
 * plan.h: which worker goes where.
 */
#ifndef SYNCHED_TOPOLOGY_PLAN_H
#define SYNCHED_TOPOLOGY_PLAN_H

#include <synched/topology.h>

#include "platform/cpus.h"
#include "topology/machine.h"

struct synched__plan_request {
  /* 1 or more */
  unsigned worker_count;
  enum synched_affinity affinity;
  /* for LIST; NULL for all others */
  const char *cpu_list;
  /* ascending: CPUs that AUTO takes last, because others are bound to them; NULL: none */
  const struct synched__cpus *taken;
};

#define SYNCHED__PLAN_DECISION 160

/* What a plan came to. */
struct synched__plan_result {
  /* in force: never AUTO */
  enum synched_affinity affinity;
  /* 0, or why AUTO became NONE although it would have been CORES: the machine could not be read;
   * this is a warning, not a failure */
  int topology_status;
  /* "", or a sentence that says what is doubtful about the machine; static */
  const char *doubt;
  /* a sentence that says whether workers are bound, and why */
  char decision[SYNCHED__PLAN_DECISION];
};

/* Checks what can be checked without a machine: worker_count, the enum value, and a cpu_list that
 * is missing, superfluous or unreadable. 0, SYNCHED_EINVAL or SYNCHED_ENOMEM. */
int synched__plan_check(const struct synched__plan_request *request);

/* What AUTO comes to within a budget, as in <synched/topology.h>; every other affinity is returned
 * as it is. */
enum synched_affinity synched__plan_choose(const struct synched__plan_request *request,
                                           const struct synched__cpus_budget *budget);

/* Places request->worker_count workers on a machine: the same in, the same out. AUTO must have been
 * chosen from before. Only CPUs that are allowed are used. For NONE the machine may be NULL.
 * Statuses as synched_topology_plan; `places` is untouched after a failure. */
int synched__plan_make(struct synched_place *places, const struct synched__machine *machine,
                       const struct synched__plan_request *request);

/* The whole way, on the machine that this runs on: check, choose, load where the choice needs it
 * (NONE does not), make. If the machine cannot be read (SYNCHED_EIO), AUTO becomes NONE; the other
 * affinities need it, and fail. Every other failure fails. `places` and *out are then untouched. */
int synched__plan_here(struct synched_place *places, struct synched__plan_result *out,
                       const struct synched__plan_request *request,
                       const struct synched__cpus_budget *budget);

#endif
