#!/usr/bin/env bash
# edges_test.sh: the checker finds each kind of fault in the tags, on its line, and nothing else.
#
# By hand: tests/rules/edges_test.sh
set -euo pipefail
check=$(cd "$(dirname "$0")" && pwd)/edges.sh
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/framework/a" "$tree/framework/b"
cases=0
failed=0

# expect EXPECTED LINE...: framework/a/a.c with those lines below a head that defines [a-b];
# EXPECTED is the number of the one line that is complained about, the head being line 0, or "" for
# none.
expect() {
  local expected=$1 output found=
  shift
  cases=$((cases + 1))
  printf '%s\n' '/* a.c: x.' ' *   [a-b]  what it hands over. */' "$@" >"$tree/framework/a/a.c"
  if ! output=$("$check" "$tree" framework/a 2>&1); then
    found=${output#framework/a/a.c:}
    found=$((${found%%:*} > 2 ? ${found%%:*} - 2 : 0))
  fi
  if [ "$found" != "$expected" ] || [[ $output == *$'\n'* ]]; then
    printf 'expected "%s", found "%s" in:\n%s\nsaid: %s\n' \
      "$expected" "$found" "$(cat "$tree/framework/a/a.c")" "$output" >&2
    failed=1
  fi
}

release='synched__store_release(&x, 1); /* [a-b] release */'
acquire='y = synched__load_acquire(&x); /* [a-b] acquire */'

# Where a tag may stand.
expect "" "$release" "$acquire"
expect "" '/* Why. [a-b] release */' 'synched__store_release(&x, 1);' "$acquire"
expect "" '/* Why, at length. [a-b]' ' * release */' 'synched__store_release(&x, 1);' "$acquire"
expect "" '// [a-b] release' 'synched__store_release(&x, 1);' "$acquire"
expect "" "$release" 'do {' '  /* [a-b] acquire */' '} while (!synched__cas_acquire(&x, &y, 1));'
expect "" "$release" '/* [a-b] acquire */' 'if (y != 0 &&' \
  '    synched__load_acquire(&x) == 0)' '  f();'
expect "" "$release" 'if ((synched__load_acquire(&x) & 4) !=' '    0) { /* [a-b] acquire */' '}'
expect "" "$release" 'if (y)' '  /* [a-b] acquire */' '  y = synched__load_acquire(&x);'
expect "" "$release" "$acquire" '/* [a-b] hands it over. */' 'synched__store_relaxed(&y, 1);'

# Which operations can be which end.
expect "" '/* [a-b] release, acquire */' 'if (synched__sub_acq_rel(&x, 1) == 1)' '  f();'
expect "" "$release" '/* [a-b] acquire */' 'y = synched__exchange_seq_cst(&x, 1);'
expect "" "$release" '/* [a-b] acquire */' 'epoch = synched__gate_wait(gate, waiter, epoch, until);'
expect "" '/* [a-b] seq_cst */' 'synched__store_seq_cst(&x, 1);' '/* [a-b] seq_cst */' \
  'y = synched__load_seq_cst(&z);'
expect 2 "$release" 'y = synched__load_acquire(&x); /* [a-b] release */' "$acquire"
expect 2 "$release" '/* [a-b] acquire */ synched__store_release(&x, 1);' "$acquire"
expect 3 "$release" "$acquire" 'synched__gate_advance(gate, 1); /* [a-b] acquire */'

# What is missing.
expect 1 'synched__store_release(&x, 1);' "$release" "$acquire"
expect 3 "$release" "$acquire" 'y = synched__add_acq_rel(&x, 1);'
expect 3 "$release" "$acquire" 'y = synched__load_seq_cst(&x);'
expect 5 '/* [a-b] release */' 'synched__store_release(&x, 1);' "$acquire" '' \
  'synched__store_release(&x, 1);'
expect 4 "$release" "$acquire" 'if (synched__load_acquire(&x)) /* [a-b] acquire */' \
  '  synched__load_acquire(&x);'
expect 1 "$release"
expect 2 '/* [a-b] release */' 'synched__sub_acq_rel(&x, 1);'
expect 2 '/* [a-b] seq_cst */' 'synched__store_seq_cst(&x, 1);'
expect 0 'int x;'
expect 3 "$release" "$acquire" '/* [c-d] release, acquire */ synched__add_acq_rel(&x, 1);'
expect 3 "$release" "$acquire" '/* [c-d] hands it over. */' 'int x;'
expect 3 "$release" "$acquire" '/* [a-b] acquire */' '' 'int x;'
expect 3 "$release" "$acquire" 'int x; /* [a-b] acquire */'
expect 3 "$release" "$acquire" '/* Pairs with the load. */' 'int x;'

# What is none of these.
expect "" "$release" "$acquire" 'synched__load_relaxed(&x);' 'f("synched__load_acquire(&x)");' \
  '/* synched__load_acquire(&x) */' 'int cells; /* [workers] of them */'

# The other end, and what a tag hands over, may be in another folder, once.
other=$tree/framework/b/b.h
printf '%s\n' '/* b.h */' "$acquire" 'synched__store_release(&x, 1);' >"$other"
expect "" "$release"
printf '%s\n' '/* b.h' ' *   [c-d]  x.' ' *   [a-b]  see a/a.c. */' >"$other"
expect "" "$release" "$acquire" 'synched__add_acq_rel(&x, 1); /* [c-d] release, acquire */'
printf '%s\n' '/* a.h' ' *   [a-b]  y. */' >"$tree/framework/a/a.h"
sed -i 's/^ expect/&/' "$other"
cases=$((cases + 1))
if "$check" "$tree" framework/a >/dev/null 2>&1; then
  echo "a tag may be defined twice" >&2
  failed=1
fi
printf '%s\n' '/* a.h' ' *   [a-b]  see b/b.h. */' >"$tree/framework/a/a.h"
cases=$((cases + 1))
if "$check" "$tree" framework/a >/dev/null 2>&1; then
  echo "a head may point to where nothing is said" >&2
  failed=1
fi

echo "$cases cases"
exit $failed
