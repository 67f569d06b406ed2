"""`tf.io.gfile`: the functions of `tf.gfile` under the names that TensorFlow 1.13 gave them."""

from deepkit.v1.platform.gfile import Copy as copy
from deepkit.v1.platform.gfile import DeleteRecursively as rmtree
from deepkit.v1.platform.gfile import Exists as exists
from deepkit.v1.platform.gfile import GFile
from deepkit.v1.platform.gfile import Glob as glob
from deepkit.v1.platform.gfile import IsDirectory as isdir
from deepkit.v1.platform.gfile import ListDirectory as listdir
from deepkit.v1.platform.gfile import MakeDirs as makedirs
from deepkit.v1.platform.gfile import MkDir as mkdir
from deepkit.v1.platform.gfile import Remove as remove
from deepkit.v1.platform.gfile import Rename as rename
from deepkit.v1.platform.gfile import Stat as stat
from deepkit.v1.platform.gfile import Walk as walk

__all__ = [
    "GFile", "copy", "exists", "glob", "isdir", "listdir", "makedirs", "mkdir", "remove", "rename", "rmtree", "stat", "walk",
]
