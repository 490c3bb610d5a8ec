//! [`Engine`]: the started engine and its bounded pool of connections.
//!
//! A connection runs one statement at a time, so the pool is what lets requests run in parallel.
//! [`Engine::acquire`] waits for a place, takes an idle connection of the same [`Session`] or
//! opens one (0.2 ms), and gives it back when the [`Lease`] drops, unless the statement may have
//! left something behind in it.

use std::{
    collections::{HashSet, VecDeque},
    fs::{File, TryLockError},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    classes::Classes,
    config::Config,
    damage::Damage,
    error::EngineError,
    exception::Exception,
    library::{Connection, Library, StatementClass},
    session::Session,
};

/// The started engine and its connections.
pub struct Engine {
    config: Config,
    library: Arc<Library>,
    /// Connections nobody uses, the one used last at the back.
    idle: Mutex<VecDeque<(Session, Connection)>>,
    /// Runs KILL QUERY and keeps the engine up while the pool is empty.
    control: Mutex<Option<Connection>>,
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    marks: AtomicU64,
    facts: Facts,
    classes: Classes,
    damage: Damage,
    _lock: File,
}

/// What the engine says about itself.
#[derive(Debug)]
pub struct Facts {
    /// The version of ClickHouse, for instance `26.7.2.1`.
    pub version: String,
    /// The time zone of the server.
    pub timezone: String,
    /// The host's name.
    pub display_name: String,
    /// The names of all query settings, aliases included.
    pub settings: HashSet<String>,
}

impl Engine {
    /// Locks the data directory, loads the library and starts the engine. Blocks.
    pub fn start(config: Config) -> Result<Self, EngineError> {
        let data = |source| EngineError::Data { path: config.data.clone(), source };
        std::fs::create_dir_all(&config.data).map_err(data)?;
        // The engine takes the path as UTF-8 text, so one that is none cannot be passed on.
        let path = config.data.canonicalize().map_err(data)?;
        let lock = File::create(path.join("firehouse.lock")).map_err(data)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(EngineError::Locked { path }),
            Err(TryLockError::Error(source)) => return Err(data(source)),
        }
        let library = Library::load(&config.library)?;
        let mut arguments = vec![format!("--path={}", path.display())];
        let server = config.server_settings.iter();
        arguments.extend(server.map(|(name, value)| format!("--{name}={value}")));
        let mut control =
            library.connect(&arguments).ok_or_else(|| EngineError::Start { path: path.clone() })?;
        let facts = Facts::ask(&mut control).map_err(|source| EngineError::Inspect { source })?;
        let unknown = config.settings.keys().find(|name| !facts.settings.contains(*name));
        if let Some(name) = unknown {
            return Err(EngineError::Settings { source: crate::session::unknown_setting(name) });
        }
        let engine = Self {
            places: Arc::new(Semaphore::new(config.pool_size)),
            damage: Damage::of(&path),
            config: Config { data: path, ..config },
            library,
            idle: Mutex::default(),
            control: Mutex::new(Some(control)),
            waiting: AtomicUsize::new(0),
            marks: AtomicU64::new(rand::random()),
            facts,
            classes: Classes::new(),
            _lock: lock,
        };
        let defaults = Session { database: None, settings: engine.config.settings.clone() };
        engine.open(&defaults).map_err(|source| EngineError::Settings { source })?;
        Ok(engine)
    }

    /// What the engine says about itself.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The configuration it was started with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whether data was met that cannot be read.
    pub fn damage(&self) -> &Damage {
        &self.damage
    }

    /// A number no other statement of this process has.
    pub fn next_mark(&self) -> String {
        format!("{:016x}", self.marks.fetch_add(1, Ordering::Relaxed))
    }

    /// Waits for a place and leases a connection of this session.
    /// Errors: 503 when too many wait or the wait is too long, and what the engine says about
    /// the database or the settings.
    pub async fn acquire(self: &Arc<Self>, session: Session) -> Result<Lease, Exception> {
        let place = match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => place,
            Err(_) => self.wait_for_place().await?,
        };
        if let Some(connection) = self.take_idle(&session) {
            return Ok(Lease::new(Arc::clone(self), place, session, connection));
        }
        let engine = Arc::clone(self);
        let opening = tokio::task::spawn_blocking(move || {
            let connection = engine.open(&session)?;
            Ok(Lease::new(engine, place, session, connection))
        });
        opening.await.map_err(|_| Exception::no_result())?
    }

    async fn wait_for_place(&self) -> Result<OwnedSemaphorePermit, Exception> {
        let limit = self.config.waiting_requests_max;
        let waiting = Waiting::begin(&self.waiting);
        if waiting.others >= limit {
            let text = format!("Too many requests wait for the engine: {limit}");
            return Err(Exception::overloaded(text));
        }
        let place = Arc::clone(&self.places).acquire_owned();
        match tokio::time::timeout(self.config.wait, place).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) => Err(Exception::overloaded("The engine is stopping")),
            Err(_) => Err(Exception::overloaded("The engine had no free connection in time")),
        }
    }

    fn take_idle(&self, session: &Session) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let at = idle.iter().rposition(|(kept, _)| kept == session)?;
        idle.remove(at).map(|(_, connection)| connection)
    }

    /// Opens a connection; the least recently used idle one makes room when there are too many.
    fn open(&self, session: &Session) -> Result<Connection, Exception> {
        let oldest = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() >= self.config.pool_size { idle.pop_front() } else { None }
        };
        drop(oldest);
        let path = self.config.data.to_string_lossy();
        let Some(mut connection) = self.library.connect(&session.arguments(&path)) else {
            return Err(self.refusal(session, &path));
        };
        if let Some(sql) = session.use_statement() {
            connection.query(sql.as_bytes(), "Null", &[])?;
        }
        Ok(connection)
    }

    /// Finds out which setting the engine refused a connection for.
    fn refusal(&self, session: &Session, path: &str) -> Exception {
        let stopped = || Exception::overloaded("The engine is stopping");
        let Some(mut scratch) = self.library.connect(&Session::default().arguments(path)) else {
            return stopped();
        };
        let mut refusals = session
            .set_statements()
            .filter_map(|sql| scratch.query(sql.as_bytes(), "Null", &[]).err());
        refusals.next().unwrap_or_else(stopped)
    }

    /// Cancels the statement whose text holds `mark`. Blocks briefly.
    pub fn kill(&self, mark: &str) {
        // The mark is put together inside the engine, so that this text does not hold it.
        let sql = "KILL QUERY WHERE position(query, concat('firehouse:', {mark:String})) > 0 ASYNC";
        let params = [("mark".to_owned(), mark.to_owned())];
        let mut control = self.control.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(control) = control.as_mut() else { return };
        if let Err(exception) = control.query(sql.as_bytes(), "Null", &params) {
            tracing::warn!(%exception, "could not cancel a statement");
        }
    }

    /// Waits for leases to come back, closes every connection and stops the engine.
    pub async fn stop(&self) -> Result<(), EngineError> {
        let all = u32::try_from(self.config.pool_size).unwrap_or(u32::MAX);
        let leases = tokio::time::timeout(self.config.stop, self.places.acquire_many(all)).await;
        self.places.close();
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        let control = self.control.lock().unwrap_or_else(PoisonError::into_inner).take();
        let library = Arc::clone(&self.library);
        let closing = tokio::task::spawn_blocking(move || {
            drop(idle);
            drop(control);
            library.shutdown()
        });
        // The engine does not always manage to join its threads. By then every connection is
        // closed and every acknowledged row is in its table, so that is worth no more than a line.
        if !closing.await.unwrap_or(false) {
            tracing::debug!("the engine left threads running");
        }
        if leases.is_ok() { Ok(()) } else { Err(EngineError::Stop) }
    }
}

/// The place of a request in the queue; leaves it when dropped.
struct Waiting<'a> {
    queue: &'a AtomicUsize,
    others: usize,
}

impl<'a> Waiting<'a> {
    fn begin(queue: &'a AtomicUsize) -> Self {
        let others = queue.fetch_add(1, Ordering::Relaxed);
        Self { queue, others }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.queue.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A connection and the right to use it.
pub struct Lease {
    engine: Arc<Engine>,
    session: Session,
    connection: Option<Connection>,
    reusable: bool,
    _place: OwnedSemaphorePermit,
}

impl Lease {
    fn new(
        engine: Arc<Engine>,
        place: OwnedSemaphorePermit,
        session: Session,
        connection: Connection,
    ) -> Self {
        Self { engine, session, connection: Some(connection), reusable: true, _place: place }
    }

    /// The connection.
    pub fn connection(&mut self) -> Result<&mut Connection, Exception> {
        self.connection.as_mut().ok_or_else(Exception::no_result)
    }

    /// Says what the text would do, without running it.
    pub fn classify(&mut self, text: &[u8]) -> Result<StatementClass, Exception> {
        let connection = self.connection.as_mut().ok_or_else(Exception::no_result)?;
        Ok(self.engine.classes.of(&self.session, text, || connection.classify(text)))
    }

    /// The statement failed: what it leaves on the connection goes with it.
    pub fn failed(&mut self, error: &Exception) {
        self.spoil();
        self.engine.damage.look_at(error);
    }

    /// The statement may leave settings, a database or temporary tables behind: close the
    /// connection afterwards.
    pub fn spoil(&mut self) {
        self.reusable = false;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        if self.reusable && !self.engine.places.is_closed() {
            let session = std::mem::take(&mut self.session);
            let mut idle = self.engine.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.push_back((session, connection));
        }
    }
}

impl Facts {
    fn ask(connection: &mut Connection) -> Result<Self, Exception> {
        let mut ask = |sql: &str| -> Result<String, Exception> {
            let outcome = connection.query(sql.as_bytes(), "TSVRaw", &[])?;
            Ok(String::from_utf8_lossy(&outcome.body).trim_end().to_owned())
        };
        Ok(Self {
            version: ask("SELECT version()")?,
            timezone: ask("SELECT timezone()")?,
            display_name: ask("SELECT hostName()")?,
            settings: ask("SELECT name FROM system.settings")?.lines().map(str::to_owned).collect(),
        })
    }
}
