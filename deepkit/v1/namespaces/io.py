"""`tf.io`: records, files and queues."""

from deepkit.ops.input.features import FixedLenFeature, FixedLenSequenceFeature, VarLenFeature
from deepkit.v1.framework.graph_messages import write_graph
from deepkit.v1.image import decode_image, decode_jpeg, decode_png, encode_jpeg, encode_png
from deepkit.v1.input.pipeline import match_filenames_once
from deepkit.v1.input.queues import PaddingFIFOQueue, PriorityQueue, QueueBase, RandomShuffleQueue
from deepkit.v1.namespaces import gfile
from deepkit.v1.ops.parsing import (
    decode_csv,
    decode_raw,
    matching_files,
    parse_example,
    parse_single_example,
    parse_single_sequence_example,
    read_file,
    write_file,
)
from deepkit.v1.ops.strings import decode_base64, encode_base64
from deepkit.v1.python_io import TFRecordCompressionType, TFRecordOptions, TFRecordWriter, tf_record_iterator

__all__ = [
    "FixedLenFeature", "FixedLenSequenceFeature", "PaddingFIFOQueue", "PriorityQueue", "QueueBase",
    "RandomShuffleQueue", "TFRecordCompressionType", "TFRecordOptions", "TFRecordWriter", "VarLenFeature",
    "decode_base64", "decode_csv", "decode_image", "decode_jpeg", "decode_png", "decode_raw", "encode_base64",
    "encode_jpeg", "encode_png", "gfile", "match_filenames_once", "matching_files",
    "parse_example", "parse_single_example", "parse_single_sequence_example", "read_file", "tf_record_iterator",
    "write_file", "write_graph",
]
