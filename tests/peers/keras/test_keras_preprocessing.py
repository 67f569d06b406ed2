"""Preprocessing beside Keras itself: the same calls on tf_keras and on deepkit, with the same seeds, to the last bit."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from deepkit.keras.preprocessing import image, sequence, text
from deepkit.keras.utils import np_utils

tf_keras = pytest.importorskip("tf_keras", reason="tf_keras is not installed")

pytestmark = pytest.mark.filterwarnings("ignore")
STREAM = np.random.RandomState(0)


def parts(value: Any) -> Iterator[np.ndarray]:
    """The arrays in nested tuples and lists of arrays."""
    if isinstance(value, (tuple, list)):
        for one in value:
            yield from parts(one)
    else:
        yield np.asarray(value)


def same(ours: Any, theirs: Any) -> None:
    pairs = list(zip(parts(ours), parts(theirs), strict=True))
    assert pairs
    for a, b in pairs:
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        np.testing.assert_array_equal(a, b)


def pick(*choices: Any) -> Any:
    return choices[STREAM.randint(len(choices))]


def settings() -> dict[str, Any]:
    return {
        "rotation_range": pick(0, 30.0),
        "width_shift_range": pick(0.0, 0.2, 3, 2.5, [1, 2], [0.1, 0.3]),
        "height_shift_range": pick(0, 0.2, 3, [-2, 1]),
        "shear_range": pick(0, 15.0),
        "zoom_range": pick(0, 0.2, (0.5, 1.5)),
        "channel_shift_range": pick(0, 20.0),
        "brightness_range": pick(None, None, (0.5, 1.4)),
        "fill_mode": pick("nearest", "constant", "reflect", "wrap"),
        "cval": 3.0,
        "horizontal_flip": pick(True, False),
        "vertical_flip": pick(True, False),
        "rescale": pick(None, 1 / 255),
        "interpolation_order": pick(0, 1, 3),
        "featurewise_center": pick(True, False),
        "featurewise_std_normalization": pick(True, False),
        "samplewise_center": pick(True, False),
        "samplewise_std_normalization": pick(True, False),
        "zca_whitening": pick(True, False, False, False),
        "validation_split": pick(0.0, 0.3),
        "dtype": pick("float32", "float64", None),
    }


@pytest.mark.parametrize("trial", range(40))
def test_image_data_generator(trial):
    pytest.importorskip("scipy", reason="tf_keras needs SciPy for this")
    pytest.importorskip("PIL", reason="Pillow is not installed")
    chosen = settings()
    x = (STREAM.rand(7, STREAM.randint(5, 12), STREAM.randint(5, 12), pick(1, 3)) * 255).astype("float32")
    y = pick(None, np.arange(7) % 2)
    options: dict[str, Any] = {"batch_size": 3, "shuffle": pick(True, False), "seed": pick(None, 5, 6)}
    if chosen["validation_split"]:
        options |= {"subset": pick("training", "validation"), "ignore_class_split": True}
    elif y is not None:
        options["sample_weight"] = pick(None, np.arange(7.0))
    x_or_pair = pick(x, (x, np.arange(7)))
    augment, results = pick(True, False), []
    for peer in (image, tf_keras.preprocessing.image):
        generator = peer.ImageDataGenerator(**chosen)
        generator.fit(x, augment=augment, rounds=2, seed=3)
        np.random.seed(11)
        flow = generator.flow(x_or_pair, y, **options)
        found = [next(flow) for _ in range(5)] + [flow[0], flow[len(flow) - 1]]
        flow.on_epoch_end()
        found += [flow[0], len(flow), generator.random_transform(x[0], seed=2)]
        results.append([*found, generator.standardize(x[:1].astype("float64"))])
    same(*results)


FUNCTIONS = {
    "random_rotation": (40,),
    "random_shift": (0.3, 0.2),
    "random_shear": (20,),
    "random_zoom": ((0.6, 1.4),),
    "random_channel_shift": (30,),
    "random_brightness": ((0.5, 1.5),),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_random_functions(name):
    pytest.importorskip("scipy", reason="tf_keras needs SciPy for this")
    pytest.importorskip("PIL", reason="Pillow is not installed")
    x = STREAM.rand(9, 8, 3) * 255
    axes = {} if name.endswith(("channel_shift", "brightness")) else {"row_axis": 0, "col_axis": 1, "channel_axis": 2}
    for more in ({}, {"row_axis": 1, "col_axis": 0, "fill_mode": "constant", "cval": 2.0} if axes else {}):
        results = []
        for peer in (image, tf_keras.preprocessing.image):
            np.random.seed(4)
            results.append(getattr(peer, name)(x, *FUNCTIONS[name], **(axes | more)))
        same(*results)


def test_arrays_and_pictures():
    pytest.importorskip("PIL", reason="Pillow is not installed")
    x = STREAM.rand(9, 8, 3) * 255
    for array in (x, x[:, :, :1], x[:, :, :1] * 4, np.dstack([x, x[:, :, :1]])):
        for scale in (True, False):
            a, b = (peer.array_to_img(array, scale=scale) for peer in (image, tf_keras.preprocessing.image))
            assert a.mode == b.mode
            same(image.img_to_array(a), tf_keras.preprocessing.image.img_to_array(b))
    brightened = [
        peer.apply_brightness_shift(x * 2 - 300, 0.7, False) for peer in (image, tf_keras.preprocessing.image)
    ]
    same(*brightened)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    pytest.importorskip("PIL", reason="Pillow is not installed")
    pytest.importorskip("scipy", reason="tf_keras needs SciPy for this")
    root = tmp_path_factory.mktemp("pictures")
    for name in ("cat", "dog", "eel"):
        (root / name / "more").mkdir(parents=True)
        for i in range(7):
            where = root / name / ("more" if i % 3 == 0 else "") / f"{i}.{('png', 'jpg', 'bmp')[i % 3]}"
            image.save_img(where, STREAM.rand(10 + i, 14, 3) * 255)
    (root / "cat" / "notes.txt").write_text("no picture")
    return root


@pytest.mark.parametrize("subset", [None, "training", "validation"])
@pytest.mark.parametrize("mode", ["categorical", "binary", "sparse", "input", None])
def test_pictures_from_folders(folder, mode, subset):
    for color, interpolation, keep in (
        ("rgb", "nearest", False),
        ("grayscale", "bilinear", True),
        ("rgba", "lanczos", False),
    ):
        results, names = [], []
        for peer in (image, tf_keras.preprocessing.image):
            generator = peer.ImageDataGenerator(rotation_range=20, horizontal_flip=True, validation_split=0.3)
            flow = generator.flow_from_directory(
                str(folder), target_size=(8, 9), color_mode=color, class_mode=mode, batch_size=4, seed=1, subset=subset,
                interpolation=interpolation, keep_aspect_ratio=keep,
            )
            results.append([next(flow), next(flow), flow[0], flow.classes])
            names.append((flow.filenames, flow.class_indices, flow.samples, len(flow)))
        same(*results)
        assert names[0] == names[1]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"class_mode": "sparse", "weight_col": "weight"},
        {"class_mode": "raw", "y_col": ["a", "b"]},
        {"class_mode": "multi_output", "y_col": ["a", "b"]},
        {"class_mode": "input"},
        {"class_mode": None},
        {"y_col": "many"},
        {"y_col": "many", "classes": ["x", "eel"]},
        {"classes": ["dog", "cat"], "class_mode": "binary"},
    ],
)
@pytest.mark.parametrize("subset", [None, "training", "validation"])
def test_pictures_from_tables(folder, options, subset):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    names = [*sorted(str(p.relative_to(folder)) for p in folder.rglob("*.*") if p.suffix != ".txt"), "absent.png"]
    table = pandas.DataFrame(
        {"filename": names, "weight": np.arange(22.0), "a": np.arange(22) % 3, "b": np.arange(22) / 2}
    )
    table["class"] = [name.split("/")[0] for name in names[:-1]] + ["cat"]
    table["many"] = [[name, "x"] if i % 2 else name for i, name in enumerate(table["class"])]
    results = []
    for peer in (image, tf_keras.preprocessing.image):
        generator = peer.ImageDataGenerator(rotation_range=20, validation_split=0.3)
        flow = generator.flow_from_dataframe(
            table, str(folder), target_size=(8, 9), batch_size=4, seed=1, subset=subset, **options
        )
        results.append([next(flow), next(flow), flow[0], len(flow)])
    same(*results)


WORDS = [f"w{i}" for i in range(30)] + [
    "Big",
    "big,",
    "x-y",
    "don't",
    "naïve",
    "(two",
    "words)",
    "<UNK>",
    "\t",
    "é\u0085a",
]


@pytest.mark.parametrize("trial", range(60))
def test_tokenizer(trial):
    options = {
        "num_words": pick(None, 5, 20),
        "oov_token": pick(None, "<UNK>", "w1"),
        "lower": pick(True, False),
        "char_level": pick(False, False, True),
        "filters": pick('!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n', "w", ""),
        "split": pick(" ", " ", "w"),
        "analyzer": pick(None, None, str.split),
    }
    texts: list[Any] = [" ".join(STREAM.choice(WORDS, STREAM.randint(0, 30))) for _ in range(8)]
    texts[3] = texts[3].split() if trial % 2 else texts[3]
    results = []
    for peer in (text, tf_keras.preprocessing.text):
        tokenizer = peer.Tokenizer(**options)
        tokenizer.fit_on_texts(texts[:4])
        tokenizer.fit_on_texts(texts[4:6])
        sequences = tokenizer.texts_to_sequences(texts)
        if trial % 3 == 0:
            tokenizer.fit_on_sequences(sequences)
        found = [sequences, tokenizer.sequences_to_texts([*sequences, [1, 2, 99]]), tokenizer.word_index]
        found += [list(tokenizer.word_counts.items()), dict(tokenizer.word_docs), dict(tokenizer.index_docs)]
        found += [tokenizer.index_word, tokenizer.document_count]
        matrices = [tokenizer.texts_to_matrix(texts, mode) for mode in ("binary", "count", "freq", "tfidf")]
        results.append((found, matrices, tokenizer))
    assert results[0][0] == results[1][0]
    np.testing.assert_array_equal(results[0][1], results[1][1])
    if options["analyzer"] is None:
        there = tf_keras.preprocessing.text.tokenizer_from_json(results[0][2].to_json())
        here = text.tokenizer_from_json(results[1][2].to_json())
        assert here.texts_to_sequences(texts) == there.texts_to_sequences(texts) == results[0][0][0]


@pytest.mark.parametrize("trial", range(60))
def test_sequences(trial):
    inner = pick((), (), (2,))
    rows = [STREAM.randint(1, 9, (length, *inner)).tolist() for length in STREAM.randint(0, 7, 5)]
    rows[2] = STREAM.randint(1, 9, (3, *inner)).tolist()
    options = {
        "maxlen": pick(None, 1, 4, 9),
        "dtype": pick("int32", "float64", "int8"),
        "padding": pick("pre", "post"),
        "truncating": pick("pre", "post"),
        "value": pick(0, -1, 2.5),
    }
    same(sequence.pad_sequences(rows, **options), tf_keras.preprocessing.sequence.pad_sequences(rows, **options))
    words = STREAM.randint(0, 9, STREAM.randint(0, 12)).tolist()
    options = {
        "window_size": pick(1, 4),
        "negative_samples": pick(0.0, 1.0, 2.5),
        "shuffle": pick(True, False),
        "categorical": pick(True, False),
        "sampling_table": pick(None, sequence.make_sampling_table(9, 1e-2)),
        "seed": pick(None, 3),
    }
    results = []
    for peer in (sequence, tf_keras.preprocessing.sequence):
        random.seed(trial)
        results.append((*peer.skipgrams(words, 9, **options), random.random()))
    assert results[0] == results[1]
    size = STREAM.randint(1, 300)
    same(sequence.make_sampling_table(size), tf_keras.preprocessing.sequence.make_sampling_table(size))


@pytest.mark.parametrize("trial", range(40))
def test_timeseries_generator(trial):
    data, targets = STREAM.rand(25, 2), STREAM.rand(25, *pick((), (3,)))
    options = {
        "length": pick(1, 3, 6),
        "sampling_rate": pick(1, 2, 3),
        "stride": pick(1, 2, 5),
        "start_index": pick(0, 4),
        "end_index": pick(None, 15),
        "shuffle": pick(True, False),
        "reverse": pick(True, False),
        "batch_size": pick(1, 4, 128),
    }
    if trial % 5 == 0:
        data, targets = data.tolist(), targets.tolist()
    results = []
    for peer in (sequence, tf_keras.preprocessing.sequence):
        np.random.seed(trial)
        batches = peer.TimeseriesGenerator(data, targets, **options)
        results.append(([batches[i] for i in range(len(batches))], batches.to_json()))
    same(results[0][0], results[1][0])
    assert results[0][1] == results[1][1]


def test_numpy_helpers():
    for shape in ((4,), (4, 1), (2, 3), (2, 1, 1)):
        y = STREAM.randint(0, 5, shape)
        for classes in (None, 7):
            same(np_utils.to_categorical(y, classes), tf_keras.utils.to_categorical(y, classes))
    x = STREAM.randn(3, 4, 2)
    x[1] = 0
    for axis in (-1, 0, 1):
        for order in (1, 2, np.inf):
            same(np_utils.normalize(x, axis, order), tf_keras.utils.normalize(x, axis, order))


def test_words_and_hashes():
    for one in (" ".join(WORDS), "", "  a  "):
        ours, theirs = text, tf_keras.preprocessing.text
        assert ours.text_to_word_sequence(one) == theirs.text_to_word_sequence(one)
        assert ours.one_hot(one, 9) == theirs.one_hot(one, 9)
        assert ours.hashing_trick(one, 30, "md5") == theirs.hashing_trick(one, 30, "md5")
