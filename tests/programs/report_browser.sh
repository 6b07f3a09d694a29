#!/usr/bin/env bash
# report_browser.sh REPORT_PAGES WRITTEN_REPORTS: the HTML reports of real runs, and one of several
# ranks, in a real browser: they complain of nothing, load nothing, run nothing that a name
# contains, and their timeline zooms and pans by wheel, by key and by button. Exit code 77 where
# there is no Chromium, or no driver for it.
#
# REPORT_BROWSER_TRIES: how often to look for what is to come; 600 by default.
#
# By hand: tests/programs/report_browser.sh \
#   build/test-gcc/tests/programs/{report_pages,written_reports}
set -euo pipefail

program=$(realpath "$1") by_hand=$(realpath "$2")
name=report_browser
tries_max=${REPORT_BROWSER_TRIES:-3000}
# shellcheck source=../support/browser.sh
source "$(dirname "$(realpath "$0")")/../support/browser.sh"

view='document.getElementById(`timeline-canvas`).dataset'
word='document.getElementById(`timeline-word`).textContent'
span_of() { run "Number($view.to) - Number($view.from)"; }
is_ready() { is_true "document.documentElement.dataset.ready === 'true'"; }
is_drawn() { is_ready && is_true "Number($view.drawn) > 0"; }

# A number for what the canvas shows.
sum="(() => { const text = document.getElementById('timeline-canvas').toDataURL(); let sum = 0;"
sum+=" for (let i = 0; i < text.length; i++) sum = (sum * 31 + text.charCodeAt(i)) % 4294967296;"
sum+=" return sum; })()"
picture() { run "$sum"; }
shows_other_than() { [ "$(picture)" != "$1" ]; }
span_is_below() { is_true "Number($view.to) - Number($view.from) < $1"; }
span_is_above() { is_true "Number($view.to) - Number($view.from) > $1"; }

# press KEY...: on the timeline.
press() {
  local keys='' key
  for key in "$@"; do
    keys+="{\"type\":\"keyDown\",\"value\":\"$key\"},{\"type\":\"keyUp\",\"value\":\"$key\"},"
  done
  run "document.getElementById('timeline-canvas').focus()" >/dev/null
  keys="{\"type\":\"key\",\"id\":\"k\",\"actions\":[${keys%,}]}"
  post /actions "{\"actions\":[$keys]}" >/dev/null ||
    fail "the keys $* cannot be pressed"
}

# on_canvas ACTION...: of the mouse, at the middle of the timeline.
middle='' # an origin
move() { printf '{"type":"pointerMove","duration":0,"x":%d,"y":0,"origin":%s}' "$1" "$middle"; }
mouse() {
  local IFS=,
  post /actions "{\"actions\":[{\"type\":\"pointer\",\"id\":\"m\",\"actions\":[$*]}]}" >/dev/null ||
    fail "the mouse cannot be used"
}
# wheel DELTA: there.
wheel() {
  post /actions "{\"actions\":[{\"type\":\"wheel\",\"id\":\"w\",\"actions\":[{\"type\":\"scroll\",
    \"x\":0,\"y\":0,\"deltaX\":0,\"deltaY\":$1,\"duration\":0,\"origin\":$middle}]}]}" >/dev/null ||
    fail "the wheel cannot be turned"
}

# pinch: two fingers go apart on the timeline.
pinch() {
  local fingers='' finger
  for finger in -1 1; do
    fingers+="{\"type\":\"pointer\",\"id\":\"f$finger\",\"parameters\":{\"pointerType\":\"touch\"},"
    fingers+="\"actions\":[$(move $((finger * 40))),{\"type\":\"pointerDown\",\"button\":0},"
    fingers+="$(move $((finger * 80))),$(move $((finger * 160))),"
    fingers+="{\"type\":\"pointerUp\",\"button\":0}]},"
  done
  post /actions "{\"actions\":[${fingers%,}]}" >/dev/null || fail "there are no fingers"
}

# expect_quiet KIND: no word on the console, where there would be one of whatever the page's policy
# forbids, and no request but for the page itself.
expect_quiet() {
  post /se/log '{"type":"browser"}' >/dev/null || fail "there is no log of the console"
  if ! grep -q '"value":\[\]' answer; then
    in_a_line 300 <answer >trouble
    fail "the console is not empty: $1"
  fi
  run "performance.getEntriesByType('resource').map(r => r.name.slice(-60)).join(' ')" >asked ||
    fail "the page does not know what it has asked for: $1"
  [ -z "$(cat asked)" ] || fail "the page asks for more: $1: $(in_a_line 200 <asked)"
  is_true "document.querySelector('meta[http-equiv]').content.startsWith(\`default-src 'none'\`)" ||
    fail "the page does not forbid that more is asked for: $1"
}

# make KIND PATH: "ranks" is made by hand, the others are those of jobs.
make() {
  [ "$1" != ranks ] || { "$by_hand" "$1" html "$2" && return; }
  "$program" "$1" "$2"
}

# open KIND: makes its report, and shows it.
open() {
  make "$1" "$work/$1.html" 2>complaints || fail "there is no report: $1"
  [ "$(wc -c <"$1.html")" -lt 600000 ] || fail "the page is over 600 kB: $1"
  go_to "file://$work/$1.html"
  until_true "the page, $1," is_true "document.documentElement.dataset.ready === 'true'"
}

check_timeline() {
  local all before here
  until_true "the timeline of $1" is_drawn
  here=$(element '#timeline-canvas')
  run "document.getElementById('timeline-title').scrollIntoView()" >/dev/null
  middle="{\"element-6066-11e4-a52e-4f735466cecf\":\"$here\"}"
  all=$(span_of)
  before=$(picture)

  mouse "$(move 20)" "$(move 10)"
  until_true "a sentence under the mouse, $1," \
    is_true "$word.startsWith('Round ')"
  wheel -240
  until_true "what the wheel zooms to, $1," span_is_below "$all * 0.7"
  until_true "another picture, $1," shows_other_than "$before"
  before=$(picture)
  mouse "$(move 0)" '{"type":"pointerDown","button":0}' "$(move 40)" "$(move 80)" \
    '{"type":"pointerUp","button":0}'
  until_true "what dragging pans to, $1," shows_other_than "$before"
  wheel 2000
  wheel 2000
  wheel 2000
  until_true "all of it again, $1," span_is_above "$all * 0.999"

  before=$(picture)
  press + +
  until_true "what + zooms to, $1," span_is_below "$all * 0.5"
  until_true "another picture by keys, $1," shows_other_than "$before"
  before=$(run "$view.from")
  press '\uE014' # the right arrow
  until_true "what an arrow pans to, $1," is_true "$view.from !== '$before'"
  press 0
  until_true "all of it by a key, $1," span_is_above "$all * 0.999"
  # The first round, a worker down and as often up as there may be workers; then the third one.
  press '\uE011' '\uE015' $(printf '%s ' '\uE013'{,,,,,,,,,,,,,,,,}) n n n p
  until_true "a sentence by keys, $1," is_true "/^Round .*Worker 0/.test($word)"
  press 0
  until_true "all of it before two fingers, $1," span_is_above "$all * 0.999"
  pinch
  until_true "what two fingers zoom to, $1," span_is_below "$all * 0.8"
  here=$(element '[data-do=in]')
  press 0
  until_true "all of it before a button, $1," span_is_above "$all * 0.999"
  post "/element/$here/click" '{}' >/dev/null || fail "the button + cannot be hit: $1"
  until_true "what a button zooms to, $1," span_is_below "$all * 0.9"
}

check_rest() {
  is_true "document.documentElement.scrollWidth <= innerWidth" ||
    fail "the page is wider than the window: $1"
  is_true "[...document.querySelectorAll('canvas')].every(c => c.getAttribute('aria-label'))" ||
    fail "a picture has no text: $1"
  is_true "document.querySelectorAll('h1').length === 1 && !document.querySelector('img')" ||
    fail "a name has become markup: $1"
  is_true "document.querySelectorAll('main > section, main > footer, main > header').length >= 9" ||
    fail "the parts of the page are not beside each other: $1"
}

start_browser
for kind in uneven plain periodic sixteen; do
  open "$kind"
  check_timeline "$kind"
  check_rest "$kind"
  expect_quiet "$kind"
done
# Two ranks: their workers one below the other, and below each rank's its messages.
open ranks
check_rest ranks
expect_quiet ranks
until_true "the timeline of ranks" is_drawn
is_true "!document.getElementById('legend-messages').hidden" || fail "messages have no legend"
is_true "document.querySelectorAll('#ranks tbody tr').length === 2" || fail "there are no two ranks"
press n '\uE015' '\uE015' '\uE015'
until_true "a sentence of the other rank" \
  is_true "/Rank 1, worker 3: .*Messages, 1,000 bytes, under way for /.test($word)"
colours="(() => { const canvas = document.getElementById('timeline-canvas');"
colours+=" const { width, height } = canvas, found = new Set();"
colours+=" const all = canvas.getContext('2d').getImageData(0, 0, width, height).data;"
colours+=" const style = getComputedStyle(document.documentElement);"
colours+=" const wanted = style.getPropertyValue('--s9').trim();"
colours+=" for (let i = 0; i < all.length; i += 4) found.add('#' + [0, 1, 2].map(k =>"
colours+=" all[i + k].toString(16).padStart(2, '0')).join('')); return found.has(wanted); })()"
is_true "$colours" || fail "the timeline shows no messages"
for kind in hostile many off; do
  open "$kind"
  check_rest "$kind"
  expect_quiet "$kind"
done

open hostile
title="document.title.includes('<img src=x onerror=')"
is_true "$title && document.querySelector('h1').textContent.includes('<b>')" ||
  fail "the name is not as it was given"

# Narrow as a phone. The window cannot be as narrow as that, but what it shows can.
open uneven
post /goog/cdp/execute '{"cmd":"Emulation.setDeviceMetricsOverride",
  "params":{"width":360,"height":740,"deviceScaleFactor":2,"mobile":true}}' >/dev/null ||
  fail "no phone can be emulated"
go_to "file://$work/uneven.html"
until_true "the page of a phone" is_drawn
is_true "document.documentElement.scrollWidth <= 360" || fail "the page is wider than a phone"

# Without scripts the numbers are there.
post /goog/cdp/execute '{"cmd":"Emulation.setScriptExecutionDisabled","params":{"value":true}}' \
  >/dev/null || fail "scripts cannot be forbidden"
go_to "file://$work/uneven.html"
[ "$(run "document.documentElement.classList.contains('scripted')")" != true ] ||
  fail "scripts run where they are forbidden"
is_true "/efficiency/.test(document.body.innerText)" &&
  is_true "document.querySelectorAll('tr').length > 50" ||
  fail "without scripts there are no numbers"
echo "report_browser: all is well"
