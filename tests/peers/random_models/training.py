"""A random compile and random steps after it: training, callbacks, files, freezing, looking inside."""

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
    "Ftrl": {"l1_regularization_strength": ["0.01"], "l2_regularization_strength": ["0.1"],
             "learning_rate_power": ["-0.6"], "l2_shrinkage_regularization_strength": ["0.1"], "beta": ["0.2"]},
}
REGRESSION = [
    "'mse'", "'mae'", "'logcosh'", "'huber'", "'cosine_similarity'", "'hinge'", "'squared_hinge'", "'mean_squared_error'",
    "keras.losses.Huber(delta=0.5)", "keras.losses.MeanSquaredError(reduction='sum')", "keras.losses.MeanAbsoluteError()",
    "keras.losses.CosineSimilarity(axis=1)", "half_square", "keras.losses.mse", "Quartic()", "log_cosine",
    "keras.losses.Hinge()", "keras.losses.SquaredHinge()", "keras.losses.LogCosh(name='own')", "keras.losses.Huber(0.3)",
]
LOSSES = {
    "real": REGRESSION,
    "fraction": [
        *REGRESSION, "'binary_crossentropy'", "'poisson'", "'msle'", "'mape'", "'kld'", "'kullback_leibler_divergence'",
        "keras.losses.BinaryCrossentropy(label_smoothing=0.1)", "keras.losses.BinaryCrossentropy(from_logits=True)",
        "keras.losses.BinaryFocalCrossentropy(gamma=1.5)", "keras.losses.Poisson()", "keras.losses.KLDivergence()",
        "keras.losses.MeanSquaredLogarithmicError()", "keras.losses.MeanAbsolutePercentageError()", "keras.losses.poisson",
    ],
    "one_hot": [
        "'categorical_crossentropy'", "'categorical_hinge'", "'mse'", "'binary_crossentropy'", "'kld'",
        "keras.losses.CategoricalCrossentropy(label_smoothing=0.2)", "keras.losses.CategoricalCrossentropy(from_logits=True)",
        "keras.losses.CategoricalHinge()", "keras.losses.CategoricalFocalCrossentropy()",
        "keras.losses.CategoricalCrossentropy(reduction='sum')", "keras.losses.categorical_crossentropy",
    ],
    "integer": [
        "'sparse_categorical_crossentropy'", "keras.losses.SparseCategoricalCrossentropy(from_logits=True)",
        "keras.losses.SparseCategoricalCrossentropy(ignore_class=1)", "keras.losses.sparse_categorical_crossentropy",
    ],
}
SCHEDULES = [
    "keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5, staircase=True)",
    "keras.optimizers.schedules.PiecewiseConstantDecay([1, 3], [0.1, 0.05, 0.01])",
    "keras.optimizers.schedules.PolynomialDecay(0.1, 3, 0.01, power=2.0)",
    "keras.optimizers.schedules.InverseTimeDecay(0.1, 2, 0.5)",
]
METRICS = {
    "real": [
        "'mse'", "'mae'", "'cosine_similarity'", "keras.metrics.RootMeanSquaredError()", "keras.metrics.MeanAbsoluteError()",
        "keras.metrics.LogCoshError(name='mine')", "distance", "keras.losses.mae",
        "Largest()", "'hinge'", "'logcosh'", "keras.metrics.SquaredHinge()", "keras.metrics.MeanSquaredError(name='again')",
    ],
    "fraction": [
        "'mse'", "'msle'", "'binary_crossentropy'", "keras.metrics.BinaryAccuracy(threshold=0.4)", "keras.metrics.Poisson()",
        "keras.metrics.MeanRelativeError([0.5])", "keras.metrics.KLDivergence()", "keras.metrics.MeanAbsolutePercentageError()",
        "'mape'", "'kld'", "'poisson'", "keras.metrics.MeanSquaredLogarithmicError()", "'binary_accuracy'",
        "keras.metrics.BinaryCrossentropy(label_smoothing=0.1)", "keras.metrics.binary_accuracy",
    ],
    "one_hot": [
        "'accuracy'", "'acc'", "'categorical_accuracy'", "'categorical_crossentropy'", "keras.metrics.Precision()",
        "keras.metrics.Recall(thresholds=[0.3, 0.6])", "keras.metrics.TopKCategoricalAccuracy(2)", "keras.metrics.AUC()",
        "keras.metrics.Precision(top_k=2)", "keras.metrics.Recall(class_id=1)", "keras.metrics.AUC(20, 'PR')",
        "keras.metrics.AUC(summation_method='majoring', num_thresholds=9)", "keras.metrics.PrecisionAtRecall(0.5)",
        "keras.metrics.CategoricalHinge()", "keras.metrics.FalsePositives(0.4)", "keras.metrics.SpecificityAtSensitivity(0.5)",
        "keras.metrics.TruePositives()", "keras.metrics.FalseNegatives([0.2, 0.6])", "keras.metrics.TrueNegatives()",
        "keras.metrics.SensitivityAtSpecificity(0.4, num_thresholds=9)", "keras.metrics.RecallAtPrecision(0.4, 12)",
        "keras.metrics.CategoricalAccuracy(name='hits')", "'top_k_categorical_accuracy'", "keras.metrics.Hinge()",
        "keras.metrics.categorical_accuracy", "keras.metrics.AUC(7, multi_label=True)", "keras.metrics.CategoricalCrossentropy()",
    ],
    "integer": [
        "'accuracy'", "'sparse_categorical_accuracy'", "'sparse_categorical_crossentropy'",
     "keras.metrics.SparseCategoricalCrossentropy()", "keras.metrics.SparseTopKCategoricalAccuracy(2)",
        "keras.metrics.SparseCategoricalAccuracy('hits')", "'acc'", "keras.metrics.sparse_categorical_accuracy",
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
    "keras.callbacks.EarlyStopping('loss', baseline=0.5, patience=1)",
    "keras.callbacks.ReduceLROnPlateau('loss', factor=0.5, patience=0, min_delta=0.3, cooldown=1, min_lr=0.03)",
    "keras.callbacks.LambdaCallback(on_test_end=lambda logs: record('tested', K.get_value(K.constant(1.0))))",
    "keras.callbacks.TerminateOnNaN()",
    "keras.callbacks.ModelCheckpoint(file('best.h5'), 'loss', save_best_only=True, save_weights_only=True)",
    "keras.callbacks.CSVLogger(file('log.csv'))",
    "keras.callbacks.ModelCheckpoint(file('c{epoch:02d}.h5'), save_weights_only=True)",
    "keras.callbacks.ModelCheckpoint(file('k{epoch}-{loss:.0e}.h5'), 'loss', mode='max', save_best_only=True)",
    "keras.callbacks.EarlyStopping('loss', patience=0, start_from_epoch=1, min_delta=5.0, restore_best_weights=True)",
    "keras.callbacks.ReduceLROnPlateau('loss', factor=0.1, patience=0, mode='max', min_delta=0.0)",
    "keras.callbacks.LambdaCallback(on_train_begin=lambda logs: record('train', logs), on_train_end=lambda logs: None)",
    "Told()",
]


def optimizer(draw: Draw) -> str:
    """With an epsilon that keeps what is zero but for rounding from being divided by itself."""
    kind = draw.one(list(OPTIMIZERS))
    epsilon = "" if kind in ("SGD", "Ftrl") else ", epsilon=0.01"
    rate = draw.one(SCHEDULES) if draw.chance(0.15) else draw.one(["0.1", "0.02"])
    options = {key: values for key, values in OPTIMIZERS[kind].items() if key != "decay" or "Decay" not in rate}
    clip = ", global_clipnorm=0.1" if draw.chance(0.08) else ""
    chosen = draw.keywords({k: v for k, v in options.items() if not clip or "clip" not in k})
    return f"optimizers.{kind}({rate}{epsilon}{chosen}{clip})"


def compiled(draw: Draw, model: Model, eager: bool = False) -> str:
    """A compile; a list or a dictionary says what belongs to which of several outputs, and one may have no loss."""
    losses = [draw.one(LOSSES[output.kind]) for output in model.outputs]
    metrics = [f"[{', '.join(draw.some(METRICS[output.kind], 2))}]" for output in model.outputs]
    method = optimizer(draw)
    model.traits = model.traits - {"scheduled"} | ({"scheduled"} if "schedules" in method else set())
    more = draw.keywords({"run_eagerly": ["True"]}, 0.5) if eager else ""
    if len(losses) == 1:
        weighed = f"[{', '.join(draw.some(METRICS[model.outputs[0].kind], 1))}]"
        weights = draw.keywords({"loss_weights": ["[0.5]"], "weighted_metrics": [weighed]}, 0.1)
        return f"model.compile({method}, {losses[0]}, metrics={metrics[0]}{weights}{more})"
    names = [output.name for output in model.outputs]
    if "partial" in model.traits:
        names, losses, metrics = names[:1], losses[:1], metrics[:1]
    by_name = "partial" in model.traits or draw.chance(0.4)
    weights = ["0.5", "2.0"] if draw.chance(0.4) else []

    def several(parts: list[str]) -> str:
        pairs = ", ".join(f"'{name}': {part}" for name, part in zip(names, parts, strict=False))
        return f"{{{pairs}}}" if by_name else f"[{', '.join(parts)}]"

    weights = f", loss_weights={several(weights)}" if weights else ""
    return f"model.compile({method}, {several(losses)}, metrics={several(metrics)}{weights}{more})"


def target(draw: Draw, output: Output) -> str:
    shape, seed = (6, *output.shape), draw.size(0, 99)
    if output.kind == "integer":
        return f"integers({shape[:-1]}, {shape[-1]}, {seed})"
    maker = {"real": "numbers", "fraction": "fractions", "one_hot": "one_hot"}[output.kind]
    return f"{maker}({shape}, {seed})"


class Steps:
    """What is done with a compiled model, statement by statement; eager: it is compared with Keras outside a graph."""

    def __init__(self, draw: Draw, model: Model, eager: bool = False):
        self.draw, self.model, self.eager = draw, model, eager
        fixed = [int(trait.split()[1]) for trait in model.traits if trait.startswith("batch")]
        self.batch = fixed[0] if fixed else draw.one([1, 2, 3, 6] if eager else [1, 2, 3, 4, 6])
        self.fixed = bool(fixed)
        self.saved = 0  # files; each has a name of its own, for a library has written its last before the other reads any
        # All steps on arrays weight their samples or none does: tf_keras in a graph makes a training step anew when that
        # changes, and then of the loss as it is in a test.
        self.weighted, self.by_name = draw.chance(0.3), draw.chance(0.3)

    def prediction(self) -> str:
        """Of all the data: in one batch, which asks tf_keras for no pipeline, where the model takes batches of any size."""
        return f"model.predict(x, batch_size={self.batch})" if self.fixed else "model.predict_on_batch(x)"

    def any(self) -> list[str]:
        kinds = [self.fit, self.fit, self.by_batch, self.look, self.weights]
        if "added" not in self.model.traits:
            kinds += [self.freeze]
        if self.model.traits >= {"graph"} and "added" not in self.model.traits:
            kinds += [self.copied] if self.eager else [self.inside, self.copied]
        return self.draw.one(kinds)()

    def fit(self) -> list[str]:
        draw, count = self.draw, len(self.model.outputs)
        data, more = "x, y", ""
        if self.weighted:
            more = self.weights_for(6)
        elif count == 1 and self.model.outputs[0].kind in ("integer", "one_hot") and draw.chance(0.3):
            more = f", class_weight={{{', '.join(f'{i}: {0.5 + i}' for i in range(self.model.outputs[0].shape[-1]))}}}"
        validation = draw.one(["", "", ", validation_data=(x, y)"])
        if validation and draw.chance(0.3):
            validation += ", validation_freq=2"
        if not self.fixed and not validation and draw.chance(0.3):
            validation = ", validation_split=0.34"
        common = self._common()
        source = draw.one(["arrays", "arrays", "arrays", "generator", "sequence"])
        if source == "arrays":
            call = f"model.fit({data}, batch_size={self.batch}, {common}{validation}{more})"
        else:
            weight = f", fractions((6,), {draw.size(0, 9)})" if count == 1 and self.weighted else ""
            validation = ", validation_data=(x, y)" if validation and not self.fixed else ""
            if validation and draw.chance(0.3):
                validation = f", validation_data=Batches(x, y, size={self.batch})"
            maker = "batches" if source == "generator" else "Batches"
            limit = draw.one([1, 2, 3]) if source == "generator" or draw.chance(0.3) else None
            steps = f", steps_per_epoch={limit}" if limit else ""
            call = f"model.fit({maker}({data}{weight}, size={self.batch}), {common}{validation}{steps})"
        statements = [f"history = {call}", "record('history', history.history)", "record('epochs', history.epoch)"]
        if "best.h5" in common:
            statements.append("model.load_weights(file('best.h5'))")
        for pattern in ("log.csv", "c{", "k{"):
            statements += [f"written('{pattern.replace('{', '*')}')"] if f"file('{pattern}" in common else []
        return statements

    def _common(self) -> str:
        """What every fit is told: epochs, callbacks, order."""
        draw = self.draw
        known = [callback for callback in CALLBACKS if not (self.eager and "on_batch_end" in callback)]
        known.append(f"Slower(x, {self.batch})")
        if "scheduled" in self.model.traits:  # tf_keras refuses to set the rate then
            known = [call for call in known if not call.partition("(")[0].endswith(("Scheduler", "Plateau", "Slower"))]
        callbacks = draw.some(known, 2) if draw.chance(0.5) else []
        first = draw.one([0, 0, 0, 1])
        epochs = f"epochs={first + draw.size(1, 2)}, initial_epoch={first}"
        return f"{epochs}, verbose=0, shuffle=False, callbacks=[{', '.join(callbacks)}]"

    def weights_for(self, samples: int) -> str:
        weight, names = f"fractions(({samples},), {self.draw.size(0, 9)})", [o.name for o in self.model.outputs]
        if "partial" in self.model.traits:
            return f", sample_weight={{'{names[0]}': {weight}}}"
        if len(names) == 1:
            return f", sample_weight={weight}"
        if self.by_name:
            return f", sample_weight={{'{names[0]}': {weight}, '{names[1]}': {weight}}}"
        return f", sample_weight=[{weight}, {weight}]"

    def by_batch(self) -> list[str]:
        pair = f"some(x, slice(0, {self.batch})), some(y, slice(0, {self.batch}))"
        weight = self.weights_for(self.batch) if self.weighted else ""
        kept = ", reset_metrics=False" if self.draw.chance(0.2) else ""
        step = f"record('train_on_batch', model.train_on_batch({pair}{weight}{kept}))"
        test = f"record('test_on_batch', model.test_on_batch({pair}{weight}))"
        anew = [] if self.eager else ["model.reset_metrics()"]  # tf_keras in a graph keeps what fit has left in them
        between = anew if kept else []
        return [*anew, *[step] * self.draw.size(1, 3), *between, *[test] * self.draw.size(0, 1), *between]

    def look(self) -> list[str]:
        size = f"batch_size={self.batch}"
        options = [
            f"record('evaluate', model.evaluate(x, y, {size}, verbose=0))",
            f"record('predict', model.predict(x, {size}))",
            f"record('evaluate', model.evaluate(Batches(x, y, size={self.batch}), verbose=0))",
            f"record('predict_on_batch', model.predict_on_batch(some(x, slice(0, {self.batch}))))",
            f"record('evaluate', model.evaluate(batches(x, y, size={self.batch}), steps=2, verbose=0))",
            f"record('predict', model.predict(Batches(x, size={self.batch})))",
            "record('metrics', model.metrics_names)",
            "record('slots', model.optimizer.get_weights())",
            "record('step', K.get_value(model.optimizer.iterations))",
        ]
        if self.eager:
            options = [option for option in options if "metrics_names" not in option]
        return [self.draw.one(options)] + (["model.reset_states()"] if "stateful" in self.model.traits else [])

    def freeze(self) -> list[str]:
        layer = f"model.layers[{self.draw.one([0, 1, -1, -2])}]"
        if self.draw.chance(0.2) and "graph" in self.model.traits:
            inner = "[part for layer in model.layers for part in getattr(layer, 'layers', [])]"
            layer = f"({inner} or model.layers)[{self.draw.one([0, -1])}]"
        change = self.draw.one([f"{layer}.trainable = False", "model.trainable = False", f"{layer}.trainable = True"])
        return [change, *([compiled(self.draw, self.model, self.eager)] if self.draw.chance(0.6) else []), *self.by_batch()]

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
        phase = self.draw.one([0, 1])
        values = f"K.function([*model.inputs, K.learning_phase()], model.outputs)([*({feed}), {phase}])"
        return [self.draw.one([look, "gradients(model, x)", "describe(model)", f"record('phase {phase}', {values})"])]

    def copied(self) -> list[str]:
        ways = {
            "clone": "other = keras.models.clone_model(model)",
            "json": "other = keras.models.model_from_json(model.to_json(), custom_objects=OWN)",
            "config": "other = type(model).from_config(model.get_config(), custom_objects=OWN)",
        }
        named = not any("Lambda" in statement for statement in self.model.statements)
        if not named:  # a function without a name of its own is in no file
            del ways["json"]
        elif self.draw.chance(0.5):
            reader = self.draw.one(["file", "others"])
            self.saved += 1
            opened = f"model = keras.models.load_model({reader}('model{self.saved}.h5'), custom_objects=OWN)"
            return [f"model.save(file('model{self.saved}.h5'))", opened, *self.by_batch()]
        elif self.draw.chance(0.2):
            self.saved += 1
            kept = f"model.save_weights(file('w{self.saved}.h5'))"
            return [kept, f"model.load_weights(others('w{self.saved}.h5'))", *self.by_batch()]
        way = self.draw.one(list(ways))
        predict = f"record('{way}', other.predict(x, batch_size={self.batch}))"
        looked = [] if self.eager else ["describe(other)"]
        return [ways[way], "other.set_weights(model.get_weights())", predict, *looked]
