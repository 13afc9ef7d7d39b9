//! Certificates of who may vouch for servers that we talk to.

use std::path::Path;

use rustls::pki_types::{CertificateDer, pem::PemObject as _};

/// The certificates in a PEM file, at least one.
///
/// # Errors
/// What is wrong with the file, without its name.
pub(crate) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let found = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|cause| cause.to_string())?;
    if found.is_empty() {
        return Err("there is no certificate in it (-----BEGIN CERTIFICATE-----)".to_owned());
    }
    Ok(found)
}
