# places.sh ROOT PLACE...: sourced by the rules that are told where to look. Goes to ROOT; sets
# `rules`, the folder that they are in, and `places`, which are there: files or folders below ROOT.

rules=$(cd "$(dirname "$0")" && pwd)
cd "$1"
places=("${@:2}")
for place in "${places[@]}"; do
  [ -e "$place" ] || {
    echo "there is no $place" >&2
    exit 1
  }
done
