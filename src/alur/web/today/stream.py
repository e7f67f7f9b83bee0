"""The picture under the eight stages: how much is where, as one stream; the late part stands at its foot."""

from collections.abc import Sequence
from itertools import pairwise

from alur.web.shell import Place

WIDE, HIGH, TOP = 1000, 58, 4


def stream(stages: Sequence[Place]) -> dict[str, str]:
    """SVG paths: all that waits, and what of it is late."""
    scale = (HIGH - TOP) / max(1, *(stage.count or 0 for stage in stages))
    return {"all": _path([(stage.count or 0) * scale for stage in stages]), "late": _path([stage.late * scale for stage in stages])}


def _path(heights: list[float]) -> str:
    """A smooth line through the middle of each stage, filled to the foot."""
    if not heights:
        return ""
    step = WIDE / len(heights)
    points = [(0.0, heights[0]), *((step * (i + 0.5), h) for i, h in enumerate(heights)), (float(WIDE), heights[-1])]
    drawn = [f"M0 {HIGH - heights[0]:.1f}"]
    for (x1, h1), (x2, h2) in pairwise(points):
        middle = (x1 + x2) / 2
        drawn.append(f"C{middle:.0f} {HIGH - h1:.1f} {middle:.0f} {HIGH - h2:.1f} {x2:.0f} {HIGH - h2:.1f}")
    return "".join(drawn) + f"L{WIDE} {HIGH}L0 {HIGH}z"
