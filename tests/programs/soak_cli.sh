#!/usr/bin/env bash
# soak_cli.sh ROOT: what tools/soak says of programs that are well, that are wrong, and that hang,
# and of wrong arguments. Programs that only say so stand in for the stress programs.
#
# By hand: tests/programs/soak_cli.sh "$PWD"
set -euo pipefail
root=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
  echo "soak_cli: $1" >&2
  exit 1
}

# program NAME LINE...: FOLDER/NAME_stress, a script of these lines.
program() {
  local file=$folder/$1_stress
  shift
  printf '%s\n' '#!/usr/bin/env bash' "$@" >"$file"
  chmod +x "$file"
}

# soak STATUS ARGUMENT...: it ends so; what it says is in $folder/out.
soak() {
  local wanted=$1 status=0
  shift
  "$root/tools/soak" "$@" >"$folder/out" 2>"$folder/err" || status=$?
  [ "$status" -eq "$wanted" ] ||
    fail "'$*' ends with $status instead of $wanted: $(cat "$folder/out" "$folder/err")"
}

# says TEXT
says() { grep -qF -- "$1" "$folder/out" || fail "it does not say '$1': $(cat "$folder/out")"; }

for wrong in "" "x" "-1" "1 2" "--seed" "--slice x 1" "--programs $folder/none 1"; do
  # shellcheck disable=SC2086
  soak 2 $wrong
  grep -qF 'usage: tools/soak' "$folder/err" || fail "'$wrong' is not explained"
done

short=(--slice 0 --grace 1 --programs "$folder" --seed 5 0.0001)
program well 'echo "$*" >>"${0%/*}/arguments"' \
  'echo "well_stress: 7 cases in 0.1 s from seed 5: all is well"'
soak 0 "${short[@]}"
says "rotation 1: 2 workers, 0 wrong"
says "1 runs, 7 cases"
says "0 wrong"
grep -qE -- '^--seed 5000 .*--workers 2 ' "$folder/arguments" ||
  fail "the program is started with $(cat "$folder/arguments")"

program wrong 'echo "wrong_stress: --seed 31: a row is missing" >&2' 'exit 1'
soak 1 --slice 0 --grace 1 --programs "$folder" --seed 5 0.0001
says "wrong_stress: exit status 1"
says "--seed 31: a row is missing"
says "again: $folder/wrong_stress --seed 31 --seconds 0"
rm "$folder/wrong_stress"

command -v gdb >/dev/null || {
  echo "there is no gdb: what is said of a program that hangs is not looked at" >&2
  exit 77
}
program well 'exec sleep 1000'
soak 1 "${short[@]}"
says "well_stress hangs"
says "exit status 124"
says "1 wrong"
