"""Connection URLs."""

import pytest

from pulumi_neo4j_aura.errors import Permanent
from pulumi_neo4j_aura.graph.endpoint import Endpoint, Login


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("neo4j+s://ab12.databases.neo4j.io", ("ab12.databases.neo4j.io", 7687, True, True, True)),
        ("neo4j+ssc://db.test:1234/", ("db.test", 1234, True, False, True)),
        ("neo4j://127.0.0.1:7688", ("127.0.0.1", 7688, False, False, True)),
        ("bolt+s://db.test", ("db.test", 7687, True, True, False)),
        ("bolt+ssc://db.test", ("db.test", 7687, True, False, False)),
        (" BOLT://DB.test ", ("db.test", 7687, False, False, False)),
        ("bolt://[::1]:7688", ("::1", 7688, False, False, False)),
    ],
)
def test_the_scheme_says_how_to_talk_to_the_server(url, expected):
    """Encryption, whether the certificate counts, and whether the server may pass a query on."""
    found = Endpoint.parse(url)
    assert found == Endpoint(*expected)
    assert Endpoint.parse(found.url) == found


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "has no scheme"),
        ("db.test:7687", "has the scheme 'db.test'"),
        ("https://db.test", "has the scheme 'https'"),
        ("bolt+tls://db.test", "has the scheme 'bolt+tls'"),
        ("bolt://", "names no host"),
        ("bolt://db.test:99999", "cannot be read"),
        ("bolt://db.test:port", "cannot be read"),
        ("bolt://[::1", "cannot be read"),
        ("neo4j://db.test/neo4j", "something behind the port"),
        ("neo4j://db.test?region=eu", "something behind the port"),
        ("neo4j://db.test#x", "something behind the port"),
    ],
)
def test_another_url_is_refused_with_the_reason(url, reason):
    """Also what would silently be ignored."""
    with pytest.raises(Permanent, match="URL") as caught:
        Endpoint.parse(url)
    assert reason in str(caught.value)


def test_a_password_in_a_url_is_refused_and_not_repeated():
    """People paste such URLs; errors end up in logs."""
    with pytest.raises(Permanent, match="a user or a password") as caught:
        Endpoint.parse("neo4j+s://neo4j:canary-password@db.test")
    assert "canary" not in repr(caught.value)


@pytest.mark.parametrize(
    ("url", "address"), [("bolt://db.test", "db.test:7687"), ("bolt://[::1]:1", "[::1]:1")]
)
def test_the_address_is_written_as_in_urls(url, address):
    assert Endpoint.parse(url).address == address


def test_a_login_does_not_show_its_password():
    assert "canary" not in f"{Login('neo4j', 'canary')!r} {Login('neo4j', 'canary')}"
