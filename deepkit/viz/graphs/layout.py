"""Where the boxes of a directed graph go: layers by longest path, few crossings, short edges (Sugiyama, 1981)."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]
_SWEEPS = 12
_GAP = 18.0  # between neighbours in a layer
_LAYER_GAP = 40.0
_BEND = 6.0  # room of an edge that passes through a layer
_STRAIGHT = 8  # how much more two bends of one edge pull at each other than two boxes do
_MOVES = 40


@dataclass
class Layout:
    """Centres of the boxes and, for each edge, the points that it passes, from source to target."""

    centres: list[Point]
    routes: list[list[Point]]
    width: float
    height: float


def arrange(
    sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]], groups: Sequence[str] | None = None
) -> Layout:
    """Lay out boxes of the given (width, height), sources on top.

    edges: (from, to) pairs of box numbers; an edge that closes a cycle is routed upwards. groups: a name per box
    ("" for none); boxes of one group stand side by side within a layer.
    """
    n = len(sizes)
    names = list(groups) if groups else [""] * n
    back = _back_edges(n, edges)
    down = [edge[::-1] if edge in back else edge for edge in edges]
    layer = _layers(n, down)
    chains, layer_of = _chains(layer, down)
    bends = len(layer_of) - n
    width_of = [w for w, _ in sizes] + [_BEND] * bends
    above, below = _neighbours(chains, len(layer_of))
    rows = _order(layer_of, above, below, [*names, *[""] * bends])
    x = _columns(rows, width_of, above, below)
    middles, height = _middles(rows, sizes)
    halves = [width / 2 for width in width_of]
    left = min(map(operator.sub, x, halves), default=0.0)
    points = [(at - left, middles[level]) for at, level in zip(x, layer_of, strict=True)]
    routes = [[points[v] for v in chain] for chain in chains]
    for route, edge in zip(routes, edges, strict=True):
        if edge in back:
            route.reverse()
    width = max(map(operator.add, x, halves), default=0.0) - left
    return Layout(points[:n], routes, max(width, 0.0), height)


def _middles(rows: list[list[int]], sizes: Sequence[tuple[float, float]]) -> tuple[list[float], float]:
    """Where the middle of each row lies below the top, and how high all rows are together."""
    heights = [max((sizes[v][1] for v in row if v < len(sizes)), default=0.0) for row in rows]
    tops = [sum(heights[:i]) + i * _LAYER_GAP for i in range(len(rows))]
    middles = [top + height / 2 for top, height in zip(tops, heights, strict=True)]
    return middles, tops[-1] + heights[-1] if rows else 0.0


def _chains(layer: Sequence[int], down: Sequence[tuple[int, int]]) -> tuple[list[list[int]], list[int]]:
    """The boxes and bends along each edge, and the layer of each: an edge over several layers bends once in each.

    The bends are numbered after the boxes, and take part in the ordering.
    """
    layer_of = list(layer)
    chains = []
    for a, b in down:
        between = list(range(layer[a] + 1, layer[b]))
        chains.append([a, *range(len(layer_of), len(layer_of) + len(between)), b])
        layer_of += between
    return chains, layer_of


def _neighbours(chains: Sequence[Sequence[int]], n: int) -> tuple[list[list[int]], list[list[int]]]:
    """For each box or bend those one layer above, and those one below, to which a chain leads."""
    above: list[list[int]] = [[] for _ in range(n)]
    below: list[list[int]] = [[] for _ in range(n)]
    for a, b in (pair for chain in chains for pair in pairwise(chain)):
        if a != b:
            below[a].append(b)
            above[b].append(a)
    return above, below


def _back_edges(n: int, edges: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """The edges that lead back to a box on the current path of a depth-first walk: without them there is no cycle."""
    targets: list[list[int]] = [[] for _ in range(n)]
    for a, b in edges:
        targets[a].append(b)
    back, state = set(), [0] * n  # 0 unseen, 1 on the path, 2 finished
    for root in range(n):
        if state[root]:
            continue
        state[root] = 1
        path = [(root, iter(targets[root]))]
        while path:
            here, rest = path[-1]
            step = next(rest, None)
            if step is None:
                state[here] = 2
                path.pop()
            elif state[step] == 1:
                back.add((here, step))
            elif state[step] == 0:
                state[step] = 1
                path.append((step, iter(targets[step])))
    return back


def _longest_paths(targets: list[list[int]], waiting: list[int]) -> list[int]:
    """How many edges the longest path to each box has; waiting: how many edges lead to it, used up."""
    layer = [0] * len(targets)
    ready = [v for v, edges in enumerate(waiting) if not edges]
    for v in ready:  # grows while it is read: a topological order
        for w in targets[v]:
            layer[w] = max(layer[w], layer[v] + 1)
            waiting[w] -= 1
            if not waiting[w]:
                ready.append(w)
    return layer


def _layers(n: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The longest path from a source; then each box with nothing above moves down next to what uses it."""
    targets: list[list[int]] = [[] for _ in range(n)]
    waiting, has_input = [0] * n, [False] * n
    for a, b in edges:
        if a != b:
            targets[a].append(b)
            waiting[b] += 1
            has_input[b] = True
    layer = _longest_paths(targets, waiting)
    for v in range(n):
        if not has_input[v] and targets[v]:
            layer[v] = min(layer[w] for w in targets[v]) - 1
    lowest = min(layer, default=0)
    return [level - lowest for level in layer]


def _places(row: Sequence[int]) -> list[tuple[int, float]]:
    """Each box of a row with its place in it, between 0 and 1."""
    return [(v, (i + 0.5) / len(row)) for i, v in enumerate(row)]


def _sort(row: list[int], near: Sequence[Sequence[int]], place: dict[int, float], groups: Sequence[str]) -> None:
    """Puts each box at the mean of its neighbours' places, those of one group together at the mean of the group."""
    wish = {v: _mean([place[w] for w in near[v]] or [place[v]]) for v in row}
    together: dict[str, list[float]] = {}
    for v in row:
        together.setdefault(groups[v] or f"#{v}", []).append(wish[v])
    row.sort(key=lambda v: (_mean(together[groups[v] or f"#{v}"]), groups[v], wish[v], v))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _order(layer: list[int], above: list[list[int]], below: list[list[int]], groups: list[str]) -> list[list[int]]:
    """Rows of boxes from left to right; sweeps put each under the mean of its neighbours, the best order is kept."""
    rows: list[list[int]] = [[] for _ in range(max(layer, default=-1) + 1)]
    for v, level in enumerate(layer):
        rows[level].append(v)
    orders = []
    for sweep in range(_SWEEPS):
        downwards = sweep % 2 == 0
        place = {v: at for row in rows for v, at in _places(row)}
        for row in rows if downwards else rows[::-1]:
            _sort(row, above if downwards else below, place, groups)
            place.update(_places(row))
        orders.append([list(row) for row in rows])
    return min(orders, key=lambda order: _crossings(order, below))  # of equally good ones the first


def _crossings(rows: list[list[int]], below: list[list[int]]) -> int:
    total = 0
    for row, under in pairwise(rows):
        place = {v: i for i, v in enumerate(under)}
        ends = [place[w] for v in row for w in sorted(below[v], key=place.__getitem__)]
        total += sum(ends[i] > ends[j] for i in range(len(ends)) for j in range(i + 1, len(ends)))
    return total


def _columns(rows: list[list[int]], width: list[float], above: list[list[int]], below: list[list[int]]) -> list[float]:
    """Centres along x: every box as near as its row allows to the mean of its neighbours."""
    x = [0.0] * len(width)
    for row in rows:
        _place(row, [0.0] * len(row), width, x)
    for move in range(_MOVES):
        for row in rows if move % 2 == 0 else rows[::-1]:
            wishes = []
            for v in row:
                pull = [(w, _STRAIGHT if width[v] == width[w] == _BEND else 1) for w in above[v] + below[v]]
                total = sum(weight for _, weight in pull)
                wishes.append(sum(x[w] * weight for w, weight in pull) / total if pull else x[v])
            _place(row, wishes, width, x)
    return x


def _place(row: list[int], wishes: list[float], width: list[float], x: list[float]) -> None:
    """Least squares with room between neighbours: isotonic regression by pooling adjacent violators."""
    offset, offsets = 0.0, []
    for i, v in enumerate(row):
        if i:
            offset += (width[row[i - 1]] + width[v]) / 2 + _GAP
        offsets.append(offset)
    pools: list[list[float]] = []  # [sum of wishes, count]
    for wish, shift in zip(wishes, offsets, strict=True):
        pools.append([wish - shift, 1.0])
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] > pools[-1][0] / pools[-1][1]:
            total, count = pools.pop()
            pools[-1][0] += total
            pools[-1][1] += count
    levels = [total / count for total, count in pools for _ in range(int(count))]
    for v, level, shift in zip(row, levels, offsets, strict=True):
        x[v] = level + shift
