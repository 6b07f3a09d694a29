#!/usr/bin/env bash
# top_cli.sh TOP POLL SERVER: looks at the example `poll` with synched-top, as a snapshot and on a
# terminal, and lets it meet what no monitor sends.
#
# By hand: tests/programs/top_cli.sh build/test-gcc/tools/synched-top build/test-gcc/examples/poll \
#   build/test-gcc/tests/programs/top_server
set -euo pipefail
export LC_ALL=C.UTF-8 TERM=xterm
unset SYNCHED_MONITOR

poll=$(realpath "$2")
server=$(realpath "$3")
# shellcheck source=../support/cli.sh
source "$(dirname "$0")/../support/cli.sh" "$1"

background=()
end_all() {
  for one in "${background[@]}"; do kill "$one" 2>/dev/null || true; done
  background=()
}
trap 'end_all; rm -rf "$work"' EXIT

# until CONDITION...: waits until the command succeeds.
until_true() {
  local tries
  for ((tries = 0; tries < 6000; tries++)); do
    "$@" && return
    sleep 0.05
  done
  fail "in vain: $*"
}

# serve FILE hold|close: a server at ./fake.
serve() {
  end_all
  rm -f fake
  "$server" fake "$@" &
  background+=($!)
  until_true test -S fake
}

# --- what is wrong from the start ---

well --help
says stdout "usage: synched-top .*"
refused 2 "the path of a program's monitor is missing (see synched-top --help)"
refused 2 "--no: there is no such option (see synched-top --help)" --no x
refused 2 "y: it takes one path only (see synched-top --help)" x y
refused 1 "nothing: No such file or directory" --once nothing
touch file
refused 1 "file: the program that listened there has ended" --once file
refused 1 "$(printf 'x%.0s' {1..200}): File name too long" "$(printf 'x%.0s' {1..200})"

# --- a program that runs ---

mkfifo orders
SYNCHED_MONITOR=$work/socket-%p "$poll" --period 5 <orders >poll.out 2>poll.err &
process=$!
background+=("$process")
exec 5>orders
printf 'r' >&5
until_true test -S "socket-$process"
path=socket-$process

rounds_run() {
  well --once "$path"
  grep -qE '^  rounds      [1-9]' stdout
}
until_true rounds_run
says stdout "synched-top  poll \\($process\\)  1 job"
says stdout " +1 string +running +[0-9,.]+ .*"
says stdout "job 1, string: running, 2 workers, 4 segments"
says stdout "  lateness    [0-9.]+ [num]*s now, .* p50, .* p99, .* at most"
says stdout "  ticks       [0-9,]+ every 5.0 ms; .*"
says stdout "  efficiency  .* = serial .* x balance .* x scheduling .*"
says stdout "  [#.]{24} +[0-9.]+ %  waiting for the tick"
says stdout " +0 .* % +1 .* %"
well --json --once "$path"
says stdout '\{"synched_monitor":1,.*"program":"poll".*\}'
says stdout '\{"frame":[0-9]+,"job":1,"name":"string","state":"running",.*\}'
says stdout '\{"frame":[0-9]+,"time_ns":[0-9]+,"jobs":1\}'
refused 1 "$path: this is no terminal; --once prints a snapshot" "$path"

# Another program that wants the same path says so in a line, and goes on.
SYNCHED_MONITOR=$path "$poll" </dev/null >stdout 2>stderr || fail "a path that is taken ended it"
[ "$(wc -l <stderr)" = 1 ] || fail "not one line for a path that is taken"
says stderr "synched: SYNCHED_MONITOR: a process listens at $path already"

# --- a terminal ---

# on_terminal PATH: synched-top on a terminal of 24 lines; what is sent to file descriptor 6 is
# typed. The screen is in ./screen, the exit code in ./code.
on_terminal() {
  rm -f keys tty code screen
  mkfifo keys
  local run="'$program' '$1'; echo \$? >code"
  SHELL=$BASH \
    script -qefc "tty >tty.new; mv tty.new tty; stty rows 24 cols 80; $run" screen <keys \
    >/dev/null 2>&1 &
  background+=($!)
  exec 6>keys
  until_true test -s tty
}

shown() { grep -qaE "$1" screen; }

# left CODE: it has been told to go, and goes.
left() {
  until_true test -s code
  exec 6>&-
  [ "$(cat code)" = "$1" ] || fail "exit code $(cat code) on a terminal, not $1"
}

on_terminal "$path"
until_true shown 'job 1, string: '
printf 'p' >&6
until_true shown 'paused; p'
printf '\033[A\033[B\033OA\033OBjkx\001p' >&6
until_true shown 'q quits'
for size in "rows 3 cols 10" "rows 1 cols 1" "rows 60 cols 200" "rows 24 cols 80"; do
  # shellcheck disable=SC2086
  stty -F "$(cat tty)" $size
  sleep 0.1
done
printf 'q' >&6
left 0

# It ends while somebody looks.
on_terminal "$path"
until_true shown 'job 1, string: '
printf 'q' >&5
exec 5>&-
wait "$process" || fail "poll did not end well with a viewer"
[ ! -s poll.err ] || fail "poll had something to complain about: $(cat poll.err)"
until_true shown 'it has ended'
printf 'q' >&6
left 0
[ ! -e "$path" ] || fail "its path has not been removed"

# --- very many jobs and workers, and names of all kinds ---

# job NUMBER NAME WORKERS ROUNDS
job() {
  local list cpus
  list=$(printf ",%d" $(seq "$4" $(($4 + $3 - 1))))
  cpus=$(printf ',%d' $(seq 0 $(($3 - 1))))
  printf '{"frame":%d,"job":%d,"name":"%s","state":"running","record":"totals","status":0,' \
    "$frame" "$1" "$2"
  printf '"workers":%d,"segments":100,"start_ns":1000,"end_ns":%d,"rounds":%d,"last_round":%d,' \
    "$3" $((1000 + $4 * 1000000)) "$4" "$4"
  printf '"dropped":0,"period_ns":0,"started":0,"late":0,"skipped":0,"overruns":0,'
  printf '"lateness_last_ns":0,"lateness_p50_ns":0,"lateness_p99_ns":0,"lateness_max_ns":0,'
  printf '"deadline_ns":0,"deadline_missed":0,"calls":1,"stolen":0,"solo":0,"sleeps":0,'
  printf '"compute_ns":[%s],"cpus":[%s],"total_ns":%d,"serial_ns":0,"imbalance_ns":0,' \
    "${list:1}" "${cpus:1}" $(($4 * 100))
  printf '"share_ns":[%d,%d]}\n' $(($4 * 50)) $(($4 * 50))
}
hello='{"synched_monitor":1,"version":"0.1.0","process":7,"interval_ms":250,"program":"%s",'
hello+='"shares":["compute","the rest"]}\n'
{
  # shellcheck disable=SC2059
  printf "$hello" 'fake\u001b[2J\u202e'
  for frame in 1 2; do
    for number in $(seq 20); do
      job "$number" "job-$number \\u001b]0;x\\u0007\\n\\\"<b>äß\\u009b\\u0000" 64 $((frame * 10))
    done
    printf '{"frame":%d,"time_ns":%d,"jobs":20}\n' "$frame" $((frame * 10000000))
  done
} >many
serve many hold
well --once fake
says stdout 'synched-top  fake\?\[2J\? \(7\)  20 jobs'
says stdout 'job 20, job-20 \?\]0;x\?\?"<b>äß\?\?: running, 64 workers, 100 segments'
says stdout '  rounds      20, 1,000 a second'
says stdout '  efficiency  50.0 % = serial 100.0 % x balance 100.0 % x scheduling 50.0 %'
[ "$(grep -c '^job ' stdout)" = 20 ] || fail "not 20 jobs"
[ "$(grep -cE '^ +62 cpu +62 .* 63 cpu +63 ' stdout)" = 20 ] || fail "not 64 workers each"
LC_ALL=C.UTF-8 grep -qP '[\x00-\x08\x0b-\x1f\x7f]' stdout && fail "control bytes reach the terminal"
awk 'length > 80 { exit 1 }' stdout || fail "lines of more than 80 columns"
LC_ALL=C "$program" --once fake >stdout 2>stderr || fail "without UTF-8"
grep -q '[^ -~]' stdout && fail "not ASCII where that is what there is"

on_terminal fake
until_true shown 'job 1, job-1 '
printf '\033[B\033[B\033[B' >&6
until_true shown '4'
printf '\033[C\033[C\033[D' >&6
printf '%s' "$(printf 'j%.0s' {1..40})" >&6
until_true shown '20'
printf 'q' >&6
left 0

# --- what no monitor sends ---

# foreign TEXT FILE hold|close: exit code 1, and these words on stderr, in all modes.
foreign() {
  local text=$1
  shift
  serve "$@"
  run 1 --once fake
  one_line "fake: $text" --once
  [ ! -s stdout ] || fail "words on stdout for $1"
  run 1 --json fake
  one_line "fake: $text" --json
  on_terminal fake
  until_true test -s code
  left 1
}

strange="what comes is not what a monitor sends"
head -c 100000 /dev/urandom | tr '\n' 'x' >noise
echo >>noise
foreign "$strange" noise hold
head -c 3000000 /dev/zero | tr '\0' 'x' >endless
foreign "$strange" endless hold
# shellcheck disable=SC2059
{
  printf "$hello" x | sed 's/"synched_monitor":1/"synched_monitor":2/' >newer
  printf '{"frame":1,"time_ns":1,"jobs":0}\n' >headless
  printf "$hello" x | sed 's/\["compute.*\]/[]/' >shareless
  {
    printf "$hello" x
    frame=1 job 1 x 1 1 | sed 's/"cpus":\[0\]/"cpus":[0,1]/'
  } >uneven
  {
    printf "$hello" x
    frame=1 job 1 x 1 1 | sed 's/"rounds":1/"rounds":-1/'
  } >negative
  {
    printf "$hello" x
    frame=1 job 1 x 1 1 | sed 's/"workers":1/"workers":4000000000/'
  } >vast
}
printf '[[[[[[[[[[[[\n' >list
printf '\xff\xfe\n' >bytes
printf '\n' >empty
for file in newer headless shareless uneven negative vast list bytes empty; do
  serve "$file" hold
  run 1 --once fake
  one_line "fake: $strange" --once "$file"
done
printf '{"synched_monitor":1,"error":"16 viewers are here already"}\n' >full
serve full close
run 1 --once fake
one_line "fake: 16 viewers are here already" --once full
# It is cut off in the middle of a line, or before the first.
head -c 200 many >cut
: >nothing
for file in cut nothing; do
  serve "$file" close
  run 1 --once fake
  one_line "fake: it has ended" --once "$file"
done
# A disk that is full.
if [ -e /dev/full ]; then
  serve many hold
  code=0
  "$program" --once fake >/dev/full 2>stderr || code=$?
  [ "$code" = 1 ] || fail "exit code $code on a full disk"
fi
echo "top_cli: all is well"
