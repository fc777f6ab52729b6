"""Two scripted days of fifty people, with the clock going from hour to hour, beside a model of what must come of them.

DAYS_SEED draws other encounters.
"""

import asyncio
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from launcher import cli
from launcher.failure import ExitCode
from tests.days.acts import play
from tests.days.model import Model
from tests.days.script import TwoDays
from tests.mesh.audit import Findings, connected, examined, quiet
from tests.mesh.day_checks import checked
from tests.mesh.day_stage import MeshStage
from tests.mesh.deliveries import open_deliveries
from tests.mesh.harness import open_mesh
from tests.mesh.posting import open_postman

pytestmark = pytest.mark.drill

SEED = int(os.environ.get("DAYS_SEED", "1"))
_QUIET_SECONDS = 60.0


@pytest.mark.timeout(400)
async def test_two_days_in_town(fresh_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every trip, balance, star and ride for later is as the model says, and so is every message on every phone."""
    monkeypatch.setenv("DATABASE_URL", fresh_database_url)
    # Tomorrow: the clock only ever goes forward.
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    began = time.monotonic()
    async with (
        open_mesh(fresh_database_url, tmp_path) as mesh,
        open_postman(mesh.gateway_urls) as postman,
        open_deliveries(mesh.simulator_url) as deliveries,
        connected(fresh_database_url) as connection,
    ):
        model = Model(midnight + timedelta(hours=5))
        days = TwoDays(model, SEED, midnight)
        stage = MeshStage(model, postman, deliveries, connection, mesh.simulator_url)
        await stage.set_clock(model.now)
        for scene in days.scenes():
            if isinstance(scene, datetime):
                model.touched.clear()
                model.passes(scene)
                told = frozenset(model.touched)
                await stage.set_clock(scene)
                await stage.heard(told)
            else:
                async with asyncio.TaskGroup() as side_by_side:
                    for deed in scene:
                        side_by_side.create_task(play(stage, model, deed))
            await quiet(connection, mesh, _QUIET_SECONDS)
            await deliveries.read()
            stage.compare_everything()
        written = {phone.address: phone.written for phone in stage.phones.values()}
        findings: Findings = await examined(connection, written, deliveries.all)
        await checked(findings, connection, model, stage)
        assert await asyncio.to_thread(cli.main, ["wallet", "check"]) == ExitCode.DONE
    _print(findings, model, time.monotonic() - began)
    assert not findings.wrong


def _print(findings: Findings, model: Model, seconds: float) -> None:
    lines = [f"{what:<34}{count:>8}" for what, count in findings.table.items()]
    lines += [
        f"{'messages told':<34}{sum(len(one.heard) for one in model.people):>8}",
        f"{'seconds':<34}{seconds:>8.1f}",
    ]
    lines += [f"WRONG: {what}" for what in findings.wrong]
    print("", f"two days, seed {SEED}", *lines, sep="\n")  # noqa: T201 - the table is what one runs it for
