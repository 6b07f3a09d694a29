#!/usr/bin/env bash
# dashboard_browser_test.sh DASHBOARD: dashboard_browser.sh itself: what is wrong it says once, in
# one line, with the first words of the page. Exit code 77 where it cannot run.
#
# By hand: tests/programs/dashboard_browser_test.sh build/test-gcc/examples/dashboard/dashboard
set -euo pipefail

dashboard=$(realpath "$1")
browser=$(realpath "$(dirname "$0")/dashboard_browser.sh")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
  echo "FAILED: $*" >&2
  cat stdout stderr >&2
  exit 1
}

# expect WORDS PROGRAM: with this program in the place of `dashboard`, it fails, in one line with
# these words.
expect() {
  local code=0
  chmod +x "$2"
  DASHBOARD_BROWSER_TRIES=10 "$browser" "$2" >stdout 2>stderr || code=$?
  [ "$code" != 77 ] || {
    cat stdout
    exit 77
  }
  [ "$code" = 1 ] || fail "exit code $code, not 1: $2"
  [ ! -s stdout ] || fail "words on stdout: $2"
  [ "$(wc -l <stderr)" = 1 ] || fail "not one line: $2"
  grep -q "^FAILED: .*$1" stderr || fail "it does not say '$1': $2"
}

cat >dies <<END
#!/usr/bin/env bash
printf 'I have\nno time\n' >&2
exit 3
END
expect "the program's address does not come; the program says: 'I have no time '" ./dies

# It serves, but where the browser is sent there is no page.
cat >leads_astray <<END
#!/usr/bin/env bash
exec "$dashboard" "\$@" > >(sed -u 's|/ shows|/astray shows|')
END
expect "the state does not come; the page begins: 'there is no such page" ./leads_astray

cat >closed <<END
#!/usr/bin/env bash
echo "dashboard: http://127.0.0.1:1/ shows nothing"
exec sleep 60
END
expect "does not .*; the page begins: '[A-Z].*; the browser says: '[a-z]" ./closed

echo "dashboard_browser_test: all is well"
