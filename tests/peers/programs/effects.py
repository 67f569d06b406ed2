"""Vocabulary: what reads and changes variables, in an order that control dependencies fix."""

from __future__ import annotations

from .writing import Page, Unfit, Value, recipe


def touch(page: Page, state: Value, text: str) -> Value:
    """One reading or change of a variable, after the one before it."""
    if not page.ordered:
        raise Unfit
    last = page.order[state.name] or page.entry
    value = page.line(text, state.dtype, state.shape, after=[last] if last else [])
    page.order[state.name] = value.name
    return value


def state_of(page: Page) -> Value:
    if not page.states:
        raise Unfit
    return page.rng.choice(page.states)


@recipe(2)
def read(page: Page) -> Value:
    state = state_of(page)
    text = page.rng.choice(("{}.read_value()", "tf.identity({})", "2 * {}", "tf.square({})"))
    return touch(page, state, text.format(state.name))


@recipe(2)
def assign(page: Page) -> Value:
    state = state_of(page)
    x = page.pick((state.dtype,), lambda v: v.shape == state.shape)
    text = page.rng.choice(
        ("tf.assign({}, {})", "tf.assign_add({}, {})", "{}.assign_sub({})", "{}.assign_add(0.5 * {})")
    )
    return touch(page, state, f"tf.identity({text.format(state.name, x.name)})")


@recipe(1.5)
def changed_then_read(page: Page) -> Value:
    """The recipe of batch normalization: an update as a control dependency of what is computed next."""
    state = state_of(page)
    x = page.pick((state.dtype,), lambda v: v.shape == state.shape)
    update = page.fresh("u")
    if not page.ordered:
        raise Unfit
    last = page.order[state.name] or page.entry
    page.statement(
        f"{update} = tf.{page.rng.choice(('group', 'identity'))}({state.name}.assign_add({x.name}))",
        [last] if last else [],
    )
    value = page.line(f"{state.name} + {x.name}", state.dtype, state.shape, after=[update])
    page.order[state.name] = value.name
    return value


@recipe(1)
def rows_changed(page: Page) -> Value:
    state = state_of(page)
    if not state.rank:
        raise Unfit
    row = page.rng.randrange(state.shape[0])
    x = page.pick((state.dtype,), lambda v: v.shape == state.shape[1:])
    name = page.rng.choice(("scatter_add", "scatter_update", "scatter_sub", "scatter_mul"))
    return touch(page, state, f"tf.identity(tf.{name}({state.name}, {row}, {x.name}))")


@recipe(0.7)
def averaged(page: Page) -> Value:
    state = state_of(page)
    if page.depth:
        raise Unfit
    average = page.fresh("m")
    page.lines.append(
        f"{average} = tf.train.ExponentialMovingAverage({page.rng.choice(('0.5', '0.9, num_updates=3'))})"
    )
    update, last = page.fresh("u"), page.order[state.name]
    page.statement(f"{update} = {average}.apply([{state.name}])", [last] if last else [])
    value = page.line(f"tf.identity({average}.average({state.name}))", state.dtype, state.shape, after=[update])
    page.order[state.name] = value.name
    return value
