"""A program of Keras 1's days: old names of arguments, kernels in two numbers, merge() and counts of samples."""

import numpy as np
from keras.engine.topology import Layer
from keras.layers import Activation, Dense, Dropout, Flatten, Input, merge
from keras.layers.convolutional import Convolution2D, MaxPooling2D
from keras.models import Model, Sequential
from keras.optimizers import SGD
from keras.regularizers import l2
from keras.utils import np_utils

model = Sequential()
model.add(Convolution2D(4, 3, 3, border_mode="same", init="he_normal", W_regularizer=l2(0.01), input_shape=(8, 8, 1)))
model.add(Activation("relu"))
model.add(Convolution2D(nb_filter=3, nb_row=3, nb_col=2, subsample=(1, 1), bias=False))
model.add(MaxPooling2D(pool_size=(2, 2), border_mode="valid", dim_ordering="tf"))
model.add(Dropout(p=0.25))
model.add(Flatten())
model.add(Dense(output_dim=2, activation="softmax"))
assert [w.shape for w in model.get_weights()] == [(3, 3, 1, 4), (4,), (3, 2, 4, 3), (27, 2), (2,)]
model.compile(loss="categorical_crossentropy", optimizer=SGD(lr=0.1, momentum=0.9), metrics=["accuracy"])
rng = np.random.RandomState(0)
x, y = rng.rand(32, 8, 8, 1), np_utils.to_categorical(rng.randint(0, 2, 32), 2)
assert len(model.fit(x, y, nb_epoch=2, batch_size=8, verbose=0).history["loss"]) == 2


def batches():
    while True:
        yield x[:8], y[:8]


model.fit_generator(batches(), samples_per_epoch=4, nb_epoch=1, validation_data=batches(), nb_val_samples=2, verbose=0)
assert len(model.evaluate_generator(batches(), val_samples=2)) == 2
assert issubclass(Dense, Layer)
a, b = Input((3,)), Input((3,))
both = Model(input=[a, b], output=[merge([a, b], mode="concat"), merge([a, b], mode="sum"), merge([a, b], mode="mul")])
joined, added, product = both.predict([np.full((1, 3), 2.0), np.full((1, 3), 5.0)])
assert joined.tolist() == [[2, 2, 2, 5, 5, 5]]
assert (added == 7).all()
assert (product == 10).all()
print("done")
