"""Where the boxes of a directed graph go: layers by longest path, few crossings, short edges (Sugiyama, 1981)."""

from __future__ import annotations

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
    down = [edge if edge not in back else edge[::-1] for back in [_back_edges(n, edges)] for edge in edges]
    layer = _layers(n, down)
    # An edge over several layers becomes a chain of bends, one per layer, which take part in the ordering.
    layer_of, width_of = list(layer), [w for w, _ in sizes]
    chains: list[list[int]] = []
    for a, b in down:
        chain = [a]
        for level in range(layer[a] + 1, layer[b]):
            chain.append(len(layer_of))
            layer_of.append(level)
            width_of.append(_BEND)
            names.append("")
        chains.append([*chain, b])
    above: list[list[int]] = [[] for _ in layer_of]
    below: list[list[int]] = [[] for _ in layer_of]
    for chain in chains:
        for a, b in pairwise(chain):
            if a != b:
                below[a].append(b)
                above[b].append(a)
    rows = _order(layer_of, above, below, names)
    x = _columns(rows, width_of, above, below)
    heights = [max((sizes[v][1] for v in row if v < n), default=0.0) for row in rows]
    tops = [sum(heights[:i]) + i * _LAYER_GAP for i in range(len(rows))]
    y = [tops[level] + heights[level] / 2 for level in layer_of]
    left = min((x[v] - width_of[v] / 2 for v in range(len(x))), default=0.0)
    x = [value - left for value in x]
    routes = [[(x[v], y[v]) for v in chain] for chain in chains]
    for i, edge in enumerate(edges):
        if down[i] != edge:
            routes[i].reverse()
    width = max((x[v] + width_of[v] / 2 for v in range(len(x))), default=0.0)
    return Layout([(x[v], y[v]) for v in range(n)], routes, width, tops[-1] + heights[-1] if rows else 0.0)


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


def _layers(n: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The longest path from a source; then each box with nothing above moves down next to what uses it."""
    targets: list[list[int]] = [[] for _ in range(n)]
    waiting, has_input = [0] * n, [False] * n
    for a, b in edges:
        if a != b:
            targets[a].append(b)
            waiting[b] += 1
            has_input[b] = True
    layer = [0] * n
    ready = [v for v in range(n) if not waiting[v]]
    for v in ready:  # grows while it is read: a topological order
        for w in targets[v]:
            layer[w] = max(layer[w], layer[v] + 1)
            waiting[w] -= 1
            if not waiting[w]:
                ready.append(w)
    for v in range(n):
        if not has_input[v] and targets[v]:
            layer[v] = min(layer[w] for w in targets[v]) - 1
    lowest = min(layer, default=0)
    return [level - lowest for level in layer]


def _order(layer: list[int], above: list[list[int]], below: list[list[int]], groups: list[str]) -> list[list[int]]:
    """Rows of boxes from left to right; sweeps put each under the mean of its neighbours, the best order is kept."""
    rows: list[list[int]] = [[] for _ in range(max(layer, default=-1) + 1)]
    for v, level in enumerate(layer):
        rows[level].append(v)
    best, fewest = [list(row) for row in rows], _crossings(rows, below)
    for sweep in range(_SWEEPS):
        downwards = sweep % 2 == 0
        place = {v: (i + 0.5) / len(row) for row in rows for i, v in enumerate(row)}
        for row in rows if downwards else rows[::-1]:
            near = {v: above[v] if downwards else below[v] for v in row}
            wish = {v: sum(place[w] for w in near[v]) / len(near[v]) if near[v] else place[v] for v in row}
            together: dict[str, list[float]] = {}
            for v in row:
                together.setdefault(groups[v] or f"#{v}", []).append(wish[v])
            group_wish = {name: sum(values) / len(values) for name, values in together.items()}
            row.sort(key=lambda v: (group_wish[groups[v] or f"#{v}"], groups[v], wish[v], v))
            place.update({v: (i + 0.5) / len(row) for i, v in enumerate(row)})
        crossings = _crossings(rows, below)
        if crossings < fewest or sweep == 0:
            best, fewest = [list(row) for row in rows], crossings
    return best


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
