#!/usr/bin/env bash
# dashboard_browser.sh DASHBOARD: the page of `dashboard` in a real browser: it is watched, paused,
# stepped, cancelled and restarted by clicks, as a user would. What is wrong is said in one line.
# Exit code 77 where there is no Chromium, or no driver for it.
#
# DASHBOARD_BROWSER_TRIES: how often to look for what is to come, ten times a second at most; 300 by
# default.
#
# By hand: tests/programs/dashboard_browser.sh build/test-gcc/examples/dashboard/dashboard
set -euo pipefail

dashboard=$(realpath "$1")
tries_max=${DASHBOARD_BROWSER_TRIES:-3000}
name=dashboard_browser
# shellcheck source=../support/browser.sh
source "$(dirname "$(realpath "$0")")/../support/browser.sh"
server=''
end_more() { [ -z "$server" ] || kill -KILL "$server" || true; }
touch dashboard.out

text_of() { run "document.getElementById('$1').textContent"; }
state_is() { [ "$(text_of state)" = "$1" ]; }
round_beyond() { [ "$(text_of round)" -gt "$1" ] 2>/dev/null; }
round_is() { [ "$(text_of round)" = "$1" ]; }
picture_of() { [ "$(run "document.getElementById('picture').dataset.round")" = "$1" ]; }
# done_in VERB: the round in which the page says that this was done.
done_in() { text_of word | sed -n "s/^$1: done, in round \([0-9]*\)\$/\1/p"; }
is_done() { [ -n "$(done_in "$1")" ]; }

# click ID: a real one, with everything that comes before it: the button must be there to be hit.
click() {
  local button
  until_true "the button $1" is_true "!document.getElementById('$1').disabled"
  button=$(element "#$1")
  post "/element/$button/click" '{}' >/dev/null || fail "the button $1 cannot be hit"
}

"$dashboard" --port 0 -w 2 --width 200 --height 130 --period 20 >dashboard.out 2>complaints &
server=$!
until_true "the program's address" grep -q http:// dashboard.out
address=$(sed -n 's|.*\(http://[^ ]*\) .*|\1|p' dashboard.out)

start_browser
go_to "$address"

until_true "the state" state_is running
until_true "the tenth round" round_beyond 10
first=$(text_of round)
until_true "progress" round_beyond "$first"

# What is done in the page's first half second it does not tell.
until_true "a second" is_true "opened > 0 && performance.now() - opened > 1000"
click pause
until_true "the pause" state_is paused
until_true "word of the pause" is_done pause
round=$(done_in pause)
until_true "the round of the pause" round_is "$round"
until_true "the picture of the pause" picture_of "$round"
sleep 0.5
round_is "$round" || fail "rounds go on in a pause"

click step
until_true "the next round" round_is $((round + 1))
until_true "its picture" picture_of $((round + 1))
sleep 0.5
round_is $((round + 1)) || fail "a step is more than one round"

# Two colours, and of each at least a hundredth of the 26000 cells.
colours="(() => { const c = document.getElementById('picture'), t = c.getContext('2d');"
colours+=" const d = new Uint32Array(t.getImageData(0, 0, c.width, c.height).data.buffer);"
colours+=" let n = 0; for (const p of d) n += p === d[0];"
colours+=" return d.length === 26000 && n > 260 && n < 25740; })()"
is_true "$colours" || fail "the picture is blank"
[ "$(run "document.querySelectorAll('.lane').length")" = 2 ] || fail "not a lane for each worker"
go_to "$address"
until_true "the picture, shown anew while nothing moves" picture_of $((round + 1))
until_true "the state, shown anew" state_is paused
is_true "$colours" || fail "the picture is blank after it has been shown anew"
curl -s -m 100 "$session/screenshot" >answer
sed 's/^{"value":"\(.*\)"}$/\1/' answer | base64 -d >screenshot.png 2>/dev/null ||
  fail "no screenshot"
[ "$(head -c 8 screenshot.png | od -An -tx1 | tr -d ' ')" = 89504e470d0a1a0a ] ||
  fail "the screenshot is no PNG"
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
[ ! -s complaints ] || fail "words on stderr"
until_true "that the page notices" state_is 'not connected'
echo "dashboard_browser: all is well"
