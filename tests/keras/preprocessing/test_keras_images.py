"""Pictures moved, coloured and standardized: against hand-made references; tests/peers compares with Keras itself."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest

from deepkit.errors import ArgumentError, DataError, DTypeError, MissingExtraError, ShapeError
from deepkit.keras.preprocessing import image
from deepkit.keras.preprocessing.image import ImageDataGenerator, apply_affine_transform

LAST = {"row_axis": 0, "col_axis": 1, "channel_axis": 2}


@pytest.fixture(scope="module")
def pictures():
    return np.random.RandomState(0).rand(7, 6, 5, 3).astype(np.float32) * 255


def move(x, **arguments):
    return apply_affine_transform(x, **arguments, **LAST)


def test_whole_turns_and_shifts_move_pixels_exactly():
    x = np.arange(2.0 * 25).reshape(5, 5, 2)
    np.testing.assert_allclose(move(x, theta=90), np.rot90(x), atol=1e-9)
    np.testing.assert_allclose(move(x, theta=180), x[::-1, ::-1], atol=1e-9)
    np.testing.assert_array_equal(move(x, ty=2, fill_mode="constant", cval=7)[:3], x[2:])
    np.testing.assert_array_equal(move(x, ty=2, fill_mode="constant", cval=7)[3:], np.full((2, 5, 2), 7))
    np.testing.assert_array_equal(move(x, tx=-1, fill_mode="wrap")[:, 1:], x[:, :-1])
    np.testing.assert_array_equal(move(x, tx=3, fill_mode="nearest")[:, 2:], np.repeat(x[:, 4:], 3, axis=1))
    exchanged = apply_affine_transform(x, tx=2, row_axis=1, col_axis=0, channel_axis=2)
    np.testing.assert_array_equal(exchanged[:3], x[2:])
    assert move(x) is x, "nothing to be done"


def test_zoom_and_shear_about_the_middle():
    x = np.arange(9.0).reshape(3, 3, 1)
    zoomed = move(x, zx=0.5, zy=0.5)  # half as far from the middle
    expected = 4 + 0.5 * (x - 4)
    np.testing.assert_allclose(zoomed, expected)
    rows = np.tile(np.arange(5.0), (5, 1)).T[:, :, None]
    sheared = move(rows, shear=30)  # the row read from lies cos 30 times as far from the middle
    np.testing.assert_allclose(sheared[1:4, 2, 0], 2 + np.cos(np.pi / 6) * np.array([-1, 0, 1]), atol=1e-12)


def test_channels_first_is_the_same_picture():
    x = np.random.RandomState(1).rand(6, 5, 3)
    arguments = {"theta": 20, "tx": 1, "shear": 10, "zx": 0.8, "order": 3}
    first = apply_affine_transform(x.transpose(2, 0, 1), **arguments, row_axis=1, col_axis=2, channel_axis=0)
    np.testing.assert_array_equal(first.transpose(1, 2, 0), move(x, **arguments))
    with pytest.raises(ArgumentError, match="channel_axis=1"):
        apply_affine_transform(x, 5, row_axis=0, col_axis=2, channel_axis=1)
    with pytest.raises(ShapeError, match=r"\(6, 5\)"):
        apply_affine_transform(x[:, :, 0], 5)


def test_random_moves_stay_within_their_range():
    x = np.zeros((21, 21, 1))
    x[10, 10] = 1
    shifts = [image.random_shift(x, 0.1, 0.2, **LAST) for _ in range(200)]
    rows = np.array([np.average(np.arange(21), weights=shifted.sum((1, 2))) for shifted in shifts])
    columns = np.array([np.average(np.arange(21), weights=shifted.sum((0, 2))) for shifted in shifts])
    assert 1.5 < abs(rows - 10).max() <= 2.1 + 1e-9
    assert 3.5 < abs(columns - 10).max() <= 4.2 + 1e-9
    for draw in (image.random_rotation, image.random_shear):
        np.random.seed(3)
        once = draw(x, 30, **LAST)
        np.random.seed(3)
        np.testing.assert_array_equal(once, draw(x, 30, **LAST))
    assert image.random_zoom(x, (1, 1), **LAST) is x
    with pytest.raises(ArgumentError, match="zoom_range"):
        image.random_zoom(x, (1,))


def test_channel_shift_stays_between_the_extremes():
    x = np.array([[[0.0, 100.0], [200.0, 50.0]]])
    assert image.apply_channel_shift(x, 30).tolist() == [[[30, 130], [200, 80]]]
    assert image.apply_channel_shift(x, -60).tolist() == [[[0, 40], [140, 0]]]
    assert image.flip_axis(x, 1).tolist() == [[[200, 50], [0, 100]]]


def test_a_seed_gives_the_same_batches_and_no_seed_others(pictures):
    generator = ImageDataGenerator(rotation_range=30, width_shift_range=0.2, zoom_range=0.2, horizontal_flip=True)
    y = np.arange(7)
    runs = [
        [next(flow) for _ in range(4)]
        for flow in (generator.flow(pictures, y, batch_size=3, seed=s) for s in (1, 1, 2))
    ]
    for (x1, y1), (x2, y2) in zip(runs[0], runs[1], strict=True):
        np.testing.assert_array_equal(x1, x2)
        np.testing.assert_array_equal(y1, y2)
    assert not np.array_equal(runs[0][0][0], runs[2][0][0])
    assert [len(x) for x, _ in runs[0]] == [3, 3, 1, 3]
    assert sorted(np.concatenate([labels for _, labels in runs[0][:3]])) == list(range(7))
    assert runs[0][0][0].dtype == np.float32


def test_each_batch_of_a_seed_has_draws_of_its_own(pictures):
    equal = np.repeat(pictures[:1], 4, axis=0)
    flow = ImageDataGenerator(rotation_range=30).flow(equal, batch_size=2, seed=1)
    first, second = next(flow), next(flow)
    assert not np.array_equal(first, second)
    np.random.seed(1 + 1)  # the seed and the batches before
    generator = ImageDataGenerator(rotation_range=30)
    np.testing.assert_array_equal(second[0], generator.random_transform(equal[0]))


def test_batches_in_order_by_number_and_with_weights(pictures):
    flow = ImageDataGenerator(rescale=0.5).flow(
        pictures, np.arange(7), 3, shuffle=False, sample_weight=np.arange(7) / 7
    )
    assert len(flow) == 3
    x, y, w = flow[1]
    np.testing.assert_allclose(x, pictures[3:6] / 2)
    assert y.tolist() == [3, 4, 5]
    np.testing.assert_allclose(w, y / 7)
    next(flow)
    flow.reset()
    np.testing.assert_array_equal(next(flow)[1], [0, 1, 2])
    with pytest.raises(ArgumentError, match="batch 3 of 3"):
        flow[3]
    (x, other), y = ImageDataGenerator().flow((pictures, np.arange(7) * 2), np.arange(7), 2, shuffle=False)[0]
    assert (other.tolist(), y.tolist()) == ([0, 2], [0, 1])


def test_the_parts_of_a_split_are_disjoint_and_keep_their_weights(pictures):
    generator = ImageDataGenerator(validation_split=0.3)
    y = np.array([0, 1, 0, 1, 0, 1, 0])
    parts = {
        subset: generator.flow(pictures, y, 10, shuffle=False, subset=subset, sample_weight=np.arange(7))[0]
        for subset in ("training", "validation")
    }
    np.testing.assert_array_equal(parts["validation"][0], pictures[:2])
    np.testing.assert_array_equal(parts["training"][0], pictures[2:])
    assert parts["training"][2].tolist() == [2, 3, 4, 5, 6]
    with pytest.raises(ArgumentError, match="do not have the same classes"):
        generator.flow(pictures, np.arange(7), subset="training")
    assert len(generator.flow(pictures, np.arange(7), subset="training", ignore_class_split=True)) == 1
    with pytest.raises(ArgumentError, match="subset='test'"):
        generator.flow(pictures, subset="test")


def test_statistics_of_the_set(pictures):
    generator = ImageDataGenerator(featurewise_center=True, featurewise_std_normalization=True)
    with pytest.warns(UserWarning, match="before fit"):
        np.testing.assert_array_equal(generator.standardize(pictures[0].copy()), pictures[0])
    generator.fit(pictures)
    assert generator.mean.shape == (1, 1, 3)
    x = generator.flow(pictures, batch_size=7, shuffle=False)[0]
    np.testing.assert_allclose(x.mean((0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(x.std((0, 1, 2)), 1, atol=1e-4)
    assert pictures.min() >= 0, "the pictures themselves are as they were"


def test_statistics_of_each_picture_and_a_function(pictures):
    generator = ImageDataGenerator(samplewise_center=True, samplewise_std_normalization=True)
    x = generator.flow(pictures, batch_size=7)[0]
    np.testing.assert_allclose(x.mean((1, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(x.std((1, 2, 3)), 1, atol=1e-4)
    generator = ImageDataGenerator(preprocessing_function=lambda x: x + 1, rescale=2)
    np.testing.assert_allclose(generator.flow(pictures, shuffle=False)[0], (pictures + 1) * 2, rtol=1e-6)


def test_whitened_pixels_are_uncorrelated():
    x = np.random.RandomState(0).rand(60, 2, 2, 1)
    x[:, 1] = x[:, 0] + 0.1 * x[:, 1]
    with pytest.warns(UserWarning, match="featurewise_center is True now"):
        generator = ImageDataGenerator(zca_whitening=True, dtype="float64")
    generator.fit(x)
    white = generator.standardize(x.copy()).reshape(60, 4)
    np.testing.assert_allclose(white.T @ white / 60, np.eye(4), atol=1e-3)


def test_fit_on_transformed_pictures(pictures):
    generator = ImageDataGenerator(featurewise_center=True, height_shift_range=[2], fill_mode="constant")
    generator.fit(pictures, augment=True, rounds=3, seed=1)
    assert (generator.mean < pictures.mean((0, 1, 2)) * 0.75).all(), "black came in from the sides"


@pytest.mark.parametrize(
    ("extent", "allowed"),
    [
        (0.5, None),
        (3, {0, 1, 2, -1, -2}),
        ([2, 4], {2, 4, -2, -4}),
        ([0.5], {3.0, -3.0}),
        (2.5, None),
        (0, {0}),
        ([], {0}),
    ],
)
def test_how_a_shift_is_drawn(extent, allowed):
    generator = ImageDataGenerator(height_shift_range=extent)
    found = {generator.get_random_transform((6, 5, 3))["tx"] for _ in range(200)}
    if allowed is None:
        assert max(map(abs, found)) <= max(extent * 6 if extent < 1 else extent, 0)
        assert len(found) == 200
    else:
        assert found == allowed


def test_transformations_can_be_drawn_and_applied_apart(pictures):
    generator = ImageDataGenerator(rotation_range=20, vertical_flip=True, channel_shift_range=9)
    parameters = generator.get_random_transform(pictures[0].shape, seed=4)
    np.testing.assert_array_equal(
        generator.apply_transform(pictures[0], parameters), generator.random_transform(pictures[0], seed=4)
    )
    mirrored = generator.apply_transform(pictures[0], {"flip_horizontal": True, "flip_vertical": True})
    np.testing.assert_array_equal(mirrored, pictures[0][::-1, ::-1])


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"zoom_range": (1, 2, 3)}, "zoom_range"),
        ({"brightness_range": 0.5}, "brightness_range"),
        ({"validation_split": 1.5}, "validation_split=1.5"),
        ({"data_format": "first"}, "data_format='first'"),
    ],
)
def test_settings_that_make_no_sense(arguments, what):
    with pytest.raises(ArgumentError, match=what):
        ImageDataGenerator(**arguments)


def test_arrays_that_do_not_fit(pictures):
    generator = ImageDataGenerator()
    with pytest.raises(ShapeError, match="7 pictures, but y has 6 elements"):
        generator.flow(pictures, np.arange(6))
    with pytest.raises(ShapeError, match="7 pictures, but sample_weight has 1"):
        generator.flow(pictures, np.arange(7), sample_weight=[1])
    with pytest.raises(ShapeError, match=r"\(7, 6, 5\)"):
        generator.flow(pictures[:, :, :, 0])
    with pytest.raises(ShapeError):
        generator.fit(pictures[0])
    with pytest.raises(ArgumentError, match="a list of 7"):
        generator.flow(list(pictures))
    with pytest.raises(ArgumentError, match="batch_size=0"):
        generator.flow(pictures, batch_size=0)
    with pytest.warns(UserWarning, match="5 channels on axis 3"):
        generator.flow(np.zeros((2, 4, 4, 5)))


def test_without_pillow_the_extra_is_named(monkeypatch, pictures):
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    for call in (image.array_to_img, image.load_img, lambda x: image.apply_brightness_shift(x, 0.5)):
        with pytest.raises(MissingExtraError, match=r"\[image\]"):
            call(pictures[0])
    assert len(next(ImageDataGenerator(rotation_range=9).flow(pictures))) == 7, "which needs no Pillow"


@pytest.fixture
def folder(tmp_path):
    pytest.importorskip("PIL", reason="Pillow is not installed")
    stream = np.random.RandomState(0)
    for name in ("cat", "dog"):
        (tmp_path / name / "more").mkdir(parents=True)
        for i in range(5):
            where = tmp_path / name / ("more" if i == 4 else "") / f"{i}.png"
            image.save_img(where, stream.randint(0, 256, (4, 6, 3)), scale=False)
    (tmp_path / "cat" / "notes.txt").write_text("no picture")
    return tmp_path


def test_pictures_survive_a_file(tmp_path):
    pytest.importorskip("PIL", reason="Pillow is not installed")
    stream = np.random.RandomState(0)
    for channels, mode in ((1, "grayscale"), (3, "rgb"), (4, "rgba")):
        x = stream.randint(0, 256, (4, 6, channels)).astype("float32")
        path = tmp_path / f"{mode}.png"
        image.save_img(path, x, scale=False)
        np.testing.assert_array_equal(image.img_to_array(image.load_img(path, color_mode=mode)), x)
        first = image.img_to_array(image.load_img(str(path), color_mode=mode), data_format="channels_first")
        np.testing.assert_array_equal(first, x.transpose(2, 0, 1))
    assert [p.name for p in tmp_path.iterdir() if p.suffix != ".png"] == []
    with pytest.warns(UserWarning, match="written as RGB"):
        image.save_img(tmp_path / "a.jpg", x)
    held = io.BytesIO()
    image.save_img(held, x[:, :, :3], file_format="png", scale=False)
    assert image.load_img(held, target_size=(2, 3)).size == (3, 2)
    stretched = image.img_to_array(image.array_to_img(np.array([[[1.0], [3.0]]])))
    assert stretched.ravel().tolist() == [0, 255]


def test_sixteen_bits_and_the_middle_of_a_picture(tmp_path):
    pytest.importorskip("PIL", reason="Pillow is not installed")
    deep = np.array([[[300.0], [65000.0]]])
    image.save_img(tmp_path / "deep.tif", deep, scale=False)
    assert image.img_to_array(image.load_img(tmp_path / "deep.tif", color_mode="grayscale")).ravel().tolist() == [
        300,
        65000,
    ]
    wide = np.tile(np.arange(8) * 30.0, (4, 1))[:, :, None]
    image.save_img(tmp_path / "wide.png", wide, scale=False)
    square = image.load_img(tmp_path / "wide.png", color_mode="grayscale", target_size=(4, 4), keep_aspect_ratio=True)
    assert image.img_to_array(square)[0].ravel().tolist() == [60, 90, 120, 150]


def test_what_is_no_picture(tmp_path):
    pytest.importorskip("PIL", reason="Pillow is not installed")
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"a\.png"):
        image.load_img(tmp_path / "a.png")
    with pytest.raises(DataError, match="No such file"):
        image.load_img(tmp_path / "absent.png")
    with pytest.raises(ArgumentError, match="color_mode='cmyk'"):
        image.load_img(tmp_path / "a.png", color_mode="cmyk")
    with pytest.raises(ArgumentError, match="load_img of int"):
        image.load_img(3)
    with pytest.raises(ShapeError, match="2 channels"):
        image.array_to_img(np.zeros((2, 2, 2)))
    with pytest.raises(ShapeError, match=r"\(2, 2\)"):
        image.array_to_img(np.zeros((2, 2)))
    with pytest.raises(ArgumentError, match="knows no format"):
        image.save_img(tmp_path / "a.abc", np.zeros((2, 2, 1)))


def test_brightness_is_a_factor():
    pytest.importorskip("PIL", reason="Pillow is not installed")
    x = np.array([[[10.0, 20.0, 40.0], [100.0, 150.0, 200.0]]])
    np.testing.assert_allclose(image.apply_brightness_shift(x, 0.5, scale=False), x / 2)
    np.testing.assert_allclose(image.apply_brightness_shift(x, 0, scale=False), 0)
    outside = x * 4 - 300
    np.testing.assert_allclose(image.apply_brightness_shift(outside, 1, scale=False), outside, atol=4)
    flow = ImageDataGenerator(brightness_range=(0.5, 0.5)).flow(x[None], batch_size=1)
    np.testing.assert_allclose(next(flow)[0], x / 2)


def test_a_folder_for_each_class(folder, capsys):
    generator = ImageDataGenerator(validation_split=0.4, rescale=1 / 255)
    flow = generator.flow_from_directory(folder, target_size=(4, 6), batch_size=4, shuffle=False)
    assert "Found 10 images belonging to 2 classes." in capsys.readouterr().out
    assert flow.class_indices == {"cat": 0, "dog": 1}
    assert flow.filenames[:5] == ["cat/0.png", "cat/1.png", "cat/2.png", "cat/3.png", "cat/more/4.png"]
    x, y = flow[1]
    assert y.tolist() == [[1, 0], [0, 1], [0, 1], [0, 1]]
    expected = image.img_to_array(image.load_img(folder / "dog" / "0.png")) / 255
    np.testing.assert_allclose(x[1], expected, rtol=1e-6)
    parts = [generator.flow_from_directory(folder, (4, 6), subset=part) for part in ("training", "validation")]
    assert [part.samples for part in parts] == [6, 4]
    assert not set(parts[0].filenames) & set(parts[1].filenames)


@pytest.mark.parametrize(("mode", "shape"), [("sparse", (3,)), ("binary", (3,)), ("input", (3, 4, 6, 1)), (None, None)])
def test_what_y_is(folder, mode, shape):
    flow = ImageDataGenerator().flow_from_directory(
        str(folder), (4, 6), "grayscale", ["dog", "cat"], mode, batch_size=3, shuffle=False
    )
    batch = next(flow)
    if mode is None:
        assert batch.shape == (3, 4, 6, 1)
    else:
        assert batch[1].shape == shape
    assert flow.class_indices == {"dog": 0, "cat": 1}


def test_a_folder_that_is_none(folder):
    generator = ImageDataGenerator()
    with pytest.raises(DataError, match="cannot look into"):
        generator.flow_from_directory(folder / "absent")
    for wrong in ({"class_mode": "one-hot"}, {"color_mode": "cmyk"}, {"subset": "test"}):
        with pytest.raises(ArgumentError, match=next(iter(wrong))):
            generator.flow_from_directory(folder, **wrong)
    with pytest.raises(TypeError, match="sizes"):
        generator.flow_from_directory(folder, sizes=3)
    (folder / "dog" / "0.png").write_bytes(b"damaged")
    with pytest.raises(DataError, match=r"dog/0\.png"):
        generator.flow_from_directory(folder, (4, 6), batch_size=10)[0]


def test_pictures_can_be_looked_at(folder, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    flow = ImageDataGenerator().flow_from_directory(folder, (4, 6), save_to_dir=str(out), save_prefix="x", batch_size=3)
    next(flow)
    x = np.zeros((2, 3, 3, 1))
    next(ImageDataGenerator().flow(x, save_to_dir=str(out), save_format="jpeg"))
    names = sorted(path.name for path in out.iterdir())
    assert len([name for name in names if name.startswith("x_") and name.endswith(".png")]) == 3
    assert len([name for name in names if name.endswith(".jpeg")]) == 2


@pytest.fixture
def table(folder):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    names = [f"{name}/{i}.png" for name in ("cat", "dog") for i in range(4)]
    return pandas.DataFrame(
        {
            "file": [*names, "cat/absent.png"],
            "kind": [name.split("/")[0] for name in names] + ["cat"],
            "many": [["cat", "pet"], "cat", "cat", "cat", "dog", ["dog"], "dog", "dog", "cat"],
            "width": np.arange(9.0),
            "height": np.arange(9) * 2,
        }
    )


def test_a_table_of_pictures(folder, table, capsys):
    generator = ImageDataGenerator()
    options = {"target_size": (4, 6), "batch_size": 3, "shuffle": False}
    with pytest.warns(UserWarning, match="1 of 9 names in column 'file'"):
        flow = generator.flow_from_dataframe(table, folder, "file", "kind", **options)
    assert "Found 8 validated image filenames belonging to 2 classes." in capsys.readouterr().out
    assert flow[1][1].tolist() == [[1, 0], [0, 1], [0, 1]]
    table = table[:8]
    many = generator.flow_from_dataframe(table, folder, "file", "many", **options)
    assert many.class_indices == {"cat": 0, "dog": 1, "pet": 2}
    assert many[0][1].tolist() == [[1, 0, 1], [1, 0, 0], [1, 0, 0]]
    raw = generator.flow_from_dataframe(table, folder, "file", ["width", "height"], class_mode="raw", **options)
    assert raw[1][1].tolist() == [[3, 6], [4, 8], [5, 10]]
    outputs = generator.flow_from_dataframe(
        table, folder, "file", ["width", "height"], "height", class_mode="multi_output", **options
    )
    _, (width, height), weight = outputs[0]
    assert (width.tolist(), height.tolist(), weight.tolist()) == ([0, 1, 2], [0, 2, 4], [0, 2, 4])
    some = generator.flow_from_dataframe(table, folder, "file", "many", classes=["pet", "dog"], **options)
    assert some.samples == 5
    assert some[0][1].tolist() == [[1, 0], [0, 1], [0, 1]]


def test_a_table_that_does_not_fit(folder, table):
    flow = ImageDataGenerator().flow_from_dataframe
    table = table[:8]
    for error, arguments in (
        (ArgumentError, {"x_col": "name"}),
        (ArgumentError, {"class_mode": "both"}),
        (ArgumentError, {"class_mode": "binary", "y_col": "kind", "classes": ["cat"]}),
        (DTypeError, {"y_col": "width"}),
        (DTypeError, {"y_col": "many", "class_mode": "sparse"}),
        (DTypeError, {"x_col": "width", "y_col": "kind"}),
        (DTypeError, {"y_col": "kind", "weight_col": "kind"}),
        (DTypeError, {"y_col": "width", "class_mode": "multi_output"}),
    ):
        with pytest.raises(error):
            flow(table, folder, **({"x_col": "file"} | arguments))
    with pytest.warns(DeprecationWarning, match="sort"):
        flow(table, folder, "file", "kind", sort=True)
    with pytest.warns(DeprecationWarning, match="raw"):
        assert flow(table, folder, "file", "width", class_mode="other").class_mode == "raw"
