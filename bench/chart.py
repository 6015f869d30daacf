"""Draws results.json as an SVG: how many times as fast sluice was than each peer."""
from html import escape

WIDTH, LEFT, ROW, TOP = 900, 420, 22, 56
LIMIT_COLOUR, PEER_COLOUR, TEXT = "#b0b0b0", "#2b7a78", "#222222"


def svg(results):
    """Returns the text of an SVG. One bar a ratio, on a logarithmic scale; a line is the spread."""
    from math import log2
    rows = [(route, ratio) for route in results["routes"] for ratio in route["ratios"]]
    if not rows:
        raise ValueError("the results hold no ratio")
    least = min(-1.0, *(log2(ratio["least"]) for _, ratio in rows))
    most = max(1.0, *(log2(ratio["most"]) for _, ratio in rows))
    scale = (WIDTH - LEFT - 60) / (most - least)

    def x(value):
        return LEFT + (log2(value) - least) * scale

    height = TOP + ROW * len(rows) + 40
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
             f'font-family="sans-serif" font-size="11" fill="{TEXT}">',
             f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
             '<text x="12" y="20" font-size="15">How many times as fast as a peer '
             '(median of runs in turn; the line is the spread)</text>']
    for exponent in range(round(least), round(most) + 1):
        at = x(2.0 ** exponent)
        parts.append(f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{TOP - 14}" '
                     f'y2="{height - 24}" stroke="#dddddd"/>'
                     f'<text x="{at:.1f}" y="{height - 8}" text-anchor="middle">'
                     f'{2.0 ** exponent:g}x</text>')
    for index, (route, ratio) in enumerate(rows):
        y = TOP + index * ROW
        label = f'{route["name"]} {route["table"]}: {ratio["ours"]} / {ratio["theirs"]}'
        value = ratio["times_as_fast"]
        start, end = sorted((x(1.0), x(value)))
        colour = LIMIT_COLOUR if "(limit)" in ratio["theirs"] else PEER_COLOUR
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end" font-size="9">'
                     f'{escape(label)}</text>'
                     f'<rect x="{start:.1f}" y="{y - 7}" width="{max(1.0, end - start):.1f}" '
                     f'height="14" fill="{colour}"/>'
                     f'<line x1="{x(ratio["least"]):.1f}" x2="{x(ratio["most"]):.1f}" y1="{y}" '
                     f'y2="{y}" stroke="{TEXT}"/>'
                     f'<text x="{max(end, x(ratio["most"])) + 4:.1f}" y="{y + 4}">'
                     f'{value:.2f}</text>')
    return "\n".join([*parts, "</svg>", ""])
