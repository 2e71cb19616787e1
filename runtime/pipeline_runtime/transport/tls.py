"""The context that verifies a server."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import certifi

from pipeline_runtime.errors import TLSFailed


def make_context() -> ssl.SSLContext:
    """Verified TLS: the system's trusted certificates, or those of SSL_CERT_FILE and SSL_CERT_DIR.

    Where the system has none (Python builds that bring their own OpenSSL), those of certifi.

    Raises:
        TLSFailed: SSL_CERT_FILE or SSL_CERT_DIR names what is not there (OpenSSL would say nothing).
    """
    chosen = False
    for variable in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        path = os.environ.get(variable)
        if not path:
            continue
        chosen = True
        if not Path(path).exists():
            raise TLSFailed(
                f"{variable} names {path}, which does not exist", cure=f"correct or unset {variable}"
            )
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    if not chosen and not _system_has_certificates(context):
        context.load_verify_locations(certifi.where())
    return context


def _system_has_certificates(context: ssl.SSLContext) -> bool:
    if context.cert_store_stats()["x509_ca"]:
        return True
    folder = ssl.get_default_verify_paths().capath or ""  # None where there is no such folder
    return bool(folder) and any(Path(folder).iterdir())
