//! Embeddings: where a vector of numbers stands among those of the reference.
//!
//! # Formula
//!
//! The reference's vectors are summed up in at most 64 centroids (k-means, seeded k-means++) and their mean `mu`. Of
//! a vector `x`: the *cluster* is the nearest centroid, a category; the *distance* is the Euclidean one to it; the
//! *norm* is `|x|`; the *cosine* is `x' mu / (|x| |mu|)`.
//!
//! A centroid stands for at least 20 vectors, so that none of them is written into a profile: smaller clusters are
//! given up, and of fewer vectors there is the mean only.
//!
//! # Missing and invalid
//!
//! A vector of another length than the reference's, or with anything but finite numbers in it, is INVALID in all four. The
//! cosine of a vector of norm 0, or to a mean of norm 0, is MISSING.
//!
//! # Example
//!
//! ```
//! use driftgauge::derive::embedding::Embedding;
//!
//! // Two vectors are too few for a centroid: there is their mean, (2, 1).
//! let embedding = Embedding::new(&[vec![0.0, 1.0], vec![4.0, 1.0]]).unwrap();
//! let found = embedding.place(&[1.0, 1.0]).unwrap();
//! assert_eq!((0, 1.0), (found.cluster, found.distance));
//! assert_eq!(2f64.sqrt(), found.norm);
//! assert!((found.cosine - 3.0 / 10f64.sqrt()).abs() < 1e-15);
//! ```
//!
//! # References
//!
//! Arthur and Vassilvitskii (2007), k-means++; Lloyd (1982).

use super::dice::Dice;
use crate::aggregate::{Dictionary, Shape};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The most centroids.
pub const CLUSTERS: usize = 64;
/// The fewest vectors that a centroid stands for.
const LEAST: usize = 20;
/// Rounds of k-means.
const ROUNDS: usize = 20;
const SEED: u64 = 0x656d_6265_6464_6564;

/// The derived columns, in their order: cluster, distance, norm, cosine.
pub const COLUMNS: [&str; 4] = ["embedding_cluster", "embedding_distance", "embedding_norm", "embedding_cosine"];

/// What is fitted to the reference's vectors, as written in a profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Embedding {
    mean: Vec<f64>,
    centroids: Vec<Vec<f64>>,
}

/// Where a vector stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// The nearest centroid.
    pub cluster: usize,
    /// The distance to it.
    pub distance: f64,
    /// The length.
    pub norm: f64,
    /// The cosine of the angle to the reference's mean; NaN when either has no length.
    pub cosine: f64,
}

impl Embedding {
    /// Fits vectors, all of the same length; `None` when there are none.
    pub fn new(vectors: &[Vec<f64>]) -> Option<Embedding> {
        let length = vectors.first()?.len();
        let mean = mean_of(vectors.iter(), length);
        let mut centroids = scattered(vectors, (vectors.len() / (2 * LEAST)).clamp(1, CLUSTERS));
        for _ in 0..ROUNDS {
            let mut members = vec![Vec::new(); centroids.len()];
            vectors.iter().for_each(|vector| members[nearest(&centroids, vector).0].push(vector));
            let moved: Vec<Vec<f64>> = members
                .iter()
                .zip(&centroids)
                .map(|(members, old)| match members.is_empty() {
                    true => old.clone(),
                    false => mean_of(members.iter().copied(), length),
                })
                .collect();
            if moved == centroids {
                break;
            }
            centroids = moved;
        }
        let mut members = vec![0; centroids.len()];
        vectors.iter().for_each(|vector| members[nearest(&centroids, vector).0] += 1);
        let mut large = members.iter().map(|members| *members >= LEAST);
        centroids.retain(|_| large.next().unwrap_or(false));
        if centroids.is_empty() {
            centroids.push(mean.clone());
        }
        let fitted = Embedding { mean, centroids };
        fitted.fits().then_some(fitted)
    }

    /// Whether the numbers make sense.
    pub fn fits(&self) -> bool {
        let finite = |vector: &Vec<f64>| vector.iter().all(|x| x.is_finite());
        !self.mean.is_empty()
            && finite(&self.mean)
            && (1..=CLUSTERS).contains(&self.centroids.len())
            && self.centroids.iter().all(|centroid| centroid.len() == self.mean.len() && finite(centroid))
    }

    /// The cells of clusters: each centroid's own, in their order.
    pub fn clusters(&self) -> Shape {
        let names: Vec<String> = (0..self.centroids.len()).map(|k| k.to_string()).collect();
        // A cluster names nobody, however rare.
        let dictionary = Dictionary::new(names.iter().map(|name| (name.as_str(), u64::MAX)), CLUSTERS);
        Shape::Categorical { dictionary: Arc::new(dictionary) }
    }

    /// Where a vector stands; `None` when it is of another length or not finite.
    pub fn place(&self, vector: &[f64]) -> Option<Place> {
        if vector.len() != self.mean.len() || vector.iter().any(|x| !x.is_finite()) {
            return None;
        }
        let (cluster, squared) = nearest(&self.centroids, vector);
        let (mut dot, mut own, mut mean) = (0.0, 0.0, 0.0);
        for (x, y) in vector.iter().zip(&self.mean) {
            dot += x * y;
            own += x * x;
            mean += y * y;
        }
        let cosine = (dot / (own.sqrt() * mean.sqrt())).clamp(-1.0, 1.0);
        Some(Place { cluster, distance: squared.sqrt(), norm: own.sqrt(), cosine })
    }
}

fn mean_of<'a>(vectors: impl Iterator<Item = &'a Vec<f64>>, length: usize) -> Vec<f64> {
    let (mut sum, mut n) = (vec![0.0; length], 0.0f64);
    for vector in vectors {
        sum.iter_mut().zip(vector).for_each(|(sum, x)| *sum += x);
        n += 1.0;
    }
    sum.into_iter().map(|sum| sum / n.max(1.0)).collect()
}

/// The nearest centroid, the first of equals, and the squared distance to it.
fn nearest(centroids: &[Vec<f64>], vector: &[f64]) -> (usize, f64) {
    let distances = centroids.iter().map(|centroid| squared(centroid, vector)).enumerate();
    distances.fold((0, f64::INFINITY), |best, found| if found.1 < best.1 { found } else { best })
}

fn squared(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| (x - y) * (x - y)).sum()
}

/// Vectors to begin with, at most so many, far from each other: k-means++.
fn scattered(vectors: &[Vec<f64>], most: usize) -> Vec<Vec<f64>> {
    let mut dice = Dice::new(SEED);
    let mut chosen: Vec<Vec<f64>> = Vec::new();
    let mut distances = vec![1.0f64; vectors.len()];
    while chosen.len() < most {
        let all: f64 = distances.iter().sum();
        let mut left = dice.uniform() * all;
        let reached = |distance: &f64| {
            left -= distance;
            left <= 0.0
        };
        let next = distances.iter().position(reached).filter(|_| all > 0.0 && all.is_finite());
        let Some(next) = next.and_then(|index| vectors.get(index)) else { break };
        let first = chosen.is_empty();
        for (distance, vector) in distances.iter_mut().zip(vectors) {
            let found = squared(vector, next);
            *distance = if first { found } else { distance.min(found) };
        }
        chosen.push(next.clone());
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_are_found_and_equal_vectors_are_one() {
        let mut dice = Dice::new(3);
        let around = |dice: &mut Dice, x: f64, y: f64| vec![x + dice.normal() * 0.01, y + dice.normal() * 0.01];
        let vectors: Vec<Vec<f64>> = (0..500).map(|i| around(&mut dice, f64::from(i % 5) * 10.0, 1.0)).collect();
        let embedding = Embedding::new(&vectors).unwrap();
        assert!(vectors.iter().all(|vector| embedding.place(vector).unwrap().distance < 0.1));
        assert!((embedding.place(&[55.0, 1.0]).unwrap().distance - 15.0).abs() < 0.1);
        assert!((1..=12).contains(&embedding.centroids.len()));
        let mut lonely = vectors.clone();
        lonely.push(vec![1e6, 1e6]);
        let embedding = Embedding::new(&lonely).unwrap();
        assert!(embedding.place(&[1e6, 1e6]).unwrap().distance > 1e5, "no centroid is one vector");
        let one = Embedding::new(&vec![vec![1.0, 2.0]; 10]).unwrap();
        assert_eq!(1, one.centroids.len());
        assert_eq!(None, one.place(&[1.0]));
        assert_eq!(None, one.place(&[1.0, f64::INFINITY]));
        assert!(one.place(&[0.0, 0.0]).unwrap().cosine.is_nan());
    }
}
