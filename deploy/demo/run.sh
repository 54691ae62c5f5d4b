#!/usr/bin/env bash
# The whole on this machine, without containers: `driftgauge demo`, a Prometheus with the shipped rules, an Alertmanager,
# and a receiver that prints what would page you. The first drift alert comes within a few minutes. Ctrl-C stops it all.
#
#   deploy/demo/run.sh
#   PROMETHEUS_PORT=9190 deploy/demo/run.sh
#
# On Debian: apt-get install prometheus prometheus-alertmanager python3. Environment:
#   DRIFTGAUGE          the program (without it: cargo builds one)
#   DRIFTGAUGE_PORT     9877        PROMETHEUS_PORT    9090
#   ALERTMANAGER_PORT   9093        RECEIVER_PORT      9095
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
declare -A port=(
    [driftgauge]=${DRIFTGAUGE_PORT:-9877} [prometheus]=${PROMETHEUS_PORT:-9090}
    [alertmanager]=${ALERTMANAGER_PORT:-9093} [receiver]=${RECEIVER_PORT:-9095}
)

fail() {
    printf 'run.sh: %s\n' "$*" >&2
    exit 1
}

find_program() {
    local name
    for name in "$@"; do
        if command -v "$name"; then return; fi
    done
    fail "$1 is missing: apt-get install prometheus prometheus-alertmanager python3"
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/${port[$1]}") 2>/dev/null; }

prometheus=$(find_program prometheus)
alertmanager=$(find_program prometheus-alertmanager alertmanager)
python=$(find_program python3)
for name in "${!port[@]}"; do
    ! listens "$name" || fail "port ${port[$name]} is taken: set another one (${name^^}_PORT)"
done
if [[ -z ${DRIFTGAUGE:-} ]]; then
    cargo build --release --manifest-path "$root/Cargo.toml"
    DRIFTGAUGE=${CARGO_TARGET_DIR:-$root/target}/release/driftgauge
fi

work=$(mktemp -d)
pids=()
stop() {
    trap '' INT TERM
    if ((${#pids[@]})); then kill "${pids[@]}" 2>/dev/null || true; fi
    wait
    rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The configs are those of compose.yaml, with this machine's addresses.
for config in prometheus.yml alertmanager.yml; do
    sed -e "s|driftgauge:9877|127.0.0.1:${port[driftgauge]}|" -e "s|alertmanager:9093|127.0.0.1:${port[alertmanager]}|" \
        -e "s|receiver:9095|127.0.0.1:${port[receiver]}|" -e "s|/etc/prometheus/rules|$root/alert-rules|" \
        "$here/$config" >"$work/$config"
done

# Starts a program with its log in a file, and waits until it listens.
start() {
    local name=$1
    shift
    # In a process group of its own, so that Ctrl-C reaches this script alone, which then ends them in turn.
    set -m
    if [[ $name == receiver ]]; then
        "$@" 2>"$work/$name.log" &
    else
        "$@" >"$work/$name.log" 2>&1 &
    fi
    pids+=($!)
    set +m
    for _ in {1..1800}; do
        if listens "$name"; then return; fi
        kill -0 "${pids[-1]}" 2>/dev/null || break
        sleep 0.1
    done
    cat "$work/$name.log" >&2
    fail "$name does not start"
}

start receiver "$python" "$here/receiver.py" 127.0.0.1 "${port[receiver]}"
start alertmanager "$alertmanager" --config.file="$work/alertmanager.yml" --storage.path="$work/alertmanager" \
    --web.listen-address="127.0.0.1:${port[alertmanager]}" --cluster.listen-address=
start driftgauge env TMPDIR="$work" "$DRIFTGAUGE" demo --listen "127.0.0.1:${port[driftgauge]}"
start prometheus "$prometheus" --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/prometheus" \
    --web.listen-address="127.0.0.1:${port[prometheus]}"

cat <<END
driftgauge    http://127.0.0.1:${port[driftgauge]}/
Prometheus    http://127.0.0.1:${port[prometheus]}/alerts
Alertmanager  http://127.0.0.1:${port[alertmanager]}/
logs          $work
Alerts appear below; the first one within a few minutes. Ctrl-C stops it all.
END
wait -n || true
for log in "$work"/*.log; do
    name=$(basename "$log" .log)
    listens "$name" || fail "$name ended: $(tail -n 3 "$log")"
done
fail 'a program ended'
