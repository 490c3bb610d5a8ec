//! The engine alone: `firehouse-engine --data DIR --listen ADDR`. For analysts and for tests;
//! `firehouse engine` is the same thing inside of the one binary.
//!
//! Prints `engine listening on ADDR` once it answers, and stops when its standard input closes
//! (with `--stop-with-stdin`), on SIGTERM or on Ctrl-C.

use std::{error::Error, io::Write, net::SocketAddr, path::PathBuf, process::ExitCode};

use firehouse_engine::{Config, locate_library, serve};
use tokio::{
    io::AsyncReadExt,
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
    let ended = Arguments::read(std::env::args().skip(1))
        .and_then(|arguments| tokio::runtime::Runtime::new()?.block_on(run(arguments)));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut text = error.to_string();
            let mut cause = error.source();
            while let Some(error) = cause {
                text = format!("{text}: {error}");
                cause = error.source();
            }
            let _ = writeln!(std::io::stderr(), "firehouse-engine: {text}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let mut config = Config::new(arguments.data, locate_library()?);
    config.settings.extend(arguments.settings);
    if let Some(password) = arguments.password {
        config.password = password;
    }
    let listener = TcpListener::bind(arguments.listen).await?;
    writeln!(std::io::stdout(), "engine listening on {}", listener.local_addr()?)?;
    std::io::stdout().flush()?;
    let mut terminated = signal(SignalKind::terminate())?;
    let stop = async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated.recv() => {}
            () = stdin_closed(), if arguments.stop_with_stdin => {}
        }
    };
    Ok(serve(config, listener, stop).await?)
}

async fn stdin_closed() {
    let mut stdin = tokio::io::stdin();
    let mut sink = [0; 64];
    while matches!(stdin.read(&mut sink).await, Ok(1..)) {}
}

struct Arguments {
    data: PathBuf,
    listen: SocketAddr,
    password: Option<String>,
    settings: Vec<(String, String)>,
    stop_with_stdin: bool,
}

impl Arguments {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let (mut data, mut listen) = (None, SocketAddr::from(([127, 0, 0, 1], 0)));
        let (mut password, mut settings, mut stop_with_stdin) = (None, Vec::new(), false);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            match word.as_str() {
                "--data" => data = Some(PathBuf::from(value()?)),
                "--listen" => listen = value()?.parse()?,
                "--password" => password = Some(value()?),
                "--setting" => {
                    let setting = value()?;
                    let (name, value) = setting.split_once('=').ok_or("--setting NAME=VALUE")?;
                    settings.push((name.to_owned(), value.to_owned()));
                }
                "--stop-with-stdin" => stop_with_stdin = true,
                other => return Err(format!("unknown argument {other}").into()),
            }
        }
        let data = data.ok_or("usage: firehouse-engine --data DIR [--listen ADDR]")?;
        Ok(Self { data, listen, password, settings, stop_with_stdin })
    }
}
