"""`tf.contrib.seq2seq`: decoders that write sequences, attention to what was read, beam search, and their loss."""

from deepkit.v1.contrib.seq2seq._attention import (
    AttentionMechanism,
    BahdanauAttention,
    LuongAttention,
    hardmax,
)
from deepkit.v1.contrib.seq2seq._beam_search import (
    BeamSearchDecoder,
    BeamSearchDecoderOutput,
    BeamSearchDecoderState,
    FinalBeamSearchDecoderOutput,
    gather_tree,
    tile_batch,
)
from deepkit.v1.contrib.seq2seq._decoder import BasicDecoder, BasicDecoderOutput, Decoder, dynamic_decode
from deepkit.v1.contrib.seq2seq._helper import (
    CustomHelper,
    GreedyEmbeddingHelper,
    Helper,
    InferenceHelper,
    SampleEmbeddingHelper,
    ScheduledEmbeddingTrainingHelper,
    TrainingHelper,
)
from deepkit.v1.contrib.seq2seq._loss import sequence_loss
from deepkit.v1.contrib.seq2seq._wrapper import AttentionWrapper, AttentionWrapperState

__all__ = [
    "AttentionMechanism", "AttentionWrapper", "AttentionWrapperState", "BahdanauAttention", "BasicDecoder",
    "BasicDecoderOutput", "BeamSearchDecoder", "BeamSearchDecoderOutput", "BeamSearchDecoderState", "CustomHelper",
    "Decoder", "FinalBeamSearchDecoderOutput", "GreedyEmbeddingHelper", "Helper", "InferenceHelper", "LuongAttention",
    "SampleEmbeddingHelper", "ScheduledEmbeddingTrainingHelper", "TrainingHelper", "dynamic_decode", "gather_tree",
    "hardmax", "sequence_loss", "tile_batch",
]
