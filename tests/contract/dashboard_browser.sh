#!/usr/bin/env bash
# dashboard_browser.sh DASHBOARD: the page of `dashboard` in a real browser: it is watched, paused, stepped, cancelled
# and restarted by clicks, as a user would. Exit code 77 where there is no Chromium, or no driver for it.
set -euo pipefail

dashboard=$(realpath "$1")
for tool in chromium chromedriver curl base64; do
  command -v "$tool" >/dev/null || {
    echo "dashboard_browser: there is no $tool here"
    exit 77
  }
done
work=$(mktemp -d)
server='' driver_process='' session=''
# The driver ends its browser when it is told to end.
finish() {
  [ -z "$session" ] || curl -s -m 5 -X DELETE "$session" >/dev/null || true
  kill -KILL $server 2>/dev/null || true
  kill $driver_process 2>/dev/null || true
  wait || true
  rm -rf "$work"
}
trap finish EXIT
cd "$work"
: >dashboard.out
: >driver.out

fail() {
  echo "FAILED: $*" >&2
  tail -n 30 -- * 2>/dev/null >&2 || true
  exit 1
}

# until_true WHAT COMMAND...: waits for it; the machine may be slow, but it may not take for ever.
until_true() {
  local what=$1 tries
  shift
  for ((tries = 0; tries < 300; tries++)); do
    ! "$@" || return 0
    sleep 0.1
  done
  fail "$what does not come"
}

# post PATH BODY: a WebDriver command; its value, if it is a number, a boolean or a string, on stdout.
post() {
  curl -s -S -m 30 -H 'Content-Type: application/json' -d "$2" "$session$1" >answer || fail "no answer to $1"
  grep -q '"error":' answer && fail "the browser refuses $1: $(cat answer)"
  sed -n 's/^{"value":"\{0,1\}\([^"}]*\)"\{0,1\}}$/\1/p' answer
}

# run SCRIPT: what this line of JavaScript, which has no double quotes in it, gives in the page.
run() { post /execute/sync "{\"script\":\"return $1\",\"args\":[]}"; }

text_of() { run "document.getElementById('$1').textContent"; }
state_is() { [ "$(text_of state)" = "$1" ]; }
round_beyond() { [ "$(text_of round)" -gt "$1" ] 2>/dev/null; }
round_is() { [ "$(text_of round)" = "$1" ]; }
picture_of() { [ "$(run "document.getElementById('picture').dataset.round")" = "$1" ]; }

# click ID: a real one, with everything that comes before it: the button must be there to be hit.
click() {
  post /element "{\"using\":\"css selector\",\"value\":\"#$1\"}" >/dev/null
  local element
  element=$(sed -n 's/.*"element-[^"]*":"\([^"]*\)".*/\1/p' answer)
  [ -n "$element" ] || fail "there is no button $1"
  post "/element/$element/click" '{}' >/dev/null
}

"$dashboard" --port 0 -w 2 --width 200 --height 130 --period 20 >dashboard.out 2>dashboard.err &
server=$!
until_true "the program's address" grep -q http:// dashboard.out
address=$(sed -n 's|.*\(http://[^ ]*\) .*|\1|p' dashboard.out)

chromedriver --port=0 >driver.out 2>&1 &
driver_process=$!
until_true "the driver's port" grep -q 'successfully on port' driver.out
driver=http://127.0.0.1:$(sed -n 's/.*successfully on port \([0-9]*\).*/\1/p' driver.out)

# As root it does not run in its sandbox. It is to bother with nothing but this page.
session=$driver/session
post '' '{"capabilities":{"alwaysMatch":{"goog:chromeOptions":{"args":["--headless=new","--no-sandbox",
  "--disable-gpu","--disable-dev-shm-usage","--no-first-run","--disable-extensions","--disable-background-networking",
  "--window-size=1000,700","--user-data-dir='"$work"'/profile"]}}}}' >/dev/null
id=$(sed -n 's/.*"sessionId":"\([^"]*\)".*/\1/p' answer)
[ -n "$id" ] || fail "there is no session"
session=$session/$id
post /url "{\"url\":\"$address\"}" >/dev/null

until_true "the state" state_is running
until_true "the tenth round" round_beyond 10
first=$(text_of round)
until_true "progress" round_beyond "$first"

click pause
until_true "the pause" state_is paused
# What was under way when the pause was accepted is shown a moment later, with its picture.
settled() {
  local round
  round=$(text_of round)
  sleep 0.3
  round_is "$round" && picture_of "$round"
}
until_true "a standstill" settled
round=$(text_of round)
sleep 0.5
round_is "$round" || fail "rounds go on in a pause"

click step
until_true "the next round" round_is $((round + 1))
until_true "its picture" picture_of $((round + 1))
sleep 0.5
round_is $((round + 1)) || fail "a step is more than one round"

# Two colours, and of each at least a hundredth of the 26000 cells.
colours='(() => { const c = document.getElementById('"'picture'"'), d = new Uint32Array(c.getContext('"'2d'"').getImageData(0, 0, c.width, c.height).data.buffer);'
colours+=' let n = 0; for (const p of d) n += p === d[0]; return d.length === 26000 && n > 260 && n < 25740; })()'
[ "$(run "$colours")" = true ] || fail "the picture is blank"
[ "$(run "document.querySelectorAll('.lane').length")" = 2 ] || fail "not a lane for each worker"
post /url "{\"url\":\"$address\"}" >/dev/null
until_true "the picture, shown anew while nothing moves" picture_of $((round + 1))
[ "$(run "$colours")" = true ] || fail "the picture is blank after it has been shown anew"
curl -s -m 30 "$session/screenshot" >answer
sed 's/^{"value":"\(.*\)"}$/\1/' answer | base64 -d >screenshot.png 2>/dev/null || fail "no screenshot"
[ "$(head -c 8 screenshot.png | od -An -tx1 | tr -d ' ')" = 89504e470d0a1a0a ] || fail "the screenshot is no PNG"
[ "$(wc -c <screenshot.png)" -gt 5000 ] || fail "the screenshot shows nothing"
[ -z "${SYNCHED_SCREENSHOT:-}" ] || cp screenshot.png "$SYNCHED_SCREENSHOT"

click resume
until_true "that it goes on" round_beyond $((round + 3))
click cancel
until_true "the end" state_is ended
click restart
until_true "the restart" state_is running
round=$(text_of round)
until_true "rounds after the restart" round_beyond "$round"

kill -TERM $server
code=0
wait $server || code=$?
[ "$code" = 0 ] || fail "exit code $code after SIGTERM with a browser watching"
[ ! -s dashboard.err ] || fail "words on stderr"
until_true "that the page notices" state_is 'not connected'
echo "dashboard_browser: all is well"
