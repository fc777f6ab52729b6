"""Time that passes for the mesh behind the page and for its phones."""

from tests.gateway.mesh import Mesh


async def pass_to(mesh: Mesh, seconds: float) -> None:
    """So many seconds after the test began, for the one clock of the mesh and for the simulator's."""
    async with mesh.session.post(f"{mesh.simulator.url}/clock", json={"shift_seconds": seconds}) as response:
        assert response.status == 204
    await mesh.value("UPDATE chassis.clock SET shift = make_interval(secs => $1)", seconds)
