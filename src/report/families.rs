//! Every metric family that is not a statistic. A statistic's family is in the statistic's own file.
//!
//! They are listed below the name of their group, one of [`super::catalog::GROUPS`].

use super::{Family, Kind};

macro_rules! families {
    ($([$group:literal] $($id:ident = $kind:ident $name:literal [$($label:literal),*] $help:literal;)*)*) => {
        $($(
            #[doc = $help]
            pub static $id: Family = Family {
                name: $name,
                kind: Kind::$kind,
                help: $help,
                labels: &[$($label),*],
                group: $group,
            };
        )*)*
        /// Every family, in the order they are listed in.
        pub static ALL: &[&Family] = &[$($(&$id),*),*];
    };
}

families! {
    ["stream"]
    PREDICTIONS = Counter "driftgauge_predictions_total" ["model", "version"]
        "Prediction records read, failures included.";
    FAILURES = Counter "driftgauge_prediction_failures_total" ["model", "version", "error"]
        "Prediction records whose request failed, by type of failure.";
    LATENCY = Histogram "driftgauge_prediction_latency_seconds" ["model", "version"]
        "Latency of answered predictions, as logged.";
    PREDICTED_CLASS = Counter "driftgauge_predicted_class_total" ["model", "version", "class"]
        "Answered predictions by predicted class.";
    LAST_PREDICTION = Gauge "driftgauge_last_prediction_timestamp_seconds" ["model", "version"]
        "Event time of the newest prediction.";
    FIRST_SEEN = Gauge "driftgauge_version_first_seen_timestamp_seconds" ["model", "version"]
        "Event time of the first prediction of this version since its counts began: another one after it was dropped for its silence.";

    ["windows"]
    WINDOW_OBSERVATIONS = Gauge "driftgauge_window_observations" ["model", "version", "window"]
        "Answered predictions in the window.";
    WINDOW_FAILED = Gauge "driftgauge_window_failed_predictions" ["model", "version", "window"]
        "Failed predictions in the window.";
    WINDOW_PAIRS = Gauge "driftgauge_window_pairs" ["model", "version", "window", "axis"]
        "Predictions in the window of pairs whose actual is known.";
    WINDOW_END = Gauge "driftgauge_window_end_timestamp_seconds" ["model", "version", "window"]
        "End of the newest pane of the window, in event time.";
    PERFORMANCE_WINDOW_END = Gauge "driftgauge_performance_window_end_timestamp_seconds" ["model", "version", "window"]
        "End of the newest pane of the window of pairs, in event time: behind that of predictions by the maturity.";
    WINDOW_FILLED = Gauge "driftgauge_window_filled_ratio" ["model", "version", "window"]
        "Share of the window that lies after the first event of this version.";
    WINDOW_LATENCY = Gauge "driftgauge_window_latency_seconds" ["model", "version", "window", "level"]
        "Quantile of the latency of answered predictions in the window, to within its error bound.";
    WINDOW_LATENCY_BOUND = Gauge "driftgauge_window_latency_error_bound_seconds" ["model", "version", "window", "level"]
        "How far the exact quantile of the latency may be from the one shown.";
    WINDOW_LATENCY_REFERENCE = Gauge "driftgauge_window_latency_reference_seconds" ["model", "version", "level"]
        "Quantile of the latency of the reference, to within half of its cell.";
    UNDEFINED = Gauge "driftgauge_undefined_info" ["model", "version", "window", "feature", "role", "axis", "class", "segment", "statistic", "reason"]
        "1 for each statistic that has no value, with the reason; without a feature it holds for all of the window.";

    ["drift"]
    FEATURE_OBSERVATIONS = Gauge "driftgauge_feature_observations" ["model", "version", "window", "feature", "role"]
        "Values of the column in the window, missing and invalid ones left out.";

    OUTLIER_RATIO = Gauge "driftgauge_outlier_ratio" ["model", "version", "window", "level"]
        "Share of the answered predictions in the window whose outlier score is beyond this quantile of the reference's scores.";
    OUTLIER_RATIO_REFERENCE = Gauge "driftgauge_outlier_ratio_reference" ["model", "version", "level"]
        "Share of the reference's own rows beyond that quantile; ties and sampling move it from 1 - level.";
    MMD = Gauge "driftgauge_maximum_mean_discrepancy" ["model", "version", "window"]
        "Squared distance of the mean random features of window and reference: how far rows as a whole have moved.";
    MMD_THRESHOLD = Gauge "driftgauge_maximum_mean_discrepancy_threshold" ["model", "version", "window"]
        "The maximum mean discrepancy that chance exceeds in 1 % of windows of independent rows.";
    MMD_SIGMA = Gauge "driftgauge_maximum_mean_discrepancy_sigma" ["model", "version", "window"]
        "How many standard deviations the maximum mean discrepancy is above what chance alone gives.";
    MMD_PVALUE = Gauge "driftgauge_maximum_mean_discrepancy_pvalue" ["model", "version", "window"]
        "The probability of a maximum mean discrepancy as large by chance alone.";

    ["evidence"]
    EVIDENCE = Gauge "driftgauge_drift_log_evalue" ["model", "version", "feature", "role", "statistic"]
        "ln of the evidence, in nats, that the column or loss has left its reference at any time since the detector began; may be looked at all the time. During an alarm that which raised it.";
    EVIDENCE_THRESHOLD = Gauge "driftgauge_drift_log_evalue_threshold" ["model", "version"]
        "Evidence that is an alarm, in nats: the budget of false alarms over all series together.";
    DRIFT_EFFECT = Gauge "driftgauge_drift_effect" ["model", "version", "feature", "role", "statistic"]
        "Size of the recent drift: debiased population stability index of a distribution, distance from the reference of a ratio or mean loss, of other means in deviations of the reference.";
    DRIFT_EFFECT_FLOOR = Gauge "driftgauge_drift_effect_floor" ["model", "version", "feature", "role", "statistic"]
        "Size from which on evidence is an alarm.";
    DRIFT_ALARM = Gauge "driftgauge_drift_alarm" ["model", "version", "feature", "role", "statistic"]
        "1 from when evidence and effect were both large enough until the cool-down ends.";
    DRIFT_ALARMS = Counter "driftgauge_drift_alarms_total" ["model", "version", "feature", "role", "statistic"]
        "Alarms raised.";
    DRIFT_ONSET = Gauge "driftgauge_drift_onset_timestamp_seconds" ["model", "version", "feature", "role", "statistic"]
        "Start of the pane at which the drift of the last alarm began, by the evidence.";
    FEATURES_DRIFTED = Gauge "driftgauge_features_drifted_ratio" ["model", "version"]
        "Share of the features that the evidence of all series together names as drifted.";
    EVIDENCE_PANES = Counter "driftgauge_evidence_panes_total" ["model", "version"]
        "Panes that the detectors have taken, of predictions and of pairs.";
    EVIDENCE_EXCLUDED = Counter "driftgauge_evidence_excluded_events_total" ["model", "version"]
        "Predictions and pairs that came after the pane they belong to was taken; they count in the windows.";

    ERROR_DETECTIONS = Counter "driftgauge_error_detections_total" ["model", "version", "detector"]
        "Drifts that the chosen detector of the field found in the errors of pairs, against their own past.";
    ERROR_WARNING = Gauge "driftgauge_error_detector_warning" ["model", "version", "detector"]
        "1 while the last pair is a warning of the detector.";
    ADWIN_MEAN = Gauge "driftgauge_adwin_mean" ["model", "version"]
        "Mean error of the pairs in the window of ADWIN: share of wrong predictions, or of a regression the absolute error in the reference's mean absolute errors.";
    ADWIN_WIDTH = Gauge "driftgauge_adwin_width" ["model", "version"]
        "Pairs in the window of ADWIN: how far back the errors have one mean.";

    ["causes"]
    FEATURE_IMPORTANCE = Gauge "driftgauge_feature_importance" ["model", "version", "feature", "role"]
        "How much the feature matters to the model, of 1 for all features together; given or estimated when the profile was built.";
    LOSS_SHIFT = Gauge "driftgauge_loss_shift" ["model", "version", "window"]
        "Mean loss of the labelled rows in the window less that of the reference: share of wrong predictions, or of a regression the mean absolute error.";

    ["segments"]
    SEGMENT_OBSERVATIONS = Gauge "driftgauge_segment_observations" ["model", "version", "window", "feature", "segment"]
        "Answered predictions of the segment in the window.";
    SEGMENT_PAIRS = Gauge "driftgauge_segment_pairs" ["model", "version", "window", "feature", "segment"]
        "Predictions of the segment in the window whose actual is known.";

    ["actuals"]
    ACTUALS = Counter "driftgauge_actuals_total" []
        "Actuals read, joined or not.";
    ACTUALS_UNMATCHED = Counter "driftgauge_actuals_unmatched_total" ["reason"]
        "Actuals that made no pair, by reason.";
    ACTUALS_SCORED = Counter "driftgauge_actuals_scored_total" ["model", "version"]
        "Pairs of prediction and actual.";
    ACTUALS_CORRECT = Counter "driftgauge_actuals_correct_total" ["model", "version"]
        "Pairs whose predicted class is the actual one.";
    ACTUAL_COVERAGE = Gauge "driftgauge_actual_coverage_ratio" ["model", "version", "window"]
        "Share of the answered predictions in the window of pairs whose actual is known.";
    ACTUAL_COVERAGE_CLASS = Gauge "driftgauge_actual_coverage_class_ratio" ["model", "version", "window", "class"]
        "Share of the predictions of the class in the window whose actual is known.";
    ACTUAL_COVERAGE_AGE = Gauge "driftgauge_actual_coverage_age_ratio" ["model", "version", "window"]
        "Share of the answered predictions in the window and in no shorter one whose actual is known: coverage by age.";
    ACTUAL_COVERAGE_LEAST = Gauge "driftgauge_actual_coverage_least_ratio" ["model", "version", "window"]
        "Smallest share of predictions whose actual is known, over the predicted classes and the cells of a binary score.";
    POSTSTRATIFIED_WEIGHT = Gauge "driftgauge_poststratified_weight_ratio" ["model", "version", "window"]
        "Share of the predictions in the window whose predicted class and score cell have an actual of their own.";
    ACTUAL_DELAY = Histogram "driftgauge_actual_delay_seconds" ["model", "version"]
        "Time from prediction to actual, where both have one.";
    WAITING = Gauge "driftgauge_waiting_ids" []
        "Predictions and actuals held for joining, joined ones included.";
    PREDICTIONS_UNJOINED = Counter "driftgauge_predictions_unjoined_total" ["reason"]
        "Predictions that stopped waiting for an actual, by reason.";

    ["reference"]
    REFERENCE_INFO = Gauge "driftgauge_reference_info" ["model", "version", "sha"]
        "1; the label sha is the hash of the reference in use.";
    REFERENCE_TIMESTAMP = Gauge "driftgauge_reference_timestamp_seconds" ["model", "version"]
        "When the reference in use was built.";
    REFERENCE_ROWS = Gauge "driftgauge_reference_observations" ["model", "version"]
        "Answered predictions of the reference in use.";
    REFERENCE_LOAD = Gauge "driftgauge_reference_load_success" ["model", "version"]
        "1 when the profile was loaded the last time it was looked for, 0 when that failed and the last good one, or none, is in use.";
    WARMUP = Gauge "driftgauge_warmup_progress_ratio" ["model", "version"]
        "How much of the warm-up is done, while a reference is learned.";

    ["fleet"]
    FEATURE_WINDOW_BIN = Gauge "driftgauge_feature_window_bin" ["model", "version", "window", "feature", "role", "bin"]
        "Values of the column in the window by coarse cell of the reference.";
    FEATURE_WINDOW_CUMULATIVE = Gauge "driftgauge_feature_window_cumulative" ["model", "version", "window", "feature", "role", "bin"]
        "Values of the column in the window up to the right edge of a fine cell.";
    FEATURE_WINDOW_OFFSET = Gauge "driftgauge_feature_window_offset" ["model", "version", "window", "feature", "role", "bin"]
        "Distances of the values in a fine cell from its inner edge, added up, in standard deviations of the reference.";
    FEATURE_BIN = Counter "driftgauge_feature_bin_total" ["model", "version", "feature", "role", "bin"]
        "Values of the column by coarse cell of the reference, missing and invalid ones included.";
    REFERENCE_BIN = Gauge "driftgauge_reference_bin" ["model", "version", "feature", "role", "bin"]
        "Values of the reference by coarse cell.";
    REFERENCE_BIN_EDGE = Gauge "driftgauge_reference_bin_edge" ["model", "version", "feature", "role", "bin"]
        "Right edge of a coarse cell of numbers; the last one has none.";
    REFERENCE_CUMULATIVE = Gauge "driftgauge_reference_cumulative" ["model", "version", "feature", "role", "bin"]
        "Values of the reference up to the right edge of a fine cell.";
    REFERENCE_OFFSET = Gauge "driftgauge_reference_offset" ["model", "version", "feature", "role", "bin"]
        "The offsets of the reference's own values in a fine cell.";
    REFERENCE_BIN_WIDTH = Gauge "driftgauge_reference_bin_width" ["model", "version", "feature", "role", "bin"]
        "Width of a fine cell in standard deviations of the reference; 0 of the two that have no end.";
    REFERENCE_LARGEST_CELL = Gauge "driftgauge_reference_largest_cell_ratio" ["model", "version", "feature", "role"]
        "Largest share of the reference in a fine cell that can hold more than one value: by so much a pooled Kolmogorov-Smirnov distance may be too small.";
    REFERENCE_DISPERSION = Gauge "driftgauge_reference_dispersion" ["model", "version", "feature", "role"]
        "How many times more the counts of neighbouring rows of the reference vary than those of independent ones, of the chunks where it is most; 1 when it is not known.";
    WINDOW_CLASS_HITS = Gauge "driftgauge_window_class_hits" ["model", "version", "window", "axis", "class"]
        "Pairs in the window of this class on both sides.";
    WINDOW_CLASS_ACTUALS = Gauge "driftgauge_window_class_actuals" ["model", "version", "window", "axis", "class"]
        "Pairs in the window whose actual is of the class.";
    WINDOW_CLASS_PREDICTIONS = Gauge "driftgauge_window_class_predictions" ["model", "version", "window", "axis", "class"]
        "Pairs in the window whose prediction is of the class.";
    WINDOW_SCORED_PAIRS = Gauge "driftgauge_window_scored_pairs" ["model", "version", "window", "axis"]
        "Pairs in the window with scores.";
    WINDOW_LOG_LOSS_MOMENT = Gauge "driftgauge_window_log_loss_moment" ["model", "version", "window", "axis"]
        "Log losses of the pairs in the window, added up.";
    WINDOW_BRIER_MOMENT = Gauge "driftgauge_window_brier_moment" ["model", "version", "window", "axis"]
        "Squared distances of score and outcome of the pairs in the window, added up.";
    WINDOW_RESIDUAL_MOMENT = Gauge "driftgauge_window_residual_moment" ["model", "version", "window", "axis", "moment"]
        "Of a regression: errors, their squares and sizes, and actuals less the reference's mean and their squares, added up over the pairs in the window.";
    WINDOW_SCORE_POSITIVES = Gauge "driftgauge_window_score_positives" ["model", "version", "window", "axis", "class", "bin"]
        "Pairs in the window of the class, by fine cell of its score.";
    WINDOW_SCORE_NEGATIVES = Gauge "driftgauge_window_score_negatives" ["model", "version", "window", "axis", "class", "bin"]
        "Pairs in the window of other classes, by fine cell of the class's score.";
    WINDOW_SCORE_POSITIVES_CUMULATIVE = Gauge "driftgauge_window_score_positives_cumulative" ["model", "version", "window", "axis", "class", "bin"]
        "Pairs in the window of the class whose score of it is at most the right edge of a fine cell.";
    WINDOW_SCORE_NEGATIVES_CUMULATIVE = Gauge "driftgauge_window_score_negatives_cumulative" ["model", "version", "window", "axis", "class", "bin"]
        "Pairs in the window of other classes whose score of the class is at most the right edge of a fine cell.";

    ["ourselves"]
    SOURCE_LINES = Counter "driftgauge_source_lines_total" ["source"]
        "Complete lines read.";
    SOURCE_BYTES = Counter "driftgauge_source_bytes_total" ["source"]
        "Bytes of the lines read.";
    SOURCE_LAG = Gauge "driftgauge_source_lag_bytes" ["source"]
        "Bytes known to be there and not read yet.";
    SOURCE_FILES = Gauge "driftgauge_source_files" ["source"]
        "Files followed.";
    SOURCE_PROBLEMS = Gauge "driftgauge_source_unreadable_files" ["source"]
        "Files that could not be read at the last look.";
    DECODE_FAILURES = Counter "driftgauge_decode_failures_total" ["source", "reason"]
        "Lines that held no event, by reason.";
    LINES_LOST = Counter "driftgauge_lines_lost_total" ["source", "reason"]
        "Lines, or parts of files where lines could not be told, that were never decoded.";
    LATE = Counter "driftgauge_late_events_total" ["model", "version", "outcome"]
        "Predictions that came later than the lateness after newer ones; applied to the windows that still hold their time, dropped from the windows when none does.";
    FUTURE = Counter "driftgauge_future_events_total" ["model", "version"]
        "Predictions dated ahead of the clock; counted at the clock's time.";
    CLOCK_SKEW = Gauge "driftgauge_clock_skew_seconds" ["model", "version"]
        "How far the newest predictions were dated ahead of this clock when they were read; below zero it is the way from prediction to here, or the log's clock is behind.";
    REPEATED = Counter "driftgauge_repeated_prediction_ids_total" ["model", "version"]
        "Predictions whose id an earlier one of the same version had; the first one is joined.";
    OVERFLOW = Counter "driftgauge_series_overflow_total" ["label"]
        "Label values that were not admitted because of a limit and count under __other__.";
    COMMIT = Gauge "driftgauge_commit_timestamp_seconds" []
        "When this state was committed; what is served is never newer.";
    COUNTERS_START = Gauge "driftgauge_counters_start_timestamp_seconds" []
        "When the counters began at zero.";
    MEMORY_MODE = Gauge "driftgauge_memory_mode" []
        "1: there is no state directory, or nothing can be written there, and counters begin at zero with each start.";
    COMMIT_FAILURES = Counter "driftgauge_commit_failures_total" []
        "Commits that could not be made durable; what is served then is the last one that was.";
    COMMIT_FAILING = Gauge "driftgauge_commit_failing" []
        "1 while the last commit could not be made durable and the one before is served.";
    STATE_RESTORED = Gauge "driftgauge_state_restored" ["outcome"]
        "1 for what the start found: the latest state, the previous one as the latest is damaged, a state that is lost, none, no directory (memory), or one that nothing can be written to (unwritable).";
    BUILD_INFO = Gauge "driftgauge_build_info" ["version"]
        "1; the version of driftgauge.";
    ROOT = Gauge "driftgauge_running_as_root" []
        "1 when the process runs as root, which it does not need.";
    EVALUATION = Gauge "driftgauge_evaluation_duration_seconds" []
        "How long computing all statistics took the last time.";
    SCRAPES_REFUSED = Gauge "driftgauge_connections_refused" []
        "Connections refused since the start because too many were open.";
    CONNECTIONS_CUT_OFF = Gauge "driftgauge_connections_cut_off" []
        "Connections closed since the start because their client was too slow, or kept others waiting.";
    HANDSHAKES_FAILED = Gauge "driftgauge_handshakes_failed" []
        "TLS handshakes since the start that failed.";
    REQUESTS_UNAUTHORIZED = Gauge "driftgauge_requests_unauthorized" []
        "Requests since the start without the name and password of a user.";
    REQUESTS_LIMITED = Gauge "driftgauge_requests_limited" []
        "Requests since the start beyond the rate limit, or with more wrong passwords than may be tried.";
    CONFIG_RELOAD = Gauge "driftgauge_config_reload_success" []
        "1 when the config was taken the last time it was looked at, 0 when it could not be and the old one is in use.";
    CONFIG_RELOAD_TIMESTAMP = Gauge "driftgauge_config_reload_timestamp_seconds" []
        "When the config in use was read.";
    WEB_CONFIG_RELOAD = Gauge "driftgauge_web_config_reload_success" []
        "1 when the web config file and its certificates were read the last time they were looked at, 0 when that failed and the old ones are in use.";
    CERTIFICATE_EXPIRY = Gauge "driftgauge_certificate_expiry_timestamp_seconds" []
        "When the served certificate expires.";
    PROCESS_CPU = Counter "process_cpu_seconds_total" []
        "User and system CPU time of the process.";
    PROCESS_MEMORY = Gauge "process_resident_memory_bytes" []
        "Resident memory of the process.";
    PROCESS_START = Gauge "process_start_time_seconds" []
        "Start time of the process since the Unix epoch.";
    PROCESS_FDS = Gauge "process_open_fds" []
        "Open file descriptors of the process.";
    PROCESS_MAX_FDS = Gauge "process_max_fds" []
        "The limit on open file descriptors of the process.";
}
