# cli.sh PROGRAM: sourced by the scripts that run a finished program as its users do: from a folder
# of the script's own, which goes when it ends. $program is its path, $name what it calls itself.

program=$(realpath "$1")
name=$(basename "$program")
timeout=$(command -v timeout) # some scripts leave their programs without a PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
touch stdout stderr

fail() {
  echo "FAILED: $*" >&2
  echo "--- stdout ---" >&2
  head -n 50 stdout >&2
  echo "--- stderr ---" >&2
  head -n 50 stderr >&2
  exit 1
}

# run CODE ARGUMENT...: the program must end with this exit code. One that hangs is ended.
run() {
  local expected=$1 code=0
  shift
  "$timeout" 200 "$program" "$@" >stdout 2>stderr </dev/null || code=$?
  [ "$code" = "$expected" ] || fail "exit code $code, not $expected: $name $*"
}

# well ARGUMENT...: it must succeed and have nothing to complain about.
well() {
  run 0 "$@"
  [ ! -s stderr ] || fail "words on stderr: $name $*"
}

# one_line TEXT ARGUMENT...: stderr, of a run with these arguments, is one line that begins so.
one_line() {
  local text=$1
  shift
  [ "$(wc -l <stderr)" = 1 ] || fail "not exactly one line on stderr: $name $*"
  case $(cat stderr) in
  "$name: $text"*) ;;
  *) fail "stderr does not begin with '$name: $text': $name $*" ;;
  esac
}

# refused CODE TEXT ARGUMENT...: exit code, one line on stderr that begins so, and nothing else
# printed.
refused() {
  local code=$1 text=$2
  shift 2
  run "$code" "$@"
  one_line "$text" "$@"
  [ ! -s stdout ] || fail "words on stdout: $name $*"
}

# says FILE REGEX: a whole line of it.
says() {
  grep -qxE "$2" "$1" || fail "no line '$2' on $1"
}
