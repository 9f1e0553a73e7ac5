#!/bin/sh
# Install what the tests need beside Python: a display server, keys and mouse, screenshots, a browser, sound, fonts.
set -eu
missing=""
reasons=""
miss() { # PACKAGE WHY
    missing="$missing $1"
    reasons="$reasons
  $1: $2"
}
need() { command -v "$1" >/dev/null 2>&1 || miss "$2" "$3"; }
need Xvfb xvfb "a display on which the window is tested"
need xdotool xdotool "presses keys and moves the mouse"
need import imagemagick "takes pictures of the window"
need chromium chromium "opens the reports"
need xclip xclip "copies and pastes"
need pgrep procps "counts the processes that are left"
need_file() { [ -e "$1" ] || miss "$2" "$3"; }
need_file /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf fonts-dejavu-core "text in the window"
need_file /usr/share/fonts/opentype/ipafont-gothic/ipag.ttf fonts-ipafont-gothic "Japanese titles"
need_file /usr/share/fonts/truetype/ancient-scripts/Symbola_hint.ttf fonts-symbola "emoji"
ls /usr/lib/*/libportaudio.so.2 >/dev/null 2>&1 || miss libportaudio2 "sound"
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests need these programs; install them first:$reasons" >&2
    exit 1
fi
echo "The tests need these packages of the system; apt-get installs them now:$reasons" >&2
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# shellcheck disable=SC2086 # a list of packages
$as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
