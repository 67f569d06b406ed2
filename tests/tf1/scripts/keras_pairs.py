"""Pairs of samples through one shared network: a loss and a metric of one's own, with whole numbers as targets."""

import numpy as np
from keras import backend as K
from keras.layers import Dense, Embedding, Flatten, Input, Lambda
from keras.models import Model, load_model
from keras.optimizers import rmsprop


def distance(pair):
    a, b = pair
    return K.sqrt(K.maximum(K.sum(K.square(a - b), axis=1, keepdims=True), K.epsilon()))


def contrastive(y_true, y_pred):
    return K.mean(y_true * K.square(y_pred) + (1 - y_true) * K.square(K.maximum(1 - y_pred, 0)))


def right(y_true, y_pred):
    return K.mean(K.equal(y_true, K.cast(y_pred < 0.5, y_true.dtype)))


word = Input(shape=(2,), dtype="int32")
base = Model(word, Dense(8, activation="relu")(Flatten()(Embedding(10, 4)(word))))
a, b = Input(shape=(2,), dtype="int32"), Input(shape=(2,), dtype="int32")
model = Model([a, b], Lambda(distance, output_shape=lambda shapes: (shapes[0][0], 1))([base(a), base(b)]))
model.compile(loss=contrastive, optimizer=rmsprop(lr=0.01), metrics=[right])
rng = np.random.RandomState(0)
left, other = rng.randint(0, 10, (64, 2)), rng.randint(0, 10, (64, 2))
other[::2] = left[::2]
same = (left == other).all(1).astype("int64")
history = model.fit([left.astype("float64"), other], same, epochs=30, batch_size=16, verbose=0).history
scored = np.mean((model.predict([left, other]).ravel() < 0.5) == same)
assert history["loss"][-1] < 0.5 * history["loss"][0]
assert abs(model.evaluate([left, other], same, verbose=0)[1] - scored) < 1e-6
features = K.function([base.input, K.learning_phase()], [base.layers[-1].output])
assert np.allclose(features([left, 0])[0], base.predict(left), atol=1e-6)
base.save("base.h5")
assert np.allclose(load_model("base.h5").predict(left), base.predict(left))
print("done")
