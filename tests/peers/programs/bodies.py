"""Vocabulary: branches and loops, whose bodies are pages of their own and may hold further bodies."""

from __future__ import annotations

from collections.abc import Sequence

from .writing import DEEPEST, FLOATS, Page, Unfit, Value, recipe


def predicate(page: Page) -> str:
    kind = page.rng.random()
    if kind < 0.3:
        return page.pick(("bool",), lambda v: v.rank == 0).name
    if kind < 0.5:
        return page.rng.choice(("tf.constant(True)", "tf.constant(False)"))
    x = page.pick()
    return f"tf.reduce_mean({x.name}) > {page.rng.choice((-0.5, 0.0, 0.25))}"


def shaped(page: Page, like: Value) -> str:
    """A float value made to have the dtype and shape of `like`, as text."""
    same = [v for v in page.values if v.dtype == like.dtype and v.shape == like.shape]
    last = page.pick((like.dtype,))
    found = page.rng.choice(same[-3:]).name if same else f"tf.zeros({list(like.shape)}, tf.{like.dtype})"
    return (
        found
        if same and last.shape == like.shape and page.rng.random() < 0.7
        else f"{found} + tf.reduce_mean({last.name})"
    )


def body(
    page: Page, arguments: Sequence[Value], results: Sequence[Value], first: str = "", ordered: bool = True
) -> tuple[str, list[str]]:
    """Writes a function of these arguments that returns values like `results`; its name and what it touches.

    first: an argument counting the steps, returned one larger; what one step touches, the next comes after.
    """
    if page.depth == DEEPEST:
        raise Unfit
    inner = Page(page.rng, [*page.values, *arguments], page.states, {s.name: first or None for s in page.states}, page.depth + 1,
                 page.ordered and ordered, first or None, [], page.serial)
    inner.write(page.rng.randint(1, 3))
    texts = ([f"{first} + 1"] if first else []) + [shaped(inner, like) for like in results]
    touched = [s for s, last in inner.order.items() if last != (first or None)]
    ends = [inner.order[s] or "" for s in touched]
    returned = [inner.fresh("r") for _ in texts]
    for name, text in zip(returned, texts, strict=True):
        inner.statement(f"{name} = tf.identity({text})", ends)
    name = page.fresh("f")
    given = ([first] if first else []) + [a.name for a in arguments]
    page.lines += [f"def {name}({', '.join(given)}):", *("    " + line for line in inner.lines)]
    page.lines.append(f"    return {', '.join(returned)}")
    return name, touched


def calls(
    page: Page, text: str, like: Value, shape: tuple[int, ...], touched: Sequence[str], known: bool = True
) -> Value:
    """The line that runs bodies: a touch of everything the bodies touch."""
    after = [last for s in dict.fromkeys(touched) if (last := page.order[s])]
    value = page.line(text, like.dtype, shape, known, after)
    page.order.update(dict.fromkeys(touched, value.name))
    return value


def argument(page: Page, like: Value, shape: tuple[int, ...] | None = None) -> Value:
    return Value(page.fresh("a"), like.dtype, like.shape if shape is None else shape, like.known)


@recipe(3)
def cond(page: Page) -> Value:
    like, test = page.pick(), predicate(page)
    (f, one), (g, two) = (body(page, [], [like]) for _ in range(2))
    return calls(page, f"tf.cond({test}, {f}, {g})", like, like.shape, [*one, *two], like.known)


@recipe(1)
def case(page: Page) -> Value:
    like, tests = page.pick(), [predicate(page) for _ in range(2)]
    (f, one), (g, two), (h, three) = (body(page, [], [like]) for _ in range(3))
    text = f"tf.case([({tests[0]}, {f}), ({tests[1]}, {g})], default={h})"
    return calls(page, text, like, like.shape, [*one, *two, *three], like.known)


@recipe(2)
def while_loop(page: Page) -> Value:
    start, count = [page.pick() for _ in range(page.rng.randint(1, 2))], page.rng.randint(0, 3)
    names = [argument(page, v) for v in start]
    step = page.fresh("i")
    f, touched = body(page, names, start, first=step)
    test = f"lambda {step}, *rest: {step} < {count}"
    text = f"tf.while_loop({test}, {f}, [tf.constant(0), {', '.join(v.name for v in start)}], parallel_iterations=1)[1]"
    return calls(page, text, start[0], start[0].shape, touched, all(v.known for v in start))


@recipe(1.5)
def scan(page: Page) -> Value:
    rows, start = page.pick(test=lambda v: v.rank > 0), page.pick()
    total, row = argument(page, start), argument(page, rows, rows.shape[1:])
    f, _ = body(page, [row, total], [start], ordered=False)
    swapped = f"lambda {total.name}, {row.name}: {f}({row.name}, {total.name})"
    kind = page.rng.choice(("scan", "scan", "foldl", "foldr"))
    shape = (rows.shape[0], *start.shape) if kind == "scan" else start.shape
    text = f"tf.{kind}({swapped}, {rows.name}, initializer={start.name}, parallel_iterations=1)"
    return calls(page, text, start, shape, [], rows.known and start.known)


@recipe(1.5)
def map_fn(page: Page) -> Value:
    rows, like = page.pick(test=lambda v: v.rank > 0), page.pick()
    row = argument(page, rows, rows.shape[1:])
    f, _ = body(page, [row], [like], ordered=False)
    text = f"tf.map_fn({f}, {rows.name}, dtype=tf.{like.dtype}, parallel_iterations=1)"
    return calls(page, text, like, (rows.shape[0], *like.shape), [], rows.known and like.known)


@recipe(0.7)
def gradient_within(page: Page) -> Value:
    """A derivative taken where the line stands: inside a body too, by what is outside."""
    y = page.pick()
    x = page.pick(FLOATS, lambda v: v.known or v.rank >= 0)
    text = f"[tf.zeros_like({x.name}) if g is None else tf.convert_to_tensor(g) for g in tf.gradients({y.name}, {x.name})][0]"
    return page.like(text, x)
