#!/usr/bin/env bash
# layering_test.sh: the checker finds each kind of violation, on its line, and nothing else.
#
# By hand: tests/rules/layering_test.sh
set -euo pipefail
rules=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
cd "$tree"
failed=0
cases=0

# check EXPECTED FILE LINE...: one file with those lines; EXPECTED is the number of the one line
# that is complained about, 0 for none.
check() {
  local expected=$1 file=$2 output found=0
  shift 2
  cases=$((cases + 1))
  mkdir -p "${file%/*}"
  printf '%s\n' "$@" >"$file"
  if ! output=$(awk -f "$rules/comments.awk" -f "$rules/layering.awk" "$file" 2>&1); then
    found=${output#"$file:"}
    found=${found%%:*}
  fi
  if [ "$found" != "$expected" ] || [[ $output == *$'\n'* ]]; then
    printf '%s: expected line %s, found %s:\n%s\n' "$file" "$expected" "$found" "$output" >&2
    failed=1
  fi
}

check 0 framework/platform/a.c '#include "platform/a.h"' '#include <uv.h>' '#include <pthread.h>' \
  'x = malloc(1);'
check 0 framework/job/a.c '#include "pool/pool.h"' '#include "report/record.h"' \
  '#include <synched/job.h>'
check 0 framework/engine/a.c '#include "memory/memory.h"' '#include "pool/pool.h"'
check 0 framework/api/a.c '#include "dispatch/cycle.h"' '#include "job/job.h"'
check 0 framework/report/table.c '#include "engine/claim.h"' '#include "report/table.h"'
check 0 framework/pool/a.c '_Atomic int x;' '/* pthread_create(' ' * exit(1) */' '// abort()' \
  'f("exit(1)");'
check 0 framework/pool/a.c 'synched__free(x);' 'int atomic_count;' 'pool->exit(x);'
check 1 framework/base/a.c '#include "platform/a.h"'
check 2 framework/platform/a.c '#include <time.h>' '#include "memory/a.h"'
check 1 framework/memory/a.c '#include "topology/a.h"'
check 1 framework/memory/a.c '#include "report/record.h"'
check 1 framework/memory/a.c '#include "pool/a.h"'
check 1 framework/pool/a.c '#include "job/a.h"'
check 1 framework/pool/a.c '#include "memory/a.h"'
check 1 framework/engine/a.c '#include "job/a.h"'
check 1 framework/engine/a.c '#include "dispatch/a.h"'
check 1 framework/job/a.c '#include "dispatch/a.h"'
check 1 framework/dispatch/a.c '#include "api/a.h"'
check 1 framework/api/a.c '#include "loop/a.h"'
check 3 framework/job/a.c '' '/* */' '  #  include "loop/a.h"'
check 1 framework/report/table.c '#include "loop/loop.h"'
check 0 framework/loop/a.c '#include "report/table.h"'
check 1 framework/job/a.c '#include "report/table.h"'
check 1 framework/report/record.c '#include "memory/a.h"'
check 1 framework/pool/a.c '#include "a.h"'
check 1 framework/pool/a.c '#include "../job/a.h"'
check 2 framework/pool/a.c '/* a comment' '*/ #include <uv.h>'
check 1 framework/job/a.c '#include <uv.h>'
check 1 framework/loop/a.c '#include <hwloc.h>'
check 1 framework/platform/wait.c '#include <stdatomic.h>'
check 2 framework/job/a.c 'int x;' 'if (atomic_load(&x)) return;'
check 1 framework/platform/wait.c '__atomic_load_n(&x, 0);'
check 1 framework/job/a.c 'pthread_create(&t, 0, f, 0);'
check 1 framework/job/a.c '#include <pthread.h>'
check 1 framework/memory/a.c 'p = mmap (0, n, 0, 0, -1, 0);'
check 1 framework/memory/a.c 'free(p);'
check 1 framework/report/table.c 'clock_gettime(0, &t);'
check 1 framework/loop/a.c 'abort();'
check 1 framework/loop/a.c '/* x */ exit(1); // y'
check 1 framework/loop/a.c '#include <assert.h>'
check 1 framework/exchange/a.c 'int x;'
check 1 include/synched/a.h '#include <uv.h>'
check 1 include/synched/a.h '#include "base/a.h"'
check 0 include/synched/a.h '#include <synched/job.h>' '#include <stdint.h>'
check 1 examples/a.c '#include "platform/clock.h"'
check 2 examples/life/a.c '#include "rle.h"' 'synched__alloc(1);'

echo "$cases cases"
exit $failed
