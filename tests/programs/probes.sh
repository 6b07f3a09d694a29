#!/usr/bin/env bash
# probes.sh ROOT LIBRARY PROGRAM BUILT: the library has the probes that tools/probes/README.md
# lists, with as many arguments, and these are what it says; the scripts beside it find them.
# PROGRAM is empty_rounds. BUILT 0: the library was built without probes, and has none.
#
# Tracing itself takes root and a kernel with uprobes, so only gdb looks at a running program here.
#
# By hand: tests/programs/probes.sh . build/test-gcc/framework/libsynched.so \
#   build/test-gcc/tests/programs/empty_rounds 1
set -euo pipefail
export LC_ALL=C
root=$1 library=$2 program=$3 built=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
scripts=$root/tools/probes
left_out=()

fail() {
  echo "probes: $1" >&2
  exit 1
}

# same EXPECTED FOUND WHAT
same() {
  diff -u "$work/$1" "$work/$2" >&2 || fail "$3"
}

# Both have a line "NAME COUNT" for each probe; in the library one may be at several places.
compare_with_readme() {
  readelf -n "$library" | awk '
    $1 == "Provider:" { ours = $2 == "synched" }
    ours && $1 == "Name:" { name = $2 }
    ours && $1 == "Arguments:" { print name, NF - 1 }' | sort -u >"$work/there"
  if [ "$built" = 0 ]; then
    [ ! -s "$work/there" ] || fail "there are probes in a library that was built without them"
    echo "no probes"
    exit 0
  fi
  awk -F ' *[|] *' '/^[|] [a-z_]+ [|]/ && $2 != "probe" { print $2, split($3, of, ", ") }' \
    "$scripts/README.md" | sort >"$work/listed"
  same listed there "README.md does not list the probes that are in $library"
  [ "$(wc -l <"$work/there")" -ge 11 ] || fail "there are too few probes"
  cut -d ' ' -f 1 "$work/there" >"$work/names"
}

# bpftrace parses the script, finds the probes and compiles it; it loads nothing.
ask_bpftrace() {
  command -v bpftrace >/dev/null || { left_out+=(bpftrace); return; }
  bpftrace -d "$scripts/rounds.bt" "$library" >"$work/said" 2>&1 ||
    { tail -n 20 "$work/said" >&2; fail "bpftrace does not understand rounds.bt"; }
  bpftrace -l "usdt:$library:synched:*" 2>/dev/null | sed 's/.*://' | sort >"$work/found"
  same names found "bpftrace does not find the probes"
}

ask_perf() {
  perf --version >/dev/null 2>&1 || { left_out+=(perf); return; }
  "$scripts/rounds_perf" --list "$library" | sed 's/.*://' | sort >"$work/found"
  same names found "perf does not find the probes"
}

# gdb_commands: what prints a line with the arguments at each probe of a round. A job's name is its
# second one.
gdb_commands() {
  local name count i format values
  echo 'set breakpoint pending on'
  while read -r name count; do
    format=$name values=
    for ((i = 0; i < count; i++)); do
      if [[ $name == job_* ]] && [ $i = 1 ]; then
        format+=' %s' values+=", (char *)\$_probe_arg$i"
      else
        format+=' %lld' values+=", (long long)\$_probe_arg$i"
      fi
    done
    printf 'break -probe-stap synched:%s\ncommands\nsilent\nprintf "%s\\n"%s\ncontinue\nend\n' \
      "$name" "$format" "$values"
  done < <(grep -E '^(job|round|task)' "$work/there")
  echo 'run'
}

# What the arguments are: of two rounds of three segments with one worker.
ask_gdb() {
  local job round segment
  gdb -nx -batch -ex 'python print(6 * 7)' 2>/dev/null | grep -qx 42 ||
    { left_out+=("gdb with Python"); return; }
  gdb_commands >"$work/commands"
  timeout 900 gdb -nx -batch -iex 'set debuginfod enabled off' -iex 'set auto-load off' \
    -x "$work/commands" --args "$program" 1 3 2 steal >"$work/said" 2>&1 </dev/null || true
  if grep -qE "ptrace: |Couldn't get CS|Operation not permitted" "$work/said"; then
    left_out+=("gdb, which may not run programs here")
    return
  fi
  job=$(sed -n 's/^job_start \([0-9]*\) .*/\1/p' "$work/said")
  [ -n "$job" ] || { cat "$work/said" >&2; fail "gdb did not see a job start"; }
  {
    echo "job_start $job job 0"
    for round in 1 2; do
      echo "round_open $job $round"
      for segment in 0 1 2; do
        echo "task_begin $job $round $segment 0"
        echo "task_end $job $round $segment 0"
      done
      echo "round_close $job $round 1"
    done
    echo "job_end $job job 2 0"
  } >"$work/expected"
  # The first round of an idle pool is opened for all workers, by another thread.
  grep -E '^(job|round|task)_[a-z]+ ' "$work/said" | grep -v '^round_share' >"$work/seen" || true
  same expected seen "the probes' arguments are not what README.md says"
}

command -v readelf >/dev/null || { echo "probes: there is no readelf" >&2; exit 77; }
compare_with_readme
ask_bpftrace
ask_perf
ask_gdb
echo "$(wc -l <"$work/there") probes"
[ ${#left_out[@]} -eq 0 ] || { echo "probes: not looked at: ${left_out[*]}" >&2; exit 77; }
