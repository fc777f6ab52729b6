"""An authority of a test's own that signs certificates for the services."""

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Authority:
    """`ca` is what clients trust; `certificate` and `key` are what servers show: for these names and 127.0.0.1."""

    ca: Path
    certificate: Path
    key: Path

    @property
    def environ(self) -> dict[str, str]:
        return {
            "GRPC_TLS_CA_FILE": str(self.ca),
            "GRPC_TLS_CERTIFICATE_FILE": str(self.certificate),
            "GRPC_TLS_KEY_FILE": str(self.key),
        }


def make(folder: Path, *names: str) -> Authority:
    """Three files in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
    alternatives = [x509.DNSName(name) for name in names]
    local = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    ca = _begun(ca_name, ca_name, ca_key).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    server = _begun(x509.Name([]), ca_name, key).add_extension(
        x509.SubjectAlternativeName([*alternatives, local]), critical=True
    )
    made = Authority(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    made.ca.write_bytes(ca.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    made.certificate.write_bytes(server.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made


def _begun(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
    )
