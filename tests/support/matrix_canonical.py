"""One spelling for each logical value, whatever system prints it.

A kind of value is a word ("num", "timestamp", ...) or, for nested values, a tuple: ("list", kind),
("struct", {field: kind}), ("map", key kind, value kind), ("union", {member: kind}). A canonical
value is a text, None for NULL, a list, a dict of fields, a sorted list of [key, value] pairs, or
[member, value]. The digest's rules (docs/formats/digest.md) say what is one value: 1.10 is 1.1, but
-0.0 is not 0.0, one month is not 30 days, and JSON is its text.
"""
import json
import re
from decimal import Decimal

SPECIAL_NUMBERS = {"nan": "NaN", "infinity": "Infinity", "inf": "Infinity",
                   "-infinity": "-Infinity", "-inf": "-Infinity"}
MICROS_PER_SECOND = 1_000_000
DAYS_TO_1970 = 719468  # from 0000-03-01
DAYS_PER_ERA = 146097
DATE = r"(?P<date>\d{4,7}-\d\d-\d\d)"
BC = r"(?P<{}> \(BC\)| BC)?"
CLOCK = r"(?P<clock>\d\d:\d\d:\d\d)(?P<fraction>\.\d+)?"
DATE_FORM = re.compile(DATE + BC.format("bc"))
TIMESTAMP_FORM = re.compile(
    DATE + BC.format("bc") + " " + CLOCK + r"(?P<zone>[+]00(:00)?|Z)?" + BC.format("late_bc"))
TIME_FORM = re.compile(CLOCK)
TIMETZ_FORM = re.compile(CLOCK + r"(?P<offset>[+-]\d\d(:\d\d){0,2})")
SPAN_FORM = re.compile(r"([+-]?)(\d+):(\d\d):(\d\d)(?:\.(\d{1,6}))?")
ISO_SPAN_FORM = re.compile(r"P(-?\d+)M(-?\d+)DT(-?[\d.]+)S")  # as SQLite's columns have it
PART_FORM = re.compile(r"([+-]?\d+) (year|month|mon|day)s?")


def number(text):
    text = str(text).strip()
    if text.lower() in SPECIAL_NUMBERS:
        return SPECIAL_NUMBERS[text.lower()]
    plain = format(Decimal(text), "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain in ("-0", "") else plain


def floating(text):
    """The shortest text of the double, which tells -0.0 from 0.0; any NaN is one."""
    return repr(float(text))


def boolean(text):
    return {"true": "true", "false": "false", "1": "true", "0": "false", "t": "true",
            "f": "false"}[str(text).lower()]


def matched(form, text):
    found = form.fullmatch(text)
    assert found, f"{text!r} is not of the form {form.pattern}"
    return found


def fraction(found):
    digits = (found["fraction"] or "").rstrip("0")
    return "" if digits == "." else digits


def date(text):
    text = str(text)
    if text in ("infinity", "-infinity"):
        return text
    found = matched(DATE_FORM, text)
    return found["date"] + (" BC" if found["bc"] else "")


def timestamp(text):
    if text in ("infinity", "-infinity"):
        return text
    found = matched(TIMESTAMP_FORM, text)
    era = " BC" if found["bc"] or found["late_bc"] else ""
    return f"{found['date']} {found['clock']}{fraction(found)}{era}"


def time(text):
    found = matched(TIME_FORM, str(text))
    return found["clock"] + fraction(found)


def timetz(text):
    found = matched(TIMETZ_FORM, text)
    offset = found["offset"]
    offset = offset if ":" in offset else offset + ":00"
    return found["clock"] + fraction(found) + offset


def interval(text):
    """Three fields: months, days, microseconds."""
    iso = ISO_SPAN_FORM.fullmatch(text)
    if iso:
        months, days, seconds = iso.groups()
        return f"{int(months)} mon {int(days)} d {int(Decimal(seconds) * MICROS_PER_SECOND)} us"
    months, days, micros = 0, 0, 0
    rest = text
    for value, unit in PART_FORM.findall(text):
        if unit == "day":
            days += int(value)
        else:
            months += int(value) * (12 if unit == "year" else 1)
    rest = PART_FORM.sub("", rest).strip()
    if rest:
        sign, hours, minutes, seconds, part = matched(SPAN_FORM, rest).groups()
        micros = ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * MICROS_PER_SECOND
        micros += int((part or "0").ljust(6, "0"))
        micros = -micros if sign == "-" else micros
    return f"{months} mon {days} d {micros} us"


def same(text):
    assert isinstance(text, str), f"{text!r} is no text"
    return text


LEAVES = {
    "num": number, "float": floating, "bool": boolean, "date": date, "timestamp": timestamp,
    "timestamptz": timestamp, "time": time, "timetz": timetz, "interval": interval,
    "text": same, "json": same, "bit": same, "storage": same,
    "uuid": str, "bytes": lambda b: b.hex() if isinstance(b, bytes) else b.lower(),
}


def canonical(kind, value):
    """Of a value as a program printed it, or of a Python object of nested ones."""
    if value is None:
        return None
    if isinstance(kind, str):
        return LEAVES[kind](value)
    if kind[0] == "list":
        return [canonical(kind[1], element) for element in value]
    if kind[0] == "struct":
        assert list(value) == list(kind[1]), f"fields {list(value)}, not {list(kind[1])}"
        return {name: canonical(kind[1][name], field) for name, field in value.items()}
    if kind[0] == "map":
        pairs = value.items() if isinstance(value, dict) else value
        return sorted([canonical(kind[1], k), canonical(kind[2], v)] for k, v in pairs)
    assert kind[0] == "union", kind
    member, inner = value
    return [member, canonical(kind[1][member], inner)]


def civil(days):
    """The date of a number of days since 1970-01-01, by the proleptic Gregorian calendar."""
    shifted = days + DAYS_TO_1970
    era, of_era = divmod(shifted, DAYS_PER_ERA)
    year_of_era = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    part = (5 * of_year + 2) // 153
    month = part + 3 if part < 10 else part - 9
    year = year_of_era + era * 400 + (1 if month <= 2 else 0)
    day = of_year - (153 * part + 2) // 5 + 1
    era_text = "" if year > 0 else " BC"
    return f"{year if year > 0 else 1 - year:04d}-{month:02d}-{day:02d}{era_text}"


def clock(units, per_second):
    seconds, part = divmod(units, per_second)
    digits = f"{part:0{len(str(per_second)) - 1}d}" if per_second > 1 else "0"
    return time(f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{digits}")


def moment(units, per_second):
    """The timestamp of a number of units since 1970."""
    days, rest = divmod(units, 86400 * per_second)
    day = civil(days)
    plain, era = (day[:-3], " BC") if day.endswith(" BC") else (day, "")
    return f"{plain} {clock(rest, per_second)}{era}"


def from_json(text):
    """JSON as the losses write it, its numbers as they stand."""
    return json.loads(text, parse_float=str, parse_int=str)
