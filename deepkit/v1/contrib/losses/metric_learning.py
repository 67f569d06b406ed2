"""Losses of embeddings: what belongs together comes together, what does not moves apart."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.core.apply import scope
from deepkit.v1.framework.symbolic import constant_of

__all__ = ["contrastive_loss", "lifted_struct_loss", "npairs_loss", "npairs_loss_multilabel", "triplet_semihard_loss"]


def _distances(x: Any, squared: bool) -> Any:
    """The Euclidean distances, or their squares, between the rows of x (n, d): (n, n), 0 on the diagonal."""
    squares = ops.reduce_sum(ops.square(x), 1)
    found = ops.expand_dims(squares, 1) + ops.expand_dims(squares, 0) - 2.0 * ops.matmul(x, x, transpose_b=True)
    positive = ops.greater(found, 0.0)
    found = ops.where(positive, found, ops.zeros_like(found))
    if not squared:
        roots = ops.sqrt(ops.where(positive, found, ops.ones_like(found)))  # no infinite slope at 0
        found = ops.where(positive, roots, ops.zeros_like(found))
    return found * (1.0 - ops.eye(ops.shape(x)[0], dtype=x.dtype))


def _alike(labels: Any) -> Any:
    """Which pairs of examples have one label: bool (n, n)."""
    column = ops.reshape(constant_of(labels), [-1, 1])
    return ops.equal(column, ops.transpose(column))


def contrastive_loss(labels: Any, embeddings_anchor: Any, embeddings_positive: Any, margin: float = 1.0) -> Any:
    """The mean of d^2 over pairs with label 1 and of max(margin - d, 0)^2 over those with 0, d their distance.

    embeddings (n, d), labels (n,). Source: R. Hadsell, S. Chopra, Y. LeCun, CVPR 2006.
    """
    with scope(None, "contrastive_loss", embeddings_anchor, embeddings_positive):
        a, b = constant_of(embeddings_anchor), constant_of(embeddings_positive)
        squares = ops.reduce_sum(ops.square(a - b), 1)
        same = ops.cast(constant_of(labels), squares.dtype)
        apart = ops.square(ops.maximum(margin - ops.sqrt(squares), 0.0))
        return ops.reduce_mean(same * squares + (1.0 - same) * apart)


def triplet_semihard_loss(labels: Any, embeddings: Any, margin: float = 1.0) -> Any:
    """The mean of max(0, d(a, p)^2 - d(a, n)^2 + margin) over the pairs (a, p) with one label.

    n is the nearest of the others that is further away than p, or if there is none the furthest one. embeddings (n, d),
    labels (n,). Source: F. Schroff, D. Kalenichenko, J. Philbin, FaceNet, CVPR 2015.
    """
    with scope(None, "triplet_semihard_loss", embeddings):
        x = constant_of(embeddings)
        d, same = _distances(x, squared=True), _alike(labels)
        other = ops.logical_not(same)
        # further[a, p, n]: n has another label than a, and is further away than p
        further = ops.logical_and(ops.expand_dims(other, 1), ops.greater(ops.expand_dims(d, 1), ops.expand_dims(d, 2)))
        spread = ops.expand_dims(d, 1) + ops.zeros_like(ops.expand_dims(d, 2))
        far = ops.reduce_max(d) + ops.zeros_like(spread)
        nearest = ops.reduce_min(ops.where(further, spread, far), 2)
        low = ops.reduce_min(d, 1, True) + ops.zeros_like(d)
        furthest = ops.reduce_max(ops.where(other, d, low), 1, True) + ops.zeros_like(d)
        negative = ops.where(ops.reduce_any(further, 2), nearest, furthest)
        pairs = ops.cast(same, x.dtype) - ops.eye(ops.shape(x)[0], dtype=x.dtype)
        return ops.truediv(
            ops.reduce_sum(ops.maximum((d - negative + margin) * pairs, 0.0)), ops.reduce_sum(pairs),
            name="triplet_semihard_loss",
        )


def _pairs_loss(targets: Any, anchors: Any, positives: Any, reg_lambda: float, print_losses: bool) -> Any:
    """Cross-entropy of the products of all anchors and positives, and reg_lambda / 4 of the mean squared lengths."""
    lengths = ops.reduce_mean(ops.reduce_sum(ops.square(anchors), 1)) + ops.reduce_mean(
        ops.reduce_sum(ops.square(positives), 1)
    )
    l2 = ops.multiply(0.25 * reg_lambda, lengths, name="l2loss")
    products = ops.matmul(anchors, positives, transpose_b=True)
    targets = ops.cast(targets, products.dtype)
    targets = targets / ops.reduce_sum(targets, 1, True)
    crossed = ops.reduce_mean(ops.softmax_cross_entropy_with_logits(labels=targets, logits=products), name="xentropy")
    if print_losses:
        crossed = ops.print_(crossed, ["cross entropy:", crossed, "l2loss:", l2])
    return l2 + crossed


def npairs_loss(
    labels: Any, embeddings_anchor: Any, embeddings_positive: Any, reg_lambda: float = 0.002, print_losses: bool = False
) -> Any:
    """Each anchor (n, d) chooses its own kind among all positives (n, d), by their products.

    labels (n,). Source: K. Sohn, Improved deep metric learning with multi-class N-pair loss, NIPS 2016.
    """
    with scope(None, "npairs_loss", embeddings_anchor, embeddings_positive):
        a, b = constant_of(embeddings_anchor), constant_of(embeddings_positive)
        return _pairs_loss(_alike(labels), a, b, reg_lambda, print_losses)


def npairs_loss_multilabel(
    sparse_labels: Any, embeddings_anchor: Any, embeddings_positive: Any, reg_lambda: float = 0.002,
    print_losses: bool = False,
) -> Any:
    """npairs_loss of examples with several labels each.

    sparse_labels: a list of sparse tensors (classes,) of 0 and 1, one an example. Two examples belong together as far as
    they have labels in common.
    """
    with scope(None, "npairs_loss_multilabel", embeddings_anchor, embeddings_positive):
        a, b = constant_of(embeddings_anchor), constant_of(embeddings_positive)
        dense = [ops.reshape(ops.sparse_tensor_to_dense(labels), [-1]) for labels in sparse_labels]
        rows = ops.cast(ops.stack(dense), a.dtype)
        return _pairs_loss(ops.matmul(rows, rows, transpose_b=True), a, b, reg_lambda, print_losses)


def lifted_struct_loss(labels: Any, embeddings: Any, margin: float = 1.0) -> Any:
    """The mean over pairs (i, j) with one label of max(0, J)^2 / 2, J = d(i, j) + log sum of exp(margin - d) over the others.

    The sum is over the examples that have another label than i, and over those that have another one than j. embeddings (n, d),
    labels (n,). Source: H. O. Song et al., Deep metric learning via lifted structured feature embedding, CVPR 2016.
    """
    with scope(None, "lifted_struct_loss", embeddings):
        x = constant_of(embeddings)
        d, same = _distances(x, squared=False), _alike(labels)
        away = margin - d
        apart = ops.cast(ops.logical_not(same), x.dtype)
        others = ops.where(same, ops.reduce_min(away, 1, True) + ops.zeros_like(away), away)
        top = ops.reduce_max(others, 1, True)
        sums = ops.reduce_sum(ops.exp(others - top) * apart, 1, True)
        most = ops.maximum(top, ops.transpose(top))  # taken out of the logarithm: far examples do not underflow
        share = ops.exp(top - most) * sums
        j = most + ops.log(share + ops.transpose(share)) + d
        pairs = ops.cast(same, x.dtype) - ops.eye(ops.shape(x)[0], dtype=x.dtype)
        squares = ops.square(ops.maximum(j * pairs, 0.0))
        return ops.truediv(0.25 * ops.reduce_sum(squares), ops.reduce_sum(pairs) / 2.0, name="liftedstruct_loss")
