//! What the client does when the upstream or the network misbehaves.

use std::time::Duration;

use bytes::Bytes;
use firehouse_stream::Notice;
use firehouse_types::DropReason;

use crate::make::{
    Client, config, error_frame, frame, frame_of_nobody, metric, outdated_frame, seq,
};
use crate::scripted::{Act, Scene, Server};

fn send(seqs: impl IntoIterator<Item = u32>) -> Vec<Act> {
    seqs.into_iter().map(|seq| Act::Send(frame(seq))).collect()
}

fn scene(acts: impl IntoIterator<Item = Vec<Act>>) -> Scene {
    Scene::Upgrade(acts.into_iter().flatten().collect())
}

fn listen() -> Vec<Act> {
    vec![Act::Listen]
}

fn disconnected(notice: Notice) -> Option<(String, Duration)> {
    match notice {
        Notice::Disconnected { reason, retry_in } => Some((reason, retry_in)),
        _ => None,
    }
}

#[tokio::test]
async fn a_cut_connection_is_resumed_from_the_last_event_and_repeats_are_left_out() {
    let half_a_frame = vec![Act::Raw(b"\x82\x7e\x01\x00half")];
    let mut server = Server::start(vec![
        scene([send([1, 2]), half_a_frame]),
        Scene::HangUp,
        scene([send([2, 3]), vec![Act::Close]]),
        scene([send([3, 4, 5]), listen()]),
    ])
    .await;
    let mut client = Client::start(config(server.address), None);
    assert_eq!(client.seqs(5).await, [1, 2, 3, 4, 5]);
    assert_eq!(server.query().await, "cursor=0");
    assert_eq!(server.query().await, "cursor=2");
    assert_eq!(server.query().await, "cursor=3");
    let registry = client.registry.clone();
    assert!(client.stop().await.is_empty());
    assert!(metric(&registry, "firehouse_stream_repeats_total", &[]) >= 2.0);
    assert!(metric(&registry, "firehouse_stream_disconnects_total", &["closed"]) >= 1.0);
    assert_eq!(metric(&registry, "firehouse_stream_last_seq", &[]), 5.0);
    assert_eq!(metric(&registry, "firehouse_stream_connected", &[]), 0.0);
}

#[tokio::test]
async fn a_saved_cursor_is_what_the_first_connection_asks_for() {
    let mut server = Server::start(vec![scene([send([77, 78]), listen()])]).await;
    let mut client = Client::start(config(server.address), Some(seq(77)));
    assert_eq!(client.seqs(1).await, [78]);
    assert_eq!(server.query().await, "cursor=77");
    client.stop().await;
}

#[tokio::test]
async fn an_outdated_cursor_is_told_and_the_stream_goes_on_behind_the_gap() {
    let outdated = vec![Act::Send(outdated_frame())];
    let server = Server::start(vec![scene([outdated, send([500]), listen()])]).await;
    let mut client = Client::start(config(server.address), Some(seq(10)));
    assert_eq!(client.seqs(1).await, [500]);
    client.notice(|n| matches!(n, Notice::OutdatedCursor { .. }).then_some(())).await;
    let gap = client
        .notice(|n| match n {
            Notice::Gap { after, first } => Some((after.get(), first.get())),
            _ => None,
        })
        .await;
    assert_eq!(gap, (10, 500));
    client.stop().await;
}

#[tokio::test]
async fn many_missing_seqs_after_a_reconnect_are_a_suspected_gap_without_a_word_from_upstream() {
    let server =
        Server::start(vec![scene([send([1]), vec![Act::Close]]), scene([send([5_000]), listen()])])
            .await;
    let mut client = Client::start(config(server.address), None);
    assert_eq!(client.seqs(2).await, [1, 5_000]);
    let gap = client.notice(|n| matches!(n, Notice::Gap { .. }).then_some(())).await;
    assert_eq!(gap, ());
    client.stop().await;
}

#[tokio::test]
async fn nothing_behind_a_gap_comes_before_somebody_has_taken_note_of_it() {
    let server =
        Server::start(vec![scene([send([1]), vec![Act::Close]]), scene([send([5_000]), listen()])])
            .await;
    let mut client = Client::start(config(server.address), None);
    assert_eq!(client.seqs(1).await, [1]);
    let told = loop {
        let told = client.told().await;
        if matches!(told.notice, Notice::Gap { .. }) {
            break told;
        }
        drop(told);
    };
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(client.events.try_recv().is_err(), "the gap is not noted yet");
    drop(told);
    assert_eq!(client.seqs(1).await, [5_000]);
    client.stop().await;
}

#[tokio::test]
async fn a_future_cursor_is_never_reset_by_itself() {
    let future = vec![Act::Send(error_frame("FutureCursor")), Act::Close];
    let mut server = Server::start(vec![
        scene([future.clone()]),
        scene([future]),
        scene([send([900, 901]), listen()]),
    ])
    .await;
    let mut client = Client::start(config(server.address), Some(seq(900)));
    for _ in 0..2 {
        client.notice(|n| matches!(n, Notice::FutureCursor { .. }).then_some(())).await;
        let (_, retry_in) = client.notice(disconnected).await;
        assert!(retry_in >= Duration::from_millis(10), "the long wait, half of it at least");
        assert_eq!(server.query().await, "cursor=900");
    }
    assert_eq!(client.seqs(1).await, [901]);
    client.stop().await;
}

#[tokio::test]
async fn live_events_far_below_the_cursor_are_a_future_cursor_nobody_mentioned() {
    let server = Server::start(vec![scene([send([5, 6]), listen()])]).await;
    let mut client = Client::start(config(server.address), Some(seq(1_000_000)));
    client.notice(|n| matches!(n, Notice::FutureCursor { .. }).then_some(())).await;
    assert!(client.stop().await.is_empty(), "nothing is passed on");
}

#[tokio::test]
async fn a_consumer_too_slow_is_told_and_dials_again() {
    let slow = vec![Act::Send(error_frame("ConsumerTooSlow")), Act::Close];
    let server = Server::start(vec![scene([send([1]), slow]), scene([send([2]), listen()])]).await;
    let mut client = Client::start(config(server.address), None);
    assert_eq!(client.seqs(2).await, [1, 2]);
    client.notice(|n| matches!(n, Notice::ConsumerTooSlow).then_some(())).await;
    let (reason, _) = client.notice(disconnected).await;
    assert!(reason.contains("ConsumerTooSlow"), "{reason}");
    client.stop().await;
}

#[tokio::test]
async fn unknown_error_frames_and_unknown_events_change_nothing_but_the_connection() {
    let unknown = vec![Act::Send(Bytes::from_static(b"\xa2at\x64#newbop\x01\xa0"))];
    let server = Server::start(vec![
        scene([unknown, send([1]), vec![Act::Send(error_frame("Whatever")), Act::Close]]),
        scene([send([2]), listen()]),
    ])
    .await;
    let mut client = Client::start(config(server.address), None);
    assert_eq!(client.seqs(2).await, [1, 2]);
    assert_eq!(
        metric(&client.registry, "firehouse_stream_frames_dropped_total", &["frame_unknown"]),
        1.0
    );
    client.stop().await;
}

#[tokio::test]
async fn an_event_with_a_fault_of_its_own_is_dropped_and_its_neighbours_live() {
    let nobody = vec![Act::Send(frame_of_nobody(2))];
    let server = Server::start(vec![scene([send([1]), nobody, send([3]), listen()])]).await;
    let mut client = Client::start(config(server.address), None);
    assert_eq!(client.seqs(2).await, [1, 3]);
    let dropped = client
        .notice(|n| match n {
            Notice::Dropped { seq, reason } => Some((seq, reason)),
            _ => None,
        })
        .await;
    assert_eq!(dropped, (Some(seq(2)), DropReason::InvalidDid));
    client.stop().await;
}

#[tokio::test]
async fn a_broken_frame_is_quarantined_and_stepped_over_at_the_third_time() {
    let garbage = vec![Act::Send(Bytes::from_static(b"garbage"))];
    let poisoned = scene([send([1]), garbage, send([2]), listen()]);
    let again = scene([vec![Act::Send(Bytes::from_static(b"garbage"))], send([2]), listen()]);
    let server = Server::start(vec![poisoned, again]).await;
    let mut client = Client::start(config(server.address), None);
    assert_eq!(client.seqs(2).await, [1, 2]);
    for expected in [false, false, false, true] {
        let (frame, stepped_over) = client
            .notice(|n| match n {
                Notice::Quarantined { frame, stepped_over, after, .. } => {
                    assert_eq!(after, Some(seq(1)));
                    Some((frame, stepped_over))
                }
                _ => None,
            })
            .await;
        assert_eq!(format!("{frame:?}"), "7 bytes", "a log line does not hold the frame");
        assert_eq!((&*frame.0, stepped_over), (b"garbage".as_slice(), expected));
    }
    client.stop().await;
}

#[tokio::test]
async fn text_where_frames_belong_is_a_broken_frame() {
    let server =
        Server::start(vec![scene([vec![Act::SendText("hello")]]), scene([send([1]), listen()])])
            .await;
    let mut client = Client::start(config(server.address), None);
    assert_eq!(client.seqs(1).await, [1]);
    client.notice(|n| matches!(n, Notice::Quarantined { .. }).then_some(())).await;
    client.stop().await;
}

#[tokio::test]
async fn a_frame_above_the_limit_is_never_read_and_at_last_left_behind() {
    let large = || vec![Act::Send(Bytes::from(vec![0; 2_000])), Act::Listen];
    let mut server = Server::start(vec![
        scene([send([1]), large()]),
        scene([large()]),
        scene([large()]),
        scene([send([3]), listen()]),
    ])
    .await;
    let mut config = config(server.address);
    config.frame_bytes_max = 1_000;
    let mut client = Client::start(config, None);
    assert_eq!(client.seqs(2).await, [1, 3]);
    for expected in ["cursor=0", "cursor=1", "cursor=1", "cursor=2"] {
        assert_eq!(server.query().await, expected);
    }
    let gap = client
        .notice(|n| match n {
            Notice::Gap { after, first } => Some((after.get(), first.get())),
            _ => None,
        })
        .await;
    assert_eq!(gap, (1, 3), "what was left behind is said to be missing");
    client.stop().await;
}

#[tokio::test]
async fn a_seq_that_does_not_rise_ends_the_connection() {
    let server =
        Server::start(vec![scene([send([1, 5, 4]), listen()]), scene([send([6]), listen()])]).await;
    let mut client = Client::start(config(server.address), None);
    assert_eq!(client.seqs(3).await, [1, 5, 6]);
    let reason = client
        .notice(|n| match n {
            Notice::Quarantined { reason, .. } => Some(reason),
            _ => None,
        })
        .await;
    assert_eq!(reason, DropReason::InvalidSeq);
    client.stop().await;
}

#[tokio::test]
async fn http_answers_before_the_upgrade_say_how_long_to_wait() {
    let server = Server::start(vec![
        Scene::Http(
            "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
        ),
        Scene::Http("HTTP/1.1 501 Not Implemented\r\nContent-Length: 15\r\n\r\n<html>no</html>"),
        scene([send([1]), listen()]),
    ])
    .await;
    let mut client = Client::start(config(server.address), None);
    let (reason, retry_in) = client.notice(disconnected).await;
    assert!(reason.contains("429") && retry_in >= Duration::from_secs(1), "{reason} {retry_in:?}");
    let (reason, retry_in) = client.notice(disconnected).await;
    assert!(reason.contains("501") && retry_in >= Duration::from_millis(10), "{reason}");
    assert_eq!(client.seqs(1).await, [1]);
    let refused = metric(&client.registry, "firehouse_stream_disconnects_total", &["refused"]);
    assert_eq!(refused, 2.0);
    client.stop().await;
}

#[tokio::test]
async fn an_upstream_that_nobody_answers_for_is_tried_again() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let mut client = Client::start(config(address), None);
    for _ in 0..3 {
        client.notice(disconnected).await;
    }
    client.stop().await;
}

#[tokio::test]
async fn an_upstream_without_the_tls_we_ask_for_is_told_and_tried_again() {
    let server = Server::start(vec![scene([send([1]), listen()])]).await;
    let mut config = config(server.address);
    config.url = format!("wss://{}", server.address).parse().expect("a URL");
    config.connect_timeout_s = 2;
    let mut client = Client::start(config, None);
    for _ in 0..2 {
        client.notice(disconnected).await;
    }
    assert!(client.stop().await.is_empty());
}

#[tokio::test]
async fn a_quiet_upstream_that_answers_pings_is_left_alone() {
    let server = Server::start(vec![scene([send([1]), listen()])]).await;
    let mut config = config(server.address);
    (config.ping_interval_s, config.idle_timeout_s) = (1, 3);
    let mut client = Client::start(config, None);
    assert_eq!(client.seqs(1).await, [1]);
    tokio::time::sleep(Duration::from_secs(5)).await;
    let disconnects = metric(&client.registry, "firehouse_stream_disconnects_total", &[]);
    assert_eq!(disconnects, 0.0, "no frame for longer than the idle time, but pongs");
    client.stop().await;
}

#[tokio::test]
async fn a_frozen_upstream_is_noticed_and_dialled_again() {
    let freeze = vec![Act::Freeze(Duration::from_secs(300))];
    let server =
        Server::start(vec![scene([send([1]), freeze]), scene([send([2]), listen()])]).await;
    let mut config = config(server.address);
    (config.ping_interval_s, config.idle_timeout_s) = (1, 2);
    let mut client = Client::start(config, None);
    assert_eq!(client.seqs(2).await, [1, 2]);
    assert_eq!(metric(&client.registry, "firehouse_stream_disconnects_total", &["idle"]), 1.0);
    client.stop().await;
}

#[tokio::test]
async fn a_relay_that_never_pauses_is_dialled_again_when_it_does() {
    let server =
        Server::start(vec![scene([send([1]), listen()]), scene([send([2]), listen()])]).await;
    let mut config = config(server.address);
    (config.ping_interval_s, config.silence_timeout_s) = (1, Some(2));
    let mut client = Client::start(config, None);
    assert_eq!(client.seqs(2).await, [1, 2]);
    let silent = metric(&client.registry, "firehouse_stream_disconnects_total", &["silent"]);
    assert!(silent >= 1.0);
    client.stop().await;
}

#[tokio::test]
async fn pings_of_the_upstream_are_answered() {
    let ping = vec![Act::Ping];
    let server = Server::start(vec![scene([ping, send([1]), listen()])]).await;
    let mut client = Client::start(config(server.address), None);
    assert_eq!(client.seqs(1).await, [1], "the frame is sent only after the pong");
    client.stop().await;
}

#[tokio::test]
async fn a_full_queue_stops_the_reading_and_nothing_is_lost() {
    let server = Server::start(vec![scene([send(1..=2_000), listen()])]).await;
    let mut config = config(server.address);
    // Shorter than the pause below: waiting for the consumer is not the upstream's silence.
    (config.queue_frames, config.ping_interval_s, config.idle_timeout_s) = (8, 1, 2);
    let mut client = Client::start(config, None);
    tokio::time::sleep(Duration::from_secs(4)).await;
    let read = metric(&client.registry, "firehouse_stream_frames_total", &[]);
    assert!(read <= 10.0, "{read} frames were read for a queue of 8");
    let seqs = client.seqs(2_000).await;
    assert!(seqs.into_iter().eq(1..=2_000));
    assert_eq!(metric(&client.registry, "firehouse_stream_disconnects_total", &[]), 0.0);
    client.stop().await;
}

#[tokio::test]
async fn a_queue_full_of_bytes_stops_the_reading_too() {
    let server = Server::start(vec![scene([send(1..=200), listen()])]).await;
    let mut config = config(server.address);
    (config.queue_frames, config.queue_bytes_max) = (1_000, 8 << 10);
    let mut client = Client::start(config, None);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let read = metric(&client.registry, "firehouse_stream_frames_total", &[]);
    assert!((1.0..=9.0).contains(&read), "{read} frames were read for a queue of 8 KiB");
    let seqs = client.seqs(200).await;
    assert!(seqs.into_iter().eq(1..=200));
    client.stop().await;
}

#[tokio::test]
async fn a_consumer_that_leaves_ends_the_subscription() {
    let server = Server::start(vec![scene([send([1, 2]), listen()])]).await;
    let mut client = Client::start(config(server.address), None);
    assert_eq!(client.seqs(1).await, [1]);
    client.events.close();
    client.stop().await;
}
