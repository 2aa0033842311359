from pulumi_neo4j_aura.aura.waiting import Waiter
from pulumi_neo4j_aura.settings import Polling
from support.fakes import make_services


def test_a_waiter_has_the_configured_gaps_and_the_given_patience(aura, tmp_path, clock):
    """Patience is the resource's, gaps are the user's, progress goes where services report."""
    services = make_services(aura, tmp_path, clock, polling=Polling(7.0, 0.5))

    assert services.waiter(90.0) == Waiter(
        clock=clock, seconds=7.0, fraction=0.5, patience=90.0, report=services.report
    )
