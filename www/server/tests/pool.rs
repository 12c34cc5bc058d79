//! The hard capacity, in virtual time.

use std::{pin::pin, sync::Arc, time::Duration};

use tidegate_demo::{
    pool::{Limits, Pool, Refused},
    trouble::{Bound, Settings, Trouble},
};
use tokio::{task::JoinSet, time::Instant};

const SERVICE: Duration = Duration::from_millis(100);

fn pool(workers: usize, queue: usize, settings: Settings) -> (Pool<()>, Arc<Trouble>) {
    let trouble = Arc::new(Trouble::default());
    trouble.set(settings);
    (Pool::new(Limits { workers, queue, service: SERVICE }, Arc::clone(&trouble)), trouble)
}

/// Runs a future up to its first wait.
async fn begin<T>(future: &mut (impl Future<Output = T> + Unpin)) {
    tokio::select! { biased; _ = future => panic!("answered at once"), () = std::future::ready(()) => {} }
}

#[tokio::test(start_paused = true)]
async fn no_more_requests_are_in_service_than_there_are_workers() {
    let (pool, _) = pool(3, 100, Settings::default());
    let pool = Arc::new(pool);
    let begun = Instant::now();
    let mut clients = JoinSet::new();
    for _ in 0..50 {
        let pool = Arc::clone(&pool);
        clients.spawn(async move {
            let result = pool.submit(1.0, || ()).await;
            (result, pool.load().running)
        });
    }
    for (result, running) in clients.join_all().await {
        assert_eq!(result, Ok(()));
        assert!(running <= 3, "{running} in service");
    }
    assert!(begun.elapsed() >= SERVICE * 17, "50 requests by 3 workers are 17 rounds");
    assert_eq!(pool.load().served, 50);
}

#[tokio::test(start_paused = true)]
async fn less_capacity_and_slower_service_are_felt_at_once() {
    let (pool, _) = pool(8, 100, Settings { capacity: Some(1), slower: 10.0, ..Settings::default() });
    let begun = Instant::now();
    let results = tokio::join!(pool.submit(1.0, || ()), pool.submit(0.5, || ()));
    assert_eq!(results, (Ok(()), Ok(())));
    assert!(begun.elapsed() >= SERVICE * 15, "one after the other, ten times slower");
}

#[tokio::test(start_paused = true)]
async fn a_queue_bound_by_length_refuses_the_one_too_many() {
    let (pool, _) = pool(1, 2, Settings { queue: Bound::Length(None), ..Settings::default() });
    let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(pool.submit(1.0, || ()))).collect();
    for client in &mut waiting {
        begin(client).await;
    }
    assert_eq!(pool.submit(1.0, || ()).await, Err(Refused::Full(SERVICE * 3)));
    for client in waiting {
        assert_eq!(client.await, Ok(()), "whoever was let in is served");
    }
}

#[tokio::test(start_paused = true)]
async fn a_queue_bound_by_time_refuses_whoever_would_wait_too_long() {
    let (pool, _) = pool(1, 1000, Settings { queue: Bound::Wait(250), ..Settings::default() });
    let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(pool.submit(1.0, || ()))).collect();
    for client in &mut waiting {
        begin(client).await;
    }
    assert_eq!(pool.submit(1.0, || ()).await, Err(Refused::Late(SERVICE * 3)), "the third in the queue");
}

#[tokio::test(start_paused = true)]
async fn whoever_has_waited_too_long_is_told_and_not_served() {
    let (pool, trouble) = pool(1, 10, Settings { queue: Bound::Wait(250), ..Settings::default() });
    let slow = Settings { slower: 10.0, queue: Bound::Wait(5_000), ..Settings::default() };
    trouble.set(slow);
    let mut first = pin!(pool.submit(1.0, || ()));
    begin(&mut first).await;
    trouble.set(Settings { queue: Bound::Wait(250), ..Settings::default() });
    let mut second = pin!(pool.submit(1.0, || ()));
    begin(&mut second).await;
    assert_eq!(first.await, Ok(()));
    assert_eq!(second.await, Err(Refused::Late(SERVICE)));
    assert_eq!(pool.load().served, 1);
}

#[tokio::test(start_paused = true)]
async fn work_of_departed_clients_is_dropped_when_asked() {
    let (pool, _) = pool(1, 2, Settings { drop_gone: true, ..Settings::default() });
    let mut staying = pin!(pool.submit(1.0, || ()));
    begin(&mut staying).await;
    for _ in 0..20 {
        let mut leaving = pin!(pool.submit(1.0, || panic!("worked for nobody")));
        begin(&mut leaving).await;
    }
    assert_eq!(staying.await, Ok(()), "twenty departed clients did not fill the queue of two");
    assert_eq!(pool.submit(1.0, || ()).await, Ok(()));
    let load = pool.load();
    assert_eq!((load.served, load.gone, load.wasted), (2, 20, 0));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_during_its_service_frees_the_worker() {
    let (pool, _) = pool(1, 2, Settings { slower: 100.0, drop_gone: true, ..Settings::default() });
    let begun = Instant::now();
    assert!(tokio::time::timeout(SERVICE, pool.submit(1.0, || ())).await.is_err());
    assert_eq!(pool.submit(0.0, || ()).await, Ok(()));
    assert!(begun.elapsed() < SERVICE * 100, "the second did not wait for the first one's service");
    assert_eq!(pool.load().gone, 1);
}

#[tokio::test(start_paused = true)]
async fn without_that_manner_the_work_is_done_for_nobody() {
    let (pool, _) = pool(1, 10, Settings { drop_gone: false, ..Settings::default() });
    for _ in 0..3 {
        let mut leaving = pin!(pool.submit(1.0, || ()));
        begin(&mut leaving).await;
    }
    let begun = Instant::now();
    assert_eq!(pool.submit(1.0, || ()).await, Ok(()));
    assert!(begun.elapsed() >= SERVICE * 4, "behind three that nobody waits for");
    let load = pool.load();
    assert_eq!((load.served, load.gone, load.wasted), (1, 0, 3));
}

#[tokio::test(start_paused = true)]
async fn work_that_panics_frees_its_worker() {
    let (pool, _) = pool(1, 10, Settings::default());
    assert_eq!(pool.submit(1.0, || panic!("on purpose")).await, Err(Refused::Broken));
    assert_eq!(pool.submit(1.0, || ()).await, Ok(()));
    assert_eq!(pool.load().running, 0);
}
