"""Writes deploy/grafana/dashboards/ from panels.py: `python -m deploy.grafana.build`."""

import json
from pathlib import Path
from typing import Any

from deploy.grafana.panels import DASHBOARDS, Dashboard, Panel

FOLDER = Path(__file__).parent / "dashboards"
_SOURCE = {"type": "prometheus", "uid": "prometheus"}
_COLUMNS = 24
_STEADY = (6, 4)  # width and height of a number
_GRAPH = (12, 8)


def dashboard(page: Dashboard) -> dict[str, Any]:
    """As Grafana imports it."""
    return {
        "uid": page.uid,
        "title": page.title,
        "tags": ["hailwire"],
        "schemaVersion": 39,
        "version": 1,
        "editable": False,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "links": [
            {"type": "dashboards", "tags": ["hailwire"], "title": "Hailwire", "asDropdown": True, "keepTime": True}
        ],
        "panels": _laid_out(page.panels),
    }


def _laid_out(panels: tuple[Panel, ...]) -> list[dict[str, Any]]:
    """Numbers first, as many in a row as fit; then graphs, two in a row."""
    made = []
    x = y = height_of_row = 0
    for number, panel in enumerate(panels, 1):
        width, height = _STEADY if panel.steady else _GRAPH
        if x + width > _COLUMNS or height != (height_of_row or height):
            x, y = 0, y + height_of_row
        height_of_row = height
        made.append(_panel(number, panel, {"x": x, "y": y, "w": width, "h": height}))
        x += width
    return made


def _panel(number: int, panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    return {
        "id": number,
        "type": "stat" if panel.steady else "timeseries",
        "title": panel.title,
        "description": panel.help,
        "datasource": _SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {} if panel.steady else {"legend": {"displayMode": "list", "placement": "bottom"}},
        "targets": [
            {"refId": chr(ord("A") + nth), "datasource": _SOURCE, "expr": expr, "legendFormat": legend or "__auto"}
            for nth, (legend, expr) in enumerate(panel.queries.items())
        ],
    }


def files() -> dict[str, str]:
    """Their names and contents."""
    return {f"{page.uid}.json": json.dumps(dashboard(page), indent=2) + "\n" for page in DASHBOARDS}


def main() -> None:
    """Write them."""
    FOLDER.mkdir(exist_ok=True)
    for name, content in files().items():
        (FOLDER / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
