//! The read path over HTTP: routes, parameters, XRPC errors, headers
