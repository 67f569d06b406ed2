"""How often the majority is right, for voters who are right a little more often than not, and copy each other or do not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import betainc

from deepkit.errors import ArgumentError
from deepkit.viz.grids import document, label
from deepkit.viz.picture import Drawing
from deepkit.viz.style import GREY, PALETTE

MOST = 100_000  # voters
_WIDE, _LEFT, _TOP, _TALL, _BELOW = 680.0, 62.0, 26.0, 220.0, 70.0


def majority(voters: int, right: float, alike: float = 0.0) -> float:
    """The probability that more than half of the voters are right; a tie is broken by a coin.

    Args:
        voters: how many.
        right: the probability that one of them is.
        alike: the probability that a voter says what one and the same leader says, instead of thinking for himself. The
            leader is right as often as anybody else.

    With a leader who is right, each voter is right with the probability q = alike + (1 - alike) right, otherwise with
    q = (1 - alike) right. Given q, they are independent, and more than half of n (odd) are right with the probability
    I_q((n + 1) / 2, (n + 1) / 2), the regularized incomplete beta function. One voter more than an odd number adds nothing.

    >>> round(majority(1000, 0.51), 3), round(majority(10_000, 0.51), 3)
    (0.736, 0.977)
    """
    if not (voters >= 1 and 0 <= right <= 1 and 0 <= alike <= 1):
        raise ArgumentError(f"{voters} voters, right {right}, alike {alike}", rule="at least one voter; two probabilities")
    half = (voters + voters % 2) / 2
    follows, strays = alike + (1 - alike) * right, (1 - alike) * right
    return float(right * betainc(half, half, follows) + (1 - right) * betainc(half, half, strays))


def show_voters(right: float = 0.51, alike: Sequence[float] = (0.0,)) -> Drawing:
    """Draw how often the majority is right, over the number of voters from 1 to 100,000, for each share of copying.

    >>> show_voters(0.51, [0.0, 0.04])
    voters right in 51 %: 10,000 of them in 97.7 %; 4 % alike, 10,000 of them in 52.0 %
    """
    sentence = said(right, alike)
    return Drawing(draw(right, alike, about=sentence), sentence)


def said(right: float, alike: Sequence[float], voters: int = 10_000) -> str:
    """The curves in words, at one number of voters."""
    names = [f"{100 * share:.3g} % alike, " if share else "" for share in alike]
    parts = [f"{name}{voters:,} of them in {100 * majority(voters, right, share):.1f} %"
             for name, share in zip(names, alike, strict=True)]
    return f"voters right in {100 * right:.3g} %: " + "; ".join(parts)


def draw(right: float, alike: Sequence[float], voters: int | None = None, about: str = "") -> str:
    """The SVG; voters: where a dot is put on each curve."""
    low = min(0.5, right)
    decades = int(np.log10(MOST))

    def place(count: float, share: float) -> tuple[float, float]:
        return (_LEFT + (_WIDE - _LEFT - 34) * np.log10(count) / decades, _TOP + _TALL * (1 - (share - low) / (1 - low)))

    parts = [f'<path d="M{_LEFT} {_TOP}V{_TOP + _TALL}H{_WIDE - 34}" fill="none" stroke="{GREY}"/>',
             label("the majority is right", 6, _TOP - 10)]
    for power in range(decades + 1):
        x, y = place(10**power, low)
        parts += [f'<path d="M{x:.1f} {y:.1f}v5" stroke="{GREY}"/>', label(f"{10**power:,}", x, y + 20, anchor="middle")]
    for share in np.linspace(low, 1, 6):
        x, y = place(1, share)
        parts += [f'<path d="M{x:.1f} {y:.1f}H{_WIDE - 34}" stroke="{GREY}" stroke-opacity="0.25"/>',
                  label(f"{100 * share:.0f} %", x - 8, y + 4, anchor="end")]
    parts.append(label("voters", _WIDE - 34, _TOP + _TALL + 38, anchor="end"))
    counts = np.unique(np.geomspace(1, MOST, 160).astype(int) // 2 * 2 + 1)
    at = _LEFT
    for share, colour in zip(alike, PALETTE.values(), strict=False):
        path = "".join(f"{'L' if i else 'M'}{x:.1f} {y:.1f}" for i, (x, y) in
                       enumerate(place(min(n, MOST), majority(int(n), right, share)) for n in counts))
        name = f"{100 * share:.3g} % copy a leader" if share else "each for himself"
        parts += [f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2.2"/>',
                  f'<path d="M{at:.1f} {_TOP + _TALL + 58:.1f}h22" stroke="{colour}" stroke-width="2.2"/>',
                  label(name, at + 28, _TOP + _TALL + 62, size=11)]
        at += 28 + 7 * len(name) + 14
        if voters is not None:
            x, y = place(voters, majority(voters, right, share))
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{colour}"/>')
    return document(parts, _WIDE, _TOP + _TALL + _BELOW, about)
