"""Ports that are held while nobody listens."""

import socket

import pytest

from aura_emulator.data_plane.neo4j import ports
from aura_emulator.data_plane.neo4j.ports import HOST, NoPortError, reserve, reserve_again


@pytest.fixture
def reserved():
    """A port of ours, given back afterwards."""
    found = reserve()
    yield found
    found.release()


def test_a_reserved_port_is_ours_and_below_the_systems(reserved):
    """An ordinary program cannot have it, until it is released."""
    assert 20_000 <= reserved.port <= 29_999
    with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
        stranger.bind((HOST, reserved.port))
    reserved.release()
    with socket.socket() as stranger:
        stranger.bind((HOST, reserved.port))


def test_a_server_can_listen_beside_the_reservation(reserved):
    """It sets SO_REUSEADDR, as Java does."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((HOST, reserved.port))
        server.listen()


def test_a_held_port_is_not_given_out_again(reserved, monkeypatch):
    """Not even one that another emulator merely holds; at last there is none."""
    monkeypatch.setattr(ports, "FIRST", reserved.port)
    monkeypatch.setattr(ports, "LAST", reserved.port)
    with pytest.raises(NoPortError, match=f"No free port between {reserved.port}"):
        reserve()


def test_a_port_comes_back_to_its_instance_unless_somebody_listens(reserved):
    """The address does not change, so no other port will do."""
    port = reserved.port
    reserved.release()
    again = reserve_again(port)
    assert again.port == port
    again.release()
    with socket.socket() as stranger:
        stranger.bind((HOST, port))
        stranger.listen()
        with pytest.raises(NoPortError, match=f"Port {port} is taken by another program"):
            reserve_again(port)


def test_somebody_who_is_quicker_gets_the_port_and_we_another(monkeypatch):
    """Between the look and the reservation."""
    looked: list[int] = []
    strangers = [socket.socket()]

    def free(port: int) -> bool:
        looked.append(port)
        if len(looked) == 1:
            strangers[0].bind((HOST, port))
            strangers[0].listen()
        return True

    monkeypatch.setattr(ports, "_free", free)
    found = reserve()
    assert looked[0] != found.port == looked[-1]
    found.release()
    strangers[0].close()
