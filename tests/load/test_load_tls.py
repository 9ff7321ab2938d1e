"""Encrypted connections and AWS's own credentials, without AWS."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
from dataclasses import replace

import boto3
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from workbench.engines.base import DynamoEngine
from workbench.engines.capabilities import AWS
from workbench.engines.prepared import Endpoint, Signer, endpoint_of
from workbench.engines.raw_http import Pool

BODY = b'{"Item":{"text":{"S":"' + b"x" * 200_000 + b'"}}}'


@pytest.fixture
def certificate(tmp_path, monkeypatch):
    """A certificate of localhost that this process trusts: path of it and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = tmp_path / "certificate.pem", tmp_path / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    return pem, secret


def serve(listener, context):
    """Answers one request over TLS with its own body, in two records."""
    connection, _ = listener.accept()
    with context.wrap_socket(connection, server_side=True) as secure:
        data = b""
        while not data.endswith(b'"}}}'):
            data += secure.recv(1 << 16)
        secure.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(BODY)}\r\n\r\n".encode())
        secure.sendall(BODY)
        secure.recv(1)


def test_requests_and_answers_go_over_tls(certificate):
    """200 KB each way over an encrypted connection to a name that the certificate has."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with socket.create_server(("localhost", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener, context), daemon=True)
        thread.start()
        url = f"https://localhost:{listener.getsockname()[1]}"
        endpoint = Endpoint(url, "us-east-1", "key", "secret", checked=True)
        pool = Pool(endpoint, 1)
        channel = pool.idle.pop()
        channel.job = "asked"
        assert pool.send(channel, Signer(endpoint)("PutItem", BODY)) is None
        found = []
        for _ in range(200):
            found = found or pool.wait(0.05)
        pool.close()
        thread.join(5)
    assert [(answer.status, answer.body == BODY) for _, answer in found] == [(200, True)]


def test_aws_is_asked_with_the_credentials_of_its_client():
    """Address, region, key and token are those of the user's client, and signatures count."""
    client = boto3.client(
        "dynamodb",
        region_name="eu-west-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",  # noqa: S106 - nobody's
        aws_session_token="token",  # noqa: S106 - nobody's
    )
    engine = DynamoEngine("aws", "", "eu-west-1", None, "", AWS, client, lambda _: client)
    found = endpoint_of(engine)
    assert replace(found, url="") == Endpoint("", "eu-west-1", "key", "secret", "token", checked=True)
    assert found.encrypted
    assert found.address[1] == 443
    assert found.address[0].startswith("dynamodb.eu-west-1.")
    client.close()
