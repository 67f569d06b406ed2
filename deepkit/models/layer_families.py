"""The layers of Keras by what they are for: the data of the chapter on layers."""

from __future__ import annotations

from deepkit.keras import layers

FAMILIES: dict[str, tuple[str, ...]] = {
    "core": ("Dense", "Activation", "Dropout", "Flatten", "Reshape", "Permute", "RepeatVector", "Lambda",
             "ActivityRegularization", "Masking"),
    "convolution": ("Conv1D", "Conv2D", "SeparableConv2D", "Conv2DTranspose", "Conv3D", "Cropping1D", "Cropping2D",
                    "Cropping3D", "UpSampling1D", "UpSampling2D", "UpSampling3D", "ZeroPadding1D", "ZeroPadding2D",
                    "ZeroPadding3D"),
    "pooling": ("MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "AveragePooling1D", "AveragePooling2D", "AveragePooling3D",
                "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalAveragePooling1D", "GlobalAveragePooling2D"),
    "locally connected": ("LocallyConnected1D", "LocallyConnected2D"),
    "recurrent": ("SimpleRNN", "GRU", "LSTM"),
    "embedding": ("Embedding",),
    "merge": ("Add", "Multiply", "Average", "Maximum", "Concatenate", "Dot"),
    "activation": ("LeakyReLU", "PReLU", "ELU", "ThresholdedReLU"),
    "normalization": ("BatchNormalization",),
    "noise": ("GaussianNoise", "GaussianDropout", "AlphaDropout"),
}
"""Names by family, as a textbook lists them."""


def layers_by_name(*families: str) -> dict[str, type]:
    """The classes of these families, of all of them by default, by their names.

    >>> list(layers_by_name("recurrent"))
    ['SimpleRNN', 'GRU', 'LSTM']
    """
    return {name: getattr(layers, name) for family in families or FAMILIES for name in FAMILIES[family]}
