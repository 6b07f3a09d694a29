/*
 * topology.c: the public face of the machine and the plan.
 */
#include <synched/topology.h>

#include <stdio.h>

#include "base/error.h"
#include "base/options.h"
#include "platform/cpus.h"
#include "topology/machine.h"
#include "topology/plan.h"

static const struct synched__options_spec info_spec = {
    .what = "synched_topology_info",
    .known = sizeof(struct synched_topology_info),
    .minimum = offsetof(struct synched_topology_info, warning),
};

int synched_topology_info(struct synched_topology_info *out) {
  if (out == NULL)
    return synched__fail(SYNCHED_EINVAL, "the %s to fill is NULL", info_spec.what);
  struct synched__machine machine;
  int status = synched__machine_load(&machine, NULL);
  if (status != 0)
    return status;
  struct synched__cpus_budget budget;
  synched__cpus_budget(&budget);
  struct synched_topology_info filled = {
      .package_count = machine.package_count,
      .numa_node_count = machine.numa_node_count,
      .core_count = machine.core_count,
      .cpu_count = (unsigned)machine.cpu_count,
      .allowed_count = budget.allowed_count,
      .quota_cpus = budget.quota_cpus,
      .usable_count = budget.usable_count,
  };
  (void)snprintf(filled.warning, sizeof filled.warning, "%s", synched__machine_doubt(&machine));
  synched__machine_unload(&machine);
  return synched__out_write(out, &filled, &info_spec);
}

int synched_topology_plan(struct synched_place *places, unsigned worker_count,
                          enum synched_affinity affinity, const char *cpu_list) {
  if (places == NULL)
    return synched__fail(SYNCHED_EINVAL, "the array of places to fill is NULL");
  struct synched__plan_request request = {
      .worker_count = worker_count,
      .affinity = affinity,
      .cpu_list = cpu_list,
  };
  struct synched__cpus_budget budget;
  synched__cpus_budget(&budget);
  struct synched__plan_result result;
  return synched__plan_here(places, &result, &request, &budget);
}
