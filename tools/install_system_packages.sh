#!/bin/sh
# Install what the tests need beside Python: a display server, keys and mouse, screenshots, a browser, sound, fonts.
set -eu
missing=""
need() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
need Xvfb xvfb
need xdotool xdotool
need import imagemagick
need chromium chromium
need xclip xclip
need pgrep procps
need_file() { [ -e "$1" ] || missing="$missing $2"; }
need_file /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf fonts-dejavu-core
need_file /usr/share/fonts/opentype/ipafont-gothic/ipag.ttf fonts-ipafont-gothic # Japanese titles
need_file /usr/share/fonts/truetype/ancient-scripts/Symbola_hint.ttf fonts-symbola # emoji
ls /usr/lib/*/libportaudio.so.2 >/dev/null 2>&1 || missing="$missing libportaudio2"
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
    echo "install these first:$missing" >&2
    exit 1
fi
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# shellcheck disable=SC2086 # a list of packages
$as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
