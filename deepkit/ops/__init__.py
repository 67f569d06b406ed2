"""Floor 2: every op, one room per family; importing this package fills the registry."""

from typing import TYPE_CHECKING

import deepkit.ops.image.boxes
import deepkit.ops.image.distorted_boxes
import deepkit.ops.input.iteration
import deepkit.ops.input.queues
import deepkit.ops.input.tables
import deepkit.ops.transfer
from deepkit.ops.arrays.conversion import *
from deepkit.ops.arrays.creation import *
from deepkit.ops.arrays.gathering import *
from deepkit.ops.arrays.joining import *
from deepkit.ops.arrays.layout import *
from deepkit.ops.arrays.ordering import *
from deepkit.ops.arrays.padding import *
from deepkit.ops.arrays.partition import *
from deepkit.ops.arrays.places import *
from deepkit.ops.arrays.ranges import *
from deepkit.ops.arrays.scatter import *
from deepkit.ops.arrays.selection import *
from deepkit.ops.arrays.slicing import *
from deepkit.ops.arrays.sparse import *
from deepkit.ops.arrays.sparse_algebra import *
from deepkit.ops.arrays.sparse_layout import *
from deepkit.ops.arrays.tensor_list import *
from deepkit.ops.custom import *
from deepkit.ops.effects import *
from deepkit.ops.functions import declare
from deepkit.ops.image.blocks import *
from deepkit.ops.image.resize import *
from deepkit.ops.input.decoding import *
from deepkit.ops.input.features import *
from deepkit.ops.input.parsing import *
from deepkit.ops.input.readers import *
from deepkit.ops.math.angles import *
from deepkit.ops.math.arithmetic import *
from deepkit.ops.math.bitwise import *
from deepkit.ops.math.comparison import *
from deepkit.ops.math.complex_ import *
from deepkit.ops.math.cumulative import *
from deepkit.ops.math.decomposition import *
from deepkit.ops.math.determinants import *
from deepkit.ops.math.diagonals import *
from deepkit.ops.math.division import *
from deepkit.ops.math.einstein_sum import *
from deepkit.ops.math.elementwise import *
from deepkit.ops.math.fourier import *
from deepkit.ops.math.linalg import *
from deepkit.ops.math.norms import *
from deepkit.ops.math.positions import *
from deepkit.ops.math.reduction import *
from deepkit.ops.math.segments import *
from deepkit.ops.math.singular_values import *
from deepkit.ops.math.special import *
from deepkit.ops.math.spectra import *
from deepkit.ops.nn.activation import *
from deepkit.ops.nn.affine import *
from deepkit.ops.nn.beams import *
from deepkit.ops.nn.candidates import *
from deepkit.ops.nn.conv import *
from deepkit.ops.nn.conv_transpose import *
from deepkit.ops.nn.ctc import *
from deepkit.ops.nn.dropout import *
from deepkit.ops.nn.embedding import *
from deepkit.ops.nn.loss import *
from deepkit.ops.nn.normalization import *
from deepkit.ops.nn.pooling import *
from deepkit.ops.nn.recurrent_gru import *
from deepkit.ops.nn.recurrent_lstm import *
from deepkit.ops.nn.recurrent_simple import *
from deepkit.ops.random import *
from deepkit.ops.state import *
from deepkit.ops.summary.summaries import *
from deepkit.ops.text.buckets import *
from deepkit.ops.text.distance import *
from deepkit.ops.text.formatting import *
from deepkit.ops.text.patterns import *
from deepkit.ops.text.strings import *

if not TYPE_CHECKING:  # a checker reads the names of the families
    __all__ = declare(globals())
