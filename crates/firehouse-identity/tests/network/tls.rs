//! HTTPS as on the public network: a certificate for the name that was asked, from a root that is known.
//!
//! The client takes the machine's roots, which the variable `SSL_CERT_FILE` can name. A variable belongs to a whole process, so the test
//! runs itself again as a child that has it. The files in `tls/` are valid until 2120: a root whose key is gone, and what it signed for
//! `good.somewhere.com`.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use firehouse_identity::{Disposition, FetchError, GuardedClient};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::make::{Running, Says, config, name_server};

const CERTIFICATE: &[u8] = include_bytes!("tls/leaf.pem");
const KEY: &[u8] = include_bytes!("tls/leaf.key");

/// Set in the child, to the number of names it must find trustworthy.
const TRUSTED: &str = "FIREHOUSE_TEST_TRUSTED";

#[test]
fn a_known_root_vouches_for_one_name_and_an_unknown_one_for_none() {
    if let Ok(trusted) = std::env::var(TRUSTED) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        assert_eq!(runtime.block_on(trusted_names()).to_string(), trusted);
        return;
    }
    let known = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/network/tls/root.pem");
    let unknown = tempfile::NamedTempFile::new().expect("a temporary file");
    for (roots, trusted) in [(&*known, "1"), (unknown.path(), "0")] {
        let output = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "tls::a_known_root_vouches_for_one_name_and_an_unknown_one_for_none"])
            .env("SSL_CERT_FILE", roots)
            .env(TRUSTED, trusted)
            .output()
            .expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{trusted}: {said}");
    }
}

/// Fetches over HTTPS from two names of one server, and counts how often its certificate was believed.
async fn trusted_names() -> usize {
    let names = ["good.somewhere.com", "other.somewhere.com"];
    let dns = name_server(&names.map(|name| (name, Says::A(Ipv4Addr::LOCALHOST)))).await;
    let mut config = config("http://127.0.0.1:1".parse().expect("a URL")).guarded();
    config.dns_servers = vec![dns.address];
    let client = GuardedClient::new(&config).expect("a client");
    let server = serve().await;
    let mut trusted = 0;
    for name in names {
        let url = format!("https://{name}:{}/", server.address.port());
        match client.get_bytes(url.parse().expect("a URL")).await {
            Ok(body) => {
                assert_eq!((name, &body[..]), (names[0], &b"hello"[..]));
                trusted += 1;
            }
            Err(error) => {
                assert!(matches!(error, FetchError::Request(_)), "{name}: {error:?}");
                assert_eq!(error.disposition(), Disposition::Transient);
            }
        }
    }
    trusted
}

/// Says `hello` over TLS to everybody who believes its certificate.
async fn serve() -> Running {
    let tls = ServerConfig::builder_with_provider(default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(CERTIFICATE).expect("a certificate")],
            PrivateKeyDer::from_pem_slice(KEY).expect("a key"),
        );
    let acceptor = TlsAcceptor::from(Arc::new(tls.expect("a certificate with its key")));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let task = tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(socket).await else { continue };
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello").await;
            let _ = stream.shutdown().await;
        }
    });
    Running { address, task }
}
