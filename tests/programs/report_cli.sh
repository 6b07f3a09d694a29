#!/usr/bin/env bash
# report_cli.sh SYNCHED_REPORT MADE_REPORTS FIBONACCI: what programs write because SYNCHED_REPORT
# asks for it, and what the tool synched-report makes of it, of reports made by hand, and of files
# that are none. Each JSON is held against the schema, where python3-jsonschema is here.
#
# By hand: tests/programs/report_cli.sh build/test-gcc/tools/synched-report \
#   build/test-gcc/tests/programs/made_reports build/test-gcc/examples/fibonacci
set -euo pipefail

schema=$(realpath "$(dirname "$0")/../../framework/report/report.schema.json")
made=$(realpath "$2") fibonacci=$(realpath "$3")
# shellcheck source=../support/cli.sh
source "$(dirname "$0")/../support/cli.sh" "$1"
# Debian's own interpreter has Debian's packages.
python=/usr/bin/python3
[ -x $python ] || python=python3

same() {
  cmp -s "$1" "$2" || fail "$1 and $2 differ"
}

# valid FILE...: each is what the schema says.
valid() {
  [ $has_validator = 1 ] || return 0
  $python - "$schema" "$@" <<'END' || fail "not what the schema says"
import json, sys
import jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
for path in sys.argv[2:]:
    for error in validator.iter_errors(json.load(open(path))):
        sys.exit("%s: %s: %s" % (path, list(error.absolute_path), error.message[:300]))
END
}

# runs [NAME=VALUE...]: the example, which must be as it is without; standard error is for the test.
runs() {
  "$timeout" 200 env "$@" "$fibonacci" -w 2 -g 20 >stdout 2>stderr </dev/null ||
    fail "the program failed: $*"
}

has_validator=1
$python -c 'import jsonschema' 2>/dev/null || has_validator=0

# --- reports made by hand: every form of JSON is valid, and is the same again ---

mkdir made
"$made" made
well --help
grep -q '^usage: synched-report FORM' stdout || fail "no usage"
valid made/{off,running,failed,extremes,tasks,few,one,hundred,usual}.json
for file in made/*.json; do
  well json "$file"
  same stdout "$file"
done
"$program" json - <made/few.json | cmp -s - made/few.json || fail "pipes and files differ"
for form in show table; do
  well $form made/usual.json
  says stdout 'Job heat: .*'
done
well show made/tasks.json
says stdout '  stages       share    a round  compute'
says stdout ' +69\.0 % +66\.7 us +25\.0 %  forces'
well table made/usual.json -o table.txt
same stdout /dev/null
grep -q 'Job heat' table.txt || fail "no table in the file"

# Reports from before there were stages, and pools with a name, are read as reports without them.
for old in usual tasks; do
  sed -E '/^"(pool":.*|stages":\[\],)$/d; /^"stages":/,/\],$/d
    s/,"failed_stage":-1,"unchanged_count":0,"redealt_count.*"checkpoint_held_ns":0//' \
    made/$old.json >old_$old.json
  ! grep -qE 'failed_stage|unchanged_count|redealt|strayed|checkpoint_|"stages"|"pool"' \
    old_$old.json || fail "$old is not old"
  well table old_$old.json
  says stdout 'Job heat: .*'
  well json old_$old.json
  grep -q '"failed_stage":-1' stdout || fail "an old report's stage has failed"
  valid stdout
  well compare old_$old.json made/$old.json
done
printf '{"form":"synched report","version":1,"workers":[],"segments":{},"stages":3}' >damaged.json
refused 1 "damaged.json: stages is not an array" show damaged.json

# --- what changed ---

# finds NAME TEXT: the row of the comparison that begins with the name has this text.
finds() {
  grep -E "^ +$1 " stdout | grep -qE -- "$2" || fail "the row '$1' does not say '$2'"
}
well compare made/usual.json made/usual.json
finds 'a round' 'no difference beyond the noise'
well compare made/usual.json made/again.json
finds 'a round' 'no difference beyond the noise'
finds '99 % of rounds within' 'no difference beyond the noise'
well compare made/usual.json made/faster.json
finds 'a round' 'faster by 1[12]\.[0-9] % \(95 % sure: 1[012]\.[0-9] to 1[123]\.[0-9]\)'
finds 'work, all workers' 'less by 1[12]\.'
finds '99 % of rounds within' 'faster by 1[12]\.'
cp stdout first.txt
well compare made/usual.json made/faster.json
same stdout first.txt
well compare made/faster.json made/usual.json
finds 'a round' 'slower by 1[345]\.'
well compare made/few.json made/usual.json
says stdout 'Too few rounds are recorded .*: 5 and 2000; it takes 8\.'
well compare made/hundred.json made/one.json
says stdout 'not alike: numbers of workers'
well compare made/off.json made/failed.json

# --- wrong arguments ---

refused 2 "usage: synched-report FORM"
refused 2 "picture: there is no such form" picture made/few.json
refused 2 "usage: synched-report FORM FILE.json" show
refused 2 "usage: synched-report FORM FILE.json" show made/few.json made/few.json
refused 2 "usage: synched-report compare BEFORE.json AFTER.json" compare made/few.json
refused 2 "-x: there is no such option" show -x made/few.json
refused 2 "-o: it names one file" show made/few.json -o
refused 2 "-o: it names one file" show made/few.json -o a -o b

# --- files that are not what they should be ---

refused 1 "nowhere.json: cannot be read: No such file" show nowhere.json
refused 1 ".: cannot be read: Is a directory" show .
refused 1 "two?lines: cannot be read" show "$(printf 'two\nlines')"
refused 1 "nowhere.json: cannot be read" compare made/few.json nowhere.json

# damaged TEXT CONTENT: a file with this content is refused.
damaged() {
  printf '%b' "$2" >damaged.json
  refused 1 "damaged.json: $1" show damaged.json
}
damaged "is not JSON: line 1: " ''
damaged "is not JSON: line 2: " '{\n'
damaged "is not JSON: line 1: " '\x00\x01\xff\x1b[31m'
damaged "is not JSON: line 1: " '{"a":1,"a":1}'
damaged "it is JSON, but no report of Synched" '[]'
damaged "it is JSON, but no report of Synched" '{"form":"synched report","version":"1"}'
damaged "it is a report of version 2; this program reads version 1" \
  '{"form":"synched report","version":2}'
damaged "workers is missing" '{"form":"synched report","version":1}'
head -c 100000 "$program" >damaged.json
refused 1 "damaged.json: is not JSON: line 1: " show damaged.json
printf '[%.0s' $(seq 100000) >damaged.json
refused 1 "damaged.json: is not JSON: line 1: " show damaged.json
head -c 3000 made/tasks.json >damaged.json
refused 1 "damaged.json: is not JSON: line " show damaged.json

# changed TEXT SED-COMMAND: a report that was changed so is refused.
changed() {
  sed -E "$2" made/tasks.json >damaged.json
  ! cmp -s damaged.json made/tasks.json || fail "nothing was changed: $2"
  refused 1 "damaged.json: $1" show damaged.json
}
changed 'job.name is missing' 's/"name":"heat",//'
changed 'job.name is not a text' 's/"name":"heat"/"name":7/'
changed 'job.name has more than 63 bytes' "s/heat/$(printf 'x%.0s' $(seq 64))/"
changed 'job.process is no whole number from 0 to 4294967295' \
  's/"process":4711/"process":4294967296/'
changed 'job.process is no whole number' 's/"process":4711/"process":-1/'
changed 'job.process is no whole number' 's/"process":4711/"process":1.5/'
changed 'job.can_steal is neither true nor false' 's/"can_steal":true/"can_steal":1/'
changed 'is not JSON: line 7: too big integer' \
  's/"call_count":0,/"call_count":9223372036854775808,/'
changed 'summary.record is no level of recording' 's/"record":"tasks"/"record":"all"/'
changed 'its summary is of 3 workers and 3 segments; it has 2 and 3' \
  's/"worker_count":2/"worker_count":3/'
changed 'its summary is of 2 workers and 1000000 segments' \
  's/"segment_count":3/"segment_count":1000000/'
changed 'summary.failed_segment is no segment' 's/"failed_segment":-1/"failed_segment":3/'
changed 'summary.failed_stage is no stage' 's/"failed_stage":-1/"failed_stage":-2/'
changed 'summary.failed_stage is no stage' 's/"failed_stage":-1/"failed_stage":17/'
changed 'stages is not an array' 's/^"stages":\[/"stages":{},"x":[/'
changed 'stages[0] is not an object' 's/^"stages":\[/"stages":[7,/'
changed 'stages[1].name has more than 63 bytes' "s/moves/$(printf 'x%.0s' $(seq 64))/"
changed 'stages[0].name is missing' 's/"name":"forces",//'
changed 'stages[1].total_ns is no whole number' 's/"total_ns":90000/"total_ns":-1/'
changed 'it has 18 stages; a report has 0 to 17' "s/^\"stages\":\[/&$(printf '7,%.0s' $(seq 16))/"
changed 'efficiency.serial is no number from 0 to 1' 's/"serial":1/"serial":-1/'
changed 'efficiency.serial is no number from 0 to 1' 's/"serial":1/"serial":2e302/'
changed 'is not JSON: line 8: real number overflow' 's/"serial":1/"serial":1e999/'
changed 'it has 0 segments; a report has 1 to ' 's/^"segments":\{.*/"segments":{"home":[]},/'
changed 'segments.call_count has 2 elements, not 3' 's/"call_count":\[0,0,0\]/"call_count":[0,0]/'
changed "a segment's home is 7; there are 2" 's/"home":\[0,0,0\]/"home":[0,7,0]/'
changed 'segments.home[1] is no whole number' 's/"home":\[0,0,0\]/"home":[0,null,0]/'
changed "a round's longest worker is 2" 's/"longest_worker":0/"longest_worker":2/'
changed "a round's critical segment is 3" 's/"critical_segment":0/"critical_segment":3/'
changed "rounds[1] is not later than the one before it" \
  's/"round":2,"start_ns"/"round":1,"start_ns"/'
changed 'rounds[0].parts.worker[1] is no worker' 's/"worker":\[0,1\]/"worker":[0,2]/'
changed 'rounds[0].parts.worker[1] is no worker' 's/"worker":\[0,1\]/"worker":[0,0]/'
changed "a call's worker is 2" 's/"worker":\[0,0,1,1\]/"worker":[0,0,2,2]/'
changed 'the calls are not in the order' 's/"worker":\[0,0,1,1\]/"worker":[1,0,1,1]/'
changed 'distributions.round: row 0 is no bucket' 's/("round":\{"first_ns":\[)[0-9]+/\11/'
changed 'distributions.segments has 1 elements' '/^"segments":\[/,$ { /^\{.*"count":\[1\]\},$/d }'

refused 1 "nowhere/out: nowhere/out could not be written: No such file" \
  show made/few.json -o nowhere/out
refused 1 "/dev/full: " show made/few.json -o /dev/full
code=0
"$program" json made/few.json >/dev/full 2>stderr || code=$?
[ "$code" = 1 ] || fail "a full standard output goes unnoticed"
one_line "<stdout>: " json

# --- what SYNCHED_REPORT makes any program write ---

mkdir env
cd env
touch stdout stderr
runs SYNCHED_REPORT=
[ ! -s stderr ] || fail "words on stderr"
cp stdout wanted
runs SYNCHED_REPORT='json:a.json,table:%n-%p%%.txt,json:a.json'
[ ! -s stderr ] || fail "words on stderr"
# How many lines its shares and its advice take is another matter in each run.
[ "$(sed '1,/^  workers/d' stdout | wc -l)" = "$(sed '1,/^  workers/d' wanted | wc -l)" ] ||
  fail "the program's output is another"
valid a.json
[ "$(find . -name '*-[0-9]*%.txt' -size +0 | wc -l)" = 1 ] || fail "no file with %n, %p and %%"
well show a.json
well json a.json
same stdout a.json
runs SYNCHED_REPORT=table
grep -q '^Job ' stderr || fail "no table on standard error"

# refuses VALUE LINE: one line on standard error that begins so, and the program does not mind.
refuses() {
  runs SYNCHED_REPORT="$1"
  [ "$(wc -l <stderr)" = 1 ] || fail "not exactly one line on stderr: $1"
  case $(cat stderr) in
  "synched: SYNCHED_REPORT: $2"*) ;;
  *) fail "stderr does not begin with '$2': $1" ;;
  esac
}
refuses json 'json: it needs a path'
refuses json: 'json:: the path is empty'
refuses 'picture:x' 'picture:x: there is no such form'
refuses 'json:%x' 'json:%x: in a path, % is followed by p, n or %'
refuses 'json:%' 'json:%: in a path,'
refuses 'json,csv,picture' 'json: it needs a path'
refuses "json:$(printf 'x%.0s' $(seq 5000))" 'json:xxxx'
refuses 'json:nowhere/x.json' 'json:nowhere/x.json: nowhere/x.json could not be written: No'
refuses 'json:.' 'json:.: . could not be written: Is a directory'
refuses 'json:/dev/full' 'json:/dev/full: the report could not be written: No space left'
refuses "$(printf 'a\nb\033[31m')" 'a?b?[31m: there is no such form'
mkfifo pipe
refuses 'json:pipe' 'json:pipe: pipe could not be written: No such device'
refuses 'json:nowhere/x.json,json:b.json' 'json:nowhere/x.json: '
same <(grep -o '^"job".*' a.json | wc -l) <(grep -o '^"job".*' b.json | wc -l)

# A pipe whose reader is gone, and no standard error at all.
mkfifo gone
: <gone &
exec 8>gone
wait $!
SYNCHED_REPORT=table "$fibonacci" -w 2 -g 20 >stdout 2>&8 || fail "a broken pipe ended the program"
exec 8>&-
(SYNCHED_REPORT=table exec "$fibonacci" -w 2 -g 20 >stdout 2>&-) || fail "it needs stderr"

# Links stay, and what a descriptor stands for is written where it is.
echo old >real.json
ln -s real.json link.json
runs SYNCHED_REPORT=json:link.json
[ -L link.json ] || fail "the link is gone"
valid real.json
(echo first && SYNCHED_REPORT=json:/dev/fd/9 "$fibonacci" -w 2 -g 20 >stdout && echo last >&9) \
  9>whole >&9
[ "$(head -n 1 whole)" = first ] && [ "$(tail -n 1 whole)" = last ] || fail "it was written over"

# A set-user-id program is not told by its user where to write.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
  chmod 777 "$work" .
  cp "$fibonacci" suid
  chown 1:1 suid
  chmod 4755 suid
  if setpriv --reuid 2 --regid 2 --clear-groups env SYNCHED_REPORT="json:$PWD/s.json" ./suid \
    -w 1 -g 2 >stdout 2>stderr; then
    [ ! -e s.json ] || fail "a set-user-id program wrote a report"
  fi
fi

[ -z "$(find .. -name '*~')" ] || fail "a temporary file is left"
[ $has_validator = 1 ] || echo "python3-jsonschema is not here: the schema was not looked at"
echo "reports: all is well"
