# Sourced by explore.sh and test.sh: where things are, and one build of one preset.
# shellcheck shell=bash
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
deps=${MATMAMBA_DEPS:-$HOME/.cache/matmamba/deps}

# On a terminal, ninja's "[3/80]" as one counting line.
show_progress() {
    [[ -t 2 ]] || exec cat >/dev/null
    awk '/^\[[0-9]+\/[0-9]+\]/ { printf "\r%s ", $1 >"/dev/stderr"; fflush() }
         END { printf "\r\033[K" >"/dev/stderr" }'
}

# build PRESET [TARGET...]: sets up, configures and builds what is not up to date (everything, if no
# target is named). Output goes to a log that is shown only if a step fails.
build() {
    local preset=$1 folder=$root/build/$1
    local log=$folder/build.log
    shift
    "$root/scripts/setup_env.sh"
    mkdir -p "$folder"
    [[ -e $folder/.ninja_log ]] || echo "Building into $folder: minutes the first time, seconds later"
    # The compiler cache then serves every clone of the sources, wherever it lies.
    export CCACHE_BASEDIR=$root
    if ! {
        cd "$root" &&
            "$deps/bin/cmake" --preset "$preset" -DMATMAMBA_DEPS="$deps" \
                ${MATMAMBA_CUDA:+-DMATMAMBA_CUDA="$MATMAMBA_CUDA"} &&
            "$deps/bin/cmake" --build "$folder" ${1:+--target "$@"}
    } 2>&1 | tee "$log" | show_progress; then
        { grep -m 1 -A 60 '^FAILED' "$log" || tail -n 60 "$log"; } >&2
        echo "The build failed, see above; the whole log is $log" >&2
        exit 1
    fi
}
