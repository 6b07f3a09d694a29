#!/usr/bin/env bash
# hosts.sh MPIEXEC SLOW_NET RANKS_PROGRAM HEAT [COMMAND...]: the same bits on two and three hosts,
# which are network namespaces here, with a kernel's TCP between them, 1 ms of delay in each
# direction and 1 % of all frames lost. Needs root, iproute2, /dev/net/tun and Open MPI; else it
# says so, and the exit code is 77. With a COMMAND: runs that on two hosts instead, a rank on each.
#
# By hand: tests/mpi/hosts.sh mpiexec build/test-gcc/tests/mpi/{slow_net,mpi_ranks} \
#   build/test-gcc/examples/heat/heat
set -euo pipefail
mpiexec=$1 slow_net=$2 ranks=$3 heat=$4
shift 4
. "$(dirname "$0")/launch.sh"
delay_us=${SYNCHED_DELAY_US:-1000} loss=${SYNCHED_LOSS_PER_1000:-10}

skip() {
  echo "hosts: $1" >&2
  exit 77
}

[ "$(id -u)" -eq 0 ] || skip "only root can make network namespaces"
command -v ip >/dev/null || skip "there is no ip (iproute2)"
command -v unshare >/dev/null || skip "there is no unshare (util-linux)"
"$mpiexec" --version 2>&1 | grep -q 'Open MPI\|OpenRTE' || skip "the rest is for Open MPI's mpiexec"

folder=$(mktemp -d)
id=$$
hosts=3
net_pid=
made=()

clean() {
  local host
  [ -z "$net_pid" ] || kill "$net_pid" 2>/dev/null || true
  for host in "${made[@]}"; do
    ip netns del "$host" 2>/dev/null || true
  done
  rm -rf "$folder"
}
trap clean EXIT

for ((h = 1; h <= hosts; h++)); do
  ip netns add "syn$id-$h" 2>"$folder/log" || skip "no network namespaces: $(cat "$folder/log")"
  made+=("syn$id-$h")
done
taps=()
for ((h = 1; h <= hosts; h++)); do
  taps+=("sy$((id % 100000))t$h")
done
"$slow_net" "$delay_us" "$loss" "${taps[@]}" >"$folder/net" 2>"$folder/log" &
net_pid=$!
for ((look = 0; look < 100; look++)); do
  ! grep -qs ready "$folder/net" || break
  kill -0 $net_pid 2>/dev/null || skip "no tap devices: $(cat "$folder/log")"
  sleep 0.1
done
for ((h = 1; h <= hosts; h++)); do
  ip link set "${taps[h - 1]}" netns "syn$id-$h"
  ip -n "syn$id-$h" link set lo up
  ip -n "syn$id-$h" addr add "10.99.7.$h/24" dev "${taps[h - 1]}"
  ip -n "syn$id-$h" link set "${taps[h - 1]}" up
done

# What mpirun starts its daemons with, in place of ssh: agent HOST COMMAND...
cat >"$folder/agent" <<END
#!/bin/sh
host=\${1##*.}
shift
exec ip netns exec "syn$id-\$host" unshare --uts sh -c \
  "hostname host\$host-$id && exec sh -c \"\\\$0\"" "\$*"
END
chmod +x "$folder/agent"

# on HOSTS COMMAND...: a rank on each.
on() {
  local count=$1 list=10.99.7.1 h
  shift
  for ((h = 2; h <= count; h++)); do
    list+=,10.99.7.$h
  done
  ip netns exec "syn$id-1" unshare --uts sh -c "hostname host1-$id && exec \"\$@\"" sh \
    timeout --kill-after=10 "${SYNCHED_MPI_SECONDS:-900}" \
    "$mpiexec" -n "$count" --host "$list" --mca plm_rsh_agent "$folder/agent" \
    --mca plm_rsh_no_tree_spawn 1 --mca orte_keep_fqdn_hostnames 1 \
    --mca btl tcp,self --mca btl_tcp_if_include 10.99.7.0/24 \
    --mca oob_tcp_if_include 10.99.7.0/24 --mca pml ob1 "$@"
}

if [ $# -gt 0 ]; then
  on 2 "$@"
  exit
fi
on 2 "$ranks" random 1 12
on 3 "$ranks" random 50 12
plate=(--size 120x90 --rows-per-segment 6 --rounds 60 -w 1 --quiet --check)
"$heat" "${plate[@]}" --png "$folder/one.png"
on 3 "$heat" "${plate[@]}" --mpi --png "$folder/three.png"
cmp "$folder/one.png" "$folder/three.png"
on 2 "$heat" "${plate[@]}" --mpi --rounds-per-barrier 8
# Boundary messages are under way while inner segments are computed: the first rank's trace shows
# both ranks, on one clock.
traced=(--size 1200x1200 --rows-per-segment 50 --rounds 20 -w 1 --quiet)
on 2 "$heat" "${traced[@]}" --mpi --rounds-per-barrier 1 --report "trace:$folder/trace.json"
if command -v python3 >/dev/null; then
  python3 "$(dirname "$0")/../support/trace_check.py" overlap "$folder/trace.json"
fi
echo "2 and 3 hosts: the bits of one"
