"""What a layer computes, once for v1 and for Keras: functions of tensors, without names, scopes, settings or files.

A layer is three things. Its *weights*: which there are, their shapes, and what they start with; a function such as
`dense_weights` lists them. Its *computation*: a function of the inputs and these weights, such as `dense`. And its
*bookkeeping*: names, scopes, configurations and files, in which the faces differ. The first two stand here:

    weights        what a layer declares of a weight, and how the layer makes it
    dense          x @ kernel + bias, and examples as flat rows
    convolution    windows that slide over a sequence, an image or a volume: plain, transposed, depthwise, separable
    pooling        the largest number, or the mean, of each window or of all places
    normalization  mean 0 and variance 1: over the batch, or within each example
    dropout        numbers that vanish, or noise that comes, while training
    embedding      a vector for each number
    recurrent      the weights and one time step of the simple cell, the LSTM and the GRU
    layouts        where the channels stand: channels_last and channels_first, NHWC and NCHW
    metrics/       what a metric sums up over batches, and what it makes of the sums

They are ordinary functions of tensors: a layer of your own is a few lines.

>>> import deepkit as dk
>>> from deepkit.layers.dense import dense, dense_weights
>>> [(w.name, w.shape, w.initial) for w in dense_weights(features=3, units=2)]
[('kernel', (3, 2), 'glorot_uniform'), ('bias', (2,), 'zeros')]
>>> x, kernel, bias = dk.tensor([[1.0, 2.0, 3.0]]), dk.ones([3, 2]), dk.tensor([0.0, 10.0])
>>> dense(x, kernel, bias).numpy().tolist()
[[6.0, 16.0]]
"""
