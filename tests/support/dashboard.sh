# dashboard.sh DASHBOARD: sourced by the scripts that run `dashboard` as a server, beside what
# cli.sh has. $server is its process, $port its port. What it prints is in `served`, complaints in
# `complaints`.

# shellcheck source=cli.sh
source "$(dirname "${BASH_SOURCE[0]}")/cli.sh" "$1"
server=
trap 'kill -KILL $server 2>/dev/null || true; wait; rm -rf "$work"' EXIT
touch served complaints

fail() {
  echo "FAILED: $*" >&2
  tail -n 30 -- * >&2
  exit 1
}

# start ARGUMENT...: starts it in the background, and waits for the address that it prints.
start() {
  local tries
  : >served
  "$program" "$@" >served 2>complaints </dev/null &
  server=$!
  for ((tries = 0; tries < 3000; tries++)); do
    ! grep -q http:// served && kill -0 $server 2>/dev/null || break
    sleep 0.1
  done
  port=$(sed -n 's|^dashboard: http://[^ ]*:\([0-9][0-9]*\)/ shows .*|\1|p' served)
  [ -n "$port" ] || fail "it prints no address: dashboard $*"
}

# ended WHEN: the program in the background must end well, by itself or by a signal that it has been
# sent.
ended() {
  local code=0
  wait "$server" || code=$?
  server=
  [ "$code" = 0 ] || fail "exit code $code, not 0: $1"
  [ ! -s complaints ] || fail "words on stderr: $1"
  grep -q '^dashboard: ended in round [0-9][0-9]*$' served || fail "no last word: $1"
}
