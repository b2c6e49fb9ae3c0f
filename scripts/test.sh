#!/usr/bin/env bash
# Sets up, builds, and runs every test this machine can run; ctest's summary is the last line.
# Tests that need a card or data which is not here say so and are skipped; the reasons are listed.
#
#   scripts/test.sh [--preset NAME] [ctest's own options, e.g. -R mixer or -L cpu]
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

preset=release
if [[ ${1:-} == --preset ]]; then
    preset=${2:?--preset needs the name of a preset: release, dev, cpu, asan or tsan}
    shift 2
fi

(build "$preset")
cd "$root"
folder=$root/build/$preset
log=$folder/ctest.log
status=0
"$deps/bin/ctest" --preset "$preset" --no-tests=error "$@" | tee "$log" || status=$?

if grep -h -A1 '^SKIP  ' "$folder/Testing/Temporary/LastTest.log" >"$folder/skipped.log"; then
    echo
    echo "Skipped, with the reasons:"
    sed -n 's/^SKIP *: /  /p' "$folder/skipped.log"
fi
grep '% tests passed' "$log" || true
exit "$status"
