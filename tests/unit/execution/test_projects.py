import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pulumi_neo4j_aura.errors import NotFound, Unavailable
from support.fakes import PROJECT


def test_a_project_is_asked_for_once(aura, services):
    """It changes rarely, and a stack checks it for each of its instances."""
    assert services.projects.get(PROJECT) is services.projects.get(PROJECT)
    assert len(aura.sent("projects.get")) == 1


@pytest.mark.parametrize("error", [Unavailable("503"), NotFound("404", status=404)])
def test_an_error_is_not_kept(aura, services, error):
    """Somebody may mend it while the process runs."""
    aura.script("projects.get", error)

    with pytest.raises(type(error)):
        services.projects.get(PROJECT)
    assert services.projects.get(PROJECT).name == "Orders"


def test_many_threads_cost_one_call(aura, services):
    """One asks, the others wait for its answer."""
    started, gate = threading.Barrier(17), threading.Event()
    aura.before = lambda _call: gate.wait(10)

    def ask():
        started.wait(10)
        return services.projects.get(PROJECT)

    with ThreadPoolExecutor(16) as pool:
        answers = [pool.submit(ask) for _ in range(16)]
        started.wait(10)
        time.sleep(0.05)  # so that each thread is past its first look
        gate.set()
        projects = {answer.result(10) for answer in answers}

    assert len(projects) == 1
    assert len(aura.sent("projects.get")) == 1
