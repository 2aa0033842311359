"""Whatever a store answers: the error says what happens next, names the object, and no secret."""

import errno
import threading
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from obstore import exceptions

from pulumi_neo4j_aura.errors import (
    AuraError,
    BadCredentials,
    Forbidden,
    NotFound,
    Permanent,
    Refused,
    Transient,
)
from pulumi_neo4j_aura.vault import storage_errors
from pulumi_neo4j_aura.vault import store as store_module
from pulumi_neo4j_aura.vault.storage_errors import translated
from pulumi_neo4j_aura.vault.store import open_store

URL = "s3://bucket/prefix"
KEY = "exports/ab-orders/t-c/manifest.json"
CANARY = "canary-secret-access-key"


def xml(code, message="Some words."):
    """As S3 and Azure answer; AWS repeats parts of a request that it could not verify."""
    echoed = "<StringToSign>canary</StringToSign><SignatureProvided>canary</SignatureProvided>"
    said = f"<Code>{code}</Code><Message>{message}</Message>{echoed}"
    return f"<?xml version='1.0'?><Error>{said}</Error>"


class Answering:
    """A server that gives one answer to everything."""

    def __init__(self, status, body):
        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                self.rfile.read(int(self.headers.get("content-length") or 0))
                self.send_response(status)
                self.send_header("content-length", str(len(body.encode())))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body.encode())

            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = answer  # noqa: N815

            def log_message(self, *_args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]


@contextmanager
def answering(status, body=""):
    server = Answering(status, body).server
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def impatient(monkeypatch):
    """Nothing is tried again here."""
    retries = {"max_retries": 0, "retry_timeout": timedelta(seconds=5)}
    monkeypatch.setattr(store_module, "_RETRIES", retries)


def store_at(endpoint):
    options = {"endpoint": endpoint, "access_key_id": "KEYID", "region": "us-east-1"}
    return open_store(URL, options=options | {"secret_access_key": CANARY})


@pytest.fixture
def asked(impatient):
    """What becomes of a request to an S3 that answers like this."""

    def ask(status, body="", method="get"):
        with answering(status, body) as endpoint:
            store = store_at(endpoint)
            with pytest.raises(AuraError) as caught:
                getattr(store, method)(KEY, *[b"data"] * (method == "create"))
        return caught.value

    return ask


# --- what a server says ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (404, "NoSuchKey", NotFound),
        (404, "BlobNotFound", NotFound),
        (404, "NoSuchBucket", Permanent),
        (404, "ContainerNotFound", Permanent),
        (400, "ExpiredToken", BadCredentials),
        (403, "ExpiredToken", BadCredentials),
        (403, "InvalidAccessKeyId", BadCredentials),
        (403, "SignatureDoesNotMatch", BadCredentials),
        (403, "AuthenticationFailed", BadCredentials),
        (401, "Whatever", BadCredentials),
        (403, "AccessDenied", Forbidden),
        (403, "RequestTimeTooSkewed", Forbidden),
        (403, "NewInTheNextCloud", Forbidden),
        (400, "AuthorizationHeaderMalformed", Permanent),
        (405, "MethodNotAllowed", Permanent),
        (409, "OperationAborted", Transient),
        (409, "ConditionalRequestConflict", Transient),
        (409, "BlobImmutableDueToPolicy", Forbidden),
        (429, "TooManyRequests", Transient),
        (500, "InternalError", Transient),
        (503, "SlowDown", Transient),
    ],
)
def test_an_answer_becomes_the_error_that_says_what_happens_next(asked, status, code, kind):
    """By the cloud's own word where it has one, else by its status."""
    error = asked(status, xml(code), "create")

    assert type(error) is kind
    assert URL in error.message
    assert code in error.message or kind is NotFound


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (403, "", Forbidden),
        (401, "", BadCredentials),
        (503, "<html>Bad gateway</html>", Transient),
        (500, "\x00\x01", Transient),
        (418, "I am a teapot", Permanent),
        (404, "<html>no such page</html>", NotFound),
    ],
)
def test_an_answer_without_a_word_is_judged_by_its_status(asked, status, body, kind):
    """A proxy's page, an empty body."""
    assert type(asked(status, body)) is kind


@pytest.mark.parametrize(
    ("status", "code"), [(412, "PreconditionFailed"), (409, "BlobAlreadyExists")]
)
def test_only_what_is_certainly_there_is_said_to_be_there(impatient, status, code):
    """S3's word and Azure's; every other conflict leaves it open who wins."""
    with answering(status, xml(code)) as endpoint:
        assert not store_at(endpoint).create(KEY, b"data")


def test_a_listing_without_a_body_is_no_empty_listing(asked):
    """A proxy that says 200 and nothing else."""
    assert type(asked(200, "", "folders")) is Transient


def test_credentials_that_expired_in_mid_use_name_the_way_out(asked):
    """What was finished is kept."""
    error = asked(400, xml("ExpiredToken", "The provided token has expired."))

    assert error.message == (
        f"The store does not accept the credentials for {URL}/{KEY} "
        "(HTTP 400, ExpiredToken, The provided token has expired.)."
    )
    assert "environment variables anew" in error.way_out


def test_a_deletion_that_was_refused_is_an_error(asked):
    """S3 says 200 to a list of deletions, and why each failed in the body."""
    body = (
        "<?xml version='1.0'?><DeleteResult><Error>"
        f"<Key>prefix/{KEY}</Key><Code>AccessDenied</Code><Message>Locked.</Message>"
        "</Error></DeleteResult>"
    )
    error = asked(200, body, "delete")

    assert type(error) is Forbidden
    assert URL in error.message


@pytest.mark.parametrize("method", ["get", "size", "delete"])
def test_what_a_server_repeats_of_a_request_is_not_shown(asked, method):
    """AWS sends back what was signed; whoever reads a log must not have it."""
    error = asked(403, xml("SignatureDoesNotMatch"), method)

    for shown in (str(error), repr(error), error.message):
        assert "canary" not in shown


def test_a_key_that_is_called_like_an_error_is_not_taken_for_one():
    """Instances have any name."""
    text = (
        "Object at location exports/status code: 403 (code: NoSuchBucket) not found: "
        "Error performing GET http://h/b - Server returned non-2xx status code: 404 Not Found: "
    )

    assert type(translated(exceptions.NotFoundError(text), URL, KEY)) is NotFound


# --- what a library or a system says --------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (FileNotFoundError(errno.ENOENT, "none"), NotFound),
        (IsADirectoryError(errno.EISDIR, "a folder"), NotFound),
        (exceptions.NotFoundError("none"), NotFound),
        (exceptions.AlreadyExistsError("there"), storage_errors.AlreadyThere),
        (OSError(errno.ENOSPC, "full"), Refused),
        (OSError(errno.EDQUOT, "quota"), Refused),
        (
            exceptions.GenericError("Unable to write: No space left on device (os error 28)"),
            Refused,
        ),
        (PermissionError(errno.EACCES, "no"), Forbidden),
        (exceptions.PermissionDeniedError("no"), Forbidden),
        (exceptions.UnauthenticatedError("who"), BadCredentials),
        (exceptions.UnknownConfigurationKeyError("colour"), Permanent),
        (NotADirectoryError(errno.ENOTDIR, "a file"), Permanent),
        (ValueError("nonsense"), Permanent),
        (exceptions.GenericError("no route to host"), Transient),
        (
            exceptions.GenericError("http://169.254.169.254/latest/api/token timed out"),
            BadCredentials,
        ),
        (
            exceptions.GenericError("this normally indicates an incorrectly configured region"),
            Permanent,
        ),
        (TimeoutError("slow"), Transient),
        (OSError(errno.EIO, "bad disk"), Transient),
        (RuntimeError("anything else"), Transient),
    ],
)
def test_an_error_of_the_library_or_system_becomes_one_of_ours(error, kind):
    """What nobody foresaw is transient: nothing is concluded from it."""
    assert type(translated(error, URL, KEY)) is kind


def test_a_server_that_is_full_is_no_full_disk():
    """The texts of a directory's errors do not decide about a server's."""
    text = "Server returned non-2xx status code: 500 Internal Server Error: No space left on device"

    assert type(translated(exceptions.GenericError(text), URL, KEY)) is Transient


def test_a_store_that_cannot_be_opened_needs_a_person():
    """Nothing was asked of anybody yet: trying again would be of no use."""
    for error in (
        exceptions.GenericError("Account must be specified"),
        FileNotFoundError("/proc/x"),
    ):
        found = storage_errors.unusable(error, URL)
        assert type(found) is Permanent
        assert "environment variables" in found.way_out
    assert type(storage_errors.unusable(OSError(errno.ENOSPC, "full"), URL)) is Refused


def test_long_texts_are_cut_and_inner_values_left_out():
    """A library's debug output may hold a whole request."""
    text = "Generic: http://host/x?X-Amz-Signature=canary failed\n\nDebug source:\nToken(canary)"

    assert storage_errors.shortened(text) == "Generic: http://host/x failed"
    assert len(storage_errors.shortened("x" * 1000)) == 301


def test_only_a_full_disk_is_called_full():
    """Another error of the block that an upload is written in stays what it is."""

    def fail(number):
        with storage_errors.full_disk("/tmp"):
            raise OSError(number, "x")

    with pytest.raises(Refused, match="no room left for /tmp"):
        fail(errno.ENOSPC)
    with pytest.raises(OSError, match="x"):
        fail(errno.EIO)
