//! The hard capacity: so many workers, and a bounded queue before them.
//!
//! A worker is held for the whole of a request's service: the real work, on a thread of its own, and the simulated I/O
//! after it. No more requests than workers are ever in service; the rest waits, or is refused at the door.
//! Two manners make the difference under load: what bounds the queue (its length, or the time that one waits in it), and
//! whether work is still done for a client that has gone.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::oneshot, time::Instant};

use crate::trouble::{Bound, Settings, Trouble};

/// Never more than this many wait, whatever bounds the queue.
const LONGEST_QUEUE: usize = 10_000;

/// What the server was started with.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests in service at once.
    pub workers: usize,
    /// Requests that wait.
    pub queue: usize,
    /// Simulated I/O of one request of ordinary cost.
    pub service: Duration,
}

impl Limits {
    /// Workers under `settings`.
    pub fn capacity(&self, settings: &Settings) -> usize {
        settings.capacity.unwrap_or(self.workers)
    }

    /// Service time under `settings`.
    pub fn service(&self, settings: &Settings) -> Duration {
        self.service.mul_f64(settings.slower)
    }

    /// How long `requests` take, once all workers are busy.
    pub fn drain(&self, settings: &Settings, requests: usize) -> Duration {
        self.service(settings).mul_f64(requests as f64 / self.capacity(settings) as f64)
    }
}

/// Why a request was not served.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refused {
    /// The queue is as long as it may be; it will be empty after this time.
    Full(Duration),
    /// It would wait, or has waited, too long; the queue will be empty after this time.
    Late(Duration),
    /// The work panicked.
    Broken,
}

/// What is going on, and what was.
#[derive(Clone, Copy, Debug, Default)]
pub struct Load {
    /// In service.
    pub running: usize,
    /// Waiting.
    pub queued: usize,
    /// Served to a client that was there to hear it.
    pub served: u64,
    /// Work dropped because its client had gone.
    pub gone: u64,
    /// Work done for nobody.
    pub wasted: u64,
}

/// Workers and queue; clones are the same pool.
pub struct Pool<T>(Arc<Shared<T>>);

struct Shared<T> {
    limits: Limits,
    trouble: Arc<Trouble>,
    room: Mutex<Room<T>>,
}

struct Room<T> {
    queue: VecDeque<Job<T>>,
    load: Load,
}

struct Job<T> {
    since: Instant,
    cost: f64,
    reply: oneshot::Sender<Result<T, Refused>>,
    work: Box<dyn FnOnce() -> T + Send>,
}

impl<T: Send + 'static> Pool<T> {
    /// An empty pool; capacity, speed and manners are asked of `trouble` at every step.
    pub fn new(limits: Limits, trouble: Arc<Trouble>) -> Self {
        let room = Room { queue: VecDeque::new(), load: Load::default() };
        Self(Arc::new(Shared { limits, trouble, room: Mutex::new(room) }))
    }

    /// Waits for a worker and has it do `work`, which may block, at `cost` times the ordinary service time.
    /// Dropping the future is what a client does that goes away.
    ///
    /// # Errors
    /// Refused at once, or when its turn came too late.
    pub async fn submit(&self, cost: f64, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refused> {
        let (reply, answer) = oneshot::channel();
        self.0.admit(Job { since: Instant::now(), cost, reply, work: Box::new(work) })?;
        dispatch(&self.0);
        answer.await.unwrap_or(Err(Refused::Broken))
    }

    /// What is going on.
    pub fn load(&self) -> Load {
        let room = self.0.room();
        Load { queued: room.queue.len(), ..room.load }
    }

    /// What it was started with.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }
}

impl<T> Shared<T> {
    fn admit(&self, job: Job<T>) -> Result<(), Refused> {
        let settings = self.trouble.get();
        let mut room = self.room();
        if settings.drop_gone {
            let before = room.queue.len();
            room.queue.retain(|waiting| !waiting.reply.is_closed());
            room.load.gone += (before - room.queue.len()) as u64;
        }
        let waiting = room.queue.len();
        let free = waiting == 0 && room.load.running < self.limits.capacity(&settings);
        let drain = self.limits.drain(&settings, waiting + 1);
        match settings.queue {
            _ if free => {}
            _ if waiting >= LONGEST_QUEUE => return Err(Refused::Full(drain)),
            Bound::Length(most) if waiting >= most.unwrap_or(self.limits.queue) => {
                return Err(Refused::Full(drain));
            }
            Bound::Wait(ms) if drain > Duration::from_millis(ms.into()) => return Err(Refused::Late(drain)),
            Bound::Length(_) | Bound::Wait(_) => {}
        }
        room.queue.push_back(job);
        Ok(())
    }

    /// The next job for a free worker, which is counted as running; the departed and the late are weeded out on the way.
    fn take(&self) -> Option<(Job<T>, Settings)> {
        let settings = self.trouble.get();
        let mut room = self.room();
        while room.load.running < self.limits.capacity(&settings) {
            let job = room.queue.pop_front()?;
            let too_late = match settings.queue {
                Bound::Wait(ms) => job.since.elapsed() > Duration::from_millis(ms.into()),
                Bound::Length(_) => false,
            };
            if settings.drop_gone && job.reply.is_closed() {
                room.load.gone += 1;
            } else if too_late {
                let drain = self.limits.drain(&settings, room.queue.len() + 1);
                // Whoever has gone meanwhile misses nothing.
                let _ = job.reply.send(Err(Refused::Late(drain)));
            } else {
                room.load.running += 1;
                return Some((job, settings));
            }
        }
        None
    }

    /// Nothing is left half done by a panic under this lock.
    fn room(&self) -> MutexGuard<'_, Room<T>> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives work to every free worker.
fn dispatch<T: Send + 'static>(shared: &Arc<Shared<T>>) {
    while let Some((job, settings)) = shared.take() {
        tokio::spawn(serve(Arc::clone(shared), job, settings));
    }
}

/// One request's service. Whatever happens, the worker is free afterwards.
async fn serve<T: Send + 'static>(shared: Arc<Shared<T>>, job: Job<T>, settings: Settings) {
    let Job { cost, mut reply, work, .. } = job;
    let io = shared.limits.service(&settings).mul_f64(cost);
    let value = tokio::task::spawn_blocking(work).await.map_err(|_| Refused::Broken);
    let noticed = tokio::select! {
        () = tokio::time::sleep(io) => false,
        () = reply.closed(), if settings.drop_gone => true,
    };
    {
        let mut room = shared.room();
        room.load.running -= 1;
        match (noticed, reply.is_closed()) {
            (true, _) => room.load.gone += 1,
            (false, true) => room.load.wasted += 1,
            (false, false) => room.load.served += u64::from(value.is_ok()),
        }
    }
    let _ = reply.send(value);
    dispatch(&shared);
}
