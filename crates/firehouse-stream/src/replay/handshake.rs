//! The HTTP side of the replay server: which requests are upgraded, and what the others are told.
//!
//! The websocket crate accepts or hangs up; clients of a relay are owed 404, 405 and 426.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::config::SUBSCRIBE_REPOS_PATH;

/// More than any client has to say.
const HEAD_BYTES_MAX: usize = 8 * 1024;

/// A request to subscribe.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    key: String,
    /// As written; `None` when absent.
    pub(super) cursor: Option<String>,
}

/// A request that is answered by HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    BadRequest,
    NotFound,
    MethodNotAllowed,
    UpgradeRequired,
}

/// Reads a request and answers it. Shape: `None` when it was not one to upgrade; it has its answer then.
pub(super) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    limits: WebSocketConfig,
) -> std::io::Result<Option<(Request, WebSocketStream<S>)>> {
    let head = read_head(&mut stream).await?;
    match parse(&head) {
        Ok(request) => {
            let accept = derive_accept_key(request.key.as_bytes());
            let answer = format!(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
            );
            stream.write_all(answer.as_bytes()).await?;
            let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(limits)).await;
            Ok(Some((request, socket)))
        }
        Err(refusal) => {
            stream.write_all(refusal.answer().as_bytes()).await?;
            stream.shutdown().await?;
            Ok(None)
        }
    }
}

/// Up to the empty line. A client sends nothing behind it before it has our answer.
async fn read_head<S: AsyncRead + Unpin>(stream: &mut S) -> std::io::Result<Vec<u8>> {
    let (mut head, mut chunk) = (Vec::new(), [0; 1024]);
    while !head.ends_with(b"\r\n\r\n") && head.len() < HEAD_BYTES_MAX {
        let read = stream.read(&mut chunk).await?;
        if read == 0 {
            break;
        }
        head.extend_from_slice(chunk.get(..read).unwrap_or_default());
    }
    Ok(head)
}

fn parse(head: &[u8]) -> Result<Request, Refusal> {
    let head = std::str::from_utf8(head).map_err(|_| Refusal::BadRequest)?;
    let head = head.strip_suffix("\r\n\r\n").ok_or(Refusal::BadRequest)?;
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(target), Some("HTTP/1.1"), None) =
        (first.next(), first.next(), first.next(), first.next())
    else {
        return Err(Refusal::BadRequest);
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if path != SUBSCRIBE_REPOS_PATH {
        return Err(Refusal::NotFound);
    }
    if method != "GET" {
        return Err(Refusal::MethodNotAllowed);
    }
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(':')).collect();
    let header = |name: &str| {
        let found = headers.iter().find(|(key, _)| key.trim().eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    };
    let names = |name: &str, token: &str| {
        header(name).is_some_and(|v| v.split(',').any(|t| t.trim().eq_ignore_ascii_case(token)))
    };
    if !names("connection", "upgrade") || !names("upgrade", "websocket") {
        return Err(Refusal::UpgradeRequired);
    }
    let key = header("sec-websocket-key").ok_or(Refusal::BadRequest)?.to_owned();
    let cursor = url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "cursor")
        .map(|(_, value)| value.into_owned());
    Ok(Request { key, cursor })
}

impl Refusal {
    fn answer(self) -> String {
        let (status, error, message) = match self {
            Self::BadRequest => ("400 Bad Request", "InvalidRequest", "not an HTTP/1.1 request"),
            Self::NotFound => ("404 Not Found", "NotFound", "only subscribeRepos is served here"),
            Self::MethodNotAllowed => ("405 Method Not Allowed", "InvalidRequest", "use GET"),
            Self::UpgradeRequired => {
                ("426 Upgrade Required", "UpgradeRequired", "this is a websocket")
            }
        };
        let extra = match self {
            Self::MethodNotAllowed => "Allow: GET\r\n",
            Self::UpgradeRequired => "Upgrade: websocket\r\n",
            Self::BadRequest | Self::NotFound => "",
        };
        let body = format!(r#"{{"error":"{error}","message":"{message}"}}"#);
        let length = body.len();
        format!(
            "HTTP/1.1 {status}\r\n{extra}Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SUBSCRIBE_REPOS_PATH as PATH;

    const UPGRADE: &str = "Host: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key: k\r\n\r\n";

    fn check(line: &str, headers: &str, expected: Result<Option<&str>, Refusal>) {
        let request = parse(format!("{line}\r\n{headers}").as_bytes()).map(|r| r.cursor);
        assert_eq!(request, expected.map(|cursor| cursor.map(str::to_owned)), "{line}");
    }

    #[test]
    fn only_a_get_of_subscribe_repos_that_asks_for_an_upgrade_gets_one() {
        let get = |target: &str| format!("GET {target} HTTP/1.1");
        check(&get(PATH), UPGRADE, Ok(None));
        check(&get(&format!("{PATH}?a=b&cursor=12")), UPGRADE, Ok(Some("12")));
        check(&get("/"), UPGRADE, Err(Refusal::NotFound));
        check(&get("/xrpc/com.atproto.sync.getRepo"), UPGRADE, Err(Refusal::NotFound));
        check(&format!("POST {PATH} HTTP/1.1"), UPGRADE, Err(Refusal::MethodNotAllowed));
        check(&get(PATH), "Host: x\r\n\r\n", Err(Refusal::UpgradeRequired));
        check(&get(PATH), "Host: x\r\n", Err(Refusal::BadRequest));
        check("nonsense", UPGRADE, Err(Refusal::BadRequest));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_a_request_or_a_refusal(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }
    }
}
