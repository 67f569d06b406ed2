"""`tf.nn`: what neural networks are made of."""

from __future__ import annotations

from deepkit import ops
from deepkit.v1.symbolic import symbolic

crelu = symbolic(ops.crelu)
dropout = symbolic(ops.dropout)
elu = symbolic(ops.elu)
l2_loss = symbolic(ops.l2_loss)
l2_normalize = symbolic(ops.l2_normalize)
leaky_relu = symbolic(ops.leaky_relu)
log_softmax = symbolic(ops.log_softmax)
relu = symbolic(ops.relu)
relu6 = symbolic(ops.relu6)
selu = symbolic(ops.selu)
sigmoid = symbolic(ops.sigmoid)
sigmoid_cross_entropy_with_logits = symbolic(ops.sigmoid_cross_entropy_with_logits)
softmax = symbolic(ops.softmax)
softmax_cross_entropy_with_logits = symbolic(ops.softmax_cross_entropy_with_logits)
softmax_cross_entropy_with_logits_v2 = symbolic(ops.softmax_cross_entropy_with_logits_v2)
softplus = symbolic(ops.softplus)
softsign = symbolic(ops.softsign)
sparse_softmax_cross_entropy_with_logits = symbolic(ops.sparse_softmax_cross_entropy_with_logits)
tanh = symbolic(ops.tanh)
weighted_cross_entropy_with_logits = symbolic(ops.weighted_cross_entropy_with_logits)
