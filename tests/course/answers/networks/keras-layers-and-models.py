# %% counts
def answers():
    d = {}
    d["listed"] = 256 * 10 + 10 + 10 * 10 + 10
    d["wired"] = 65 * 10 + 11 * 10
    d["rows"] = 28 * 10 + 10
    d["local"] = 36 * (27 * 4 + 4)
    d["epochs"] = 10 - 4
    d["held"] = "last"
    d["losses"] = 2
    return d


# %% skip
def skip(features, units, classes):
    start = keras.Input(shape=[features])
    hidden = layers.Dense(units)(start)
    hidden = layers.Activation("tanh")(hidden)
    both = layers.Concatenate()([hidden, start])
    end = layers.Dense(classes)(both)
    end = layers.Softmax()(end)
    return Model(start, end)


# %% twins
def twins(reader):
    shape = reader.input_shape[1:]
    left, right = keras.Input(shape), keras.Input(shape)
    gap = layers.Subtract()([reader(left), reader(right)])
    square = layers.Multiply()([gap, gap])
    total = layers.Lambda(lambda v: keras.backend.sum(v, axis=1, keepdims=True))(square)
    return Model([left, right], total)


# %% deep
class Deep(keras.Model):
    def __init__(self, depth, units, **kwargs):
        super(Deep, self).__init__(**kwargs)
        self.stack = []
        for _ in range(depth):
            layer = layers.Dense(units, activation="tanh")
            self.stack.append(layer)
        self.end = layers.Dense(1)

    def call(self, inputs):
        h = inputs
        for layer in self.stack:
            h = layer(h)
        return self.end(h)


# %% head
def new_head(reader, units):
    model = Sequential()
    for i, layer in enumerate(reader.layers[:-1]):
        config = layer.get_config()
        copy = type(layer).from_config(config)
        model.add(copy)
    model.build(reader.input_shape)
    for old, new in zip(reader.layers, model.layers):
        new.set_weights(old.get_weights())
        new.trainable = False
    model.add(layers.Dense(units, activation="softmax"))
    return model


# %% own
class PReLU(layers.Layer):
    def build(self, input_shape):
        self.alpha = self.add_weight(name="alpha", shape=tuple(input_shape)[1:], initializer="zeros", trainable=True)
        super().build(input_shape)

    def call(self, x):
        return keras.backend.relu(x) - self.alpha * keras.backend.relu(-x)
