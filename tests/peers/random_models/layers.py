"""A random layer for a given shape, and the shape it gives; shapes are without the batch."""

from __future__ import annotations

from collections.abc import Callable

from .draw import ACTIVATIONS, CONSTRAINTS, INITIALIZERS, Draw

Shape = tuple[int, ...]
Layer = tuple[str, Shape]
Family = Callable[[Draw, Shape], Layer]

OWN = ("Own(", "Phased(", "Held(")  # classes of the prelude

FAMILIES: dict[int, list[Family]] = {1: [], 2: [], 3: [], 4: []}


def family(*ranks: int) -> Callable[[Family], Family]:
    """Enters a family of layers for inputs with that many axes beside the batch."""

    def enter(function: Family) -> Family:
        for rank in ranks:
            FAMILIES[rank].append(function)
        return function

    return enter


def random_layer(draw: Draw, shape: Shape) -> Layer:
    """Source of a layer that takes the shape, and what it makes of it."""
    while True:
        source, result = draw.one(FAMILIES[len(shape)])(draw, shape)
        if len(result) <= 4 and all(1 <= n <= 12 for n in result):
            return source if source.startswith(OWN) else f"keras.layers.{source}", result


def window_length(n: int, kernel: int, stride: int, padding: str, dilation: int = 1) -> int:
    """Places of a window along n entries."""
    return -(-n // stride) if padding != "valid" else (n - (kernel - 1) * dilation - 1) // stride + 1


# ---- every rank


@family(1, 2, 3)
def dense(draw: Draw, shape: Shape) -> Layer:
    units = draw.size(1, 5)
    penalty = draw.keywords({"activity_regularizer": ["'l2'", "keras.regularizers.l1(0.02)"]}, 0.1)
    return f"Dense({units}{_activation(draw)}{draw.weight_keywords('kernel')}{penalty})", (*shape[:-1], units)


@family(1, 2, 3)
def activation(draw: Draw, shape: Shape) -> Layer:
    return f"Activation({draw.one(ACTIVATIONS)})", shape


@family(1, 2, 3)
def advanced_activation(draw: Draw, shape: Shape) -> Layer:
    slopes = {"shared_axes": ["[1]"], "alpha_regularizer": ["keras.regularizers.l2(0.02)"], "alpha_constraint": CONSTRAINTS}
    sources = [
        f"LeakyReLU({draw.one(['0.1', '0.4'])})",
        f"ELU({draw.one(['1.0', '0.5'])})",
        "ThresholdedReLU(0.3)",
        f"ReLU({draw.one(['', '0.8', '0.9, 0.1', '0.9, 0.1, 0.2'])})",
        f"Softmax({draw.one(['', '-1', 'axis=1', *(['axis=[1, 2]'] if len(shape) > 1 else [])])})",
        f"PReLU({draw.keywords(slopes, 0.4)[2:]})",
    ]
    return draw.one(sources), shape


@family(1, 2, 3, 4)
def normalization(draw: Draw, shape: Shape) -> Layer:
    both = {"epsilon": ["0.01"], "center": ["False"], "scale": ["False"]}
    moving = {"moving_mean_initializer": ["'ones'"], "moving_variance_initializer": [INITIALIZERS[3]]}
    batch = draw.keywords({"momentum": ["0.5", "0.9"], "axis": ["1"], **both}) + draw.keywords(moving, 0.1)
    layer = draw.keywords({"axis": ["1", "[1, 2]"] if len(shape) > 1 else ["1"], **both})
    weights = draw.weight_keywords("gamma", "beta", bias=False)
    return draw.one([f"BatchNormalization({(batch + weights)[2:]})", f"LayerNormalization({(layer + weights)[2:]})"]), shape


@family(1, 2, 3)
def noise(draw: Draw, shape: Shape) -> Layer:
    kinds = ["Dropout(0.0)", "GaussianNoise(0.0)", "GaussianDropout(0.0)", "AlphaDropout(0.0)"]
    return draw.one([*kinds, f"SpatialDropout{len(shape) - 1}D(0.0)"] if len(shape) > 1 else kinds), shape


@family(1, 2, 3)
def regularization(draw: Draw, shape: Shape) -> Layer:
    return f"ActivityRegularization({draw.one(['l1=0.01', 'l2=0.02', 'l1=0.01, l2=0.01'])})", shape


@family(1, 2, 3)
def own_function(draw: Draw, shape: Shape) -> Layer:
    bodies = [
        "lambda t: t * 2.0",
        "lambda t: K.square(t) - 0.5",
        "lambda t, c: t + c, arguments={'c': 0.3}",
        "lambda t: K.sin(t)",
        "lambda t: K.clip(t, -0.5, 0.5)",
        "lambda t: t / (1.0 + K.abs(t))",
        "lambda t: K.maximum(t, 0.1)",
    ]
    return f"Lambda({draw.one(bodies)})", shape


@family(1, 2, 3)
def own_class(draw: Draw, shape: Shape) -> Layer:
    options = {  # a metric named size would take the place of the batch's size in tf_keras' logs
        "loss": ["0.1", "0.5"],
        "metric": ["'width'", "'largeness'"],
        "counts": ["True"],
    }
    if draw.chance(0.3):
        width = draw.size(1, 4)
        return f"Held({width})", (*shape[:-1], width)
    return ("Phased()" if draw.chance(0.3) else f"Own({draw.keywords(options, 0.5)[2:]})"), shape


@family(1, 2, 3, 4)
def reshape(draw: Draw, shape: Shape) -> Layer:
    count = 1
    for n in shape:
        count *= n
    divisors = [n for n in range(1, 13) if count % n == 0]
    first = draw.one(divisors)
    target = draw.one([(count,), (first, count // first)])
    if draw.chance(0.2):
        return "Flatten()", (count,)
    return f"Reshape({(-1, *target[1:]) if draw.chance(0.3) else target})", target


@family(2, 3)
def permute(draw: Draw, shape: Shape) -> Layer:
    order = draw.random.sample(range(1, len(shape) + 1), len(shape))
    return f"Permute({tuple(order)})", tuple(shape[n - 1] for n in order)


@family(1)
def repeat(draw: Draw, shape: Shape) -> Layer:
    times = draw.size(1, 4)
    return f"RepeatVector({times})", (times, *shape)


# ---- convolution and pooling


def _activation(draw: Draw) -> str:
    return draw.keywords({"activation": ACTIVATIONS}, 0.5)


def _dimensions(draw: Draw, shape: Shape, paddings: tuple[str, ...] = ("valid", "same")) -> tuple[list[int], int, str]:
    return [draw.size(1, min(3, n)) for n in shape[:-1]], draw.one([1, 1, 2]), draw.one(paddings)


def _sized(kernel: list[int]) -> str:
    return f"{kernel[0]}" if len(kernel) == 1 else f"{tuple(kernel)}"


@family(2, 3, 4)
def convolution(draw: Draw, shape: Shape) -> Layer:
    rank = len(shape) - 1
    kernel, stride, padding = _dimensions(draw, shape, ("valid", "same", "causal") if rank == 1 else ("valid", "same"))
    dilation = draw.one([1, 1, 2]) if stride == 1 and rank < 3 else 1
    filters, kind = draw.size(1, 4), f"Conv{rank}D"
    weights, extra = ["kernel"], ""
    if (rank == 2 and draw.chance(0.5)) or (rank == 1 and padding != "causal" and draw.chance(0.3)):
        kind, weights = f"SeparableConv{rank}D", ["depthwise", "pointwise"]
        extra = draw.keywords({"depth_multiplier": ["1", "2"]}, 0.4)
    elif draw.chance(0.2) and shape[-1] % 2 == 0:
        filters, extra = 2 * draw.size(1, 2), ", groups=2"
    spatial = [window_length(n, k, stride, padding, dilation) for n, k in zip(shape, kernel, strict=False)]
    extra += draw.keywords({"activity_regularizer": ["'l2'"]}, 0.06)
    source = (
        f"{kind}({filters}, {_sized(kernel)}, strides={stride}, padding='{padding}', dilation_rate={dilation}"
        f"{extra}{_activation(draw)}{draw.weight_keywords(*weights)})"
    )
    return source, (*spatial, filters)


@family(2)
def depthwise_series(draw: Draw, shape: Shape) -> Layer:
    kernel, stride, padding = _dimensions(draw, shape)
    many, (length, channels) = draw.size(1, 2), shape
    source = f"DepthwiseConv1D({kernel[0]}, strides={stride}, padding='{padding}', depth_multiplier={many}{_activation(draw)})"
    return source, (window_length(length, kernel[0], stride, padding), channels * many)


@family(3)
def depthwise(draw: Draw, shape: Shape) -> Layer:
    kernel, stride, padding = _dimensions(draw, shape)
    many = draw.size(1, 2)
    dilation = draw.one([1, 1, 2]) if stride == 1 else 1
    spatial = [window_length(n, k, stride, padding, dilation) for n, k in zip(shape, kernel, strict=False)]
    source = (
        f"DepthwiseConv2D({tuple(kernel)}, strides={stride}, padding='{padding}', depth_multiplier={many}"
        f", dilation_rate={dilation}"
        f"{_activation(draw)}{draw.weight_keywords('depthwise')})"
    )
    return source, (*spatial, shape[-1] * many)


@family(2, 3, 4)
def transposed(draw: Draw, shape: Shape) -> Layer:
    kernel, stride, padding = _dimensions(draw, shape)
    filters = draw.size(1, 3)
    spatial = [
        n * stride + (max(k - stride, 0) if padding == "valid" else 0) for n, k in zip(shape, kernel, strict=False)
    ]
    source = (
        f"Conv{len(kernel)}DTranspose({filters}, {_sized(kernel)}, strides={stride}, padding='{padding}'"
        f"{_activation(draw)}{draw.weight_keywords('kernel')})"
    )
    return source, (*spatial, filters)


@family(3)
def channels_first(draw: Draw, shape: Shape) -> Layer:
    """Layers that TensorFlow computes on a CPU for images whose channels come first."""
    channels, *image = shape
    kernel, stride, padding = _dimensions(draw, (*image, channels))
    spatial = [window_length(n, k, stride, padding) for n, k in zip(image, kernel, strict=True)]
    first = "data_format='channels_first'"
    pool = f"Pooling2D({tuple(kernel)}, strides={stride}, padding='{padding}', {first})"
    times, many = draw.size(1, 2), draw.size(1, 2)
    options: list[Layer] = [
        (f"Max{pool}", (channels, *spatial)),
        (f"Average{pool}", (channels, *spatial)),
        (f"GlobalAveragePooling2D({first})", (channels,)),
        (f"GlobalMaxPooling2D({first})", (channels,)),
        (f"UpSampling2D({times}, {first})", (channels, *(times * n for n in image))),
        (f"ZeroPadding2D(((0, 1), (2, 0)), {first})", (channels, image[0] + 1, image[1] + 2)),
        (f"Flatten({first})", (channels * image[0] * image[1],)),
        (
            f"DepthwiseConv2D({tuple(kernel)}, strides={stride}, padding='{padding}', depth_multiplier={many}, {first})",
            (channels * many, *spatial),
        ),
    ]
    return draw.one(options)


@family(3)
def series_in_time(draw: Draw, shape: Shape) -> Layer:
    steps, length, _ = shape
    (size,), stride, padding = _dimensions(draw, (length, 1))
    filters, sequences = draw.size(1, 2), draw.chance(0.5)
    source = f"ConvLSTM1D({filters}, {size}, strides={stride}, padding='{padding}', return_sequences={sequences}"
    spatial = window_length(length, size, stride, padding)
    flags = draw.keywords({"go_backwards": ["True"], "activation": ACTIVATIONS, "unit_forget_bias": ["False"]}, 0.3)
    return f"{source}{flags})", (*([steps] if sequences else []), spatial, filters)


@family(4)
def convolution_in_time(draw: Draw, shape: Shape) -> Layer:
    steps, *image, _ = shape
    kernel, stride, padding = _dimensions(draw, (*image, 1))
    filters, sequences = draw.size(1, 2), draw.chance(0.5)
    spatial = [window_length(n, k, stride, padding) for n, k in zip(image, kernel, strict=True)]
    options = {"go_backwards": ["True"], "recurrent_activation": ["'hard_sigmoid'", "'sigmoid'"], "activation": ACTIVATIONS}
    source = (
        f"ConvLSTM2D({filters}, {tuple(kernel)}, strides={stride}, padding='{padding}', return_sequences={sequences}"
        f"{draw.keywords(options, 0.3)}{draw.weight_keywords('kernel', 'recurrent')})"
    )
    return source, (*([steps] if sequences else []), *spatial, filters)


@family(3)
def local_images(draw: Draw, shape: Shape) -> Layer:
    kernel, stride, _ = _dimensions(draw, shape)
    filters = draw.size(1, 2)
    spatial = [window_length(n, k, stride, "valid") for n, k in zip(shape, kernel, strict=False)]
    how = draw.keywords({"implementation": ["1", "2"]}, 0.4)
    return f"LocallyConnected2D({filters}, {tuple(kernel)}, strides={stride}{how}{_activation(draw)})", (*spatial, filters)


@family(2)
def local(draw: Draw, shape: Shape) -> Layer:
    kernel, stride, _ = _dimensions(draw, shape)
    filters = draw.size(1, 3)
    length = window_length(shape[0], kernel[0], stride, "valid")
    return f"LocallyConnected1D({filters}, {kernel[0]}, strides={stride}{_activation(draw)})", (length, filters)


@family(2, 3, 4)
def pooling(draw: Draw, shape: Shape) -> Layer:
    rank, kind = len(shape) - 1, draw.one(["Max", "Average"])
    if draw.chance(0.3):
        keep = draw.chance(0.3)
        source = f"Global{kind}Pooling{rank}D({'keepdims=True' if keep else ''})"
        return source, ((1,) * rank if keep else ()) + shape[-1:]
    kernel, stride, padding = _dimensions(draw, shape)
    spatial = [window_length(n, k, stride, padding) for n, k in zip(shape, kernel, strict=False)]
    return f"{kind}Pooling{rank}D({_sized(kernel)}, strides={stride}, padding='{padding}')", (*spatial, shape[-1])


@family(2, 3, 4)
def resizing(draw: Draw, shape: Shape) -> Layer:
    rank = len(shape) - 1
    kind = draw.one(["ZeroPadding", "Cropping", "UpSampling"])
    if kind == "UpSampling":
        times = [draw.size(1, 2) for _ in range(rank)]
        how = ", interpolation='bilinear'" if rank == 2 and draw.chance(0.4) else ""
        return f"UpSampling{rank}D({_sized(times)}{how})", (
            *(n * t for n, t in zip(shape, times, strict=False)),
            shape[-1],
        )
    pairs = [(draw.size(0, 1), draw.size(0, 2)) for _ in range(rank)]
    sign = 1 if kind == "ZeroPadding" else -1
    result = (*(n + sign * sum(pair) for n, pair in zip(shape, pairs, strict=False)), shape[-1])
    return f"{kind}{rank}D({pairs[0] if rank == 1 else tuple(pairs)})", result


# ---- sequences


@family(2)
def recurrent(draw: Draw, shape: Shape) -> Layer:
    units, sequences = draw.size(1, 4), draw.chance(0.6)
    more = {"activity_regularizer": ["'l2'"], "zero_output_for_mask": ["True"], "implementation": ["1", "2"]}
    flags = draw.keywords({"go_backwards": ["True"], "unroll": ["True"]}, 0.2) + draw.keywords(more, 0.08)
    flags += ", return_sequences=True" if sequences else ""
    inner = f"{cell(draw, units)}{flags}"
    source, result = f"{inner})", (shape[0], units) if sequences else (units,)
    if draw.chance(0.25):
        mode = draw.one(["concat", "sum", "mul", "ave"])
        width = 2 * units if mode == "concat" else units
        back = ""
        if draw.chance(0.2):
            other = f"keras.layers.{cell(draw, units)}, go_backwards={'go_backwards' not in flags}, return_sequences={sequences})"
            back = f", backward_layer={other}"
        return f"Bidirectional(keras.layers.{source}, merge_mode='{mode}'{back})", (*result[:-1], width)
    return source, result


def cell(draw: Draw, units: int) -> str:
    """Kind, units and arguments of a recurrent layer, without the closing bracket."""
    kind = draw.one(["SimpleRNN", "LSTM", "GRU"])
    options = {"activation": ACTIVATIONS, "recurrent_regularizer": ["'l2'"], "recurrent_constraint": ["'unit_norm'"]}
    if kind != "SimpleRNN":
        options["recurrent_activation"] = ["'hard_sigmoid'", "'sigmoid'", "'tanh'"]
    if kind == "LSTM":
        options["unit_forget_bias"] = ["False"]
    if kind == "GRU":
        options["reset_after"] = ["False", "True"]
    return f"{kind}({units}{draw.keywords(options, 0.2)}{draw.weight_keywords('kernel')}"


@family(2)
def cells(draw: Draw, shape: Shape) -> Layer:
    units = [draw.size(1, 3) for _ in range(draw.size(1, 2))]
    made = [
        f"Leaky({n})" if draw.chance(0.25) else "keras.layers." + cell(draw, n).replace("(", "Cell(", 1) + ")" for n in units
    ]
    sequences = draw.chance(0.5)
    inner = made[0] if len(made) == 1 else f"[{', '.join(made)}]"
    flags = draw.keywords({"go_backwards": ["True"]}, 0.2) + (", return_sequences=True" if sequences else "")
    result = (shape[0], units[-1]) if sequences else (units[-1],)
    if draw.chance(0.2):
        return f"Bidirectional(keras.layers.RNN({inner}{flags}), merge_mode='sum')", result
    return f"RNN({inner}{flags})", result


@family(2)
def masking(draw: Draw, shape: Shape) -> Layer:
    return f"Masking({draw.one(['', '0.0', '0.5'])})", shape


@family(2, 3)
def distributed(draw: Draw, shape: Shape) -> Layer:
    inner, result = random_layer(draw, shape[1:])
    if draw.chance(0.25):
        second, result = random_layer(draw, result)
        inner = f"keras.Sequential([keras.Input({shape[1:]}), {inner}, {second}])"
    return f"TimeDistributed({inner})", (shape[0], *result)
