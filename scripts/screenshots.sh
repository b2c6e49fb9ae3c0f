#!/usr/bin/env bash
# Draws the pictures of README.md with the built program, each page of the window once, without a
# display, and reduces their colours with pngquant. Takes a few minutes on two CPU cores: the layers'
# heat map is measured for it.
#
#   scripts/screenshots.sh [PROGRAM]   (default build/release/app/matmamba-explorer)
set -euo pipefail

cd "$(dirname "$0")/.."
program=${1:-build/release/app/matmamba-explorer}
most_bytes=150000
command -v pngquant >/dev/null || {
    echo "screenshots.sh: pngquant is missing: apt-get install pngquant" >&2
    exit 1
}

# shoot NAME OPTIONS...: resources/pictures/NAME.png
shoot() {
    local file=resources/pictures/$1.png
    shift
    QT_QPA_PLATFORM=offscreen "$program" --language en --device cpu --size 1280x800 \
        --screenshot "$file" "$@"
    pngquant --force --skip-if-larger --strip --output "$file" "$file"
    local bytes
    bytes=$(stat -c %s "$file")
    echo "$file: $bytes bytes"
    [[ $bytes -le $most_bytes ]] || {
        echo "screenshots.sh: $file is larger than $most_bytes bytes" >&2
        exit 1
    }
}

vision=(resources/models/shapes-vision --data shapes)
shoot explorer "${vision[@]}" --page classify --plan 64,48,32,32,24,24,16,64
shoot layers "${vision[@]}" --page layers --plan 64,48,32,32,24,24,16,64
shoot compare "${vision[@]}" --page compare --plan 64,48,32,32,24,24,16,64 \
    --pin 64 --pin 32 --pin 16 --pin 64,48,32,32,24,24,16,64
shoot generate resources/models/tales-lm --data tales --page generate --plan 8 --prompt "It was"
