//! The engine alone: `firehouse-engine --data DIR --listen ADDR`. For analysts and for tests;
//! `firehouse engine` is the same thing inside of the one binary.
//!
//! Prints `engine listening on ADDR`, and stops on SIGTERM, on Ctrl-C, and, with
//! `--stop-with-stdin`, when its standard input closes.

use std::{error::Error, io::Write, net::SocketAddr, path::PathBuf, process::ExitCode};

use firehouse_engine::{Config, StopWith, locate_library, run};

fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
    let ended = Arguments::read(std::env::args().skip(1))
        .and_then(|arguments| tokio::runtime::Runtime::new()?.block_on(start(arguments)));
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

async fn start(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let mut config = Config::new(arguments.data, locate_library()?);
    config.settings.extend(arguments.settings);
    if let Some(password) = arguments.password {
        config.password = password;
    }
    Ok(run(config, arguments.listen, arguments.stop_with).await?)
}

struct Arguments {
    data: PathBuf,
    listen: SocketAddr,
    password: Option<String>,
    settings: Vec<(String, String)>,
    stop_with: StopWith,
}

impl Arguments {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let (mut data, mut listen) = (None, SocketAddr::from(([127, 0, 0, 1], 0)));
        let (mut password, mut settings, mut stop_with) = (None, Vec::new(), StopWith::Signals);
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
                "--stop-with-stdin" => stop_with = StopWith::Stdin,
                other => return Err(format!("unknown argument {other}").into()),
            }
        }
        let data = data.ok_or("usage: firehouse-engine --data DIR [--listen ADDR]")?;
        Ok(Self { data, listen, password, settings, stop_with })
    }
}
