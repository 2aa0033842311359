"""`aura_emulator load`: what it says and how it exits where nothing is loaded."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest

from aura_emulator import load_command


@pytest.fixture
def emulator():
    """A server that answers what the test puts in; the bodies it was sent."""

    class Handler(BaseHTTPRequestHandler):
        answers: ClassVar[list[tuple[int, object]]] = []
        url: ClassVar[str]
        asked: ClassVar[list[tuple[str, str, object]]] = []

        def _answer(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            self.asked.append((self.command, self.path, body))
            status, content = self.answers.pop(0)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(
                content if isinstance(content, bytes) else json.dumps(content).encode()
            )

        do_GET = do_POST = _answer  # noqa: N815 - the library's names

        def log_message(self, *_):
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever, args=[0.01])
        serving.start()
        Handler.url = f"http://127.0.0.1:{server.server_port}/"
        yield Handler
        server.shutdown()
        serving.join()


DATA = "/emulator/instances/8593e84b/data"


def test_what_it_holds_is_said_with_separators(emulator, capsys):
    """And the numbers are sent as they were given."""
    emulator.answers += [(200, {"nodes": 250_000, "relationships": 750_000})]
    words = ["8593e84b", "--graph", "250000", "750000", "--url", emulator.url]
    assert load_command.main(words) == 0
    said = capsys.readouterr().out
    assert said == "8593e84b holds 250,000 nodes and 750,000 relationships\n"
    assert emulator.asked == [
        ("POST", DATA, {"graph": {"nodes": 250_000, "relationships": 750_000}})
    ]


def test_a_dump_is_named_absolutely_and_waited_for(emulator, capsys, tmp_path, monkeypatch):
    """The emulator has another working directory; `loading` is not the end."""
    monkeypatch.chdir(tmp_path)
    other = {"id": "00000000", "status": "running"}
    emulator.answers += [
        (202, {"status": "loading"}),
        (200, [other, {"id": "8593e84b", "status": "loading"}]),
        (200, [other, {"id": "8593e84b", "status": "running"}]),
    ]
    words = ["8593e84b", "--dump", "a.dump", "--json", "--url", emulator.url]
    assert load_command.main(words) == 0
    assert json.loads(capsys.readouterr().out) == {"status": "running"}
    assert emulator.asked[0] == ("POST", DATA, {"dump": str(tmp_path / "a.dump")})
    assert len(emulator.asked) == 3


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"id": "8593e84b", "status": "loading failed"}], "is loading failed: the disk is full"),
        ([], "is gone: the disk is full"),
    ],
)
def test_a_dump_that_fails_is_an_error_with_its_reason(emulator, capsys, tmp_path, rows, said):
    """Also of an instance that was deleted meanwhile."""
    emulator.answers += [(202, {}), (200, rows), (200, {"error": "the disk is full"})]
    words = ["8593e84b", "--dump", str(tmp_path / "a"), "--url", emulator.url]
    assert load_command.main(words) == 1
    assert capsys.readouterr() == ("", f"aura_emulator load: 8593e84b {said}\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"errors": [{"message": "one"}, {"message": "two"}]}, "one; two"),
        (b"<html>", "400 Bad Request"),
        ({"other": 1}, "400 Bad Request"),
    ],
)
def test_a_refusal_is_said_and_is_an_error(emulator, capsys, content, said):
    """In the emulator's words, or the status where it is no emulator."""
    emulator.answers += [(400, content)]
    assert load_command.main(["8593e84b", "--graph", "1", "0", "--url", emulator.url]) == 1
    assert capsys.readouterr() == ("", f"aura_emulator load: {said}\n")


def test_without_an_emulator_it_says_where_it_looked(capsys, tmp_path):
    """And without the file, which."""
    words = ["8593e84b", "--url", "http://127.0.0.1:1"]
    assert load_command.main([*words, "--graph", "1", "0"]) == 1
    assert "No emulator answers at http://127.0.0.1:1/" in capsys.readouterr().err
    assert load_command.main([*words, "--cypher", str(tmp_path / "no.cypher")]) == 1
    assert "no.cypher" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [[], ["8593e84b"], ["8593e84b", "--graph", "1"], ["8593e84b", "--graph", "a", "b"],
     ["8593e84b", "--cypher", "a", "--dump", "b"]],
)  # fmt: skip
def test_wrong_usage_exits_with_two(words, capsys):
    with pytest.raises(SystemExit) as ended:
        load_command.main(words)
    assert ended.value.code == 2
    assert "usage: aura_emulator load" in capsys.readouterr().err
