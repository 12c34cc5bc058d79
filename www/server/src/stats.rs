//! The server's own count: what arrived, whatever the page believes.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// What the page can ask for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Endpoint {
    /// `GET /api/search`
    Search,
    /// `POST /api/save`
    Save,
    /// `GET /api/recommendations`
    Recommendations,
    /// `GET /api/trending`
    Trending,
    /// `GET /api/reviews`
    Reviews,
}

impl Endpoint {
    /// Service time as a multiple of the ordinary.
    pub fn cost(self) -> f64 {
        match self {
            Self::Save => 0.5,
            Self::Search | Self::Trending | Self::Reviews => 1.0,
            Self::Recommendations => 1.5,
        }
    }
}

/// Counters since the start.
#[derive(Default)]
pub struct Stats {
    hits: [AtomicU64; 5],
    refused: AtomicU64,
    dropped: AtomicU64,
}

/// Requests that arrived, by endpoint.
#[derive(Serialize)]
pub struct Hits {
    search: u64,
    save: u64,
    recommendations: u64,
    trending: u64,
    reviews: u64,
    /// Their sum.
    pub total: u64,
}

impl Stats {
    /// A request arrived.
    pub fn hit(&self, endpoint: Endpoint) {
        self.hits[endpoint as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// It got a refusal.
    pub fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Its connection was closed.
    pub fn drop_connection(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    /// Refusals so far.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Connections closed without an answer so far.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Requests so far.
    pub fn hits(&self) -> Hits {
        let [search, save, recommendations, trending, reviews] =
            [0, 1, 2, 3, 4].map(|n: usize| self.hits[n].load(Ordering::Relaxed));
        let total = search + save + recommendations + trending + reviews;
        Hits { search, save, recommendations, trending, reviews, total }
    }
}
