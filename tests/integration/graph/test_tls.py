"""Encrypted connections: a proxy that speaks TLS before a real server that does not."""

import ssl
import subprocess

import pytest

from pulumi_neo4j_aura.domain.packstream import decode
from pulumi_neo4j_aura.errors import Permanent, Unavailable
from pulumi_neo4j_aura.graph.bolt import Connection, Endpoint
from support.bolt import Proxy

pytestmark = pytest.mark.neo4j


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A key and a certificate for localhost that nobody but itself has signed."""
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost",
            "-keyout", "key.pem", "-out", "certificate.pem",
        ],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    return folder


@pytest.fixture
def encrypted(world, certificate):
    """The port of a server that wants TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")
    with Proxy(world.endpoint.port, tls=context) as proxy:
        yield proxy.port


def opened(world, url):
    return Connection.open(Endpoint.parse(url), world.login, timeout_seconds=60)


@pytest.mark.parametrize("scheme", ["bolt+ssc", "neo4j+ssc"])
def test_a_self_signed_certificate_is_enough_where_the_url_says_so(world, encrypted, scheme):
    """Rows in both directions, more than one TLS record of them."""
    with opened(world, f"{scheme}://127.0.0.1:{encrypted}") as connection:
        query = "UNWIND range(1, 5000) AS x RETURN x, $text"
        rows = list(connection.stream(query, {"text": "x" * 100}))
    assert [decode(row)[0] for row in rows] == [[number, "x" * 100] for number in range(1, 5_001)]


@pytest.mark.parametrize("scheme", ["bolt+s", "neo4j+s"])
def test_a_self_signed_certificate_is_refused_otherwise(world, encrypted, scheme):
    """Naming the server, the reason, and the way out for those who meant it."""
    with pytest.raises(Permanent, match="self-signed certificate") as caught:
        opened(world, f"{scheme}://127.0.0.1:{encrypted}")
    assert f"127.0.0.1:{encrypted}" in str(caught.value)
    assert "+ssc" in caught.value.way_out
    assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)


def test_a_certificate_of_a_trusted_authority_is_accepted_for_its_name_only(
    world, encrypted, certificate, monkeypatch
):
    """The machine's own list of authorities decides, and the name must be the certificate's."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "certificate.pem"))
    with opened(world, f"neo4j+s://localhost:{encrypted}") as connection:
        assert [decode(row)[0] for row in connection.stream("RETURN 1")] == [[1]]
    with pytest.raises(Permanent, match=r"not valid for '127\.0\.0\.1'"):
        opened(world, f"neo4j+s://127.0.0.1:{encrypted}")


@pytest.mark.parametrize("scheme", ["bolt+s", "bolt+ssc"])
def test_tls_to_a_server_without_it_says_so(world, scheme):
    with pytest.raises(Permanent, match="does not speak TLS") as caught:
        opened(world, f"{scheme}://127.0.0.1:{world.endpoint.port}")
    assert "leave +s or +ssc out" in caught.value.way_out


def test_no_tls_to_a_server_that_wants_it_says_so(world, encrypted):
    with pytest.raises(Unavailable, match="did not answer Bolt's handshake") as caught:
        opened(world, f"bolt://127.0.0.1:{encrypted}")
    assert "+s" in caught.value.way_out
