"""What a refusal (exit code 4) names, and how its own words are typed back."""
import re
import shlex

ROUNDS_MAX = 4


def accept_flags(result):
    """The --accept-loss values that a refusal tells to type, in its order."""
    text = result.stdout.replace("\\\"", '"') + result.stderr
    found = []
    for match in re.finditer(r"""--accept-loss\s+('[^']+'|"[^"]+"|[^\s`,;"]+)""", text):
        value = shlex.split(match.group(1))[0]
        if value not in found:
            found.append(value)
    return found


def refused_columns(report):
    """(table, column) of each loss that a --json report lists as not accepted."""
    return {
        (table["source"].split(".")[-1], loss["column"])
        for table in report["tables"] for loss in table["losses"] if not loss["accepted"]
    }


def migrate_accepting(sluice, source, target, *options):
    """Accepts whatever the refusals name until the run is done. Returns (report, accepted)."""
    accepted = []
    for _ in range(ROUNDS_MAX):
        flags = [word for loss in accepted for word in ("--accept-loss", loss)]
        result = sluice.run("migrate", source, target, "--json", *flags, *options)
        if result.code == 0:
            return result.json, accepted
        assert result.code == 4, result
        new = [loss for loss in accept_flags(result) if loss not in accepted]
        assert new, f"a refusal that names nothing new to accept\n{result}"
        accepted += new
    raise AssertionError(f"still refused with {accepted}: {result}")
