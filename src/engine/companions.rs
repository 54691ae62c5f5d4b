//! The detectors of the field on a stream's errors, for those who chose them.
//!
//! Each pair gives one value, in the order in which pairs are joined: 0 or 1 of a classification, whatever the
//! reference; of a regression the absolute error over the reference's mean absolute error. Another reference of a
//! regression is another unit, so the detectors begin anew with it. What was counted stays.

use crate::aggregate::numeric::Numbers;
use crate::event::Task;
use crate::evidence::companions::adwin::{self, Adwin};
use crate::evidence::companions::ddm::{self, Ddm};
use crate::evidence::companions::page_hinkley::{self, PageHinkley};
use crate::profile::Reference;
use crate::statistics::performance::ABSOLUTE_ERROR;
use serde::{Deserialize, Serialize};

/// A detector that can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Companion {
    /// The adaptive window.
    Adwin,
    /// Page-Hinkley.
    PageHinkley,
    /// The drift detection method.
    Ddm,
}

impl Companion {
    /// Each with its name.
    pub const ALL: &'static [(&'static str, Companion)] =
        &[("adwin", Companion::Adwin), ("page_hinkley", Companion::PageHinkley), ("ddm", Companion::Ddm)];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        Companion::ALL.iter().find(|(_, companion)| *companion == self).map_or("", |(name, _)| name)
    }

    /// Whether errors of this task are what it takes: DDM takes wrong or right, and rankings have no errors.
    pub fn takes(self, task: Task) -> bool {
        match task {
            Task::Binary | Task::Multiclass => true,
            Task::Regression => self != Companion::Ddm,
            Task::Ranking => false,
        }
    }
}

/// A detector with its state.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Detector {
    Adwin(Adwin),
    PageHinkley(PageHinkley),
    Ddm(Ddm),
}

impl Detector {
    /// As river's defaults are.
    fn new(companion: Companion) -> Detector {
        match companion {
            Companion::Adwin => Detector::Adwin(Adwin::new(adwin::Settings::default())),
            Companion::PageHinkley => Detector::PageHinkley(PageHinkley::new(page_hinkley::Settings::default())),
            Companion::Ddm => Detector::Ddm(Ddm::new(ddm::Settings::default())),
        }
    }

    fn companion(&self) -> Companion {
        match self {
            Detector::Adwin(_) => Companion::Adwin,
            Detector::PageHinkley(_) => Companion::PageHinkley,
            Detector::Ddm(_) => Companion::Ddm,
        }
    }

    fn update(&mut self, value: f64) -> bool {
        match self {
            Detector::Adwin(adwin) => adwin.update(value),
            Detector::PageHinkley(page_hinkley) => page_hinkley.update(value),
            Detector::Ddm(ddm) => ddm.update(value > 0.0),
        }
    }
}

/// The detectors of one stream, each with its detections so far.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Companions {
    detectors: Vec<(Detector, u64)>,
    /// What an absolute error is divided by.
    scale: Option<f64>,
}

impl Companions {
    /// Whether they are the same detectors, in the same unit.
    pub(super) fn match_those(&self, other: &Companions) -> bool {
        let named =
            |all: &Companions| all.detectors.iter().map(|(one, _)| one.companion().as_str()).collect::<Vec<_>>();
        self.scale == other.scale && named(self) == named(other)
    }

    /// Keeps those that are chosen and that the task has errors for.
    pub(super) fn choose(&mut self, chosen: &[Companion], task: Task) {
        let known = std::mem::take(&mut self.detectors);
        let found =
            |companion: Companion| known.iter().find(|(detector, _)| detector.companion() == companion).cloned();
        let chosen = chosen.iter().copied().filter(|companion| companion.takes(task));
        self.detectors =
            chosen.map(|companion| found(companion).unwrap_or_else(|| (Detector::new(companion), 0))).collect();
    }

    /// Takes the scale of a regression's errors from another reference.
    pub(super) fn measure(&mut self, reference: &Reference) {
        let column = reference.observer.pairs.columns.iter().find(|column| &*column.name == ABSOLUTE_ERROR);
        let mean = column.and_then(|column| Numbers::of(column, &reference.pairs)?.mean()).filter(|mean| *mean > 0.0);
        if reference.observer.frame.task == Task::Regression {
            self.scale = mean;
            for (detector, _) in &mut self.detectors {
                *detector = Detector::new(detector.companion());
            }
        }
    }

    /// Takes a pair of a classification.
    pub(super) fn class(&mut self, is_wrong: bool) {
        self.take(f64::from(u8::from(is_wrong)));
    }

    /// Takes the error of a regression; one that is no finite number is left out, and all are without a scale.
    pub(super) fn error(&mut self, error: f64) {
        if let Some(scale) = self.scale {
            self.take(error.abs() / scale);
        }
    }

    fn take(&mut self, value: f64) {
        for (detector, detections) in &mut self.detectors {
            *detections += u64::from(detector.update(value));
        }
    }

    /// Counts detections from zero again.
    pub(super) fn reset_counts(&mut self) {
        self.detectors.iter_mut().for_each(|(_, detections)| *detections = 0);
    }

    /// Each detector with its detections.
    pub(super) fn detections(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.detectors.iter().map(|(detector, detections)| (detector.companion().as_str(), *detections))
    }

    /// Each detector that warns, with whether the last pair was a warning.
    pub(super) fn warnings(&self) -> impl Iterator<Item = (&'static str, bool)> {
        self.detectors.iter().filter_map(|(detector, _)| match detector {
            Detector::Ddm(ddm) => Some((Companion::Ddm.as_str(), ddm.is_warned())),
            Detector::Adwin(_) | Detector::PageHinkley(_) => None,
        })
    }

    /// Mean and width of ADWIN's window; none while it is empty.
    pub(super) fn window(&self) -> Option<(f64, u64)> {
        self.detectors.iter().find_map(|(detector, _)| match detector {
            Detector::Adwin(adwin) => Some((adwin.mean()?, adwin.width())),
            Detector::PageHinkley(_) | Detector::Ddm(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_keeps_what_is_known_and_leaves_out_what_a_task_has_no_errors_for() {
        let all = [Companion::Adwin, Companion::PageHinkley, Companion::Ddm];
        let mut companions = Companions::default();
        companions.choose(&all, Task::Binary);
        // DDM: a first error after a hundred without any is a drift.
        (0..100).for_each(|_| companions.class(false));
        companions.class(true);
        let counts: Vec<(&str, u64)> = companions.detections().collect();
        assert_eq!(vec![("adwin", 0), ("page_hinkley", 0), ("ddm", 1)], counts);
        assert_eq!(vec![("ddm", false)], companions.warnings().collect::<Vec<_>>());
        assert_eq!(Some((1.0 / 101.0, 101)), companions.window());
        companions.choose(&[Companion::Ddm, Companion::Adwin], Task::Binary);
        assert_eq!(vec![("ddm", 1), ("adwin", 0)], companions.detections().collect::<Vec<_>>());
        assert_eq!(Some(101), companions.window().map(|(_, width)| width));
        companions.choose(&all, Task::Regression);
        assert_eq!(vec![("adwin", 0), ("page_hinkley", 0)], companions.detections().collect::<Vec<_>>());
        companions.choose(&all, Task::Ranking);
        assert_eq!(0, companions.detections().count());
    }

    #[test]
    fn errors_without_a_scale_are_left_out() {
        let mut companions = Companions::default();
        companions.choose(&[Companion::Adwin], Task::Regression);
        companions.error(3.0);
        assert_eq!(None, companions.window());
        companions.scale = Some(2.0);
        [3.0, -5.0, f64::NAN].into_iter().for_each(|error| companions.error(error));
        assert_eq!(Some((2.0, 2)), companions.window());
    }
}
