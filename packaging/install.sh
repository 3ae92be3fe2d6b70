#!/bin/sh
# make install: puts what `make lib` built in place.
#
#     packaging/install.sh VERSION BUILT PREFIX LIBDIR INCLUDEDIR [DESTDIR]
set -eu
umask 022
version=$1 built=$2 prefix=$3 libdir=$4 includedir=$5 destdir=${6:-}
major=${version%%.*}
cd "$(dirname "$0")/.."

case $prefix in
    /*) ;;
    *) echo "make install: PREFIX=$prefix must begin with /; DESTDIR may be any folder" >&2 && exit 2 ;;
esac
if [ ! -f "$built/libtailspot.so" ]; then
    echo "make install is for systems with .so libraries; elsewhere: cargo install cargo-c && cargo cinstall" >&2
    exit 1
fi

# The C compiler adds -lgcc_s and -lc itself, or their static forms where it links with -static.
private=$(sed 's/-lgcc_s//; s/-lc\( \|$\)//; s/^ *//; s/ *$//' "$built/native-static-libs")

# A folder as `start` sees it, if it is below the prefix, so that the tree can be moved; as it is, if not.
from() { # start folder
    case $2 in "$prefix"/*) echo "$1/${2#"$prefix"/}" ;; *) echo "$2" ;; esac
}
# The prefix, as a folder of libdir knows it.
up() { # variable folder
    case $2 in
        "$prefix"/*) echo "$1$(echo "/${2#"$prefix"/}" | sed 's|[^/][^/]*|..|g')" ;;
        *) echo "$prefix" ;;
    esac
}
fill_in() { # name prefix libdir includedir private
    sed -e "s|@VERSION@|$version|g" -e "s|@MAJOR@|$major|g" -e "s|@PREFIX@|$2|g" \
        -e "s|@LIBDIR@|$3|g" -e "s|@INCLUDEDIR@|$4|g" -e "s|@PRIVATE@|$5|g" "packaging/$1.in"
}

include=$destdir$includedir lib=$destdir$libdir
mkdir -p "$include" "$lib/pkgconfig" "$lib/cmake/tailspot" "$lib/valgrind"
install -m 644 include/tailspot.h include/tailspot.hpp "$include"
install -m 644 "$built/libtailspot.a" "$lib"
install -m 644 packaging/valgrind.supp "$lib/valgrind/tailspot.supp"
install -m 755 "$built/libtailspot.so" "$lib/libtailspot.so.$version"
ln -sf "libtailspot.so.$version" "$lib/libtailspot.so.$major"
ln -sf "libtailspot.so.$version" "$lib/libtailspot.so"
fill_in tailspot.pc "$(up '${pcfiledir}' "$libdir/pkgconfig")" "$(from '${prefix}' "$libdir")" \
    "$(from '${prefix}' "$includedir")" "$private" >"$lib/pkgconfig/tailspot.pc"
top=$(up '${_tailspot_here}' "$libdir/cmake/tailspot")
fill_in tailspot-config.cmake '' '' "$(from "$top" "$includedir")" "$(echo "$private" | tr ' ' ';')" \
    >"$lib/cmake/tailspot/tailspot-config.cmake"
fill_in tailspot-config-version.cmake '' '' '' '' >"$lib/cmake/tailspot/tailspot-config-version.cmake"
