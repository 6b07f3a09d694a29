# launch.sh: sourced by tests of MPI. `launch MPIEXEC COUNT COMMAND...` runs a command on so many
# ranks of this machine, which may be more than there are CPUs. It ends them after a while, so that
# a hang is a failure.

# What Open MPI asks of root, and of small machines; another MPI does not know these variables.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none
export OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_btl_base_warn_component_unused=0
# Containers forbid to copy from one process to another.
export OMPI_MCA_btl_vader_single_copy_mechanism=none
export PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
export PRTE_MCA_hwloc_default_binding_policy=none

launch() {
  local mpiexec=$1 count=$2
  shift 2
  timeout --kill-after=10 "${SYNCHED_MPI_SECONDS:-900}" "$mpiexec" -n "$count" "$@"
}
