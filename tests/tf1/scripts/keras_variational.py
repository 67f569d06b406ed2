"""A variational autoencoder: sampling in a Lambda, its loss made of the model's own tensors and added to it."""

import numpy as np
from keras import backend as K
from keras.layers import Dense, Input, Lambda
from keras.losses import mse
from keras.models import Model


def sampling(args):
    mean, log_var = args
    epsilon = K.random_normal(shape=(K.shape(mean)[0], K.int_shape(mean)[1]))
    return mean + K.exp(0.5 * log_var) * epsilon


inputs = Input(shape=(12,), name="encoder_input")
hidden = Dense(16, activation="relu")(inputs)
z_mean, z_log_var = Dense(2, name="z_mean")(hidden), Dense(2, name="z_log_var")(hidden)
z = Lambda(sampling, output_shape=(2,), name="z")([z_mean, z_log_var])
encoder = Model(inputs, [z_mean, z_log_var, z], name="encoder")
latent = Input(shape=(2,), name="z_sampling")
decoder = Model(latent, Dense(12, activation="sigmoid")(Dense(16, activation="relu")(latent)), name="decoder")
outputs = decoder(encoder(inputs)[2])
vae = Model(inputs, outputs, name="vae")
reconstruction = mse(inputs, outputs) * 12
divergence = -0.5 * K.sum(1 + z_log_var - K.square(z_mean) - K.exp(z_log_var), axis=-1)
vae.add_loss(K.mean(reconstruction + divergence))
vae.compile(optimizer="adam")
x = np.random.RandomState(0).rand(64, 12).round()
history = vae.fit(x, epochs=20, batch_size=32, verbose=0, validation_data=(x, None)).history
assert history["loss"][-1] < history["loss"][0]
assert len(history["val_loss"]) == 20
vae.save_weights("vae.h5")
kept = decoder.predict(np.zeros((1, 2)))
decoder.set_weights([w * 0 for w in decoder.get_weights()])
vae.load_weights("vae.h5")
assert np.allclose(decoder.predict(np.zeros((1, 2))), kept)
print("done")
