#!/bin/sh
# make test-deb: installs the packages of `make deb` on this Debian, uses them, and purges them without a trace.
#
#     packaging/test_deb.sh TARGET
set -eu
cd "$(dirname "$0")/.."
packages=$(realpath "$1/deb")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "make test-deb: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || fail "needs root to install packages"
dpkg -l tailspot libtailspot0 2>/dev/null | grep -q ^ii && fail "a tailspot is installed already"

files() { find /usr /etc /var/lib -xdev \( -path /var/lib/dpkg -o -path /var/lib/apt -o -path '/usr/share/fish*' \) -prune \
    -o -name '*tailspot*' -print | sort; }
files >"$work/before"
dpkg --install "$packages"/*.deb >/dev/null
cc -Wall -Werror examples/c/quickstart.c -o "$work/quickstart" $(pkg-config --cflags --libs tailspot)
seq 1 3000 | awk '{ print ($1 * 7919) % 1009 } END { print 1000000 }' >"$work/values"
"$work/quickstart" <"$work/values" | grep -q . || fail "the example of C printed nothing"
tailspot detect "$work/values" | grep -q 1000000 || fail "the program found no anomaly"
man --warnings "$(dpkg -L tailspot | grep 'man1/tailspot.1')" >/dev/null 2>"$work/man" || true
dpkg --purge tailspot libtailspot-dev libtailspot0 >/dev/null
files >"$work/after"
diff "$work/before" "$work/after" || fail "purging left files"
echo "the packages install, compile, run and leave nothing"
