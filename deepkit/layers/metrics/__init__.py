"""What a metric sums up over batches, and what it makes of the sums: once for v1 and for Keras, as functions of tensors.

A metric over many batches cannot be the mean of each batch's metric: precision is a share of all positives, not a mean of
shares. So it keeps running sums; each batch adds to them, and the metric is computed from them whenever it is asked for.
Where the sums are kept, local variables of a graph or weights of an object, is the faces' matter. Here stand

    means      sums of weighted values and of their weights
    confusion  true and false positives and negatives, at one threshold or at many
    curves     the area under a curve of two rates
    overlap    intersection and union of the regions of each class

>>> import deepkit as dk
>>> from deepkit.layers.metrics.means import count_and_sum
>>> count, total = count_and_sum(dk.tensor([1.0, 3.0, 8.0]), dk.tensor([1.0, 1.0, 0.0]))
>>> total.item() / count.item()
2.0
"""
