"""Vocabulary: variable scopes and reuse, layers that share, collections, metrics, checks, and derivatives with options."""

from __future__ import annotations

from .effects import state_of, touch
from .networks import initializer, outermost
from .writing import FLOATS, Page, Unfit, Value, recipe


@recipe(1.5)
def shared_layer(page: Page) -> Value:
    """One dense layer called on two values, by name, by AUTO_REUSE or as an object."""
    x = page.pick(test=lambda v: v.known and v.rank == 2)
    y = page.pick((x.dtype,), lambda v: v.known and v.rank == 2 and v.shape[1] == x.shape[1])
    outermost(page)
    units, name, act = page.rng.randint(1, 3), page.fresh("layer"), page.rng.choice(("None", "tf.nn.relu", "tf.tanh"))
    options = f"{units}, {act}, kernel_initializer={initializer(page, x.dtype)}, kernel_regularizer=tf.nn.l2_loss"
    both = page.rng.choice(
        (
            f"[tf.layers.dense({x.name}, {options}, name='{name}'), "
            f"tf.layers.dense({y.name}, {options}, name='{name}', reuse=True)]",
            f"[f({x.name}) + f({y.name})[:1] for f in [tf.layers.Dense({options})]]",
            f"[tf.layers.dense(x, {options}, name='{name}', reuse=tf.AUTO_REUSE) for x in ({x.name}, {y.name})]",
        )
    )
    page.lines.append(f"{name} = {both}")
    return page.like(f"tf.identity({name}[0]) + {name}[-1][:1]", x, y, shape=(x.shape[0], units))


@recipe(1.5)
def variable_of_a_scope(page: Page) -> Value:
    """get_variable in nested scopes, got a second time by reuse."""
    x = page.pick(test=lambda v: v.rank > 0)
    outermost(page)
    scope, made = page.fresh("scope"), page.fresh("r")
    get = f"tf.get_variable('w', {list(x.shape[-1:])}, tf.{x.dtype}, {initializer(page, x.dtype)}"
    again = page.rng.choice(
        (f"tf.variable_scope('{scope}/inner', reuse=True)", f"tf.variable_scope('{scope}/inner', reuse=tf.AUTO_REUSE)")
    )
    trainable = page.rng.choice(
        (")", ", trainable=False)", ", regularizer=tf.nn.l2_loss)", ", collections=['variables', 'mine'])")
    )
    page.lines += [
        f"with tf.variable_scope('{scope}'):",
        "    with tf.variable_scope('inner'):",
        f"        {made} = {get}{trainable}",
        f"with {again}:",
        f"    {made}b = tf.get_variable('w', {list(x.shape[-1:])}, tf.{x.dtype})",
    ]
    return page.like(f"{x.name} * {made} + {page.rng.choice((made, made + 'b'))}", x)


@recipe(0.7)
def collected(page: Page) -> Value:
    x = page.pick()
    outermost(page)
    text = page.rng.choice(
        (
            "tf.cast(tf.losses.get_total_loss(False), tf.{d}) if tf.losses.get_losses() else tf.zeros([], tf.{d})",
            "tf.cast(sum([tf.cast(r, tf.float64) for r in tf.get_collection('regularization_losses')]), tf.{d})",
            "tf.cast(tf.size(tf.trainable_variables()[-1]), tf.{d}) if tf.trainable_variables() else tf.zeros([], tf.{d})",
            "tf.cast(len(tf.get_collection('mine')) + len(tf.global_variables()), tf.{d})",
        )
    )
    return page.line(text.format(d=x.dtype), x.dtype, ())


@recipe(1.5)
def metric(page: Page) -> Value:
    """The update of a metric: it counts in every run that computes it, and in no other."""
    x, y = page.pick(), page.pick()
    outermost(page)
    name = page.fresh("m")
    text = page.rng.choice(
        (
            f"tf.metrics.mean({x.name})",
            f"tf.metrics.mean_squared_error(tf.zeros_like({y.name}), {y.name})",
            f"tf.metrics.accuracy({x.name} > 0, {x.name} > 0.5)",
            f"tf.metrics.recall({x.name} > 0.5, {x.name} > 0)",
        )
    )
    page.lines.append(f"{name} = {text}[1]")
    return page.line(f"tf.cast({name}, tf.float32)", "float32", ())


@recipe(1)
def checked(page: Page) -> Value:
    """Control dependencies on a check, a group or a constant."""
    x, y = page.pick(), page.pick()
    first = page.rng.choice(
        (
            f"tf.assert_equal(tf.shape({x.name}), tf.shape({x.name}))",
            f"tf.group({y.name})",
            "tf.no_op()",
            f"tf.assert_less_equal({y.name}, 1e9)",
            "tf.constant(1.0)",
            f"{y.name}.op",
        )
    )
    name = page.fresh("c")
    page.lines.append(f"{name} = {first}")
    return page.line(
        page.rng.choice((f"tf.identity({x.name})", f"2 * {x.name}", f"tf.stop_gradient({x.name}) + {x.name}")),
        x.dtype,
        x.shape,
        x.known,
        after=[name],
    )


@recipe(1)
def rows_changed_at_once(page: Page) -> Value:
    state = state_of(page)
    if not state.rank:
        raise Unfit
    x = page.pick((state.dtype,), lambda v: v.shape == state.shape)
    rows = page.rng.sample(range(state.shape[0]), state.shape[0])
    text = page.rng.choice(
        (
            f"tf.scatter_nd_update({state.name}, {[[r] for r in rows]}, {x.name})",
            f"tf.scatter_nd_add({state.name}, {[[0]] * len(rows)}, {x.name})",
            f"tf.scatter_max({state.name}, {rows}, {x.name})",
            f"tf.scatter_min({state.name}, {rows}, {x.name})",
        )
    )
    return touch(page, state, f"tf.identity({text})")


@recipe(1)
def assigned_by_choice(page: Page) -> Value:
    """A branch that assigns, or gives the value as it is: TensorFlow's recipe for moving averages."""
    state, test = state_of(page), page.pick(("bool",), lambda v: v.rank == 0)
    x = page.pick((state.dtype,), lambda v: v.shape == state.shape)
    yes = page.rng.choice(
        (f"tf.assign({state.name}, 0.9 * {state.name} + 0.1 * {x.name})", f"{state.name}.assign_add({x.name})")
    )
    no = page.rng.choice((f"{state.name}.read_value()", f"tf.identity({state.name})"))
    return touch(page, state, f"tf.cond({test.name}, lambda: tf.identity({yes}), lambda: {no})")


@recipe(0.7)
def normalized_pictures(page: Page) -> Value:
    """Batch normalization of pictures, its mode fed or fixed; the updates wait in their collection."""
    x = page.pick(("float32",), lambda v: v.known and v.rank == 2)
    modes = [v.name for v in page.values if v.dtype == "bool" and v.rank == 0] + ["True"]
    shape = (1, *x.shape, 1)
    picture = f"tf.reshape({x.name}, {list(shape)})"
    fused, scale = (
        page.rng.choice(("", ", fused=False")),
        page.rng.choice(("", ", scale=False", ", momentum=0.5", ", center=False")),
    )
    text = f"tf.layers.batch_normalization({picture}, training={page.rng.choice(modes[-2:])}{fused}{scale})"
    return outermost(page).like(text, x, shape=shape)


DERIVED = (
    "tf.gradients({y}, {x}, grad_ys=tf.ones_like({y}) * 2)[0]",
    "tf.gradients({y}, {x}, grad_ys=[{y}])[0]",
    "tf.gradients({y} * {x}, {x}, stop_gradients=[{x}])[0]",
    "tf.gradients([{y}, {y}], [{x}])[0]",
    "tf.gradients({y}, {x}, unconnected_gradients='zero')[0]",
    "tf.gradients(2 * {x}, {x}, unconnected_gradients=tf.UnconnectedGradients.ZERO)[0]",
    "tf.gradients({y}, [{x}, {y}], unconnected_gradients=tf.UnconnectedGradients.ZERO)[0]",
    "tf.gradients({y} ** 2, {x}, stop_gradients={y})[0]",
    "tf.gradients({y}, {x}, gate_gradients=True)[0]",
    "tf.gradients({y}, {x}, aggregation_method=2)[0]",
    "tf.gradients(tf.gradients({y} ** 2, {x}, unconnected_gradients='zero')[0], {x}, unconnected_gradients='zero')[0]",
)


@recipe(1.5)
def derived(page: Page) -> Value:
    y = page.pick()
    x = page.pick((y.dtype,), lambda v: v.shape == y.shape) if page.rng.random() < 0.5 else page.pick()
    text = page.rng.choice(DERIVED)
    if "{y} * {x}" in text and x.shape != y.shape:
        raise Unfit
    found = text.format(x=x.name, y=y.name)
    return page.like(f"[tf.zeros_like({x.name}) if g is None else tf.convert_to_tensor(g) for g in [{found}]][0]", x)


@recipe(0.5)
def curvature(page: Page) -> Value:
    x = page.pick(test=lambda v: v.known and v.rank == 1)
    return page.like(
        f"tf.hessians(tf.reduce_sum(tf.sin({x.name}) * {x.name} ** 2), {x.name})[0]", x, shape=(*x.shape, *x.shape)
    )


@recipe(1)
def gradient_of_ones_own(page: Page) -> Value:
    x, name = page.pick(), page.fresh("own")
    page.lines += [
        "@tf.custom_gradient",
        f"def {name}(a):",
        f"    return {page.rng.choice(('tf.square(a)', 'tf.round(a)'))}, "
        f"lambda dy: dy * {page.rng.choice(('2 * a', '1.0', 'tf.cos(a)'))}",
    ]
    return page.like(f"{name}({x.name})", x)


@recipe(0.7)
def default(page: Page) -> Value:
    """A placeholder that need not be fed."""
    dtype, shape = page.rng.choice(FLOATS), page.rng.choice(((), (2,), (2, 3)))
    said = repr(list(shape)) if page.rng.random() < 0.6 else "None"
    text = f"tf.placeholder_with_default({page.array(dtype, shape)}, {said})"
    return outermost(page).line(text, dtype, shape, said != "None")
