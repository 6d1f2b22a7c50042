"""How tables of reports write figures and what programs say."""


def milliseconds(value):
    """Three digits, or all before the point."""
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 99.95 else f"{value:.0f}"


def ratio(value):
    return f"{value:.2f} x" if value < 0.995 else f"{value:.1f} x" if value < 99.95 else f"{value:.0f} x"


def quoted(reason):
    """As code: what programs say has marks of Markdown in it."""
    return "`" + reason.replace("`", "'") + "`"


def heading(report, what):
    """What was measured, where, with what and when."""
    driver = f", driver {report['driver']}" if report.get("driver") else ""
    versions = ", ".join(f"{of} {version}" for of, version in report["versions"].items())
    how = f"; `{report['how']}`" if report.get("how") else ""
    beside = f"; beside it ran {report['beside']}" if report.get("beside") else ""
    return f"{what}{driver}; {report['processor']}; {report['date']}; {versions}{how}{beside}:"


def faster(found):
    """The line that comes first: whose time is less than moue's, of (who, where, times moue's)."""
    found, by = list(found), {}
    for who, where, times in found:
        by.setdefault(who, {})[where] = times
    said, places = [], len({where for _, where, _ in found})
    for who, of in by.items():
        won = {where: times for where, times in of.items() if times < 1}
        if len(won) == places > 1:
            said.append(f"{who}: everywhere ({ratio(min(won.values()))} to {ratio(max(won.values()))})")
        elif won:
            said.append(f"{who}: {', '.join(f'{where} ({ratio(times)})' for where, times in won.items())}")
    return [f"Faster than moue: {'; '.join(said)}.", ""] if said else []


def settings(report, names):
    """A line a program, where a report says how each was set."""
    return [f"- {names.get(kind, kind)}: {words}" for kind, words in (report.get("settings") or {}).items()]
