import pytest
from hypothesis import settings

from support.clock import FakeClock
from support.fakes import FakeAura, make_services

# No deadline: a busy machine is slow and not wrong.
settings.register_profile("steady", deadline=None, print_blob=True)
settings.load_profile("steady")


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def aura(clock):
    return FakeAura(clock)


@pytest.fixture
def services(aura, tmp_path, clock):
    return make_services(aura, tmp_path, clock)
