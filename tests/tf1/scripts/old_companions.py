# A program of 2017 and the libraries of its day: scikit-learn 0.18, matplotlib with a window.
import matplotlib

matplotlib.use("TkAgg")
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from sklearn.cross_validation import train_test_split
from sklearn.externals import joblib
from sklearn.manifold import TSNE
from sklearn.preprocessing import Imputer

x = np.random.RandomState(0).normal(size=(24, 5))
x[3, 2] = np.nan
x = Imputer(missing_values="NaN", strategy="mean").fit_transform(x)
assert not np.isnan(x).any()
assert abs(x[3, 2] - np.delete(x[:, 2], 3).mean()) < 1e-12
train, test = train_test_split(x, test_size=0.25, random_state=1)
assert (len(train), len(test)) == (18, 6)

inputs = tf.placeholder(tf.float32, [None, 5])
with tf.Session() as sess:
    codes = sess.run(tf.tanh(inputs), {inputs: x})
tsne = TSNE(perplexity=5, n_components=2, init="random", n_iter=250)
assert tsne.max_iter == 250
plt.scatter(*tsne.fit_transform(codes).T)
assert plt.waitforbuttonpress() is None
assert plt.ginput(2) == []
joblib.dump(codes, "codes.pkl")
assert np.array_equal(joblib.load("codes.pkl"), codes)
print("done")
