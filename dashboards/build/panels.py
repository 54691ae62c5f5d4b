"""Panels, in the form that Grafana 9 to 12 read."""

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}

GREEN, YELLOW, ORANGE, RED, BLUE, PURPLE, GREY = "green", "yellow", "orange", "red", "blue", "purple", "#8e8e8e"

# What takes the place of a value that is not there.
NO_VALUE = "no value"


def target(expr, legend="", instant=False, table=False):
    """A query; the panel gives it a letter."""
    return {
        "datasource": DATASOURCE,
        "expr": expr,
        "legendFormat": legend,
        "format": "table" if table else "time_series",
        "instant": instant,
        "range": not instant,
        "editorMode": "code",
    }


def now(expr, legend=""):
    """A query of the present only."""
    return target(expr, legend, instant=True)


def cells(expr):
    """A query of the present for a table."""
    return target(expr, instant=True, table=True)


def steps(*colors):
    """Colours from a value on: a colour, then pairs of value and colour."""
    first, *others = colors
    found = [{"color": first, "value": None}]
    return {"mode": "absolute", "steps": found + [{"color": color, "value": value} for value, color in others]}


def mapping(texts):
    """Texts and colours in place of numbers."""
    options = {
        str(value): {"text": text, "color": color, "index": i} for i, (value, (text, color)) in enumerate(texts.items())
    }
    return [{"type": "value", "options": options}]


def override(names, **properties):
    """Properties of the fields with this name, or that match when it begins with a slash."""
    matcher = "byRegexp" if names.startswith("/") else "byName"
    found = [{"id": key.replace("__", "."), "value": value} for key, value in properties.items()]
    return {"matcher": {"id": matcher, "options": names}, "properties": found}


def panel(kind, title, description, targets, unit, options, defaults=None, overrides=(), custom=None, **more):
    """Any panel."""
    for letter, query in zip("ABCDEFGHIJKLMN", targets, strict=False):
        query["refId"] = letter
    assert len(targets) <= 14
    return {
        "type": kind,
        "title": title,
        "description": description,
        "datasource": DATASOURCE,
        "targets": targets,
        "fieldConfig": {
            "defaults": {"unit": unit, "noValue": NO_VALUE, "custom": custom or {}, **(defaults or {})},
            "overrides": list(overrides),
        },
        "options": options,
        **more,
    }


def dashed(names, color):
    """A line that is compared with."""
    return override(
        names,
        color={"mode": "fixed", "fixedColor": color},
        custom__lineStyle={"fill": "dash", "dash": [8, 6]},
        custom__lineWidth=1,
        custom__fillOpacity=0,
    )


# Of every time series: what is compared with is dashed, an interval is a band.
COMPARED = (
    dashed("/^threshold/", RED),
    dashed("/^reference/", BLUE),
    override(
        "lower limit",
        custom__lineWidth=0,
        custom__hideFrom={"legend": True, "tooltip": False, "viz": False},
        color={"mode": "fixed", "fixedColor": GREY},
        custom__fillOpacity=0,
    ),
    override(
        "upper limit",
        custom__lineWidth=0,
        custom__hideFrom={"legend": True, "tooltip": False, "viz": False},
        color={"mode": "fixed", "fixedColor": GREY},
        custom__fillBelowTo="lower limit",
        custom__fillOpacity=18,
    ),
)


def series(
    title, description, targets, unit="short", overrides=(), least=None, most=None, stacked=False, log=False, **more
):
    """Lines over time."""
    custom = {
        "drawStyle": "line",
        "lineInterpolation": "linear",
        "lineWidth": 2,
        "lineStyle": {"fill": "solid"},
        "fillOpacity": 60 if stacked else 0,
        "gradientMode": "none",
        "showPoints": "never",
        "pointSize": 4,
        "spanNulls": False,
        "axisPlacement": "auto",
        "axisLabel": "",
        "scaleDistribution": {"type": "log", "log": 10} if log else {"type": "linear"},
        "stacking": {"group": "A", "mode": "normal" if stacked else "none"},
        "thresholdsStyle": {"mode": "off"},
        "hideFrom": {"legend": False, "tooltip": False, "viz": False},
    }
    defaults = {"color": {"mode": "palette-classic"}, "thresholds": steps(GREEN), "mappings": []}
    if least is not None:
        defaults["min"] = least
    if most is not None:
        defaults["max"] = most
    options = {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return panel(
        "timeseries", title, description, targets, unit, options, defaults, (*COMPARED, *overrides), custom, **more
    )


def stat(
    title, description, targets, unit="short", colors=None, texts=None, names=False, trend=True, decimals=None, links=()
):
    """One large number, or a few."""
    defaults = {
        "color": {
            "mode": "thresholds" if colors or texts else "fixed",
            **({} if colors or texts else {"fixedColor": "text"}),
        },
        "thresholds": colors or steps(GREEN),
        "mappings": mapping(texts) if texts else [],
        "links": list(links),
    }
    if decimals is not None:
        defaults["decimals"] = decimals
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "orientation": "auto",
        "textMode": "value_and_name" if names else "value",
        "colorMode": "background" if texts else "value",
        "graphMode": "area" if trend else "none",
        "justifyMode": "auto",
    }
    return panel("stat", title, description, targets, unit, options, defaults)


def table(title, description, targets, columns, order=None, more_transformations=(), overrides=()):
    """A table of what the queries say now, a row for each set of labels.

    `columns` are pairs of a field (a label, or `Value #B`) and its title, in their order; other fields are left out.
    """
    kept = [field for field, _ in columns]
    hidden = {
        "Time": True,
        **{f"Value #{t}": True for t in "ABCDEFGHIJKLMN"[: len(targets)] if f"Value #{t}" not in kept},
    }
    if len(targets) == 1:
        hidden.pop("Value #A", None)
        if "Value" not in kept:
            hidden["Value"] = True
    organize = {
        "id": "organize",
        "options": {
            "excludeByName": hidden,
            "indexByName": {field: i for i, field in enumerate(kept)},
            "renameByName": dict(columns),
        },
    }
    options = {
        "showHeader": True,
        "footer": {"show": False, "reducer": ["sum"], "countRows": False, "fields": ""},
        "sortBy": [{"displayName": order[0], "desc": order[1]}] if order else [],
    }
    return panel(
        "table",
        title,
        description,
        targets,
        "short",
        options,
        {"color": {"mode": "thresholds"}, "thresholds": steps("text"), "mappings": []},
        overrides,
        {"align": "auto", "displayMode": "auto", "filterable": False, "inspect": False},
        transformations=[{"id": "merge", "options": {}}, *more_transformations, organize],
    )


def timeline(title, description, targets, colors=None, texts=None, unit="short", decimals=None):
    """What state each series was in, when."""
    custom = {
        "lineWidth": 0,
        "fillOpacity": 80,
        "spanNulls": False,
        "hideFrom": {"legend": False, "tooltip": False, "viz": False},
    }
    defaults = {
        "color": {"mode": "thresholds"},
        "thresholds": colors or steps(GREEN),
        "mappings": mapping(texts) if texts else [],
    }
    if decimals is not None:
        defaults["decimals"] = decimals
    options = {
        "mergeValues": True,
        "showValue": "never",
        "alignValue": "left",
        "rowHeight": 0.85,
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "single", "sort": "none"},
    }
    return panel("state-timeline", title, description, targets, unit, options, defaults, (), custom)


def bars(title, description, targets, category, columns, unit="percentunit", colors=(), order=None, **more):
    """Bars of what the queries say now, side by side for each category."""
    kept = [category, *(field for field, _ in columns)]
    hidden = {"Time": True, **({order: True} if order else {})}
    sort = [{"id": "sortBy", "options": {"fields": {}, "sort": [{"field": order, "desc": False}]}}] if order else []
    organize = {
        "id": "organize",
        "options": {
            "excludeByName": hidden,
            "indexByName": {field: i for i, field in enumerate(kept)},
            "renameByName": dict(columns),
        },
    }
    custom = {
        "lineWidth": 0,
        "fillOpacity": 80,
        "gradientMode": "none",
        "axisPlacement": "auto",
        "axisLabel": "",
        "scaleDistribution": {"type": "linear"},
        "hideFrom": {"legend": False, "tooltip": False, "viz": False},
    }
    options = {
        "xField": category,
        "orientation": "vertical",
        "xTickLabelRotation": -45,
        "xTickLabelMaxLength": 14,
        "xTickLabelSpacing": 0,
        "showValue": "never",
        "stacking": "none",
        "groupWidth": 0.75,
        "barWidth": 0.95,
        "barRadius": 0,
        "fullHighlight": False,
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "none"},
    }
    overrides = [override(name, color={"mode": "fixed", "fixedColor": color}) for name, color in colors]
    defaults = {"color": {"mode": "palette-classic"}, "thresholds": steps(GREEN), "mappings": [], "min": 0}
    transformations = [{"id": "merge", "options": {}}, *sort, organize]
    return panel(
        "barchart",
        title,
        description,
        targets,
        unit,
        options,
        defaults,
        overrides,
        custom,
        transformations=transformations,
        **more,
    )


def heatmap(title, description, targets, unit="percentunit", rows_unit="short", buckets=False):
    """Shares over time, a row for each series; with `buckets` the series are those of a histogram."""
    for query in targets:
        query["format"] = "heatmap" if buckets else "time_series"
    options = {
        "calculate": False,
        "cellGap": 1,
        "cellValues": {"unit": unit},
        "color": {
            "mode": "scheme",
            "scheme": "Blues",
            "fill": "dark-blue",
            "exponent": 0.5,
            "steps": 64,
            "reverse": False,
            "scale": "exponential",
        },
        "exemplars": {"color": "rgba(255,0,255,0.7)"},
        "filterValues": {"le": 1e-9},
        "legend": {"show": True},
        "rowsFrame": {"layout": "auto"},
        "showValue": "never",
        "tooltip": {"show": True, "mode": "single", "yHistogram": True, "showColorScale": False},
        "yAxis": {"axisPlacement": "left", "reverse": False, "unit": rows_unit},
    }
    custom = {"hideFrom": {"legend": False, "tooltip": False, "viz": False}, "scaleDistribution": {"type": "linear"}}
    return panel("heatmap", title, description, targets, unit, options, {}, (), custom)
