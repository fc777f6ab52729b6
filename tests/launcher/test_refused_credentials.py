"""Credentials that the real providers do not accept: told once at the first send, with the setting to look at."""

import base64
import hashlib
import hmac
import json
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.launcher.running import up

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

CREDENTIALS = {
    "WA_ACCESS_TOKEN": "EAAG-revoked",
    "WA_APP_SECRET": "app-secret",
    "WA_VERIFY_TOKEN": "verify-token",
    "WA_PHONE_NUMBER_ID": "1065403",
    "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
    "TWILIO_AUTH_TOKEN": "revoked",
    "TWILIO_PHONE_NUMBER": "+15550001111",
}
GRAPH_REFUSAL = {"error": {"message": "Invalid OAuth access token", "type": "OAuthException", "code": 190}}
TWILIO_REFUSAL = {"code": 20003, "message": "Authenticate", "status": 401}


class _Refuses(BaseHTTPRequestHandler):
    """Both providers, who know nobody."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps(GRAPH_REFUSAL if self.path.startswith("/graph") else TWILIO_REFUSAL).encode()
        self.send_response(401)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server uses
        """Nothing."""


@pytest.fixture
def providers() -> Iterator[str]:
    """Where they are."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Refuses) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_told_once_each(reachable_folder: Path, providers: str) -> None:
    """However many people write, each provider's refusal is one line, and no provider is pretended."""
    given = {**CREDENTIALS, "WA_GRAPH_URL": f"{providers}/graph/v25.0", "TWILIO_API_URL": f"{providers}/twilio"}
    with up(reachable_folder / "home", settings=given) as mesh:
        mesh.wait_for("  Help  ")
        assert not any("simulat" in line for line in mesh.lines)
        assert any("first set PUBLIC_BASE_URL: no provider can reach http://127.0.0.1:" in line for line in mesh.lines)
        gateway = f"http://127.0.0.1:{mesh.ports['GATEWAY_HTTP_PORT']}"
        for number in range(5):
            _whatsapp(gateway, f"25078800020{number}")
            _sms(gateway, f"+25078800030{number}")
        mesh.wait_for("ERROR provider refuses our credentials; check WA_ACCESS_TOKEN")
        mesh.wait_for("ERROR provider refuses our credentials; check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN")
        mesh.wait_for("turn done", times=10)
        mesh.process.terminate()
        assert mesh.result() == 0
        refused = [line for line in mesh.lines if "refuses our credentials" in line]
        assert len(refused) == 2
        assert "code=190" in "".join(refused)
        assert "code=20003" in "".join(refused)


def _whatsapp(gateway: str, sender: str) -> None:
    message = {"id": f"wamid.{sender}", "from": sender, "timestamp": str(int(time.time())), "type": "text"}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550001111", "phone_number_id": CREDENTIALS["WA_PHONE_NUMBER_ID"]},
        "contacts": [{"profile": {"name": "Somebody"}, "wa_id": sender}],
        "messages": [{**message, "text": {"body": "hello"}}],
    }
    entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
    signature = hmac.new(CREDENTIALS["WA_APP_SECRET"].encode(), body, hashlib.sha256).hexdigest()
    _post(f"{gateway}/webhooks/whatsapp", body, {"X-Hub-Signature-256": f"sha256={signature}"})


def _sms(gateway: str, sender: str) -> None:
    fields = {"AccountSid": CREDENTIALS["TWILIO_ACCOUNT_SID"], "Body": "hello", "From": sender, "NumMedia": "0"}
    fields |= {"MessageSid": f"SM{sender.strip('+'):0>32}", "To": CREDENTIALS["TWILIO_PHONE_NUMBER"]}
    url = f"{gateway}/webhooks/twilio"
    signed = url + "".join(name + value for name, value in sorted(fields.items()))
    digest = hmac.new(CREDENTIALS["TWILIO_AUTH_TOKEN"].encode(), signed.encode(), hashlib.sha1).digest()
    _post(url, urllib.parse.urlencode(fields).encode(), {"X-Twilio-Signature": base64.b64encode(digest).decode()})


def _post(url: str, body: bytes, headers: dict[str, str]) -> None:
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=30) as answer:
        assert answer.status == 200
