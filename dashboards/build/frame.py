"""A dashboard around its panels: variables, annotations, links and the grid."""

from .panels import DATASOURCE

TAG = "driftgauge"

# Name, title in links: the order in which one drills down.
BOARDS = (
    ("driftgauge-fleet", "Fleet"),
    ("driftgauge-model", "Model"),
    ("driftgauge-feature", "Feature"),
    ("driftgauge-actuals", "Actuals and estimates"),
    ("driftgauge-health", "Health of driftgauge"),
)


def dashboard(uid, title, description, variables, panels, notes=(), time="now-6h"):
    """A whole dashboard, in the classic form with schema version 37: Grafana 9 and later."""
    return {
        "uid": uid,
        "title": title,
        "description": description,
        "tags": [TAG],
        "schemaVersion": 37,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "fiscalYearStartMonth": 0,
        "weekStart": "",
        "style": "dark",
        "timezone": "browser",
        "time": {"from": time, "to": "now"},
        "timepicker": {},
        "refresh": "30s",
        "liveNow": False,
        "links": [link(board, name) for board, name in BOARDS if board != uid],
        "templating": {"list": [datasource(), *variables]},
        "annotations": {"list": [built_in(), *notes]},
        "panels": panels,
    }


def link(uid, name):
    """A link to another dashboard in the head of this one: with the same variables and times."""
    return {
        "title": name,
        "type": "link",
        "icon": "dashboard",
        "url": f"/d/{uid}",
        "tooltip": "",
        "tags": [],
        "asDropdown": False,
        "targetBlank": False,
        "includeVars": True,
        "keepTime": True,
    }


def datasource():
    """The variable that all panels take their data from."""
    return {
        "name": "datasource",
        "label": "Data source",
        "type": "datasource",
        "query": "prometheus",
        "regex": "",
        "current": {},
        "options": [],
        "refresh": 1,
        "hide": 0,
        "multi": False,
        "includeAll": False,
        "skipUrlSync": False,
    }


def variable(name, label, query, multi=False, regex="", sort=1):
    """A variable whose values come from Prometheus; one with many values begins with all of them."""
    found = {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": DATASOURCE,
        "definition": query,
        "query": {"query": query, "refId": f"variable-{name}"},
        "regex": regex,
        "sort": sort,
        "refresh": 2,
        "hide": 0,
        "multi": multi,
        "includeAll": multi,
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]} if multi else {},
        "options": [],
        "skipUrlSync": False,
    }
    if multi:
        found["allValue"] = ".+"
    return found


def repeated(name, label, query, regex=""):
    """A variable that panels are repeated over: All stands for each of its values."""
    found = variable(name, label, query, multi=True, regex=regex)
    del found["allValue"]
    return found


def built_in():
    """The annotations that people make by hand."""
    return {
        "name": "Annotations & Alerts",
        "type": "dashboard",
        "builtIn": 1,
        "datasource": {"type": "grafana", "uid": "-- Grafana --"},
        "enable": True,
        "hide": True,
        "iconColor": "rgba(0, 211, 255, 1)",
        "target": {"limit": 100, "matchAny": False, "tags": [], "type": "dashboard"},
    }


def note(name, color, expr, title, text, at_value=False, enabled=True):
    """Marks of something that happened: where the query has a value, or at the time that the value is."""
    return {
        "name": name,
        "datasource": DATASOURCE,
        "enable": enabled,
        "hide": False,
        "iconColor": color,
        "expr": expr,
        "step": "60s",
        "titleFormat": title,
        "textFormat": text,
        "tagKeys": "model,version",
        "useValueForTime": at_value,
    }


class Grid:
    """Places panels from left to right in rows of 24 columns, and numbers them."""

    def __init__(self):
        self.panels = []
        self.x = self.y = self.height = 0

    def row(self, title):
        """Begins a row with a title."""
        self._wrap()
        self._put({"type": "row", "title": title, "collapsed": False, "panels": []}, 24, 1)

    def add(self, panel, width, height):
        """Places a panel to the right of the last one, or below when it does not fit."""
        if self.x + width > 24:
            self._wrap()
        self._put(panel, width, height)

    def _put(self, panel, width, height):
        where = {"x": self.x, "y": self.y, "w": width, "h": height}
        self.panels.append({"id": len(self.panels) + 1, "gridPos": where, **panel})
        self.x += width
        self.height = max(self.height, height)
        if self.x == 24:
            self._wrap()

    def _wrap(self):
        self.y += self.height
        self.x = self.height = 0
