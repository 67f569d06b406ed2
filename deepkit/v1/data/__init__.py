"""`tf.data`: data sets that are read, changed and batched on their way into a graph."""

from types import SimpleNamespace

from deepkit.v1.data import experimental
from deepkit.v1.data._dataset import Dataset
from deepkit.v1.data._files import FixedLengthRecordDataset, TextLineDataset, TFRecordDataset
from deepkit.v1.data._iterator import Iterator

__all__ = [
    "AUTOTUNE", "Dataset", "FixedLengthRecordDataset", "Iterator", "Options", "TFRecordDataset", "TextLineDataset",
    "experimental",
    "get_output_classes", "get_output_shapes", "get_output_types", "make_initializable_iterator",
    "make_one_shot_iterator",
]

AUTOTUNE = experimental.AUTOTUNE


class Options(SimpleNamespace):
    """Hints for threads and for how files are shared out; accepted by Dataset.with_options, and without effect here."""

    def __init__(self) -> None:
        super().__init__(
            experimental_deterministic=None, experimental_distribute=SimpleNamespace(),
            experimental_optimization=SimpleNamespace(), experimental_slack=None, experimental_stats=None,
            experimental_threading=SimpleNamespace(),
        )


def make_one_shot_iterator(dataset):
    """dataset.make_one_shot_iterator(), under the name of TensorFlow 1.14."""
    return dataset.make_one_shot_iterator()


def make_initializable_iterator(dataset, shared_name=None):
    """dataset.make_initializable_iterator(), under the name of TensorFlow 1.14."""
    return dataset.make_initializable_iterator(shared_name)


def get_output_types(dataset_or_iterator):
    """The types of an element's parts, in its form."""
    return dataset_or_iterator.output_types


def get_output_shapes(dataset_or_iterator):
    """The shapes of an element's parts, in its form."""
    return dataset_or_iterator.output_shapes


def get_output_classes(dataset_or_iterator):
    """What an element's parts are, in its form: tensors."""
    return dataset_or_iterator.output_classes
