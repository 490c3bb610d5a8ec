//! [`Connection`]: one connection from its upgrade to its end.
//!
//! Reads frames, answers and sends pings, and decides what a frame, an error or a silence means. Whether to dial again is decided above.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use firehouse_types::{DropReason, InfoEvent, Seq};
use futures_util::{SinkExt, StreamExt};
use tokio::select;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::error::{CapacityError, Error as WsError};

use crate::decode::{Decoded, StreamErrorFrame};
use crate::dial::{Socket, Wait};
use crate::metrics::Cause;
use crate::notice::{Notice, QuarantinedFrame, Received};
use crate::stream_event::StreamEvent;
use crate::subscribe::Subscription;
use crate::wire::Wire;

/// How long after the upgrade events at or below the cursor are taken for repeats, and from how far below.
/// Beyond either the upstream counts differently than it did: some servers follow a future cursor with live events and no word about it.
const REPEATS_S: u64 = 30;
const REPEATS_SEQS_MAX: u64 = 10_000;

/// How long a farewell may take.
const CLOSE_S: u64 = 1;

/// Why a connection is over.
#[derive(Debug)]
pub(crate) enum End {
    /// We were asked to stop.
    Stopped,
    /// Nobody takes events any more.
    Unheard,
    /// Something happened; dial again.
    Lost { cause: Cause, reason: String, wait: Wait },
}

/// One connection and what is known of it.
pub(crate) struct Connection<'a, W: Wire> {
    subscription: &'a mut Subscription<W>,
    socket: Socket,
    connected_at: Instant,
    /// Last frame, ping or pong.
    alive_at: Instant,
    /// Last frame.
    frame_at: Instant,
    pinged_at: Instant,
    /// The event before, on this connection.
    previous: Option<Seq>,
    /// The upstream said that it no longer has what we asked for.
    outdated: bool,
    /// Frames stepped over since the last good one.
    stepped_over: u64,
}

impl<'a, W: Wire> Connection<'a, W> {
    pub(crate) fn new(subscription: &'a mut Subscription<W>, socket: Socket) -> Self {
        let now = Instant::now();
        Self {
            subscription,
            socket,
            connected_at: now,
            alive_at: now,
            frame_at: now,
            pinged_at: now,
            previous: None,
            outdated: false,
            stepped_over: 0,
        }
    }

    /// Reads until something ends it, then says goodbye.
    pub(crate) async fn run(mut self) -> End {
        self.subscription.metrics.connected(true);
        self.subscription
            .notify(Notice::Connected { host: self.subscription.config.authority() })
            .await;
        let end = match self.read().await {
            Err(end) => end,
            Ok(never) => match never {},
        };
        self.subscription.metrics.connected(false);
        let goodbye = self.socket.close(None);
        // Whether the upstream hears it makes no difference to us.
        let _ = timeout(Duration::from_secs(CLOSE_S), goodbye).await;
        end
    }

    async fn read(&mut self) -> Result<std::convert::Infallible, End> {
        let mut ticks = interval(self.tick());
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stop = self.subscription.stop.clone();
        loop {
            select! {
                () = stop.cancelled() => return Err(End::Stopped),
                message = self.socket.next() => {
                    self.alive_at = Instant::now();
                    self.on_message(message).await?;
                }
                _ = ticks.tick() => self.on_tick().await?,
            }
        }
    }

    /// Often enough for the shortest of the configured times.
    fn tick(&self) -> Duration {
        let config = &self.subscription.config;
        let shortest = config.ping_interval_s.min(config.idle_timeout_s);
        let shortest = shortest.min(config.silence_timeout_s.unwrap_or(u64::MAX));
        (Duration::from_secs(shortest) / 4)
            .clamp(Duration::from_millis(50), Duration::from_secs(15))
    }

    async fn on_tick(&mut self) -> Result<(), End> {
        let config = &self.subscription.config;
        let (idle_s, silence_s) = (config.idle_timeout_s, config.silence_timeout_s);
        if self.alive_at.elapsed() >= Duration::from_secs(idle_s) {
            return Err(lost(Cause::Idle, format!("no frame and no pong for {idle_s} s")));
        }
        if let Some(silence_s) = silence_s
            && self.frame_at.elapsed() >= Duration::from_secs(silence_s)
        {
            return Err(lost(Cause::Silent, format!("no frame for {silence_s} s")));
        }
        if self.pinged_at.elapsed() >= Duration::from_secs(config.ping_interval_s) {
            self.pinged_at = Instant::now();
            let ping = self.socket.send(Message::Ping(Bytes::new()));
            match timeout(Duration::from_secs(idle_s), ping).await {
                Ok(sent) => sent.map_err(|error| lost(Cause::Broken, error.to_string()))?,
                Err(_) => {
                    return Err(lost(Cause::Idle, format!("no ping could be sent for {idle_s} s")));
                }
            }
        }
        Ok(())
    }

    async fn on_message(&mut self, message: Option<Result<Message, WsError>>) -> Result<(), End> {
        match message {
            Some(Ok(Message::Binary(message))) => self.on_frame(message, false).await,
            Some(Ok(Message::Text(text))) => self.on_frame(text.into(), true).await,
            // Pings are answered by the socket itself.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(()),
            Some(Ok(Message::Close(close))) => {
                let reason =
                    close.map_or_else(String::new, |c| format!(" ({} {})", c.code, c.reason));
                Err(lost(Cause::Closed, format!("closed by the upstream{reason}")))
            }
            Some(Err(WsError::Capacity(CapacityError::MessageTooLong { size, .. }))) => {
                self.on_unreadable(size).await
            }
            Some(Err(error)) => Err(lost(Cause::Broken, error.to_string())),
            None => Err(lost(Cause::Closed, "closed by the upstream".to_owned())),
        }
    }

    async fn on_frame(&mut self, message: Bytes, is_text: bool) -> Result<(), End> {
        self.frame_at = self.alive_at;
        self.subscription.metrics.frames.inc();
        self.subscription.metrics.bytes.inc_by(message.len() as u64);
        let wire = &mut self.subscription.wire;
        let (frame, decoded) = match wire.unpack(message.clone(), is_text) {
            Ok(frame) => {
                let decoded = wire.decode(&frame);
                (frame, decoded)
            }
            Err(reason) => (message, Err(reason)),
        };
        match decoded {
            Ok(Decoded::Event(event)) => match event.seq() {
                Some(seq) => self.on_event(seq, event, frame).await,
                None => {
                    if let Some(info) = event.info() {
                        self.on_info(info).await;
                    }
                    Ok(())
                }
            },
            Ok(Decoded::Error(error)) => Err(self.on_error_frame(error).await),
            Ok(Decoded::Unknown) => {
                self.subscription.metrics.dropped(DropReason::FrameUnknown);
                Ok(())
            }
            Err(reason) if W::is_broken_by(reason) => self.on_broken(frame, reason).await,
            Err(reason) => self.on_dropped(&frame, reason).await,
        }
    }

    async fn on_event(&mut self, seq: Seq, event: W::Event, frame: Bytes) -> Result<(), End> {
        if !self.is_new(seq, &frame).await? {
            return Ok(());
        }
        self.pass_on(event, frame).await?;
        self.subscription.progress.pass(seq);
        self.subscription.metrics.last_seq(seq);
        Ok(())
    }

    /// The event's own fault: it is left out, and the cursor passes it.
    async fn on_dropped(&mut self, frame: &Bytes, reason: DropReason) -> Result<(), End> {
        let seq = self.subscription.wire.seq_of(frame);
        if let Some(seq) = seq {
            if !self.is_new(seq, frame).await? {
                return Ok(());
            }
            self.subscription.progress.pass(seq);
        }
        self.subscription.metrics.dropped(reason);
        // The counter is the record; a notice is for those who keep up.
        let _ = self.subscription.notices.try_send(Notice::Dropped { seq, reason }.into());
        Ok(())
    }

    /// Whether an event with this seq is to be handled. Order is checked, repeats are not new, and the first event shows gaps.
    async fn is_new(&mut self, seq: Seq, frame: &Bytes) -> Result<bool, End> {
        if W::COUNTS && self.previous.is_some_and(|previous| seq <= previous) {
            self.on_broken(frame.clone(), DropReason::InvalidSeq).await?;
            return Ok(false);
        }
        let is_first = self.previous.is_none();
        self.previous = Some(seq);
        self.stepped_over = 0;
        let Some(passed) = self.subscription.progress.passed else { return Ok(true) };
        if seq <= passed && !W::COUNTS {
            return Ok(true);
        }
        if seq <= passed {
            let is_repeat = passed.get() - seq.get() <= REPEATS_SEQS_MAX
                && self.connected_at.elapsed() < Duration::from_secs(REPEATS_S);
            if !is_repeat {
                let message =
                    format!("sends seq {seq} although we asked for what follows {passed}");
                return Err(self.on_future_cursor(message).await);
            }
            self.subscription.metrics.repeats.inc();
            return Ok(false);
        }
        let missing = seq.get() - passed.get() - 1;
        let is_gap = self.outdated
            || self.subscription.progress.is_beyond_unreadable()
            || missing >= W::gap_min(&self.subscription.config);
        if is_first && is_gap && missing > 0 {
            self.subscription.metrics.gaps.inc();
            self.subscription.notify_loss(Notice::Gap { after: passed, first: seq }).await;
        }
        Ok(true)
    }

    /// Waits for room when the queue is full; meanwhile the socket is not read and its clocks stand still.
    async fn pass_on(&mut self, event: W::Event, frame: Bytes) -> Result<(), End> {
        let (received_at, bytes) = (SystemTime::now(), frame.len());
        let Subscription { output, rooms, stop, .. } = &*self.subscription;
        let waited_from = Instant::now();
        match (rooms.try_take(bytes), output.try_reserve()) {
            (Some(room), Ok(place)) => {
                place.send(Received { event, frame, received_at, room });
                return Ok(());
            }
            (_, Err(TrySendError::Closed(()))) => return Err(End::Unheard),
            (room, Ok(_) | Err(TrySendError::Full(()))) => {
                let send = async {
                    let room = match room {
                        Some(room) => room,
                        None => rooms.take(bytes).await,
                    };
                    output.send(Received { event, frame, received_at, room }).await
                };
                select! {
                    () = stop.cancelled() => return Err(End::Stopped),
                    () = output.closed() => return Err(End::Unheard),
                    sent = send => sent.map_err(|_| End::Unheard)?,
                }
            }
        }
        let waited = waited_from.elapsed();
        self.alive_at += waited;
        self.frame_at += waited;
        Ok(())
    }

    async fn on_info(&mut self, info: &InfoEvent) {
        if &*info.name == "OutdatedCursor" {
            self.outdated = true;
            let message = info.message.as_deref().unwrap_or_default().into();
            self.subscription.notify_loss(Notice::OutdatedCursor { message }).await;
        }
    }

    async fn on_error_frame(&mut self, error: StreamErrorFrame) -> End {
        let message: String = error.message.unwrap_or_default().into();
        match &*error.name {
            "FutureCursor" => self.on_future_cursor(message).await,
            name => {
                if name == "ConsumerTooSlow" {
                    self.subscription.notify(Notice::ConsumerTooSlow).await;
                }
                lost(Cause::ErrorFrame, format!("{name}: {message}"))
            }
        }
    }

    async fn on_future_cursor(&mut self, message: String) -> End {
        let reason = format!("the cursor lies in the upstream's future: {message}");
        self.subscription.notify(Notice::FutureCursor { message }).await;
        End::Lost { cause: Cause::ErrorFrame, reason, wait: Wait::Long }
    }

    /// A frame that cannot be trusted: dial again, or step over it when it has been in the way often enough.
    async fn on_broken(&mut self, frame: Bytes, reason: DropReason) -> Result<(), End> {
        self.subscription.metrics.dropped(reason);
        let stepped_over = self.stepped_over < self.subscription.progress.allowance();
        let after = self.previous.or(self.subscription.progress.passed);
        let bytes = frame.len();
        let frame = QuarantinedFrame(frame);
        self.subscription
            .notify_loss(Notice::Quarantined { frame, reason, after, stepped_over })
            .await;
        if stepped_over {
            self.stepped_over += 1;
            return Ok(());
        }
        self.subscription.progress.fail(false);
        Err(lost(Cause::BadFrame, format!("a frame of {bytes} bytes: {}", reason.as_str())))
    }

    /// A frame above the limit was refused before it was read, and with it the rest of the connection.
    async fn on_unreadable(&mut self, bytes: usize) -> Result<(), End> {
        let reason = DropReason::FrameTooLarge;
        self.subscription.metrics.dropped(reason);
        self.subscription.progress.fail(true);
        let stepped_over = self.subscription.progress.allowance() > 0;
        let after = self.previous.or(self.subscription.progress.passed);
        let frame = QuarantinedFrame(Bytes::new());
        self.subscription
            .notify_loss(Notice::Quarantined { frame, reason, after, stepped_over })
            .await;
        Err(lost(Cause::BadFrame, format!("a frame of {bytes} bytes: {}", reason.as_str())))
    }
}

fn lost(cause: Cause, reason: String) -> End {
    End::Lost { cause, reason, wait: Wait::Backoff }
}
