"""How driftgauge itself is doing: whether the numbers of the other dashboards can be trusted."""

from .frame import Grid
from .frame import dashboard as framed
from .panels import GREEN, ORANGE, RED, cells, override, series, stat, steps, table, target
from .queries import SCOPE, scope_variables

RATE = "[$__rate_interval]"


def dashboard():
    grid = Grid()
    for part in (glance, reading, trouble, time, references, resources):
        part(grid)
    return framed(
        "driftgauge-health",
        "driftgauge / Health of driftgauge",
        "How driftgauge itself is doing: whether the numbers of the other dashboards can be trusted.",
        scope_variables(),
        grid.panels,
        time="now-3h",
    )


def glance(grid):
    grid.add(
        stat(
            "Up",
            "Share of the processes that Prometheus could scrape.",
            [target(f"count(up{{{SCOPE}}} == 1) / count(up{{{SCOPE}}})")],
            "percentunit",
            colors=steps(RED, (1, GREEN)),
            decimals=0,
        ),
        4,
        4,
    )
    grid.add(
        stat(
            "Lines",
            "Complete lines read a second, of all sources.",
            [target(f"sum(rate(driftgauge_source_lines_total{{{SCOPE}}}{RATE}))")],
            "suffix: lines/s",
        ),
        4,
        4,
    )
    failed = f"(sum(rate(driftgauge_decode_failures_total{{{SCOPE}}}{RATE})) or vector(0)) / (sum(rate(driftgauge_source_lines_total{{{SCOPE}}}{RATE})) > 0)"
    grid.add(
        stat(
            "Lines that cannot be read",
            "Share of the lines that held no event. Anything above 0 is worth a look at the reasons below.",
            [target(failed)],
            "percentunit",
            decimals=2,
            colors=steps(GREEN, (0.001, ORANGE), (0.05, RED)),
        ),
        4,
        4,
    )
    grid.add(
        stat(
            "Lines lost",
            "Lines, or parts of files, that were never decoded, in the last hour.",
            [target(f"sum(increase(driftgauge_lines_lost_total{{{SCOPE}}}[1h])) or vector(0)")],
            colors=steps(GREEN, (0.5, RED)),
            decimals=0,
        ),
        4,
        4,
    )
    grid.add(
        stat(
            "Behind",
            "Bytes known to be there and not read yet, of all sources.",
            [target(f"sum(driftgauge_source_lag_bytes{{{SCOPE}}})")],
            "bytes",
        ),
        4,
        4,
    )
    grid.add(
        stat(
            "Age of what is served",
            "The oldest commit: what is served is never newer.",
            [target(f"max(time() - driftgauge_commit_timestamp_seconds{{{SCOPE}}})")],
            "s",
            decimals=0,
        ),
        4,
        4,
    )


def reading(grid):
    grid.row("Reading")
    grid.add(
        series(
            "Lines read",
            "Complete lines read a second, by source.",
            [target(f"sum by (source) (rate(driftgauge_source_lines_total{{{SCOPE}}}{RATE}))", "{{source}}")],
            "suffix: lines/s",
            least=0,
        ),
        8,
        8,
    )
    grid.add(
        series(
            "Bytes read",
            "Bytes of the lines read a second, by source.",
            [target(f"sum by (source) (rate(driftgauge_source_bytes_total{{{SCOPE}}}{RATE}))", "{{source}}")],
            "Bps",
            least=0,
        ),
        8,
        8,
    )
    grid.add(
        series(
            "Behind",
            "Bytes known to be there and not read yet, by source and process. A line that climbs: driftgauge does not keep up, or a file cannot be read.",
            [target(f"sum by (source, instance) (driftgauge_source_lag_bytes{{{SCOPE}}})", "{{source}} {{instance}}")],
            "bytes",
            least=0,
        ),
        8,
        8,
    )
    grid.add(
        series(
            "Files",
            "Files followed, and files that could not be read at the last look. The first at 0: the paths of the config match nothing.",
            [
                target(f"sum by (source) (driftgauge_source_files{{{SCOPE}}})", "followed {{source}}"),
                target(f"sum by (source) (driftgauge_source_unreadable_files{{{SCOPE}}})", "unreadable {{source}}"),
            ],
            least=0,
        ),
        8,
        8,
    )
    grid.add(
        series(
            "Lines that cannot be read",
            "Lines that held no event, a second, by source and reason (docs/METRICS.md).",
            [
                target(
                    f"sum by (source, reason) (rate(driftgauge_decode_failures_total{{{SCOPE}}}{RATE}))",
                    "{{source}} {{reason}}",
                )
            ],
            "suffix: lines/s",
            least=0,
        ),
        8,
        8,
    )
    grid.add(
        series(
            "Lines lost",
            "Lines, or parts of files, that were never decoded, a second, by source and reason: rotation by truncation, files that went before they were read.",
            [
                target(
                    f"sum by (source, reason) (rate(driftgauge_lines_lost_total{{{SCOPE}}}{RATE}))",
                    "{{source}} {{reason}}",
                )
            ],
            "suffix: lines/s",
            least=0,
        ),
        8,
        8,
    )


def trouble(grid):
    grid.row("What was left out")
    grid.add(
        series(
            "Late and future predictions",
            "Predictions that came later than the lateness, and whether the windows still took them; and those dated ahead of the clock.",
            [
                target(
                    f"sum by (model, outcome) (rate(driftgauge_late_events_total{{{SCOPE}}}{RATE}))",
                    "late, {{outcome}}: {{model}}",
                ),
                target(f"sum by (model) (rate(driftgauge_future_events_total{{{SCOPE}}}{RATE}))", "future: {{model}}"),
                target(
                    f"sum by (model) (rate(driftgauge_repeated_prediction_ids_total{{{SCOPE}}}{RATE}))",
                    "repeated id: {{model}}",
                ),
            ],
            "reqps",
            least=0,
        ),
        8,
        8,
    )
    grid.add(
        series(
            "Limits reached",
            "Label values a second that were not admitted because of a limit and count under __other__. Above 0: raise `[limits]`, or look at what fills the labels.",
            [target(f"sum by (label) (rate(driftgauge_series_overflow_total{{{SCOPE}}}{RATE}))", "{{label}}")],
            "suffix: values/s",
            least=0,
        ),
        8,
        8,
    )
    grid.add(
        series(
            "Connections refused",
            "Connections refused since the start because too many were open.",
            [target(f"sum by (instance) (driftgauge_connections_refused{{{SCOPE}}})", "{{instance}}")],
            least=0,
        ),
        8,
        8,
    )


def time(grid):
    grid.row("Time")
    grid.add(
        series(
            "Clock skew",
            "How far the newest predictions were dated ahead of this clock when they were read; below zero it is the way from prediction to here, or the log's clock is behind.",
            [
                target(
                    f"max by (model, version, instance) (driftgauge_clock_skew_seconds{{{SCOPE}}})",
                    "{{model}} {{version}} {{instance}}",
                )
            ],
            "s",
        ),
        6,
        8,
    )
    grid.add(
        series(
            "Age of what is served",
            "How long ago the state that is served was committed. A line that climbs: the process hangs.",
            [target(f"max by (instance) (time() - driftgauge_commit_timestamp_seconds{{{SCOPE}}})", "{{instance}}")],
            "s",
            least=0,
        ),
        6,
        8,
    )
    grid.add(
        series(
            "Evaluation",
            "How long computing all statistics took the last time.",
            [target(f"max by (instance) (driftgauge_evaluation_duration_seconds{{{SCOPE}}})", "{{instance}}")],
            "s",
            least=0,
        ),
        6,
        8,
    )
    grid.add(
        series(
            "Commits that failed",
            "Commits a second that could not be made durable. Then the last one is served that was, and its age climbs: look at the volume of the state.",
            [
                target(
                    f"sum by (instance) (rate(driftgauge_commit_failures_total{{{SCOPE}}}{RATE}))", "{{instance}}"
                )
            ],
            "suffix: commits/s",
            least=0,
        ),
        6,
        8,
    )


def references(grid):
    grid.row("Processes and references")
    by = "by (job, instance)"
    queries = [
        f"max by (job, instance, version) (driftgauge_build_info{{{SCOPE}}})",
        f"max {by} (driftgauge_counters_start_timestamp_seconds{{{SCOPE}}}) * 1000",
        f"max {by} (process_start_time_seconds{{{SCOPE}}}) * 1000",
        f"max by (job, instance, outcome) (driftgauge_state_restored{{{SCOPE}}} == 1)",
        f"max {by} (driftgauge_running_as_root{{{SCOPE}}})",
        f"max {by} (scrape_samples_scraped{{{SCOPE}}})",
        f"max {by} (scrape_duration_seconds{{{SCOPE}}})",
    ]
    yes = [
        {
            "type": "value",
            "options": {"0": {"text": "no", "index": 0}, "1": {"text": "yes", "color": ORANGE, "index": 1}},
        }
    ]
    grid.add(
        table(
            "Processes",
            "*Counters since*: when the counters began at zero; later than expected, the state was lost or never kept. *State found*: what the start found: latest, "
            "previous (the latest was damaged), lost, none, or memory: there is no state directory, and counters begin at zero with each start.",
            [cells(query) for query in queries],
            [
                ("job", "Job"),
                ("instance", "Instance"),
                ("version", "Version"),
                ("Value #B", "Counters since"),
                ("Value #C", "Started"),
                ("outcome", "State found"),
                ("Value #E", "As root"),
                ("Value #F", "Samples"),
                ("Value #G", "Scrape"),
            ],
            order=("Instance", False),
            overrides=[
                override("/^(Counters since|Started)$/", unit="dateTimeAsIso"),
                override("As root", mappings=yes, custom__displayMode="color-text"),
                override("Scrape", unit="s", decimals=3),
            ],
        ),
        24,
        7,
    )
    by = "by (model, version, instance)"
    queries = [
        f"max by (model, version, instance, sha) (driftgauge_reference_info{{{SCOPE}}})",
        f"time() - max {by} (driftgauge_reference_timestamp_seconds{{{SCOPE}}})",
        f"max {by} (driftgauge_reference_observations{{{SCOPE}}})",
        f"max {by} (driftgauge_reference_load_success{{{SCOPE}}})",
        f"max {by} (driftgauge_warmup_progress_ratio{{{SCOPE}}})",
    ]
    loaded = [
        {
            "type": "value",
            "options": {
                "1": {"text": "yes", "color": GREEN, "index": 0},
                "0": {"text": "no", "color": RED, "index": 1},
            },
        }
    ]
    grid.add(
        table(
            "References",
            "What windows are compared with. *Loaded: no*: the profile could not be loaded the last time, and the last good one, or none, is in use. "
            "*Warm-up*: how much of it is done, while a reference is learned.",
            [cells(query) for query in queries],
            [
                ("model", "Model"),
                ("version", "Version"),
                ("instance", "Instance"),
                ("sha", "Hash"),
                ("Value #B", "Age"),
                ("Value #C", "Predictions"),
                ("Value #D", "Loaded"),
                ("Value #E", "Warm-up"),
            ],
            order=("Model", False),
            overrides=[
                override("Age", unit="s", decimals=0),
                override("Loaded", mappings=loaded, custom__displayMode="color-text"),
                override("Warm-up", unit="percentunit"),
            ],
        ),
        24,
        7,
    )


def resources(grid):
    grid.row("Resources")
    grid.add(
        series(
            "CPU",
            "Share of a core that each process uses.",
            [target(f"sum by (instance) (rate(process_cpu_seconds_total{{{SCOPE}}}{RATE}))", "{{instance}}")],
            "percentunit",
            least=0,
        ),
        8,
        8,
    )
    grid.add(
        series(
            "Memory",
            "Resident memory of each process. It has a bound: `[limits]`.",
            [target(f"max by (instance) (process_resident_memory_bytes{{{SCOPE}}})", "{{instance}}")],
            "bytes",
            least=0,
        ),
        8,
        8,
    )
    grid.add(
        series(
            "Open files",
            "Open file descriptors of each process: files followed and connections.",
            [target(f"max by (instance) (process_open_fds{{{SCOPE}}})", "{{instance}}")],
            least=0,
        ),
        8,
        8,
    )
