"""The differences that are meant: one list, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .comparison import Difference


@dataclass
class Explanation:
    """A difference at `where` (a pattern) of programs whose source has the pattern `source`, and why it is meant.

    holds: what is true of ours and theirs then.
    An error is none: what ends a program in one library alone is explained by no difference of numbers.
    """

    reason: str
    where: str = r"^(?!error|order of)"
    source: str = ""
    ours: str = ""
    holds: Callable[[Any, Any], bool] = lambda ours, theirs: True

    def covers(self, found: Difference) -> bool:
        return all(
            re.search(pattern, str(text))
            for pattern, text in ((self.where, found.where), (self.source, found.source), (self.ours, found.ours))
        ) and self.holds(found.ours, found.theirs)


NESTED = r"(base\(i\)|\[base,|TimeDistributed\(keras\.Sequential|f\d+ = keras\.(Sequential|Model))"
EXTRAS = r"(ActivityRegularization|activity_regularizer|BatchNormalization|Own\([^\n]*(loss|counts)=)"  # losses and updates


def more_by_whole_steps(ours: Any, theirs: Any) -> bool:
    """A counter that the other has moved on more often."""
    return isinstance(ours, float) and isinstance(theirs, float) and theirs > ours and (theirs - ours).is_integer()


EXPLAINED = [
    Explanation(
        "a layer whose build calls its base's is built by tf_keras while its configuration is read, outside of its name; here "
        "as in Keras 2.3.1 its weights have the layer's name in front in any model",
        where="weights|trainable",
        source=r"(Own|Held|Leaky)\([\s\S]*(model_from_json|type\(model\)\.from_config)[\s\S]*describe\(other\)",
        ours=r"(own|held|leaky)\w*/",
    ),
    Explanation(
        "tf_keras in a graph also lists among a model's losses and updates those that a nested model has for its own "
        "input, though it trains without them; here as in Keras 2.3.1 they are those of the model's own calls",
        where="losses|updates",
        source=rf"\A(?!# eager)(?=[\s\S]*{NESTED})[\s\S]*{EXTRAS}",
        holds=lambda ours, theirs: ours < theirs,
    ),
    Explanation(
        "batches of several sizes from a generator or Sequence count by their size, as in Keras 2.3.1; tf_keras in a graph "
        "gives all batches the same weight",
        where="evaluate|history|epoch",
        source=r"(fit|evaluate)\([Bb]atches\(.*size=4",
    ),
    Explanation(
        "tf_keras keeps what went into the last softmax and takes it for the logits of any cross-entropy, so that "
        "binary_crossentropy sees sigmoid(logits) in place of the model's softmax; here as in Keras 2.3.1 it sees the output",
        source=r"softmax[\s\S]*(binary_c|BinaryC)rossentropy",
    ),
    Explanation(
        "tf_keras in a graph forgets the sample weights of a validation_split; Keras 2.3.1 and tf_keras outside a graph "
        "weight the validation loss by them",
        where="history",
        source=r"validation_split.*sample_weight",
        ours="val_loss",
    ),
    Explanation(
        "classes weigh in the part that validation_split holds back in Keras 2.3.1 and tf_keras in a graph; here, as in "
        "tf_keras outside a graph, they weigh in training alone",
        where="history|epoch",
        source=r"\A(?!# eager)[\s\S]*fit\(.*validation_split.*class_weight",
        ours="val_loss",
    ),
    Explanation(
        "a BatchNormalization that is frozen, or not, when the model is compiled is so in its steps, as in tf_keras outside "
        "a graph; tf_keras in a graph goes on with what was written when the layer was called",
        source=r"\A(?!# eager)[\s\S]*BatchNormalization[\s\S]*trainable = [\s\S]*compile",
    ),
    Explanation(
        "where the last batch is smaller, the losses of single outputs are means over batches, as in Keras 2.3.1 and tf_keras "
        "in a graph; tf_keras outside a graph weights them by the batches' sizes, as everything does the whole loss",
        where="history|epoch",
        source=r"\A# eager[\s\S]*name='out1'[\s\S]*(fit|evaluate)\(.*(batch_size=4|size=4|validation_split)",
        ours=r"out\d_loss",
    ),
    Explanation(
        "an epoch of fewer or more steps than a Sequence has batches goes on where the last one ended, as in Keras 2.3.1 and "
        "tf_keras in a graph, so that no batch is never seen; tf_keras outside a graph begins anew, or ends early",
        source=r"\A# eager[\s\S]*Batches\(.*steps_per_epoch",
    ),
    Explanation(
        "an update that a layer within a nested model asks for happens once for each call of that model in a step, as outside "
        "a graph; in a graph tf_keras also makes that of the model's own input",
        where="maker|critic weights|after",
        source=rf"\A(?!# eager)(?=[\s\S]*({NESTED}|critic\())[\s\S]*counts=True",
        holds=more_by_whole_steps,
    ),
    Explanation(
        "arrays to validate with beside a generator come in batches as large as the generator's, as in Keras 2.3.1; tf_keras "
        "outside a graph takes 32, which metrics and losses that are no means show",
        where="history|epoch|log|calls",
        source=r"\A# eager[\s\S]*fit\([Bb]atches\([^\n]*validation_data=\(x, y\)",
        ours="val_|test_batch",
    ),
    Explanation(
        "the loss that train_on_batch returns is that of its batch, as in Keras 2.3.1 and tf_keras in a graph; outside a graph "
        "tf_keras keeps it like a metric, so that reset_metrics=False gives the mean of what came before, too",
        where="train_on_batch",
        source=r"\A# eager[\s\S]*reset_metrics=False",
    ),
    Explanation(
        "a layer in TimeDistributed adds the losses and updates of one call, as in Keras 2.3.1; tf_keras asks for the output's "
        "shape by calls of that layer and trains with what they add, too, twice as much or more",
        source=rf"TimeDistributed\((keras\.Sequential\([^\n]*{EXTRAS}|Own\([^\n]*loss=)",
    ),
    Explanation(
        "a weighted metric whose name is taken is called weighted_mae, as outside a graph; tf_keras in a graph calls it mae_1",
        where="history|epoch|batch|log|metrics",
        source=r"\A(?!# eager)[\s\S]*weighted_metrics=",
        ours="weighted_",
    ),
    Explanation(
        "of equal numbers in overlapping windows TensorFlow's derivative of 3-D max-pooling loses some; here it equals finite "
        "differences",
        where="^(?!error|order of|before|weights|losses|updates)",
        source=r"= (\[?padded|\[[^\n]*padded)\([\s\S]*MaxPooling3D\([^\n]*strides=1",
    ),
    Explanation(
        "what is trained, and how, was settled by compile; where tf_keras runs outside a graph it looks again at each step",
        source=r"\A# eager[\s\S]*compile\([^\n]*run_eagerly=True\)(\n(?!model\.compile)[^\n]*)*\n[^\n]*trainable = ",
    ),
    Explanation(
        "examples of the class that a loss ignores are left out of its mean, as in tf_keras outside a graph; in a graph "
        "tf_keras counts them with a loss of 0",
        source=r"\A(?!# eager)[\s\S]*compile\([^\n]*SparseCategoricalCrossentropy\([^\n]*ignore_class=",
    ),
    Explanation(
        "metrics of a model that was read from a file have the names it was compiled with, as in Keras 2.3.1; tf_keras calls "
        "mae by its function then, mean_absolute_error",
        where="history|epoch|batch|metrics",
        source=r"metrics=[^\n]*'(mae|mse|msle|mape|logcosh|kld)'[\s\S]*load_model\(",
        ours=r"\b(mae|mse|msle|mape|logcosh|kld)'?",
    ),
    Explanation(
        "tf_keras in a graph made its test step for an evaluation without sample weights; when training then brings some, only "
        "the training step is made anew, and a later test leaves the weights out (its loss is that without them)",
        where="test_on_batch|evaluate",
        source=r"\A(?!# eager)[\s\S]*(evaluate|test_on_batch|validation)[^\n]*\n[\s\S]*train_on_batch[^\n]*sample_weight"
        r"[\s\S]*(test_on_batch|evaluate)[^\n]*sample_weight",
    ),
    Explanation(
        "outside a graph tf_keras chooses the accuracy of a model that it reads as if the targets looked like the outputs, "
        "one-hot rows; here it is chosen by the loss, as it was when the file was written",
        where="train_on_batch|test_on_batch|evaluate|history|epoch|batch",
        source=r"\A# eager[\s\S]*(sparse_categorical_c|SparseCategoricalC)rossentropy[^\n]*'acc(uracy)?'[\s\S]*load_model\(",
    ),
    Explanation(
        "tf_keras writes a file before any step with the accuracy that fits targets like the predictions, one-hot rows, and "
        "computes that of class numbers then, too; here it is chosen anew by the loss",
        where="train_on_batch|test_on_batch|evaluate|history|epoch|batch",
        source=r"(sparse_categorical_c|SparseCategoricalC)rossentropy[^\n]*'acc(uracy)?'[\s\S]*load_model\(others",
    ),
]


def explanation(found: Difference) -> Explanation | None:
    """The entry of the list that covers a difference, if there is one."""
    return next((entry for entry in EXPLAINED if entry.covers(found)), None)
