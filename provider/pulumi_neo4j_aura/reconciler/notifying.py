"""Tell others: a webhook on new findings, and a ping after each pass that could be made.

The ping is what makes a dead daemon noticeable: whoever expects it raises the alarm when it stays
away. A webhook alone cannot, because the dead send nothing.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass

from pulumi_neo4j_aura.aura.wire import HttpSender, NoAnswer, NotSent
from pulumi_neo4j_aura.planning.plan import Finding
from pulumi_neo4j_aura.reconciler.watching import Beat

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Notifier:
    """Sends what a beat says. What could not be sent is sent with the next beat."""

    sender: HttpSender
    webhook: str = ""
    ping: str = ""
    _unsent: tuple[Finding, ...] = ()

    def tell(self, beat: Beat) -> None:
        """Send the ping and the new findings. Never raises for what the other side does."""
        if self.ping and not beat.error:
            self._send("GET", self.ping, None)
        fresh = (*self._unsent, *beat.new_findings)
        if self.webhook and fresh:
            sent = self._send("POST", self.webhook, _body(beat, fresh))
            self._unsent = () if sent else fresh

    def _send(self, method: str, url: str, body: bytes | None) -> bool:
        headers = {"Content-Type": "application/json"} if body else {}
        try:
            answer = self.sender.send(method, url, headers=headers, content=body)
        except (NotSent, NoAnswer) as error:
            # Neither the URL nor what went wrong in full: webhooks carry their secret in the URL.
            _log.warning("a notification could not be sent (%s)", type(error).__name__)
            return False
        if not answer.ok:
            _log.warning("a notification was answered with HTTP %d", answer.status)
        return answer.ok


def _body(beat: Beat, findings: tuple[Finding, ...]) -> bytes:
    lines = [
        f"{each.severity.value}: {each.instance_name or each.policy}: {each.code}: {each.message}"
        for each in findings
    ]
    body = {
        "at": beat.at.isoformat(),
        "text": "\n".join(lines),
        "findings": [
            {
                "code": each.code,
                "severity": each.severity.value,
                "policy": each.policy,
                "instance_id": each.instance_id,
                "instance": each.instance_name,
                "message": each.message,
                "way_out": each.way_out,
            }
            for each in findings
        ],
    }
    return json.dumps(body, ensure_ascii=False).encode(errors="replace")
