"""Many calls at once, and one client for all of them."""

from concurrent.futures import ThreadPoolExecutor, wait

from pulumi_neo4j_aura.resources.providers import (
    InstanceReadinessProvider,
    InstanceRequestProvider,
    SnapshotProvider,
)
from support.resources import calls, instance_inputs
from support.wire import running_plugin

COUNT = 40


def most_at_once(requests):
    """How many of these requests were under way together."""
    edges = []
    for each in requests:
        end = each["at"] + each["milliseconds"] / 1000
        edges += [(each["at"], 1), (end, -1)]
    running = most = 0
    for _, step in sorted(edges):
        running += step
        most = max(most, running)
    return most


def create_many(plugin, control, inputs, count=COUNT):
    """Create many instances at once, each answered after 0.3 s; their ids."""
    request = plugin.resource(InstanceRequestProvider)
    control.add_fault("delay", "POST", "/v1/instances", seconds=0.3, times=0)

    def create(number):
        own = {"name": f"orders-{number}", "owner": f"{number:08x}"}
        return request.create({**inputs, **own})[0]

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(create, range(count)))


def test_forty_creates_run_at_once(plugin, control, declared):
    """The SDK's pool has four threads: with them a hundred instances would take hours."""
    ids = create_many(plugin, control, declared())

    assert len(set(ids)) == COUNT == len(control.instances())
    assert most_at_once(control.requests("POST", "/v1/instances")) > COUNT / 2
    assert calls(control, "GET", "/v1/instances") == 1, "they share one look at the project"


def test_the_number_of_threads_is_a_setting(control, variables):
    """Four again, for whoever wants it; the same measure as above."""
    with running_plugin({**variables, "AURA_THREADS": "4"}) as plugin:
        create_many(plugin, control, instance_inputs(), 12)
    assert most_at_once(control.requests("POST", "/v1/instances")) <= 4


def test_all_resources_of_a_process_share_one_client(fresh_plugin, control):
    """One token, one rate budget, one set of connections: Aura counts calls per credential."""
    request = fresh_plugin.resource(InstanceRequestProvider)
    id_, outputs = request.create(request.check(instance_inputs()).inputs)
    keys = ("instance_id", "api_url", "operation")
    fresh_plugin.resource(InstanceReadinessProvider).create({key: outputs[key] for key in keys})
    fresh_plugin.resource(SnapshotProvider).create({"instance_id": id_, "owner": "5a5a5a5a"})

    assert len(control.requests("POST", "/oauth/token")) == 1


def test_the_rate_budget_holds_over_all_resources(control, variables):
    """Two classes, three calls a minute in all: token, project, instance; the fourth waits."""
    few = {**variables, "AURA_CALLS_PER_MINUTE": "3"}
    with ThreadPoolExecutor(1) as pool, running_plugin(few) as plugin:
        plugin.resource(InstanceRequestProvider).check(instance_inputs())
        snapshots = plugin.resource(SnapshotProvider)
        snapshots.check({"instance_id": "0badcafe"})
        fourth = pool.submit(snapshots.check, {"instance_id": "0badcafe"})
        wait([fourth], timeout=0.5)
        assert not fourth.done()
        assert len(control.requests()) == 3
