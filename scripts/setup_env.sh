#!/usr/bin/env bash
# Installs what building and running MatMamba Explorer needs and this machine lacks: the
# distribution's packages with apt (as root or with sudo), LibTorch, CMake and NVIDIA's libraries
# from the Python package index into $MATMAMBA_DEPS. Nothing of Python is used by the product:
# those packages only carry the libraries. Debian 12 and Ubuntu 24.04; quick when nothing is missing.
#
#   MATMAMBA_DEPS  where LibTorch goes (default ~/.cache/matmamba/deps)
#   MATMAMBA_CUDA  AUTO (default: with CUDA where there is a toolkit or a driver), ON or OFF
set -euo pipefail

deps=${MATMAMBA_DEPS:-$HOME/.cache/matmamba/deps}
# On Debian ldconfig is outside the PATH of those who are not root.
PATH=$PATH:/usr/sbin:/sbin

system_packages=(g++ ninja-build ccache python3-pip qt6-base-dev libqcustomplot-dev libopencv-dev
    libcairo2-dev libjpeg-dev libpng-dev libwebp-dev libdeflate-dev zlib1g-dev libssl-dev nlohmann-json3-dev libcli11-dev
    qt6-base-private-dev qt6-tools-dev qt6-tools-dev-tools qt6-l10n-tools qt6-translations-l10n
    libqt6svg6 qt6-svg-dev fonts-dejavu-core xz-utils desktop-file-utils appstream shared-mime-info
    xvfb jwm xdotool)

fail() {
    echo "setup_env.sh: $*" >&2
    exit 1
}

# quietly WHAT COMMAND...: the command's output is shown only if it fails.
quietly() {
    local what=$1 log
    shift
    log=$(mktemp)
    if ! "$@" >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        fail "$what failed, see above"
    fi
    rm -f "$log"
}

install_system_packages() {
    local missing=() package as_root=() size
    local installed
    installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${system_packages[@]}" \
        2>/dev/null || true)
    for package in "${system_packages[@]}"; do
        grep -qxF "$package installed" <<<"$installed" || missing+=("$package")
    done
    [[ ${#missing[@]} -gt 0 ]] || return 0

    if [[ $EUID -ne 0 ]]; then
        command -v sudo >/dev/null || fail "these packages are missing, and installing them needs" \
            "root or sudo: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    echo "Looking for the distribution's packages${as_root:+ with sudo}: ${missing[*]}"
    as_root+=(env DEBIAN_FRONTEND=noninteractive LC_ALL=C)
    quietly "apt-get update" "${as_root[@]}" apt-get update
    size=$("${as_root[@]}" apt-get install --no-install-recommends --assume-no "${missing[@]}" 2>&1 |
        grep -E '^(Need to get|After this operation)' | tr '\n' ' ' || true)
    echo "Installing them with apt. $size"
    quietly "apt-get install" \
        "${as_root[@]}" apt-get install -y --no-install-recommends "${missing[@]}"
}

# The C++ side of LibTorch 2.11 is built for CUDA 13: an older compiler's runtime does not mix.
has_toolkit() {
    local nvcc
    for nvcc in "${CUDA_PATH:-}/bin/nvcc" "$(command -v nvcc || true)" /usr/local/cuda/bin/nvcc; do
        if [[ -x $nvcc ]] && "$nvcc" --version | grep -q 'release 13\.'; then
            return 0
        fi
    done
    return 1
}

has_driver() {
    [[ -e /dev/nvidia0 ]] || grep -qF 'libcuda.so.1 ' <<<"$loader_libraries"
}

# need REQUIREMENT MB [LIBRARY]: the Python package is wanted, unless the loader finds the library.
need() {
    [[ -z ${megabytes[$1]:-} ]] || return 0
    if [[ $# -lt 3 ]] || ! grep -qF "$3 " <<<"$loader_libraries"; then
        wanted+=("$1")
        megabytes[$1]=$2
    fi
}

# Versions are the ones that torch 2.11.0 names as its own dependencies.
choose_python_packages() {
    need torch==2.11.0 531
    need cmake==4.4.4 31
    # libtorch_cpu itself is linked to these two.
    need nvidia-cuda-cupti==13.0.85 11 libcupti.so.13
    need nvidia-cuda-runtime==13.0.96 3 libcudart.so.13
    if [[ ${MATMAMBA_CUDA:-AUTO} == OFF ]] || ! { has_toolkit || has_driver; }; then
        [[ ${MATMAMBA_CUDA:-AUTO} != ON ]] ||
            fail "MATMAMBA_CUDA=ON, but neither a CUDA 13 toolkit nor an NVIDIA driver was found"
        return
    fi
    need nvidia-cufile==1.15.1.6 2
    need nvidia-cusparselt-cu13==0.8.0 170
    need nvidia-nvshmem-cu13==3.4.5 61
    need nvidia-cublas==13.1.0.3 423 libcublas.so.13
    need nvidia-cudnn-cu13==9.19.0.56 366 libcudnn.so.9
    need nvidia-cufft==12.0.0.61 214 libcufft.so.12
    need nvidia-curand==10.4.0.35 60 libcurand.so.10
    need nvidia-cusparse==12.6.3.3 146 libcusparse.so.12
    need nvidia-nvjitlink==13.0.88 41 libnvJitLink.so.13
    need nvidia-cuda-nvrtc==13.0.88 90 libnvrtc.so.13
    need nvidia-nccl-cu13==2.28.9 197 libnccl.so.2
    if ! has_toolkit; then
        # A driver alone: the compiler comes from the Python package index as well.
        need nvidia-cuda-runtime==13.0.96 3
        need nvidia-cuda-nvcc==13.0.88 38
        need nvidia-nvvm==13.0.88 62
        need nvidia-cuda-crt==13.0.88 1
        need nvidia-cuda-cccl==13.0.85 4
    fi
}

# Fills the caller's `missing` and `total` (MB).
look_for_missing_packages() {
    missing=() total=0
    for requirement in "${wanted[@]}"; do
        [[ -e $marks/$requirement ]] && continue
        missing+=("$requirement")
        total=$((total + megabytes[$requirement]))
    done
}

# Each package is unpacked beside the others' files, then linked in, then marked: what was
# interrupted bears no mark and is done again.
install_python_packages() {
    local missing=() requirement total=0
    local marks=$deps/.installed staging=$deps/.staging
    look_for_missing_packages
    [[ ${#missing[@]} -gt 0 ]] || return 0

    mkdir -p "$deps"
    exec 9>"$deps/.lock"
    flock 9
    look_for_missing_packages # what another start has installed meanwhile is not missing any more
    [[ ${#missing[@]} -gt 0 ]] || return 0
    for requirement in "${missing[@]}"; do
        # Another version is there: files of two versions must not mix.
        if compgen -G "$marks/${requirement%%==*}==*" >/dev/null; then
            echo "Removing older versions from $deps"
            rm -rf "$marks" "${deps:?}"/{bin,torch,cmake,nvidia,*.dist-info}
            missing=("${wanted[@]}")
            break
        fi
    done
    echo "Fetching into $deps (about $total MB): ${missing[*]}"
    rm -rf "$staging"
    quietly "pip install" /usr/bin/python3 -m pip install --disable-pip-version-check \
        --no-cache-dir --no-compile --no-deps --target "$staging" "${missing[@]}"
    rm -rf "${staging:?}/bin" # Python's own starters, which would look for Python's modules
    cp -alf "$staging/." "$deps/"
    rm -rf "$staging"
    mkdir -p "$marks" "$deps/bin"
    ln -sf ../cmake/data/bin/{cmake,ctest} "$deps/bin/"
    if [[ -e $deps/nvidia/cu13/bin/nvcc ]]; then
        # The names under which nvcc and CMake look for the runtime.
        ln -sfn lib "$deps/nvidia/cu13/lib64"
        ln -sf libcudart.so.13 "$deps/nvidia/cu13/lib/libcudart.so"
    fi
    for requirement in "${missing[@]}"; do
        touch "$marks/$requirement"
    done
}

[[ $(uname -m) == x86_64 ]] || fail "only x86-64 machines are supported, this one is $(uname -m)"
command -v dpkg-query >/dev/null ||
    fail "only Debian 12 and Ubuntu 24.04 are supported: there is no dpkg here"
install_system_packages
loader_libraries=$(ldconfig -p)
declare -A megabytes=()
wanted=()
choose_python_packages
install_python_packages
