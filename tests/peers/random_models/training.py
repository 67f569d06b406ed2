"""A random compile and random steps after it: training, callbacks, saving, freezing, looking inside."""

from __future__ import annotations

from .draw import Draw
from .structures import Model, Output

OPTIMIZERS = {
    "SGD": {"momentum": ["0.9"], "nesterov": ["True"], "decay": ["0.1"], "clipnorm": ["0.1"], "clipvalue": ["0.05"]},
    "RMSprop": {"rho": ["0.7"], "momentum": ["0.5"], "centered": ["True"], "clipvalue": ["0.05"], "decay": ["0.1"]},
    "Adagrad": {"initial_accumulator_value": ["0.3"], "decay": ["0.1"]},
    "Adadelta": {"rho": ["0.8"], "decay": ["0.1"]},
    "Adam": {"beta_1": ["0.7"], "beta_2": ["0.9"], "amsgrad": ["True"], "clipnorm": ["0.1"]},
    "Adamax": {"beta_1": ["0.7"], "beta_2": ["0.9"], "decay": ["0.1"]},
    "Nadam": {"beta_1": ["0.7"], "beta_2": ["0.9"]},
    "Ftrl": {"l1_regularization_strength": ["0.01"], "l2_regularization_strength": ["0.1"]},
}
REGRESSION = [
    "'mse'", "'mae'", "'logcosh'", "'huber'", "'cosine_similarity'", "'hinge'", "'squared_hinge'", "'mean_squared_error'",
    "keras.losses.Huber(delta=0.5)", "keras.losses.MeanSquaredError(reduction='sum')", "keras.losses.MeanAbsoluteError()",
    "keras.losses.CosineSimilarity(axis=1)", "half_square", "keras.losses.mse",
]
LOSSES = {
    "real": REGRESSION,
    "fraction": [
        *REGRESSION, "'binary_crossentropy'", "'poisson'", "'msle'", "'mape'", "'kld'", "'kullback_leibler_divergence'",
        "keras.losses.BinaryCrossentropy(label_smoothing=0.1)", "keras.losses.BinaryCrossentropy(from_logits=True)",
    ],
    "one_hot": [
        "'categorical_crossentropy'", "'categorical_hinge'", "'mse'", "'binary_crossentropy'", "'kld'",
        "keras.losses.CategoricalCrossentropy(label_smoothing=0.2)", "keras.losses.CategoricalCrossentropy(from_logits=True)",
    ],
    "integer": ["'sparse_categorical_crossentropy'", "keras.losses.SparseCategoricalCrossentropy(from_logits=True)"],
}
METRICS = {
    "real": [
        "'mse'", "'mae'", "'cosine_similarity'", "keras.metrics.RootMeanSquaredError()", "keras.metrics.MeanAbsoluteError()",
        "keras.metrics.LogCoshError(name='mine')", "distance", "keras.losses.mae",
    ],
    "fraction": [
        "'mse'", "'msle'", "'binary_crossentropy'", "keras.metrics.BinaryAccuracy(threshold=0.4)", "keras.metrics.Poisson()",
        "keras.metrics.MeanRelativeError([0.5])", "keras.metrics.KLDivergence()", "keras.metrics.MeanAbsolutePercentageError()",
    ],
    "one_hot": [
        "'accuracy'", "'acc'", "'categorical_accuracy'", "'categorical_crossentropy'", "keras.metrics.Precision()",
        "keras.metrics.Recall(thresholds=[0.3, 0.6])", "keras.metrics.TopKCategoricalAccuracy(2)", "keras.metrics.AUC()",
        "keras.metrics.CategoricalHinge()", "keras.metrics.FalsePositives(0.4)", "keras.metrics.SpecificityAtSensitivity(0.5)",
    ],
    "integer": [
        "'accuracy'", "'sparse_categorical_accuracy'", "'sparse_categorical_crossentropy'",
     "keras.metrics.SparseCategoricalCrossentropy()",
    ],
}
CALLBACKS = [
    "keras.callbacks.EarlyStopping('loss', patience=0, min_delta=0.2)",
    "keras.callbacks.EarlyStopping('loss', mode='max', patience=1, restore_best_weights=True)",
    "keras.callbacks.ReduceLROnPlateau('loss', factor=0.5, patience=1, min_delta=0.5)",
    "keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1))",
    "keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)",
    "keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: record('epoch', logs))",
    "keras.callbacks.LambdaCallback(on_batch_end=lambda batch, logs: record('batch', logs))",
    "keras.callbacks.TerminateOnNaN()",
    "keras.callbacks.ModelCheckpoint(file('best.h5'), 'loss', save_best_only=True, save_weights_only=True)",
]


def optimizer(draw: Draw) -> str:
    """With an epsilon that keeps what is zero but for rounding from being divided by itself."""
    kind = draw.one(list(OPTIMIZERS))
    epsilon = "" if kind in ("SGD", "Ftrl") else ", epsilon=0.01"
    return f"optimizers.{kind}({draw.one(['0.1', '0.02'])}{epsilon}{draw.keywords(OPTIMIZERS[kind])})"


def compiled(draw: Draw, model: Model) -> str:
    losses = [draw.one(LOSSES[output.kind]) for output in model.outputs]
    metrics = [draw.some(METRICS[output.kind], 2) for output in model.outputs]
    if len(losses) == 1:
        loss, measured = losses[0], f"[{', '.join(metrics[0])}]"
        weights = draw.keywords({"loss_weights": ["[0.5]"]}, 0.1)
    else:
        loss, measured = f"[{', '.join(losses)}]", f"[{', '.join(f'[{chr(44).join(m)}]' for m in metrics)}]"
        weights = draw.keywords({"loss_weights": ["[0.5, 2.0]"]}, 0.4)
    return f"model.compile({optimizer(draw)}, {loss}, metrics={measured}{weights})"


def target(draw: Draw, output: Output) -> str:
    shape, seed = (6, *output.shape), draw.size(0, 99)
    if output.kind == "integer":
        return f"integers({shape[:-1]}, {shape[-1]}, {seed})"
    maker = {"real": "numbers", "fraction": "fractions", "one_hot": "one_hot"}[output.kind]
    return f"{maker}({shape}, {seed})"


class Steps:
    """What is done with a compiled model, statement by statement."""

    def __init__(self, draw: Draw, model: Model):
        self.draw, self.model = draw, model
        fixed = [int(trait.split()[1]) for trait in model.traits if trait.startswith("batch")]
        self.batch = fixed[0] if fixed else draw.one([1, 2, 3, 4, 6])
        self.fixed = bool(fixed)
        # All steps on arrays weight their samples or none does: tf_keras in a graph makes a training step anew when that
        # changes, and then of the loss as it is in a test.
        self.weighted = draw.chance(0.3)

    def any(self) -> list[str]:
        kinds = [self.fit, self.fit, self.by_batch, self.look, self.freeze, self.weights]
        if "graph" in self.model.traits:
            kinds += [self.inside, self.copied]
        return self.draw.one(kinds)()

    def fit(self) -> list[str]:
        draw, count = self.draw, len(self.model.outputs)
        data, more = "x, y", ""
        if self.weighted:
            more = self.weights_for(6)
        elif count == 1 and self.model.outputs[0].kind in ("integer", "one_hot") and draw.chance(0.3):
            more = f", class_weight={{{', '.join(f'{i}: {0.5 + i}' for i in range(self.model.outputs[0].shape[-1]))}}}"
        callbacks = draw.some(CALLBACKS, 2) if draw.chance(0.5) else []
        epochs = draw.size(1, 3)
        common = f"epochs={epochs}, verbose=0, shuffle=False, callbacks=[{', '.join(callbacks)}]"
        validation = draw.one(["", "", ", validation_data=(x, y)"])
        if not self.fixed and not validation and draw.chance(0.3):
            validation = ", validation_split=0.34"
        source = draw.one(["arrays", "arrays", "arrays", "generator", "sequence"])
        if source == "arrays":
            call = f"model.fit({data}, batch_size={self.batch}, {common}{validation}{more})"
        else:
            weight = f", fractions((6,), {draw.size(0, 9)})" if count == 1 and draw.chance(0.3) else ""
            validation = ", validation_data=(x, y)" if validation and not self.fixed else ""
            maker = "batches" if source == "generator" else "Batches"
            limit = draw.one([1, 2, 3]) if source == "generator" or draw.chance(0.3) else None
            steps = f", steps_per_epoch={limit}" if limit else ""
            call = f"model.fit({maker}({data}{weight}, size={self.batch}), {common}{validation}{steps})"
        statements = [f"history = {call}", "record('history', history.history)", "record('epochs', history.epoch)"]
        if any("ModelCheckpoint" in callback for callback in callbacks):
            statements.append("model.load_weights(file('best.h5'))")
        return statements

    def weights_for(self, samples: int) -> str:
        weight, count = f"fractions(({samples},), {self.draw.size(0, 9)})", len(self.model.outputs)
        return f", sample_weight={weight if count == 1 else f'[{weight}, {weight}]'}"

    def by_batch(self) -> list[str]:
        pair = f"some(x, slice(0, {self.batch})), some(y, slice(0, {self.batch}))"
        weight = self.weights_for(self.batch) if self.weighted else ""
        step = f"record('train_on_batch', model.train_on_batch({pair}{weight}))"
        test = f"record('test_on_batch', model.test_on_batch({pair}{weight}))"
        return [*[step] * self.draw.size(1, 3), *[test] * self.draw.size(0, 1)]

    def look(self) -> list[str]:
        size = f"batch_size={self.batch}"
        options = [
            f"record('evaluate', model.evaluate(x, y, {size}, verbose=0))",
            f"record('predict', model.predict(x, {size}))",
            f"record('evaluate', model.evaluate(Batches(x, y, size={self.batch}), verbose=0))",
            f"record('predict_on_batch', model.predict_on_batch(some(x, slice(0, {self.batch}))))",
            "record('metrics', model.metrics_names)",
        ]
        return [self.draw.one(options)] + (["model.reset_states()"] if "stateful" in self.model.traits else [])

    def freeze(self) -> list[str]:
        layer = f"model.layers[{self.draw.one([0, 1, -1, -2])}]"
        change = self.draw.one([f"{layer}.trainable = False", "model.trainable = False", f"{layer}.trainable = True"])
        return [change, *([compiled(self.draw, self.model)] if self.draw.chance(0.6) else []), *self.by_batch()]

    def weights(self) -> list[str]:
        if self.draw.chance(0.5):
            return ["model.set_weights([w * 0.9 for w in model.get_weights()])", *self.by_batch()]
        kept = ["model.save_weights(file('weights.h5'))", *self.by_batch()]
        by_name = self.draw.chance(0.3) and "graph" in self.model.traits
        return [*kept, f"model.load_weights(file('weights.h5'){', by_name=True' if by_name else ''})"]

    def inside(self) -> list[str]:
        if self.fixed:
            return []
        layer = self.draw.one([0, 1, -1, -2])
        feed = "x if isinstance(x, list) else [x]"
        look = f"record('layer', K.function(model.inputs, [model.layers[{layer}].get_output_at(0)])({feed}))"
        return [self.draw.one([look, "gradients(model, x)", "describe(model)"])]

    def copied(self) -> list[str]:
        ways = {
            "clone": "other = keras.models.clone_model(model)",
            "json": "other = keras.models.model_from_json(model.to_json())",
            "config": "other = type(model).from_config(model.get_config())",
        }
        named = not any("Lambda" in statement for statement in self.model.statements)
        if not named:  # a function without a name of its own is in no file
            del ways["json"]
        elif self.draw.chance(0.4):
            return [
                "model.save(file('model.h5'))",
                "model = keras.models.load_model(file('model.h5'))",
                *self.by_batch(),
            ]
        way = self.draw.one(list(ways))
        predict = f"record('{way}', other.predict(x, batch_size={self.batch}))"
        return [ways[way], "other.set_weights(model.get_weights())", predict, "describe(other)"]
