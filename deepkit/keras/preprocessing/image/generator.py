"""ImageDataGenerator: pictures moved, coloured and standardized at random, batch after batch."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras.backend.config import floatx, normalize_data_format
from deepkit.keras.preprocessing.image.affine import apply_affine_transform, draw_zoom, flip_axis
from deepkit.keras.preprocessing.image.colour import apply_brightness_shift, apply_channel_shift
from deepkit.keras.preprocessing.image.dataframe import DataFrameIterator
from deepkit.keras.preprocessing.image.directory import DirectoryIterator
from deepkit.keras.preprocessing.image.iterator import NumpyArrayIterator, check_channels


class ImageDataGenerator:
    """Makes more of a set of pictures: each time one is taken it is moved and coloured a little differently.

    All draws come from np.random's global stream, in a fixed order: a seed gives the same pictures each time.

    Args:
        featurewise_center, featurewise_std_normalization: subtract the mean of the set, divide by its standard
            deviation, for each channel; `fit` computes them.
        samplewise_center, samplewise_std_normalization: the same with mean and deviation of each picture.
        zca_whitening: decorrelate the pixels by the matrix that `fit` computes.
        zca_epsilon: added to the singular values then.
        rotation_range: greatest rotation in degrees.
        width_shift_range, height_shift_range: greatest shift: below 1 a part of width or height, from 1 pixels; a list
            holds the shifts to choose from. What is drawn from the first moves up and down, from the second to the
            sides: the recent releases of Keras 2 exchange them, and the numbers here are theirs. It shows only where
            the two ranges differ.
        brightness_range: (least, greatest) factor of brightness.
        shear_range: greatest shear in degrees.
        zoom_range: (least, greatest) factor, or one number z for (1 - z, 1 + z).
        channel_shift_range: greatest amount added to all values.
        fill_mode: what lies outside: "nearest", "constant" (`cval`), "reflect" or "wrap".
        cval: the value outside for "constant".
        horizontal_flip, vertical_flip: mirror half of the pictures.
        rescale: factor for all values, after the transformation and before all other standardization.
        preprocessing_function: from a picture to a picture of the same shape, applied just before `rescale`.
        data_format: "channels_last" or "channels_first"; by default keras.backend.image_data_format().
        validation_split: the part of the pictures that `subset="validation"` means.
        interpolation_order: of the splines between pixels; see apply_affine_transform.
        dtype: of the pictures; by default keras.backend.floatx().

    Raises:
        ArgumentError: for what does not fit the above.

    >>> pictures = np.arange(32.0).reshape(2, 4, 4, 1)
    >>> generator = ImageDataGenerator(horizontal_flip=True, rescale=1 / 31)
    >>> next(generator.flow(pictures, [0, 1], batch_size=2, seed=1))[0].shape
    (2, 4, 4, 1)
    """

    def __init__(
        self, featurewise_center: bool = False, samplewise_center: bool = False,
        featurewise_std_normalization: bool = False, samplewise_std_normalization: bool = False,
        zca_whitening: bool = False, zca_epsilon: float = 1e-6, rotation_range: float = 0, width_shift_range: Any = 0.0,
        height_shift_range: Any = 0.0, brightness_range: Any = None, shear_range: float = 0.0, zoom_range: Any = 0.0,
        channel_shift_range: float = 0.0, fill_mode: str = "nearest", cval: float = 0.0, horizontal_flip: bool = False,
        vertical_flip: bool = False, rescale: float | None = None, preprocessing_function: Any = None,
        data_format: str | None = None, validation_split: float = 0.0, interpolation_order: int = 1, dtype: Any = None,
    ):
        self.featurewise_center, self.samplewise_center = featurewise_center, samplewise_center
        self.featurewise_std_normalization = featurewise_std_normalization
        self.samplewise_std_normalization = samplewise_std_normalization
        self.zca_whitening, self.zca_epsilon = zca_whitening, zca_epsilon
        self.rotation_range, self.shear_range = rotation_range, shear_range
        self.width_shift_range, self.height_shift_range = width_shift_range, height_shift_range
        self.brightness_range, self.channel_shift_range = brightness_range, channel_shift_range
        self.fill_mode, self.cval, self.interpolation_order = fill_mode, cval, interpolation_order
        self.horizontal_flip, self.vertical_flip = horizontal_flip, vertical_flip
        self.rescale, self.preprocessing_function = rescale, preprocessing_function
        self.data_format, self.dtype = normalize_data_format(data_format), dtype or floatx()
        last = self.data_format == "channels_last"
        self.row_axis, self.col_axis, self.channel_axis = (1, 2, 3) if last else (2, 3, 1)
        if validation_split and not 0 < validation_split < 1:
            raise ArgumentError(f"validation_split={validation_split}", rule="a part, above 0 and below 1")
        self.validation_split = validation_split
        self.zoom_range = _around_one(zoom_range)
        if brightness_range is not None and not _is_pair(brightness_range):
            raise ArgumentError(f"brightness_range={brightness_range!r}", rule="(least, greatest)")
        self.mean: np.ndarray | None = None
        self.std: np.ndarray | None = None
        self.zca_whitening_matrix: np.ndarray | None = None
        self._agree(zca_whitening, "featurewise_center", True)
        if zca_whitening:
            self._agree(featurewise_std_normalization, "featurewise_std_normalization", False)
        self._agree(featurewise_std_normalization, "featurewise_center", True)
        self._agree(samplewise_std_normalization, "samplewise_center", True)

    def _agree(self, given: bool, setting: str, value: bool) -> None:
        """Set `setting` to `value` where another setting, `given`, needs it, and say so."""
        if given and getattr(self, setting) != value:
            setattr(self, setting, value)
            warnings.warn(f"ImageDataGenerator: {setting} is {value} now, as the other settings need it", stacklevel=4)

    def flow(
        self, x: Any, y: Any = None, batch_size: int = 32, shuffle: bool = True, sample_weight: Any = None,
        seed: int | None = None, save_to_dir: str | None = None, save_prefix: str = "", save_format: str = "png",
        ignore_class_split: bool = False, subset: str | None = None,
    ) -> NumpyArrayIterator:
        """Endless batches of pictures in memory; the arguments are those of NumpyArrayIterator."""
        return NumpyArrayIterator(
            x, y, self, batch_size=batch_size, shuffle=shuffle, sample_weight=sample_weight, seed=seed,
            data_format=self.data_format, save_to_dir=save_to_dir, save_prefix=save_prefix, save_format=save_format,
            ignore_class_split=ignore_class_split, subset=subset, dtype=self.dtype,
        )

    def flow_from_directory(self, directory: Any, *args: Any, **kwargs: Any) -> DirectoryIterator:
        """Endless batches of pictures from a folder with one folder for each class.

        The further arguments are those of DirectoryIterator from `target_size` on.
        """
        names = (
            "target_size", "color_mode", "classes", "class_mode", "batch_size", "shuffle", "seed", "save_to_dir",
            "save_prefix", "save_format", "follow_links", "subset", "interpolation", "keep_aspect_ratio",
        )
        given = _named("flow_from_directory", names, args, kwargs)
        return DirectoryIterator(directory, self, data_format=self.data_format, dtype=self.dtype, **given)

    def flow_from_dataframe(
        self, dataframe: Any, directory: Any = None, *args: Any, **kwargs: Any
    ) -> DataFrameIterator:
        """Endless batches of the pictures that a pandas table names.

        The further arguments are those of DataFrameIterator from `x_col` on, but `keep_aspect_ratio`. The older
        `has_ext`, `sort` and `drop_duplicates` mean nothing any more; `class_mode="other"` is now "raw".
        """
        names = (
            "x_col", "y_col", "weight_col", "target_size", "color_mode", "classes", "class_mode", "batch_size", "shuffle",
            "seed", "save_to_dir", "save_prefix", "save_format", "subset", "interpolation", "validate_filenames",
        )
        for old in ("has_ext", "sort", "drop_duplicates"):
            if old in kwargs:
                warnings.warn(f"flow_from_dataframe: {old} means nothing any more", DeprecationWarning, stacklevel=2)
                del kwargs[old]
        given = _named("flow_from_dataframe", names, args, kwargs)
        if given.get("class_mode") == "other":
            warnings.warn('class_mode "other" is now called "raw"', DeprecationWarning, stacklevel=2)
            given["class_mode"] = "raw"
        return DataFrameIterator(dataframe, directory, self, data_format=self.data_format, dtype=self.dtype, **given)

    def standardize(self, x: np.ndarray) -> np.ndarray:
        """One picture, or a batch, standardized as the settings say; `x` itself may be changed.

        In this order: preprocessing_function, rescale, mean and deviation of the picture, those of the set, whitening.
        """
        if self.preprocessing_function:
            x = self.preprocessing_function(x)
        if self.rescale:
            x *= self.rescale
        if self.samplewise_center:
            x -= np.mean(x, keepdims=True)
        if self.samplewise_std_normalization:
            x /= np.std(x, keepdims=True) + 1e-6
        if self.featurewise_center and self._fitted(self.mean, "featurewise_center"):
            x -= self.mean
        if self.featurewise_std_normalization and self._fitted(self.std, "featurewise_std_normalization"):
            x /= self.std + 1e-6  # type: ignore[operator]
        if self.zca_whitening and self._fitted(self.zca_whitening_matrix, "zca_whitening"):
            rows = x.reshape(-1, np.prod(x.shape[-3:]))
            x = np.reshape(rows @ self.zca_whitening_matrix, x.shape)
        return x

    def _fitted(self, statistics: np.ndarray | None, setting: str) -> bool:
        if statistics is None:
            warnings.warn(f"{setting} does nothing before fit(pictures) has been called", stacklevel=3)
        return statistics is not None

    def get_random_transform(self, img_shape: tuple[int, ...], seed: int | None = None) -> dict[str, Any]:
        """Draws a transformation for a picture of `img_shape`: the arguments of apply_transform."""
        if seed is not None:
            np.random.seed(seed)
        theta = np.random.uniform(-self.rotation_range, self.rotation_range) if self.rotation_range else 0
        tx = _draw_shift(self.height_shift_range, img_shape[self.row_axis - 1])
        ty = _draw_shift(self.width_shift_range, img_shape[self.col_axis - 1])
        shear = np.random.uniform(-self.shear_range, self.shear_range) if self.shear_range else 0
        zx, zy = draw_zoom(self.zoom_range)
        flip_horizontal = (np.random.random() < 0.5) * self.horizontal_flip
        flip_vertical = (np.random.random() < 0.5) * self.vertical_flip
        shift = brightness = None
        if self.channel_shift_range != 0:
            shift = np.random.uniform(-self.channel_shift_range, self.channel_shift_range)
        if self.brightness_range is not None:
            brightness = np.random.uniform(self.brightness_range[0], self.brightness_range[1])
        return {
            "theta": theta, "tx": tx, "ty": ty, "shear": shear, "zx": zx, "zy": zy, "flip_horizontal": flip_horizontal,
            "flip_vertical": flip_vertical, "channel_shift_intensity": shift, "brightness": brightness,
        }

    def apply_transform(self, x: np.ndarray, transform_parameters: dict[str, Any]) -> np.ndarray:
        """One picture transformed: moved, its values shifted, mirrored, brightened.

        Args:
            x: (height, width, channels), or channels first.
            transform_parameters: what get_random_transform gives; what is missing changes nothing.
        """
        get = transform_parameters.get
        row, column, channel = self.row_axis - 1, self.col_axis - 1, self.channel_axis - 1
        moves = (get("theta", 0), get("tx", 0), get("ty", 0), get("shear", 0), get("zx", 1), get("zy", 1))
        x = apply_affine_transform(
            x, *moves, row, column, channel, self.fill_mode, self.cval, order=self.interpolation_order
        )
        if get("channel_shift_intensity") is not None:
            x = apply_channel_shift(x, transform_parameters["channel_shift_intensity"], channel)
        if get("flip_horizontal", False):
            x = flip_axis(x, column)
        if get("flip_vertical", False):
            x = flip_axis(x, row)
        if get("brightness") is not None:
            x = apply_brightness_shift(x, transform_parameters["brightness"], scale=False)
        return x

    def random_transform(self, x: np.ndarray, seed: int | None = None) -> np.ndarray:
        """One picture transformed at random."""
        return self.apply_transform(x, self.get_random_transform(x.shape, seed))

    def fit(self, x: Any, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Compute what featurewise_center, featurewise_std_normalization and zca_whitening need.

        Args:
            x: pictures (n, height, width, channels), or channels first.
            augment: of transformed pictures instead, `rounds` for each.
            rounds: see `augment`.
            seed: of the transformations.
        """
        x = np.array(x, dtype=self.dtype)
        if x.ndim != 4:
            raise ShapeError(
                f"fit: the pictures have shape {x.shape}", rule="(n, height, width, channels), or channels first"
            )
        check_channels(x.shape, self.data_format)
        if seed is not None:
            np.random.seed(seed)
        if self.rescale:
            x *= self.rescale
        if augment:
            transformed = [self.random_transform(picture) for _ in range(rounds) for picture in x]
            x = np.array(transformed, dtype=self.dtype)
        others = (0, self.row_axis, self.col_axis)
        if self.featurewise_center:
            self.mean = np.mean(x, axis=others, keepdims=True)[0]
            x -= self.mean
        if self.featurewise_std_normalization:
            self.std = np.std(x, axis=others, keepdims=True)[0]
            x /= self.std + 1e-6
        if self.zca_whitening:
            u, s, _ = np.linalg.svd(x.reshape(len(x), -1).T, full_matrices=False)
            self.zca_whitening_matrix = (u * (np.sqrt(len(x)) / (s + self.zca_epsilon))).dot(u.T)


def _draw_shift(extent: Any, size: int) -> float:
    """A shift in pixels of a side of `size`: from a list of shifts, or up to a number of pixels or a part of `size`."""
    if not (extent if np.ndim(extent) == 0 else len(extent)):
        return 0
    if np.ndim(extent) == 0 and not (isinstance(extent, (int, np.integer)) and extent > 0):
        shift = np.random.uniform(-extent, extent)
    else:  # a list, or a whole number n, which stands for 0 ... n - 1
        shift = np.random.choice(extent) * np.random.choice([-1, 1])
    return shift * size if np.max(extent) < 1 else shift


def _named(where: str, names: tuple[str, ...], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Positional and named arguments as one table; TypeError as Python itself would raise."""
    if len(args) > len(names):
        raise TypeError(f"{where} takes {len(names)} further arguments, not {len(args)}")
    given = dict(zip(names, args, strict=False))
    twice, unknown = given.keys() & kwargs.keys(), kwargs.keys() - set(names)
    if twice or unknown:
        raise TypeError(f"{where}: {', '.join(twice | unknown)} given twice or unknown")
    return given | kwargs


def _is_pair(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and len(value) == 2


def _around_one(zoom: Any) -> list[Any]:
    """[least, greatest] zoom; a number says how far they are from 1."""
    if isinstance(zoom, (float, int)):
        return [1 - zoom, 1 + zoom]
    if len(zoom) != 2 or not all(isinstance(value, (float, int)) for value in zoom):
        raise ArgumentError(f"zoom_range={zoom!r}", rule="one number, or (least, greatest)")
    return [zoom[0], zoom[1]]
