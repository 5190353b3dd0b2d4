"""TLS with a certificate that nobody vouches for: its fingerprint came with the address.

A run makes its own certificate, so a client encrypts without asking who signed it, and then, before
it says a word, compares the certificate's SHA-256 with the first hex digits that it was given.
"""

import hashlib
import hmac
import ssl
from asyncio import BaseTransport


def unverified_context() -> ssl.SSLContext:
    """Encrypts only. :func:`shows` must be true of the connection before anything is sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def shows(transport: BaseTransport, fingerprint: str) -> bool:
    """Whether the peer's certificate begins with ``fingerprint``, in lower-case hex digits."""
    tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
    certificate = None if tls is None else tls.getpeercert(binary_form=True)
    digest = hashlib.sha256(certificate or b"").hexdigest()
    return certificate is not None and hmac.compare_digest(digest[: len(fingerprint)], fingerprint)
