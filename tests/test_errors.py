"""How errors are built."""

from deepkit import errors


def test_an_error_with_arguments_of_its_own_keeps_its_class_when_its_place_is_added():
    """MissingExtraError is made from a library's name; inside an op it gets the op's place, too."""
    error = errors.MissingExtraError("h5py", "io", "reading a model")
    found = error.at("matmul at line 3")
    assert type(found) is errors.MissingExtraError
    assert "matmul at line 3" in str(found)
    assert "deepkit[io]" in str(found)
