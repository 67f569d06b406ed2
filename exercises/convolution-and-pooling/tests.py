"""Checks of the exercise on convolution and pooling: what is asked of each answer, and answers that fail."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deepkit.errors import GradingError
from deepkit.grade import Answer, WrongAnswer, close, equal, task
from deepkit.grade.notebook import read_cells

SOLUTIONS = {cell.grade_id: cell.source for cell in read_cells(Path(__file__).with_name("master.ipynb"))}


def but(name: str, *changes: str) -> str:
    """Our solution of the task `name` with texts replaced: old, new, old, new, ..."""
    source = SOLUTIONS[name]
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        if old not in source:
            raise GradingError(f"wrong answer for {name}: our solution does not contain {old!r}")
        source = source.replace(old, new)
    return source


def padding_of(n: int, k: int, s: int) -> tuple[int, int]:
    """Zeros before and after a line, found by counting: as few as let the last of ceil(n / s) windows fit."""
    places = len(range(0, n, s))
    total = 0
    while n + total < (places - 1) * s + k:
        total += 1
    return total // 2, total - total // 2


def places_of(n: int, k: int, s: int, padding: str) -> int:
    return len(range(0, n, s)) if padding == "SAME" else len(range(0, n - k + 1, s))


def slid(picture: np.ndarray, kernel: np.ndarray, s: int, padding: str) -> np.ndarray:
    """The feature map by its definition, one shifted product for each number of the kernel."""
    (height, width), (rows, columns) = kernel.shape, picture.shape
    down, across = places_of(rows, height, s, padding), places_of(columns, width, s, padding)
    if padding == "SAME":
        picture = np.pad(picture, [padding_of(rows, height, s), padding_of(columns, width, s)])
    total = np.zeros((down, across))
    for u in range(height):
        for v in range(width):
            total += kernel[u, v] * picture[u : u + (down - 1) * s + 1 : s, v : v + (across - 1) * s + 1 : s]
    return total


# ---- 1: room for the window


@task(
    "size",
    points=2,
    wrong=[
        but("size", "-(-n // s) if padding", "n // s if padding"),
        but("size", "-(-(n - k + 1) // s)", "-(-(n - k) // s)"),
        but("size", "-(-(n - k + 1) // s)", "(n - k + 1) // s"),
        but("size", "max((-(-n // s) - 1) * s + k - n, 0)", "k - 1"),
        but("size", "max((-(-n // s) - 1) * s + k - n, 0)", "(-(-n // s) - 1) * s + k - n"),
        but("size", "total // 2, total - total // 2", "total - total // 2, total // 2"),
    ],
)
def size(answer: Answer, rng: np.random.Generator) -> None:
    fixed = [(3, 2, 2), (9, 1, 3), (10, 3, 4), (28, 5, 2), (7, 3, 3)]
    drawn = [(int(rng.integers(k, 60)), int(k), int(rng.integers(1, 6))) for k in rng.integers(1, 9, size=25)]
    for n, k, s in fixed + drawn:
        for padding in ("SAME", "VALID"):
            answer.gives("map_size", n, k, s, padding, expected=places_of(n, k, s, padding))
        answer.gives("zeros", n, k, s, expected=padding_of(n, k, s))


# ---- 2: the bill


def bill(shape: tuple[int, int, int], layers: list[tuple]) -> int:
    """The parameters counted weight by weight: every layer's weights as an array of that shape."""
    (height, width, channels), weights = shape, []
    for kind, *numbers in layers:
        if kind == "conv":
            k, filters = numbers
            weights += [np.zeros((k, k, channels, filters)), np.zeros(filters)]
            channels = filters
        elif kind == "pool":
            height, width = (places_of(n, numbers[0], numbers[0], "VALID") for n in (height, width))
        else:
            weights += [np.zeros((height * width * channels, numbers[0])), np.zeros(numbers[0])]
            height, width, channels = 1, 1, numbers[0]
    return sum(array.size for array in weights)


@task(
    "count",
    points=2,
    wrong=[
        but("count", "k * k * channels * filters + filters", "k * k * channels * filters"),
        but("count", "k * k * channels * filters + filters", "k * k * filters + filters"),
        but("count", "            channels = filters\n", ""),
        but("count", "height // sizes[0], width // sizes[0]", "height // 2, width // 2"),
        but("count", "height // sizes[0], width // sizes[0]", "-(-height // sizes[0]), -(-width // sizes[0])"),
        but("count", "height * width * channels * sizes[0] + sizes[0]", "height * width * sizes[0] + sizes[0]"),
        but("count", "            height, width, channels = 1, 1, sizes[0]\n", ""),
    ],
)
def count(answer: Answer, rng: np.random.Generator) -> None:
    k, filters, units = (int(number) for number in rng.integers(2, 7, size=3))
    networks = [
        ((2, 2, 3), [("conv", 2, 5)]),
        ((28, 28, 1), [("conv", 3, 64), ("pool", 2), ("conv", 3, 64), ("pool", 2), ("conv", 3, 64), ("dense", 10)]),
        (
            (25, 31, 3),
            [("conv", k, filters), ("pool", 3), ("conv", k + 1, 2 * filters), ("dense", units), ("dense", 4)],
        ),
        ((17, 13, filters), [("pool", 2), ("pool", 3), ("dense", units)]),
    ]
    for shape, layers in networks:
        equal(answer.call("count", shape, layers), bill(shape, layers), f"count({shape}, {layers})")


# ---- 3: slide


@task(
    "slide",
    points=3,
    wrong=[
        but("slide", "picture[i : i + height, j : j + width] * kernel)", "picture[i : i + height, j : j + width])"),
        but("slide", "* kernel)", "* kernel[::-1, ::-1])"),
        but("slide", "range(0, picture.shape[0] - height + 1, s)", "range(0, picture.shape[0] - height + 1)"),
        but("slide", "picture.shape[1] - width + 1, s)", "picture.shape[1] - width, s)"),
        but("slide", "total // 2, total - total // 2", "total - total // 2, total // 2"),
        but("slide", "        picture = np.pad(picture, pads)\n", ""),
        but("slide", "np.pad(picture, pads)", "np.pad(picture, pads, mode='edge')"),
        but("slide", "height, width = kernel.shape", "height = width = kernel.shape[0]"),
    ],
)
def slide(answer: Answer, rng: np.random.Generator) -> None:
    for shape, window, s in [((6, 9), (3, 3), 1), ((8, 7), (2, 4), 2), ((5, 11), (4, 1), 3), ((3, 3), (3, 3), 1)]:
        picture, kernel = rng.normal(size=shape), rng.normal(size=window)
        for padding in ("VALID", "SAME"):
            answer.gives("slide", picture, kernel, s, padding, expected=slid(picture, kernel, s, padding))


# ---- 4: a kernel of your own


@task(
    "stroke",
    points=2,
    wrong=[
        "stroke = np.eye(3) / 3",
        but("stroke", "/ 6", "/ 2"),
        but("stroke", "np.eye(3)", "np.eye(3)[::-1]"),
        "stroke = np.array([[1, 0, 0], [0, 0, 0], [0, 0, -1.0]])",
        "stroke = np.array([[0.5, -0.5, 0.5], [-0.5, 0, -0.5], [0.5, -0.5, 0.5]])",
        "stroke = ((3 * np.eye(3) - 1) / 6).ravel()",
    ],
)
def stroke(answer: Answer, rng: np.random.Generator) -> None:
    kernel = np.asarray(answer.value("stroke"), dtype=np.float64)
    if kernel.shape != (3, 3):
        raise WrongAnswer(f"the kernel has shape {kernel.shape}, expected (3, 3)")
    if not np.isfinite(kernel).all():
        raise WrongAnswer("the kernel holds a number that is not finite")

    def seen(picture: np.ndarray) -> float:
        return float((kernel * picture).sum())

    brightness = float(rng.uniform(1, 5))
    close(seen(np.full((3, 3), brightness)), 0.0, f"the answer to paper of brightness {brightness:.2f}")
    close(seen(np.eye(3)), 1.0, "the answer to the stroke that it is to find")
    line = np.arange(3) == 1
    others = {"upright": np.tile(line, (3, 1)), "level": np.tile(line, (3, 1)).T, "other diagonal": np.eye(3)[::-1]}
    for name, other in others.items():
        if seen(other) > 1e-9:
            raise WrongAnswer(f"the answer to the {name} stroke is {seen(other):.3g}, expected 0 or less")


# ---- 5: zeros that do not count


@task(
    "pool",
    points=3,
    wrong=[
        but("pool", "sums(picture) / sums(np.ones(picture.shape))", "sums(picture) / k**2"),
        but("pool", "total // 2, total - total // 2", "0, total"),
        but("pool", "total // 2, total - total // 2", "total - total // 2, total // 2"),
        but("pool", "total = -(-n // k) * k - n", "total = k - 1", "padded = np.pad(values, pads)",
            "padded = np.pad(values, pads); padded = padded[: len(padded) // k * k, : padded.shape[1] // k * k]"),
        but("pool", "sums(picture) / sums(np.ones(picture.shape))", "sums(picture) / np.maximum(1, sums(picture != 0))"),
        but("pool", "sum(axis=(1, 3))", "max(axis=(1, 3))"),
    ],
)
def pool(answer: Answer, rng: np.random.Generator) -> None:
    for shape, k in [((3, 3), 2), ((6, 8), 2), ((7, 5), 3), ((10, 11), 4), ((4, 3), 5)]:
        picture = rng.normal(size=shape)
        picture[0, -1] = 0.0  # a real pixel that is 0 counts, too
        rows, columns = (padding_of(n, k, k)[0] for n in shape)
        blocks = [[[] for _ in range(-(-shape[1] // k))] for _ in range(-(-shape[0] // k))]
        for (i, j), value in np.ndenumerate(picture):
            blocks[(i + rows) // k][(j + columns) // k].append(value)
        answer.gives("average_pool", picture, k, expected=[[np.mean(block) for block in line] for line in blocks])


# ---- 6: windows become rows


@task(
    "rows",
    points=4,
    wrong=[
        but("rows", "transpose(0, 1, 2, 4, 5, 3)", "transpose(0, 1, 2, 3, 4, 5)"),
        but("rows", "transpose(0, 1, 2, 4, 5, 3)", "transpose(0, 1, 2, 5, 4, 3)"),
        but("rows", "transpose(0, 1, 2, 4, 5, 3)", "transpose(0, 2, 1, 4, 5, 3)"),
        but("rows", "transpose(0, 1, 2, 4, 5, 3)", "transpose(1, 2, 0, 4, 5, 3)"),
        but("rows", "[:, ::s, ::s]", "[:, ::s]"),
        but("rows", "filters.reshape(-1, maps)", "filters[::-1, ::-1].reshape(-1, maps)"),
        but("rows", "-(-(n - k + 1) // s)", "(n - k + 1) // s"),
        but("rows", "filters.reshape(-1, maps)", "filters.reshape(maps, -1).T"),
    ],
)
def rows(answer: Answer, rng: np.random.Generator) -> None:
    for shape, k, maps, s in [
        ((2, 7, 6, 3), 3, 4, 2),
        ((1, 5, 9, 1), 2, 1, 1),
        ((3, 4, 4, 2), 4, 5, 1),
        ((2, 8, 5, 3), 1, 2, 3),
    ]:
        x, filters = rng.normal(size=shape), rng.normal(size=(k, k, shape[3], maps))
        windows = [
            picture[i : i + k, j : j + k].ravel()
            for picture in x
            for i in range(0, shape[1] - k + 1, s)
            for j in range(0, shape[2] - k + 1, s)
        ]
        answer.gives("as_rows", x, k, s, expected=np.array(windows))
        expected = np.array(
            [[sum(slid(picture[..., c], filters[:, :, c, o], s, "VALID") for c in range(shape[3])) for o in range(maps)]
             for picture in x]
        )
        answer.gives("convolve", x, filters, s, expected=np.moveaxis(expected, 1, -1))


# ---- 7: backwards


@task(
    "back",
    points=4,
    wrong=[
        but("back", "by_picture[place] += g[i, j] * kernel", "by_picture[place] = g[i, j] * kernel"),
        but("back", "by_picture[place] += g[i, j] * kernel", "by_picture[place] += g[i, j] * kernel[::-1, ::-1]"),
        but("back", "by_kernel += g[i, j] * picture[place]", "by_kernel += picture[place]"),
        but("back", "by_kernel += g[i, j] * picture[place]", "by_kernel += g[j % len(g), i % g.shape[1]] * picture[place]"),
        but("back", "slice(i * s, i * s + height), slice(j * s, j * s + width)",
            "slice(i, i + height), slice(j, j + width)"),
        but("back", "return by_kernel, by_picture", "return by_picture, by_kernel"),
        but("back", "return by_kernel, by_picture", "return by_kernel / g.size, by_picture"),
    ],
)
def back(answer: Answer, rng: np.random.Generator) -> None:
    for shape, window, s in [((6, 7), (2, 3), 2), ((5, 5), (3, 3), 1), ((8, 4), (3, 1), 3)]:
        picture, kernel = rng.normal(size=shape), rng.normal(size=window)
        g = rng.normal(size=[places_of(n, k, s, "VALID") for n, k in zip(shape, window, strict=True)])

        def loss(picture: np.ndarray, kernel: np.ndarray, g: np.ndarray = g, s: int = s) -> float:
            return float(np.sum(g * slid(picture, kernel, s, "VALID")))

        # The map is linear in each of the two, so the loss of a unit array is the derivative itself.
        by_kernel, by_picture = np.zeros(window), np.zeros(shape)
        for place in np.ndindex(window):
            unit = np.zeros(window)
            unit[place] = 1
            by_kernel[place] = loss(picture, unit)
        for place in np.ndindex(shape):
            unit = np.zeros(shape)
            unit[place] = 1
            by_picture[place] = loss(unit, kernel)
        found = answer.call("back", picture, kernel, s, g)
        if not isinstance(found, tuple | list) or len(found) != 2:
            raise WrongAnswer("back should return two arrays: the derivatives by the kernel and by the picture")
        for name, one, other in zip(("kernel", "picture"), found, (by_kernel, by_picture), strict=True):
            close(one, other, f"the derivative by the {name} of {window} on {shape}, stride {s},")
