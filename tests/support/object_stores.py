"""Real object stores on loopback: SeaweedFS for S3, Azurite for Azure. Started once per session.

Users reach their store by a URL and environment variables alone; so do the tests. Buckets are made
by hand, because our code never makes one.
"""

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from socket import create_server

import pytest

from pulumi_neo4j_aura.vault.store import Store, open_store

REPOSITORY = Path(__file__).resolve().parents[2]
#: A loaded machine with two cores needs a while; usually it is two to four seconds.
SECONDS = 120.0

AZURE_ACCOUNT = "devstoreaccount1"


@dataclass(frozen=True)
class Place:
    """A bucket or container on a real server, and how a user reaches it."""

    scheme: str
    bucket: str
    environment: Mapping[str, str]
    #: The variable that holds the secret.
    secret_name: str
    port: int = 0

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.bucket}"

    @property
    def secret(self) -> str:
        return self.environment[self.secret_name]

    def open(self, prefix: str, monkeypatch: pytest.MonkeyPatch, **changed: str) -> Store:
        """The store below a prefix, by its URL and the environment alone."""
        for name, value in {**self.environment, **changed}.items():
            monkeypatch.setenv(name, value)
        return open_store(f"{self.url}/{prefix}")

    def at_port(self, port: int) -> dict[str, str]:
        """The variables that differ when something else stands before the server."""
        old, new = f"127.0.0.1:{self.port}", f"127.0.0.1:{port}"
        return {
            name: value.replace(old, new)
            for name, value in self.environment.items()
            if old in value
        }


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [server.getsockname()[1] for server in servers]


@contextlib.contextmanager
def running(command: list[str], folder: Path) -> Iterator[Callable[[], str]]:
    """A process for the time of the block; answers what tells its last words, or that it ended.

    It is killed and not asked: what it holds is thrown away, and SeaweedFS takes its time.
    """
    log = folder / "server.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT
        )

    def words() -> str:
        text = log.read_text(errors="replace")[-2000:]
        assert process.poll() is None, f"exit code {process.returncode}: {text}"
        return text

    try:
        yield words
    finally:
        process.kill()
        process.wait()


def call(port: int, method: str, path: str, headers: Mapping[str, str]) -> int:
    """One HTTP request's status; 0 when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers=dict(headers))
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
    return answer.status


def until(expected: set[int], ask: Callable[[], int], words: Callable[[], str]) -> None:
    """Ask until the status is one of those expected."""
    end = time.monotonic() + SECONDS
    while (found := ask()) not in expected:
        said = words()
        assert time.monotonic() < end, f"still {found}: {said}"
        time.sleep(0.05)


# --- S3 -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class S3Keys:
    """One identity."""

    id: str
    secret: str = field(repr=False, default_factory=lambda: f"canary{secrets.token_hex(12)}")
    actions: tuple[str, ...] = ("Read", "List", "Tagging", "Write")

    def as_identity(self) -> dict[str, object]:
        keys = [{"accessKey": self.id, "secretKey": self.secret}]
        return {"name": self.id, "credentials": keys, "actions": list(self.actions)}


@dataclass(frozen=True)
class S3Server:
    """A running SeaweedFS with a bucket, an owner, and somebody who may read only."""

    place: Place
    reader: S3Keys


@contextlib.contextmanager
def running_seaweedfs() -> Iterator[S3Server]:
    """SeaweedFS with S3, all in one process, its data in a temporary folder."""
    # For an administrator SeaweedFS makes a missing bucket at the first write; the cloud does not.
    admin, owner = S3Keys("ADMINKEY", actions=("Admin",)), S3Keys("OWNERKEY")
    reader = S3Keys("READERKEY", actions=("Read", "List"))
    with tempfile.TemporaryDirectory(prefix="seaweedfs-") as name:
        folder = Path(name)
        identities = [each.as_identity() for each in (admin, owner, reader)]
        (folder / "s3.json").write_text(json.dumps({"identities": identities}))
        ports = free_ports(8)
        port = ports[0]
        with _without_sockets(ports), running(_weed(ports), folder) as words:
            until({200}, lambda: _make_bucket(port, admin, "bucket"), words)
            environment = {
                "AWS_ACCESS_KEY_ID": owner.id,
                "AWS_SECRET_ACCESS_KEY": owner.secret,
                "AWS_REGION": "us-east-1",
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            }
            place = Place("s3", "bucket", environment, "AWS_SECRET_ACCESS_KEY", port)
            _wait_until_it_takes_objects(port, owner, words)
            yield S3Server(place, reader)


@contextlib.contextmanager
def _without_sockets(ports: list[int]) -> Iterator[None]:
    """It puts Unix sockets into a folder of its choice, and leaves them there when it is killed."""
    try:
        yield
    finally:
        for port in ports:
            for each in Path(tempfile.gettempdir()).glob(f"seaweedfs-*-{port}.sock"):
                each.unlink(missing_ok=True)


def _weed(ports: list[int]) -> list[str]:
    names = ("s3.port", "s3.port.grpc", "master.port", "master.port.grpc", "volume.port",
             "volume.port.grpc", "filer.port", "filer.port.grpc")  # fmt: skip
    return [
        str(Path(sys.executable).parent / "weed"),
        "server",
        "-dir=.",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-filer",
        "-s3",
        "-s3.config=s3.json",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-master.telemetry=false",
        "-master.volumeSizeLimitMB=256",
        "-volume.max=20",
        *(f"-{name}={port}" for name, port in zip(names, ports, strict=True)),
    ]


def _make_bucket(port: int, keys: S3Keys, bucket: str) -> int:
    return call(port, "PUT", f"/{bucket}", _signed_for_s3(port, keys, "PUT", f"/{bucket}"))


def _wait_until_it_takes_objects(port: int, keys: S3Keys, words: Callable[[], str]) -> None:
    """The bucket is there before the volumes that hold its objects."""
    path = "/bucket/warm"
    until({200}, lambda: call(port, "PUT", path, _signed_for_s3(port, keys, "PUT", path)), words)
    until({204}, lambda: call(port, "DELETE", path, _signed_for_s3(port, keys, "DELETE", path)),
          words)  # fmt: skip


def _signed_for_s3(port: int, keys: S3Keys, method: str, path: str) -> dict[str, str]:
    """Headers of a request without a body, signed as AWS describes it (version 4)."""
    now = datetime.now(UTC)
    empty = hashlib.sha256(b"").hexdigest()
    headers = {
        "host": f"127.0.0.1:{port}",
        "x-amz-content-sha256": empty,
        "x-amz-date": f"{now:%Y%m%dT%H%M%SZ}",
    }
    names = ";".join(headers)
    lines = [f"{name}:{value}" for name, value in headers.items()]
    request = "\n".join([method, path, "", *lines, "", names, empty])
    scope = f"{now:%Y%m%d}/us-east-1/s3/aws4_request"
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, digest])
    key = f"AWS4{keys.secret}".encode()
    for step in scope.split("/"):
        key = hmac.digest(key, step.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    credential = f"Credential={keys.id}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**headers, "authorization": f"AWS4-HMAC-SHA256 {credential}"}


# --- Azure ----------------------------------------------------------------------------------------


@contextlib.contextmanager
def running_azurite() -> Iterator[Place]:
    """Azurite's blob server with one account and one container, in memory."""
    key = base64.b64encode(secrets.token_bytes(48)).decode()
    (port,) = free_ports(1)
    command = [
        azurite_program(),
        f"--blobPort={port}",
        "--blobHost=127.0.0.1",
        "--skipApiVersionCheck",
        "--disableTelemetry",
        "--inMemoryPersistence",
        "--silent",
    ]
    environment = {
        "AZURE_STORAGE_ACCOUNT_NAME": AZURE_ACCOUNT,
        "AZURE_STORAGE_ACCOUNT_KEY": key,
        "AZURE_STORAGE_ENDPOINT": f"http://127.0.0.1:{port}/{AZURE_ACCOUNT}",
    }
    with (
        tempfile.TemporaryDirectory(prefix="azurite-") as folder,
        _accounts(f"{AZURE_ACCOUNT}:{key}"),
        running(command, Path(folder)) as words,
    ):
        until({201}, lambda: _make_container(port, key, "container"), words)
        yield Place("az", "container", environment, "AZURE_STORAGE_ACCOUNT_KEY", port)


@contextlib.contextmanager
def _accounts(value: str) -> Iterator[None]:
    """Azurite takes its accounts from the environment: on a command line everybody reads them."""
    os.environ["AZURITE_ACCOUNTS"] = value
    try:
        yield
    finally:
        del os.environ["AZURITE_ACCOUNTS"]


def azurite_program() -> str:
    """Azurite; fails the test if there is none. The first use brings it (`make azurite`)."""
    tool = REPOSITORY / "tools" / "azurite" / "ensure.py"
    done = subprocess.run(
        [sys.executable, str(tool)], stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout.strip()


def _make_container(port: int, key: str, container: str) -> int:
    """As Azure describes requests that are signed with the account's key."""
    date, version = format_datetime(datetime.now(UTC), usegmt=True), "2021-12-02"
    path = f"/{AZURE_ACCOUNT}/{container}"
    headers = [f"x-ms-date:{date}", f"x-ms-version:{version}"]
    resource = [f"/{AZURE_ACCOUNT}{path}", "restype:container"]
    text = "\n".join(["PUT", *[""] * 11, *headers, *resource])
    signature = base64.b64encode(hmac.digest(base64.b64decode(key), text.encode(), "sha256"))
    return call(port, "PUT", f"{path}?restype=container", {
        "x-ms-date": date,
        "x-ms-version": version,
        "content-length": "0",
        "authorization": f"SharedKey {AZURE_ACCOUNT}:{signature.decode()}",
    })  # fmt: skip


# --- fixtures -------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def seaweedfs() -> Iterator[S3Server]:
    """One S3 server for all tests of a worker."""
    with running_seaweedfs() as server:
        yield server


@pytest.fixture(scope="session")
def azurite() -> Iterator[Place]:
    """One Azure server for all tests of a worker."""
    with running_azurite() as place:
        yield place


def place_of(name: str, request: pytest.FixtureRequest) -> Place:
    """A bucket on the real server of a kind, `s3` or `azure`; the server is started when needed."""
    if name == "s3":
        server: S3Server = request.getfixturevalue("seaweedfs")
        return server.place
    place: Place = request.getfixturevalue("azurite")
    return place
