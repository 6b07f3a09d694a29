#!/usr/bin/env bash
# hung_test.sh SOURCE: tests/support/run.sh itself: it ends what hangs, and what has been left
# behind, whatever its group and its environment are, so that whoever reads the output comes to its
# end.
#
# By hand: tests/programs/hung_test.sh .
set -euo pipefail

run=$1/tests/support/run.sh
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
  echo "hung_test: $*" >&2
  exit 1
}

# What run.sh gives it as arguments it does not look at. The child is no child of run.sh's.
cat >"$folder/leaves" <<'END'
#!/usr/bin/env bash
setsid env -i "$(command -v sleep)" 1000 &
setsid bash -c 'setsid sleep 1000 & exec sleep 1000' &
echo begun
exit "$LEAVES_STATUS"
END
cat >"$folder/hangs" <<'END'
#!/usr/bin/env bash
setsid sleep 1000 &
echo begun
sleep 1000
END
chmod +x "$folder/leaves" "$folder/hangs"

# expect STATUS PROGRAM SECONDS: it may take so long; what it printed is read to its end.
expect() {
  local output status
  output=$(LEAVES_STATUS=$1 SYNCHED_TEST_SECONDS=$3 timeout 200 \
    bash -c '{ "$1" "$2" 2>&1; echo "status $?"; } | cat' - "$run" "$folder/$2") || status=$?
  [ "${status:-0}" -eq 0 ] || fail "$2: who reads its output waits for ever"
  grep -qx begun <<<"$output" || fail "$2: it did not run: $output"
  grep -qx "status $1" <<<"$output" || fail "$2: status $1 is expected: $output"
}

# Long enough to be started on a busy machine.
expect 0 leaves 100
expect 3 leaves 100
expect 124 hangs 5
