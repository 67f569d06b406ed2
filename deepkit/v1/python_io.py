"""`tf.python_io`: record files, read and written outside of graphs."""

from deepkit.io.deflate import TFRecordCompressionType, TFRecordOptions
from deepkit.io.tfrecord import tf_record_iterator
from deepkit.io.tfrecord_writer import TFRecordWriter

__all__ = ["TFRecordCompressionType", "TFRecordOptions", "TFRecordWriter", "tf_record_iterator"]
