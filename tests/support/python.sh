# python.sh MODULE...: sourced by the scripts that need Python with these modules. $python is one
# that has them: the system's, whose modules come with its packages, or else the one in the PATH.
# Exit code 77 where there is none.

python=
imports="import $(IFS=, && echo "$*")"
for candidate in /usr/bin/python3 python3; do
  if command -v "$candidate" >/dev/null && "$candidate" -c "$imports" 2>/dev/null; then
    python=$candidate
    break
  fi
done
[ -n "$python" ] || {
  echo "$(basename "$0" .sh): there is no Python with $* here"
  exit 77
}
export PYTHONDONTWRITEBYTECODE=1 LC_ALL=C.UTF-8
