"""The picture under the eight stages: how much is where, as one stream; the late part stands at its foot.

Heights are square roots: where one stage holds ten times as many as another, both can be seen. The numbers stand above.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt

from alur.web.shell import Place

WIDE, HIGH, TOP = 1000, 58, 4


def stream(stages: Sequence[Place]) -> dict[str, str]:
    """SVG paths: all that waits, and what of it is late."""
    scale = (HIGH - TOP) / sqrt(max(1, *(stage.count or 0 for stage in stages)))
    heights = [scale * sqrt(stage.count or 0) for stage in stages]
    return {"all": _path(heights), "late": _path([height * stage.late / (stage.count or 1) for height, stage in zip(heights, stages, strict=True)])}


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
