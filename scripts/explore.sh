#!/usr/bin/env bash
# Opens the explorer window: sets up and builds what is missing, then starts it with the arguments.
#
#   scripts/explore.sh                               the built-in model
#   scripts/explore.sh --data FOLDER MODEL           a model and pictures of one's own
#   scripts/explore.sh --screenshot FILE             a picture of the window, needs no display
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

needs_display=yes
for argument in "$@"; do
    case $argument in
    --screenshot | --screenshot=* | --help | -h | --version) needs_display=no ;;
    esac
done
if [[ $needs_display == yes && -z ${DISPLAY:-}${WAYLAND_DISPLAY:-}${QT_QPA_PLATFORM:-} ]]; then
    echo "There is no display here to open a window on: --screenshot FILE paints it into a picture" \
        "instead, and build/release/app/matmamba does the same work in a terminal." >&2
    exit 1
fi

(build release matmamba-explorer matmamba)
exec "$root/build/release/app/matmamba-explorer" "$@"
