#!/bin/sh
# make deb: builds the Debian packages in a copy of the sources, and asks lintian about them.
#
#     packaging/deb.sh VERSION TARGET
set -eu
version=$1 target=$(realpath -m "$2")
cd "$(dirname "$0")/.."
for tool in dpkg-buildpackage dh lintian; do
    command -v $tool >/dev/null || { echo "make deb: $tool is missing (apt-get install debhelper lintian)" >&2; exit 1; }
done
work=$target/deb/tailspot-$version
rm -rf "$target/deb"
mkdir -p "$work"
git ls-files -z | xargs -0 cp --parents --target-directory "$work"
cp -r packaging/debian "$work/debian"
cat >"$work/debian/changelog" <<END
tailspot ($version) unstable; urgency=medium

  * Version $version: see CHANGELOG.md in the sources.

 -- The tailspot developers <tailspot@localhost>  $(git log -1 --format=%cD)
END
(cd "$work" && CARGO_TARGET_DIR=$target dpkg-buildpackage --build=binary --no-sign --no-check-builddeps)
rm -r "$work"
cd "$target/deb"
# It is not uploaded to Debian, and no bug of Debian asked for it.
lintian --fail-on error,warning --suppress-tags initial-upload-closes-no-bugs,bogus-mail-host-in-debian-changelog \
    --suppress-tags bogus-mail-host ./*.changes
ls ./*.deb
