//! The C interface of libchdb, made safe: the only file of this workspace with `unsafe` in it.
//!
//! [`Library`] is the loaded object, [`Connection`] one session of the engine, which runs one
//! statement at a time (hence `&mut self` everywhere), [`InsertStream`] an INSERT whose data
//! arrives in pieces. Every call blocks its thread. What the engine refuses comes back as an
//! [`Exception`] worded by the engine.
//! Source: `programs/local/chdb.h` of <https://github.com/chdb-io/chdb-core>, version 26.7.
#![expect(unsafe_code, reason = "the engine is a C library")]

use std::{
    ffi::{CStr, CString, OsStr, c_char, c_int, c_void},
    marker::PhantomData,
    mem::ManuallyDrop,
    path::Path,
    ptr::NonNull,
    sync::Arc,
};

use crate::{
    error::{EngineError, LoadError},
    exception::Exception,
};

/// `struct chdb_connection_`; like the next two only ever seen behind a pointer.
#[repr(C)]
struct RawConnection([u8; 0]);

/// `chdb_result`.
#[repr(C)]
struct RawResult([u8; 0]);

/// `struct chdb_insert_stream_`.
#[repr(C)]
struct RawInsertStream([u8; 0]);

/// `chdb_query_analysis_v1`.
#[repr(C)]
struct RawAnalysis {
    struct_size: u32,
    statement_count: u32,
    flags: u32,
    query_class: u32,
}

/// The size of [`RawAnalysis`], by which the library knows its version.
const ANALYSIS_BYTES: u32 = 4 * 4;

type Bytes = *const c_char;
type Counter = unsafe extern "C" fn(*mut RawResult) -> u64;

/// Begins a statement: its text, the name of a format, the names and values of parameters. Every
/// text comes with its length.
#[rustfmt::skip] // as chdb.h groups them
type Begin<T> = unsafe extern "C" fn(
    *mut RawConnection, Bytes, usize, Bytes, usize,
    *const Bytes, *const usize, *const Bytes, *const usize, usize,
) -> *mut T;

/// Declares the table of entry points: a field for each symbol, and the loader that fills it.
macro_rules! symbols {
    ($($name:ident: $type:ty;)*) => {
        struct Symbols {
            $($name: $type,)*
        }

        impl Symbols {
            fn find(object: &libloading::Library) -> Result<Self, libloading::Error> {
                Ok(Self {
                    $(
                        // SAFETY: the type is the one chdb.h declares for this symbol, and the
                        // object is never unloaded, so the copied pointer stays valid.
                        $name: *unsafe { object.get(concat!(stringify!($name), "\0").as_bytes()) }?,
                    )*
                })
            }
        }
    };
}

symbols! {
    chdb_set_signal_handlers_enabled: unsafe extern "C" fn(c_int);
    chdb_connect: unsafe extern "C" fn(c_int, *mut *mut c_char) -> *mut *mut RawConnection;
    chdb_close_conn: unsafe extern "C" fn(*mut *mut RawConnection);
    chdb_shutdown: unsafe extern "C" fn() -> c_int;
    chdb_classify_query_n: unsafe extern "C" fn(
        *mut RawConnection, Bytes, usize, Bytes, usize, *mut RawAnalysis,
    ) -> c_int;
    chdb_query_with_params_n: Begin<RawResult>;
    chdb_stream_insert_with_params_n: Begin<RawInsertStream>;
    chdb_stream_append: unsafe extern "C" fn(*mut RawInsertStream, *const c_void, usize) -> c_int;
    chdb_stream_done: unsafe extern "C" fn(*mut RawInsertStream) -> *mut RawResult;
    chdb_stream_cancel_insert: unsafe extern "C" fn(*mut RawInsertStream);
    chdb_stream_insert_error: unsafe extern "C" fn(*mut RawInsertStream) -> *const c_char;
    chdb_destroy_insert_stream: unsafe extern "C" fn(*mut RawInsertStream);
    chdb_destroy_query_result: unsafe extern "C" fn(*mut RawResult);
    chdb_result_error: unsafe extern "C" fn(*mut RawResult) -> *const c_char;
    chdb_result_buffer: unsafe extern "C" fn(*mut RawResult) -> *mut c_char;
    chdb_result_length: unsafe extern "C" fn(*mut RawResult) -> usize;
    chdb_result_rows_read: Counter;
    chdb_result_bytes_read: Counter;
    chdb_result_storage_rows_read: Counter;
    chdb_result_storage_bytes_read: Counter;
    chdb_result_rows_written: Counter;
    chdb_result_bytes_written: Counter;
}

/// libchdb, loaded. It stays in the process for good: its threads outlive every handle.
pub struct Library {
    symbols: Symbols,
    _object: ManuallyDrop<libloading::Library>,
}

impl Library {
    /// Loads the library and turns off the signal handlers it would install.
    pub fn load(path: &Path) -> Result<Arc<Self>, EngineError> {
        let failed = |source| EngineError::Load { path: path.to_owned(), source };
        // SAFETY: the initialisers of libchdb touch only its own globals; the path is the
        // operator's choice, as for any shared object a program loads.
        let object = unsafe { libloading::Library::new(AsRef::<OsStr>::as_ref(path)) }
            .map_err(|source| failed(LoadError::Open(source)))?;
        let symbols = Symbols::find(&object).map_err(|source| failed(LoadError::Symbol(source)))?;
        // SAFETY: takes a flag, touches an atomic, and must come before the first connection.
        unsafe { (symbols.chdb_set_signal_handlers_enabled)(0) };
        Ok(Arc::new(Self { symbols, _object: ManuallyDrop::new(object) }))
    }

    /// Opens a session. The first one starts the engine on `--path`; later ones must name the
    /// same path. `--name=value` arguments naming a setting apply to this session only.
    /// `None` when the engine refuses: it does not say why.
    pub fn connect(self: &Arc<Self>, arguments: &[String]) -> Option<Connection> {
        let arguments: Vec<CString> = std::iter::once("firehouse")
            .chain(arguments.iter().map(String::as_str))
            .map(CString::new)
            .collect::<Result<_, _>>()
            .ok()?;
        let mut pointers: Vec<*mut c_char> =
            arguments.iter().map(|argument| argument.as_ptr().cast_mut()).collect();
        let count = c_int::try_from(pointers.len()).ok()?;
        // SAFETY: `pointers` holds `count` NUL-terminated strings that live until the call
        // returns; the engine copies what it keeps and writes to none of them.
        let handle = unsafe { (self.symbols.chdb_connect)(count, pointers.as_mut_ptr()) };
        let handle = NonNull::new(handle)?;
        Some(Connection { library: Arc::clone(self), handle })
    }

    /// Stops the engine and joins its threads. False when a connection is still open.
    pub fn shutdown(&self) -> bool {
        // SAFETY: no arguments; safe from any thread, and refuses while a connection is open.
        unsafe { (self.symbols.chdb_shutdown)() == 0 }
    }
}

/// What a statement does to state that outlives it, as the engine's own parser sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementClass {
    /// SELECT, SHOW, DESCRIBE, EXPLAIN, EXISTS, CHECK.
    ReadOnly,
    /// INSERT, CREATE, ALTER, DROP, OPTIMIZE: changes a database.
    Mutating,
    /// Functions, named collections: changes state outside of databases.
    MutatingGlobal,
    /// SET, USE, SYSTEM, KILL, BACKUP, INTO OUTFILE and the like.
    Control,
    /// The parser did not understand it.
    Unknown,
}

/// One session of the engine.
pub struct Connection {
    library: Arc<Library>,
    handle: NonNull<*mut RawConnection>,
}

// SAFETY: the engine ties a connection to no thread; `&mut self` keeps its statements apart.
unsafe impl Send for Connection {}

/// One bound parameter: its name, and its value in ClickHouse's escaped text form.
pub type Param = (String, String);

/// What a finished statement gives back.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The result in the format that was asked for.
    pub body: Vec<u8>,
    /// Rows and bytes counted by the engine.
    pub counts: Counts,
}

/// What a statement read, wrote and answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows read from storage.
    pub rows_read: u64,
    /// Bytes read from storage.
    pub bytes_read: u64,
    /// Rows written, materialized views included.
    pub rows_written: u64,
    /// Bytes written, materialized views included.
    pub bytes_written: u64,
    /// Rows of the result.
    pub rows_result: u64,
    /// Bytes of the result, uncompressed, in memory.
    pub bytes_result: u64,
}

impl Connection {
    fn raw(&self) -> *mut RawConnection {
        // SAFETY: `chdb_connect` returned this pointer and it is closed only on drop.
        unsafe { *self.handle.as_ptr() }
    }

    /// Says what the text would do, without running it. Of several statements, the most
    /// restricted one counts.
    pub fn classify(&mut self, sql: &[u8]) -> StatementClass {
        let mut report = RawAnalysis {
            struct_size: ANALYSIS_BYTES,
            statement_count: 0,
            flags: 0,
            query_class: 4,
        };
        // SAFETY: text and length agree, no target database is given, and `report` says its size.
        let state = unsafe {
            (self.library.symbols.chdb_classify_query_n)(
                self.raw(),
                sql.as_ptr().cast(),
                sql.len(),
                std::ptr::null(),
                0,
                &raw mut report,
            )
        };
        match (state, report.query_class) {
            (0, 0) => StatementClass::ReadOnly,
            (0, 1) => StatementClass::Mutating,
            (0, 2) => StatementClass::MutatingGlobal,
            (0, 3) => StatementClass::Control,
            _ => StatementClass::Unknown,
        }
    }

    /// Runs a statement to its end and returns its whole result in `format`.
    pub fn query(
        &mut self,
        sql: &[u8],
        format: &str,
        params: &[Param],
    ) -> Result<Outcome, Exception> {
        let result = self.begin(self.library.symbols.chdb_query_with_params_n, sql, format, params);
        self.library.take_outcome(result)
    }

    /// Begins an INSERT whose data follows in pieces. `sql` ends before its FORMAT clause.
    pub fn insert(
        &mut self,
        sql: &[u8],
        format: &str,
        params: &[Param],
    ) -> Result<InsertStream<'_>, Exception> {
        let begin = self.library.symbols.chdb_stream_insert_with_params_n;
        let handle = self.begin(begin, sql, format, params);
        let handle = NonNull::new(handle).ok_or_else(Exception::no_result)?;
        let stream =
            InsertStream { library: Arc::clone(&self.library), handle, connection: PhantomData };
        match stream.error() {
            Some(exception) => Err(exception),
            None => Ok(stream),
        }
    }

    fn begin<T>(&mut self, begin: Begin<T>, sql: &[u8], format: &str, params: &[Param]) -> *mut T {
        let names: Vec<Bytes> = params.iter().map(|(name, _)| name.as_ptr().cast()).collect();
        let name_lengths: Vec<usize> = params.iter().map(|(name, _)| name.len()).collect();
        let values: Vec<Bytes> = params.iter().map(|(_, value)| value.as_ptr().cast()).collect();
        let value_lengths: Vec<usize> = params.iter().map(|(_, value)| value.len()).collect();
        // SAFETY: `begin` is one of the two symbols of its type; each text comes with its length
        // and outlives the call, the four arrays hold an entry for each parameter, and
        // `&mut self` keeps other statements off this connection.
        unsafe {
            begin(
                self.raw(),
                sql.as_ptr().cast(),
                sql.len(),
                format.as_ptr().cast(),
                format.len(),
                names.as_ptr(),
                name_lengths.as_ptr(),
                values.as_ptr(),
                value_lengths.as_ptr(),
                params.len(),
            )
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and nothing can use it after this.
        unsafe { (self.library.symbols.chdb_close_conn)(self.handle.as_ptr()) }
    }
}

/// An INSERT under way. Dropped before [`InsertStream::finish`], it is cancelled: blocks that
/// were already complete may have been written, as with any INSERT of ClickHouse.
pub struct InsertStream<'connection> {
    library: Arc<Library>,
    handle: NonNull<RawInsertStream>,
    connection: PhantomData<&'connection mut Connection>,
}

impl InsertStream<'_> {
    /// Hands over a piece of the data; waits while the engine is behind. The engine copies it.
    /// False when the INSERT has failed already: [`InsertStream::finish`] then says why.
    pub fn append(&mut self, data: &[u8]) -> bool {
        // SAFETY: pointer and length agree; the bytes are copied before the call returns.
        let state = unsafe {
            (self.library.symbols.chdb_stream_append)(
                self.handle.as_ptr(),
                data.as_ptr().cast(),
                data.len(),
            )
        };
        state == 0
    }

    /// Ends the data, waits for the write, and returns what was written.
    pub fn finish(self) -> Result<Counts, Exception> {
        // SAFETY: the handle is alive until this value drops, after the call.
        let result = unsafe { (self.library.symbols.chdb_stream_done)(self.handle.as_ptr()) };
        self.library.take_outcome(result).map(|outcome| outcome.counts)
    }

    /// Gives up: what has not been written stays unwritten.
    pub fn cancel(self) {
        // SAFETY: as in `finish`; the handle itself is freed on drop.
        unsafe { (self.library.symbols.chdb_stream_cancel_insert)(self.handle.as_ptr()) }
    }

    fn error(&self) -> Option<Exception> {
        // SAFETY: the returned text, when there is one, lives as long as the handle.
        unsafe { text((self.library.symbols.chdb_stream_insert_error)(self.handle.as_ptr())) }
            .map(Exception::from_engine)
    }
}

impl Drop for InsertStream<'_> {
    fn drop(&mut self) {
        // SAFETY: required once for every handle; cancels when the stream was not finished.
        unsafe { (self.library.symbols.chdb_destroy_insert_stream)(self.handle.as_ptr()) }
    }
}

impl Library {
    /// Copies a result out and frees it.
    fn take_outcome(&self, result: *mut RawResult) -> Result<Outcome, Exception> {
        let result = NonNull::new(result).ok_or_else(Exception::no_result)?;
        let symbols = &self.symbols;
        // SAFETY: the result is alive until the last line; the error text and the buffer belong
        // to it, the buffer is `length` bytes long, and both are copied before it is destroyed.
        unsafe {
            let number = |counter: Counter| counter(result.as_ptr());
            let error = text((symbols.chdb_result_error)(result.as_ptr()));
            let buffer = (symbols.chdb_result_buffer)(result.as_ptr());
            let length = (symbols.chdb_result_length)(result.as_ptr());
            let body = if buffer.is_null() || length == 0 {
                Vec::new()
            } else {
                std::slice::from_raw_parts(buffer.cast::<u8>(), length).to_vec()
            };
            let counts = Counts {
                rows_read: number(symbols.chdb_result_storage_rows_read),
                bytes_read: number(symbols.chdb_result_storage_bytes_read),
                rows_written: number(symbols.chdb_result_rows_written),
                bytes_written: number(symbols.chdb_result_bytes_written),
                rows_result: number(symbols.chdb_result_rows_read),
                bytes_result: number(symbols.chdb_result_bytes_read),
            };
            (symbols.chdb_destroy_query_result)(result.as_ptr());
            match error {
                Some(text) if !text.is_empty() => Err(Exception::from_engine(text)),
                Some(_) | None => Ok(Outcome { body, counts }),
            }
        }
    }
}

/// Copies a C string; `None` for null.
///
/// # Safety
/// `pointer` is null or points to a NUL-terminated string.
unsafe fn text(pointer: *const c_char) -> Option<String> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: the caller promises a NUL-terminated string.
    Some(unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned())
}
