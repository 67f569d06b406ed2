"""Vocabulary: bodies that take and give several values, arrays of tensors, lists that grow, branches chosen by number."""

from __future__ import annotations

from .bodies import argument, body, calls, predicate
from .writing import FLOATS, INTEGERS, Page, Unfit, Value, recipe


@recipe(1.5)
def cond_of_several(page: Page) -> Value:
    """Both branches give a pair, a dict or a tuple with a tensor from outside; one of them is used."""
    like, other, test = page.pick(), page.pick(), predicate(page)
    (f, one), (g, two) = (body(page, [], [like, other]) for _ in range(2))
    touched = [*one, *two]
    name = page.fresh("pair")
    after = [last for s in dict.fromkeys(touched) if (last := page.order[s])]
    page.statement(f"{name} = tf.cond({test}, {f}, {g})", after)
    page.streams.append(name)
    value = page.line(
        f"tf.identity({name}[{page.rng.choice((0, -2))}])", like.dtype, like.shape, like.known and other.known
    )
    page.order.update(dict.fromkeys(touched, value.name))
    return value


@recipe(1)
def number(page: Page) -> Value:
    return page.constant(page.rng.choice(INTEGERS), ())


@recipe(1.5)
def while_until(page: Page) -> Value:
    """A loop that ends by what it computes, or after so many rounds."""
    start = page.pick(test=lambda v: v.known)
    name, step = argument(page, start), page.fresh("i")
    f, touched = body(page, [name], [start], first=step)
    test = f"lambda {step}, {name.name}: tf.logical_and({step} < 4, tf.reduce_sum({name.name}) < {page.rng.choice((1, 5))})"
    options = page.rng.choice(
        ("", ", maximum_iterations=2", ", swap_memory=True", f", name='loop{page.rng.randint(0, 1)}'")
    )
    text = f"tf.while_loop({test}, {f}, (tf.constant(0), {start.name}), parallel_iterations=1{options})[1]"
    return calls(page, text, start, start.shape, touched)


@recipe(1)
def growing(page: Page) -> Value:
    """Rows are joined to a tensor whose length the graph does not know."""
    start = page.pick(test=lambda v: v.known and 1 <= v.rank <= 2)
    rows, step = argument(page, start), page.fresh("i")
    row = Value(page.fresh("a"), start.dtype, (1, *start.shape[1:]))
    f, touched = body(page, [row], [row], first=step)
    name = page.fresh("g")
    count = page.rng.randint(0, 3)
    page.lines += [
        f"def {name}({step}, {rows.name}):",
        f"    following, row = {f}({step}, {rows.name}[-1:])",
        f"    return following, tf.concat([{rows.name}, row], 0)",
    ]
    open_shape = f"[tf.TensorShape([]), tf.TensorShape({[None, *start.shape[1:]]})]"
    text = f"tf.while_loop(lambda i, r: i < {count}, {name}, [0, {start.name}], {open_shape}, parallel_iterations=1)[1]"
    return calls(page, text, start, (start.shape[0] + count, *start.shape[1:]), touched, known=False)


@recipe(1.5)
def written_and_read(page: Page) -> Value:
    """A TensorArray that is unstacked, read and written in a loop, then stacked."""
    x = page.pick(test=lambda v: v.known and 1 <= v.rank <= 3)
    row = Value(page.fresh("a"), x.dtype, x.shape[1:])
    f, touched = body(page, [row], [row], first=(step := page.fresh("i")))
    n, source, target, name = x.shape[0], page.fresh("ta"), page.fresh("tb"), page.fresh("g")
    read = f"{source}.read({page.rng.choice((step, f'{n} - 1 - {step}'))})"
    page.lines += [
        f"{source} = tf.TensorArray({x.name}.dtype, {n}, clear_after_read=False).unstack({x.name})",
        f"{target} = tf.TensorArray({x.name}.dtype, {page.rng.choice((str(n), '0, dynamic_size=True'))})",
        f"def {name}({step}, array):",
        f"    following, row = {f}({step}, {read})",
        f"    return following, array.write({step}, row)",
    ]
    loop = f"tf.while_loop(lambda i, *_: i < {n}, {name}, (0, {target}), parallel_iterations=1)[1]"
    end, shape = page.rng.choice(
        (
            (".stack()", x.shape),
            (".concat()", (n * x.shape[1], *x.shape[2:]) if x.rank > 1 else ()),
            (f".gather({[*range(n)][::-1]})", x.shape),
        )
    )
    if not shape:
        raise Unfit
    return calls(page, f"tf.reshape({loop}{end}, {list(shape)})", x, shape, touched)


@recipe(1)
def map_of_several(page: Page) -> Value:
    rows = page.pick(test=lambda v: v.rank > 0)
    others = page.pick((*FLOATS, *INTEGERS), test=lambda v: v.rank > 0 and v.shape[0] == rows.shape[0])
    like = page.pick()
    one, two = argument(page, rows, rows.shape[1:]), argument(page, others, others.shape[1:])
    f, _ = body(page, [one, two], [like], ordered=False)
    text = f"tf.map_fn(lambda p: {f}(*p), ({rows.name}, {others.name}), dtype=tf.{like.dtype}, parallel_iterations=1)"
    return calls(page, text, like, (rows.shape[0], *like.shape), [], rows.known and others.known and like.known)


@recipe(1)
def scan_of_several(page: Page) -> Value:
    """A scan that carries a pair, backwards too; or that starts with its first row."""
    rows = page.pick(test=lambda v: v.rank > 0)
    row = argument(page, rows, rows.shape[1:])
    back = page.rng.choice(("", ", reverse=True"))
    if page.rng.random() < 0.4:
        total = argument(page, row)
        f, _ = body(page, [row, total], [row], ordered=False)
        text = f"tf.scan(lambda t, r: {f}(r, t), {rows.name}, parallel_iterations=1{back})"
        return calls(page, text, rows, rows.shape, [], rows.known)
    start, other = page.pick(), page.pick()
    carried = [argument(page, start), argument(page, other)]
    f, _ = body(page, [row, *carried], [start, other], ordered=False)
    begin = f"({start.name}, {other.name})"
    text = (
        f"tf.scan(lambda t, r: {f}(r, *t), {rows.name}, {begin}, parallel_iterations=1{back})[{page.rng.randint(0, 1)}]"
    )
    value = start if text.endswith("[0]") else other
    return calls(page, text, value, (rows.shape[0], *value.shape), [], rows.known and start.known and other.known)
