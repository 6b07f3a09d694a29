#!/usr/bin/env bash
# sysroot_cli.sh ROOT: what tools/sysroot unpacks and says, with an apt-get that this script puts in
# its way: nothing is downloaded.
set -euo pipefail
sysroot=$1/tools/sysroot
command -v dpkg-deb >/dev/null || { echo "there is no dpkg-deb"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/bin" "$work/package/DEBIAN" "$work/package/usr/lib"
PATH=$work/bin:$PATH

# fail WHAT
fail() {
  cat "$work/said" >&2
  echo "$1" >&2
  exit 1
}

# apt_is: the script on standard input stands for apt-get from now on.
apt_is() {
  cat >"$work/bin/apt-get"
  chmod +x "$work/bin/apt-get"
}

# run STATUS PACKAGE...
run() {
  local expected=$1 status=0
  shift
  "$sysroot" arm64 "$work/folder" "$@" >"$work/said" 2>&1 || status=$?
  [ $status = "$expected" ] || fail "exit code $status instead of $expected: $*"
}

apt_is <<'END'
#!/bin/sh
echo "E: Unable to locate package" >&2
exit 100
END
run 77 libthing
grep -q '^packages for arm64 cannot be had: apt-get failed' "$work/said" ||
  fail "no reason is given"

# A package with a file, and a link that means the new root.
printf '%s\n' 'Package: libthing' 'Version: 1' 'Architecture: arm64' 'Maintainer: nobody' \
  'Description: a thing' >"$work/package/DEBIAN/control"
echo thing >"$work/package/usr/lib/thing"
ln -s /usr/lib/thing "$work/package/usr/lib/link"
dpkg-deb --build "$work/package" "$work/libthing.deb" >"$work/said"
apt_is <<END
#!/bin/sh
echo "\$*" >>"$work/asked"
case "\$*" in
*install*) cp "$work/libthing.deb" "$work/folder/cache/archives/" ;;
esac
END
run 0 libthing
[ "$(cat "$work/folder/root/usr/lib/link")" = thing ] || fail "the link leads out of the root"
# The system's own state is out of reach, and its installed packages do not count.
! grep -v -- "-o Dir::State=$work/folder/state .*-o Dir::Cache=$work/folder/cache " "$work/asked" ||
  fail "apt-get is not kept to the folder"

# What is there is not fetched again; something else is.
asked=$(wc -l <"$work/asked")
run 0 libthing
[ "$(wc -l <"$work/asked")" = "$asked" ] || fail "the same packages are fetched twice"
run 0 libthing libother
[ "$(wc -l <"$work/asked")" -gt "$asked" ] || fail "other packages are not fetched"
