"""Data: the files, the digits in them, batches, and harder digits."""

from __future__ import annotations

import gzip
import math
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from tinygrad_edu import data

ROOT = Path(data.__file__).parents[2]
IDX_DTYPES = ["u1", "i1", "i2", "i4", "f4", "f8"]
quick = settings(max_examples=60, deadline=None)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that outlives one Hypothesis example; every example overwrites the files of the one before."""
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture(scope="module")
def digits() -> data.Digits:
    return data.mnist()


# IDX files: what is written comes back ------------------------------------------------------------------------------

idx_arrays = hnp.arrays(
    dtype=st.sampled_from([order + name for order in "<>" for name in IDX_DTYPES]),
    shape=hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=4),
)


@quick
@given(array=idx_arrays, name=st.sampled_from(["a.idx", "a.idx.gz"]))
def test_idx_round_trip(scratch: Path, array: NDArray[Any], name: str) -> None:
    data.write_idx(scratch / name, array)
    back = data.read_idx(scratch / name)
    assert back.shape == array.shape
    assert back.dtype == array.dtype.newbyteorder("=")
    assert back.dtype.isnative
    assert back.tobytes() == array.astype(back.dtype).tobytes()  # bytes: NaNs and signed zeros too
    assert back.flags.c_contiguous
    assert back.flags.writeable
    assert back.flags.aligned


def test_idx_bytes_are_those_of_the_format(tmp_path: Path) -> None:
    """Not just a round trip: reader and writer could be wrong alike."""
    written_by_hand = bytes.fromhex("00 00 0b 02  00 00 00 02  00 00 00 03") + bytes.fromhex(
        "0001 0002 0100 ffff 8000 7fff"
    )
    array = np.array([[1, 2, 256], [-1, -32768, 32767]], dtype=np.int16)
    data.write_idx(tmp_path / "a", array)
    assert (tmp_path / "a").read_bytes() == written_by_hand
    np.testing.assert_array_equal(data.read_idx(tmp_path / "a"), array)


@pytest.mark.parametrize(
    ("dtype", "code"),
    [
        ("u1", 0x08),
        ("i1", 0x09),
        ("i2", 0x0B),
        ("i4", 0x0C),
        ("f4", 0x0D),
        ("f8", 0x0E),
    ],
)
def test_idx_type_codes(tmp_path: Path, dtype: str, code: int) -> None:
    data.write_idx(tmp_path / "a", np.array([1, 2], dtype))
    content = (tmp_path / "a").read_bytes()
    assert content[:8] == bytes([0, 0, code, 1, 0, 0, 0, 2])
    assert content[8:] == np.array([1, 2], np.dtype(dtype).newbyteorder(">")).tobytes()


def test_idx_takes_views_in_any_order(tmp_path: Path) -> None:
    array = np.arange(24, dtype=np.int32).reshape(2, 3, 4).transpose(2, 0, 1)[::-1]
    data.write_idx(tmp_path / "a", array)
    np.testing.assert_array_equal(data.read_idx(tmp_path / "a"), array)


def test_idx_larger_than_one_block(tmp_path: Path) -> None:
    array = np.random.default_rng(0).integers(0, 256, (700, 300), dtype=np.uint8)
    for name in "a", "a.gz":
        data.write_idx(tmp_path / name, array)
        np.testing.assert_array_equal(data.read_idx(tmp_path / name), array)


def test_the_content_decides_whether_it_is_gzipped(tmp_path: Path) -> None:
    array = np.arange(5, dtype=np.uint8)
    data.write_idx(tmp_path / "packed.gz", array)
    data.write_idx(tmp_path / "plain", array)
    assert (tmp_path / "packed.gz").read_bytes()[:2] == b"\x1f\x8b"
    (tmp_path / "packed.gz").rename(tmp_path / "packed")
    (tmp_path / "plain").rename(tmp_path / "plain.gz")
    np.testing.assert_array_equal(data.read_idx(tmp_path / "packed"), array)
    np.testing.assert_array_equal(data.read_idx(str(tmp_path / "plain.gz")), array)


@pytest.mark.parametrize("name", ["a", "a.gz"])
def test_equal_arrays_make_equal_files(tmp_path: Path, name: str) -> None:
    (tmp_path / "other").mkdir()
    data.write_idx(tmp_path / name, np.arange(5, dtype=np.uint8))
    data.write_idx(tmp_path / "other" / name, np.arange(5, dtype=np.uint8))
    content = (tmp_path / name).read_bytes()
    assert content == (tmp_path / "other" / name).read_bytes()
    assert name == "a" or content[4:8] == b"\0\0\0\0"  # gzip's date


@pytest.mark.parametrize("dtype", ["int64", "uint16", "float16", "bool", "complex64", "U3"])
def test_write_idx_refuses_what_idx_cannot_hold(tmp_path: Path, dtype: str) -> None:
    with pytest.raises(TypeError, match=r"a\.idx.*int16.*astype"):
        data.write_idx(tmp_path / "a.idx", np.zeros(3, dtype))
    assert not (tmp_path / "a.idx").exists()


def test_writing_idx_is_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.idx"
    data.write_idx(path, np.arange(5, dtype=np.uint8))
    path.chmod(0o640)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda fd: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            data.write_idx(path, np.zeros(5, np.uint8))
    assert data.read_idx(path).tolist() == [0, 1, 2, 3, 4]
    data.write_idx(path, np.ones(5, np.uint8))
    assert data.read_idx(path).tolist() == [1] * 5
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["a.idx"]


# IDX files: what is refused -----------------------------------------------------------------------------------------

SQUARES = np.array([[0, 1, 4], [9, 16, 25]], dtype=np.int16)


@pytest.mark.parametrize("name", ["a.idx", "a.idx.gz"])
def test_every_truncation_is_refused(tmp_path: Path, name: str) -> None:
    data.write_idx(tmp_path / name, SQUARES)
    content = (tmp_path / name).read_bytes()
    for length in range(len(content)):
        (tmp_path / name).write_bytes(content[:length])
        with pytest.raises(ValueError, match=r"a\.idx.*found .* where .* was expected; fetch"):
            data.read_idx(tmp_path / name)


def test_every_truncation_inside_a_gzip_file_is_refused(tmp_path: Path) -> None:
    data.write_idx(tmp_path / "a", SQUARES)
    content = (tmp_path / "a").read_bytes()
    for length in range(len(content)):
        (tmp_path / "a").write_bytes(gzip.compress(content[:length]))
        with pytest.raises(ValueError, match=r"found .* where .* was expected"):
            data.read_idx(tmp_path / "a")


@quick
@given(where=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
def test_damaged_gzip_never_gives_another_array(scratch: Path, where: float, mask: int) -> None:
    data.write_idx(scratch / "a.gz", SQUARES)
    content = bytearray((scratch / "a.gz").read_bytes())
    content[int(where * len(content))] ^= mask
    (scratch / "a.gz").write_bytes(content)
    try:
        back = data.read_idx(scratch / "a.gz")
    except ValueError:
        return
    np.testing.assert_array_equal(back, SQUARES)  # damage to a part of gzip's header that means nothing, as the date


def test_wrong_checksum_is_refused(tmp_path: Path) -> None:
    data.write_idx(tmp_path / "a.gz", SQUARES)
    content = bytearray((tmp_path / "a.gz").read_bytes())
    content[-8] ^= 1
    (tmp_path / "a.gz").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.gz: found damaged gzip data .*incorrect data check"):
        data.read_idx(tmp_path / "a.gz")


@pytest.mark.parametrize("extra", [b"\0", b"x", b"\0" * 100_000])
def test_trailing_bytes_are_refused(tmp_path: Path, extra: bytes) -> None:
    data.write_idx(tmp_path / "a", SQUARES)
    content = (tmp_path / "a").read_bytes() + extra
    for name, longer in ("a", content), ("a.gz", gzip.compress(content)):
        (tmp_path / name).write_bytes(longer)
        with pytest.raises(ValueError, match=r"at least \d+ bytes of elements where 12 for the shape \(2, 3\)"):
            data.read_idx(tmp_path / name)


def test_gzip_files_of_several_members(tmp_path: Path) -> None:
    data.write_idx(tmp_path / "a", SQUARES)
    content = (tmp_path / "a").read_bytes()
    whole = gzip.compress(content)
    for cut in range(len(content) + 1):
        (tmp_path / "a").write_bytes(gzip.compress(content[:cut]) + gzip.compress(content[cut:]))
        np.testing.assert_array_equal(data.read_idx(tmp_path / "a"), SQUARES)
    for padding in 1, 70_000:
        (tmp_path / "a").write_bytes(whole + b"\0" * padding)  # as gzip itself allows
        np.testing.assert_array_equal(data.read_idx(tmp_path / "a"), SQUARES)
    for extra, found in (whole, "at least"), (b"x", "damaged gzip data|ends too early"), (whole[:-1], "at least"):
        (tmp_path / "a").write_bytes(whole + extra)
        with pytest.raises(ValueError, match=found):
            data.read_idx(tmp_path / "a")


def test_a_gzip_member_cut_off_after_a_whole_one_is_refused(tmp_path: Path) -> None:
    data.write_idx(tmp_path / "a.gz", SQUARES)
    content = (tmp_path / "a.gz").read_bytes()
    (tmp_path / "a.gz").write_bytes(content + gzip.compress(b"")[:-1])
    with pytest.raises(ValueError, match="ends too early"):
        data.read_idx(tmp_path / "a.gz")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "an empty file"),
        (b"<!DOCTYPE html>", "begins with the bytes 3c 21 44 4f"),
        (b"PK\x03\x04", "begins with the bytes 50 4b 03 04"),
        (b"\x93NUMPY", "begins with the bytes 93 4e 55 4d"),
        (b"\0\1\x08\1\0\0\0\0", "begins with the bytes 00 01 08 01"),
        (b"\1\0\x08\1\0\0\0\0", "begins with the bytes 01 00 08 01"),
        *[
            (bytes([0, 0, code, 1, 0, 0, 0, 0]), f"begins with the bytes 00 00 {code:02x} 01")
            for code in (0x00, 0x07, 0x0A, 0x0F, 0xFF)
        ],
    ],
)
def test_foreign_files_are_refused(tmp_path: Path, content: bytes, found: str) -> None:
    for name, same in ("a", content), ("a.gz", gzip.compress(content)):
        (tmp_path / name).write_bytes(same)
        with pytest.raises(ValueError, match=rf"{name}: found .*{found} where .*08 09 0b 0c 0d 0e"):
            data.read_idx(tmp_path / name)


@pytest.mark.parametrize(
    ("shape", "found"),
    [
        ((2**32 - 1,), "bytes in all"),
        ((2**32 - 1,) * 3, "bytes in all"),
        ((2**31, 2**31, 1), "bytes in all"),
        ((1,) * 255, "NumPy can make"),
        ((0,) + (2**32 - 1,) * 3, "NumPy can make"),
    ],
)
def test_absurd_headers_are_refused_before_memory_is_asked_for(
    tmp_path: Path, shape: tuple[int, ...], found: str
) -> None:
    content = bytes([0, 0, 0x08, len(shape)]) + np.array(shape, ">u4").tobytes() + b"1"
    for name, same in ("a", content), ("a.gz", gzip.compress(content)):
        (tmp_path / name).write_bytes(same)
        with pytest.raises(ValueError, match=found):
            data.read_idx(tmp_path / name)


def test_the_best_compression_gzip_can_do_is_believed(tmp_path: Path) -> None:
    zeros = np.zeros(30_000_000, np.uint8)
    data.write_idx(tmp_path / "a.gz", zeros)
    assert (tmp_path / "a.gz").stat().st_size < zeros.size / 1000
    assert data.read_idx(tmp_path / "a.gz").shape == zeros.shape


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        data.read_idx(tmp_path / "nowhere")


# MNIST --------------------------------------------------------------------------------------------------------------


def test_mnist_is_mnist(digits: data.Digits) -> None:
    """Facts about the data set that are known from elsewhere."""
    train, test = digits
    assert train.pixels.shape == (60_000, 28, 28)
    assert test.pixels.shape == (10_000, 28, 28)
    assert train.pixels.mean() / 255 == pytest.approx(0.1306604762738429, rel=1e-14)
    assert train.images.mean(dtype=np.float64) == pytest.approx(0.1306604762738429, rel=1e-7)
    assert np.bincount(train.labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert test.labels[:5].tolist() == [7, 2, 1, 0, 4]


def test_mnist_unpacks(digits: data.Digits) -> None:
    (images, labels), (test_images, test_labels) = digits
    assert images is digits.train.images
    assert labels is digits.train.labels
    assert test_images is digits.test.images
    assert test_labels is digits.test.labels
    assert images.shape == (60_000, 784)
    assert test_images.shape == (10_000, 784)
    assert images.dtype == np.float32
    assert labels.dtype == np.int64
    assert repr(digits.train) == "Part(60000 images of 28 x 28, labels 0 to 9)"


def test_images_are_pixels_over_255_to_the_last_bit(digits: data.Digits) -> None:
    pixels, images = digits.test.pixels, digits.test.images
    np.testing.assert_array_equal(images, (pixels.reshape(-1, 784) / 255).astype(np.float32))
    assert images.min() == 0
    assert images.max() == 1


def test_mnist_arrays_are_contiguous_and_read_only(digits: data.Digits) -> None:
    for array in digits.test.images, digits.test.labels, digits.test.pixels:
        assert array.flags.c_contiguous
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


# A data set in the same files ---------------------------------------------------------------------------------------

NAMES = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]


def write_small(folder: Path, spelling: str = "{}.gz") -> None:
    """Seven training and three test images, 2 by 3 pixels."""
    pixels = np.arange(60, dtype=np.uint8).reshape(10, 2, 3)
    labels = np.arange(10, dtype=np.uint8)
    for name, array in zip(NAMES, [pixels[:7], labels[:7], pixels[7:], labels[7:]], strict=True):
        kind, idx = name.split("-idx")
        data.write_idx(folder / spelling.format(name, kind=kind, idx=idx), array)


@pytest.mark.parametrize("spelling", ["{}.gz", "{}", "{kind}.idx{idx}", "{kind}.idx{idx}.gz"])
def test_any_folder_with_the_four_files(tmp_path: Path, spelling: str) -> None:
    write_small(tmp_path, spelling)
    for folder in tmp_path, str(tmp_path):
        (images, labels), (test_images, test_labels) = data.mnist(folder)
        np.testing.assert_array_equal(images, (np.arange(42).reshape(7, 6) / 255).astype(np.float32))
        np.testing.assert_array_equal(test_images, (np.arange(42, 60).reshape(3, 6) / 255).astype(np.float32))
        assert labels.tolist() == [0, 1, 2, 3, 4, 5, 6]
        assert test_labels.tolist() == [7, 8, 9]


def test_a_folder_named_like_the_file_is_passed_over(tmp_path: Path) -> None:
    """As some unpacking programs leave it."""
    write_small(tmp_path)
    (tmp_path / NAMES[0]).mkdir()
    assert data.mnist(tmp_path).train.pixels.shape == (7, 2, 3)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, "float64"])
def test_dtype_of_the_images(tmp_path: Path, dtype: Any) -> None:
    write_small(tmp_path)
    images = data.mnist(tmp_path, dtype=dtype).train.images
    assert images.dtype == dtype
    np.testing.assert_array_equal(images.ravel()[:7], (np.arange(7) / 255).astype(dtype))


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, bool, complex])
def test_images_must_be_floating(tmp_path: Path, dtype: Any) -> None:
    write_small(tmp_path)
    with pytest.raises(TypeError, match=r"dtype must be floating.*pixels"):
        data.mnist(tmp_path, dtype=dtype)


def test_images_are_made_when_asked_for_and_once(tmp_path: Path) -> None:
    write_small(tmp_path)
    digits = data.mnist(tmp_path)
    assert "images" not in vars(digits.train)
    assert digits.train.images is digits.train.images
    assert "images" not in vars(digits.test)


def test_a_part_leaves_its_makers_arrays_writable() -> None:
    pixels, labels = np.zeros((2, 3, 3), np.uint8), np.zeros(2, np.int64)
    part = data.Part(pixels, labels)
    pixels[0], labels[0] = 1, 1
    assert not part.pixels.flags.writeable
    assert not part.labels.flags.writeable


def test_an_empty_part_can_be_shown() -> None:
    part = data.Part(np.zeros((0, 3, 3), np.uint8), np.zeros(0, np.int64))
    assert repr(part) == "Part(0 images of 3 x 3, labels none)"
    assert part.images.shape == (0, 9)


@pytest.mark.parametrize("missing", NAMES)
def test_missing_files_of_four(tmp_path: Path, missing: str) -> None:
    write_small(tmp_path)
    (tmp_path / f"{missing}.gz").unlink()
    with pytest.raises(FileNotFoundError, match=f"has no file {missing}") as caught:
        data.mnist(tmp_path)
    assert all(name in str(caught.value) for name in [*NAMES, str(tmp_path)])


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere is not a folder"):
        data.mnist(tmp_path / "nowhere")


@pytest.mark.parametrize("part", ["train", "t10k"])
def test_images_and_labels_must_agree(tmp_path: Path, part: str) -> None:
    write_small(tmp_path)
    data.write_idx(tmp_path / f"{part}-labels-idx1-ubyte.gz", np.zeros(5, np.uint8))
    with pytest.raises(ValueError, match=rf"{part}-images.*holds \d images, but .*{part}-labels.*holds 5 labels"):
        data.mnist(tmp_path)


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        (NAMES[0], np.zeros(7, np.uint8), r"images must be uint8 with 3 axes"),
        (NAMES[0], np.zeros((7, 2, 3), np.float32), r"float32 elements of shape \(7, 2, 3\), but images must be uint8"),
        (NAMES[1], np.zeros((7, 2, 3), np.uint8), r"labels must be uint8 with 1 axis"),
        (NAMES[3], np.zeros(3, np.int32), r"int32 elements of shape \(3,\), but labels must be uint8"),
    ],
)
def test_files_of_another_kind(tmp_path: Path, name: str, array: NDArray[Any], message: str) -> None:
    write_small(tmp_path)
    data.write_idx(tmp_path / f"{name}.gz", array)
    with pytest.raises(ValueError, match=rf"{name}.*{message}"):
        data.mnist(tmp_path)


def test_a_folder_that_one_may_not_look_into_is_not_said_to_be_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stat = os.stat

    def refused(path: Any, **more: Any) -> Any:
        if "images-idx3" in str(path):
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, **more)

    monkeypatch.setattr(os, "stat", refused)
    with pytest.raises(PermissionError):
        data.mnist(tmp_path)


# One-hot ------------------------------------------------------------------------------------------------------------


@quick
@given(
    labels=hnp.arrays(
        st.sampled_from(["u1", "i2", "i8"]),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0),
        elements=st.integers(0, 6),
    )
)
def test_one_hot(labels: NDArray[Any]) -> None:
    rows = data.one_hot(labels, classes=7, dtype=np.float64)
    assert rows.shape == (*labels.shape, 7)
    assert rows.dtype == np.float64
    np.testing.assert_array_equal(rows, labels[..., None] == np.arange(7))


def test_one_hot_defaults() -> None:
    assert data.one_hot([9]).tolist() == [[0, 0, 0, 0, 0, 0, 0, 0, 0, 1]]
    assert data.one_hot([9]).dtype == np.float32


@pytest.mark.parametrize(
    ("labels", "classes", "error", "message"),
    [
        ([10], 10, ValueError, "from 10 to 10, but with classes=10 they must lie from 0 to 9"),
        ([0, -1], 10, ValueError, "from -1 to 0, but"),
        ([1.0], 10, TypeError, r"labels must be integers, not float64.*astype"),
        ([True], 10, TypeError, "labels must be integers, not bool"),
        ([0], 0, ValueError, "classes must be at least 1, not 0"),
        ([0], 2.5, TypeError, "float"),
    ],
)
def test_one_hot_refuses(labels: Any, classes: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        data.one_hot(labels, classes)


# Batches ------------------------------------------------------------------------------------------------------------


@quick
@given(
    n=st.integers(0, 40), size=st.integers(1, 50), seed=st.integers(0), shuffle=st.booleans(), drop_last=st.booleans()
)
def test_an_epoch_visits_every_row_once(n: int, size: int, seed: int, shuffle: bool, drop_last: bool) -> None:
    x, y = np.arange(n), np.arange(2 * n).reshape(n, 2)
    batches = data.Batches(x, y, size=size, seed=seed, shuffle=shuffle, drop_last=drop_last)
    epoch = list(batches)
    assert len(epoch) == len(batches) == (n // size if drop_last else math.ceil(n / size))
    assert all(len(a) == len(b) == size for a, b in epoch[:-1])
    for a, b in epoch:
        np.testing.assert_array_equal(b, y[a])  # rows stay together
    seen = [int(row) for a, _ in epoch for row in a]
    assert len(seen) == len(set(seen)) == (n - n % size if drop_last else n)
    assert shuffle or seen == list(range(len(seen)))


def orders(batches: data.Batches, epochs: int) -> list[list[int]]:
    return [[int(row) for (rows,) in batches for row in rows] for _ in range(epochs)]


def test_the_seed_decides_all_epochs() -> None:
    first, second, other = (orders(data.Batches(np.arange(20), size=3, seed=seed), 4) for seed in (5, 5, 6))
    assert first == second
    assert first != other
    assert len({tuple(order) for order in first}) == 4  # each epoch has an order of its own


def test_without_a_seed_every_run_differs() -> None:
    assert orders(data.Batches(np.arange(50), size=50), 1) != orders(data.Batches(np.arange(50), size=50), 1)


def test_a_generator_can_be_the_seed() -> None:
    given_rng = data.Batches(np.arange(20), size=3, seed=np.random.default_rng(5))
    assert orders(given_rng, 2) == orders(data.Batches(np.arange(20), size=3, seed=5), 2)


def test_orders_are_drawn_when_epochs_begin() -> None:
    """Two epochs begun together have the same orders as one after the other."""
    batches = data.Batches(np.arange(20), size=1, seed=0)
    one, two = iter(batches), iter(batches)
    later = [int(row) for (rows,) in two for row in rows]
    earlier = [int(row) for (rows,) in one for row in rows]
    assert [earlier, later] == orders(data.Batches(np.arange(20), size=1, seed=0), 2)


def test_the_order_does_not_depend_on_the_batch_size() -> None:
    threes, sevens = (data.Batches(np.arange(20), size=size, seed=1) for size in (3, 7))
    assert orders(threes, 2) == orders(sevens, 2)


@pytest.mark.parametrize("shuffle", [True, False])
def test_batches_are_the_callers_own(shuffle: bool) -> None:
    x = np.ones((6, 2), np.float32)
    x.setflags(write=False)
    kept = []
    for (a,) in data.Batches(x, size=2, shuffle=shuffle):
        assert not np.shares_memory(a, x)
        assert a.dtype == np.float32
        a[:] = 0
        kept.append(a)
    assert x.all()
    assert not any(np.shares_memory(kept[i], kept[j]) for i in range(3) for j in range(i))


def test_batches_of_views_and_lists() -> None:
    wide = np.arange(60).reshape(3, 20)
    for a, b, c in data.Batches(wide.T, wide[0, ::-1], list(range(20)), size=6, seed=0):
        np.testing.assert_array_equal(a, wide.T[c])
        np.testing.assert_array_equal(b, 19 - c)
        assert a.flags.owndata


def test_a_batch_of_a_view_does_not_copy_the_whole_array() -> None:
    columns = np.zeros((500, 1000)).T
    epoch = iter(data.Batches(columns, size=2, seed=0))
    tracemalloc.start()
    next(epoch)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < columns.nbytes / 10


def test_batches_leave_numpys_own_generator_alone() -> None:
    np.random.seed(0)
    first, second = np.random.random(2)
    np.random.seed(0)
    assert np.random.random() == first
    orders(data.Batches(np.arange(20), size=3, seed=0), 2)
    assert np.random.random() == second


@pytest.mark.parametrize(
    ("arrays", "size", "error", "message"),
    [
        ([], 1, ValueError, "at least one array"),
        ([np.zeros(3), np.zeros((4, 2))], 1, ValueError, r"equally many rows; the shapes are \(3,\), \(4, 2\)"),
        ([np.zeros(3), np.float64(1)], 1, ValueError, r"at least one axis; the shapes are \(3,\), \(\)"),
        ([np.zeros(3)], 0, ValueError, "size must be at least 1, not 0"),
        ([np.zeros(3)], -2, ValueError, "size must be at least 1, not -2"),
        ([np.zeros(3)], 1.5, TypeError, "float"),
    ],
)
def test_batches_refuse(arrays: list[Any], size: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        data.Batches(*arrays, size=size)


# Harder digits ------------------------------------------------------------------------------------------------------

stacks = hnp.arrays(
    st.sampled_from(["f4", "f8"]),
    hnp.array_shapes(min_dims=3, max_dims=3, min_side=1, max_side=6),
    elements=st.floats(0, 1, width=16),
)


@quick
@given(stack=stacks, dx=st.integers(-8, 8), dy=st.integers(-8, 8))
def test_shift_against_a_naive_twin(stack: NDArray[Any], dx: int, dy: int) -> None:
    moved = data.distort.shift(stack, dx, dy)
    _, rows, columns = stack.shape
    expected = np.zeros_like(stack)
    for r in range(rows):
        for c in range(columns):
            if 0 <= r - dy < rows and 0 <= c - dx < columns:
                expected[:, r, c] = stack[:, r - dy, c - dx]
    assert moved.dtype == stack.dtype
    np.testing.assert_array_equal(moved, expected)


@quick
@given(stack=stacks, degrees=st.floats(-400, 400))
def test_rotate_against_a_naive_twin(stack: NDArray[Any], degrees: float) -> None:
    turned = data.distort.rotate(stack, degrees)
    _, rows, columns = stack.shape
    middle = complex((columns - 1) / 2, (rows - 1) / 2)
    turn = complex(math.cos(math.radians(degrees)), math.sin(math.radians(degrees)))
    expected = np.zeros_like(stack)
    for r in range(rows):
        for c in range(columns):
            # Rows count downwards, so a counter-clockwise turn of what is seen is clockwise in (column, row).
            source = middle + (complex(c, r) - middle) * turn
            for row in range(rows):
                for column in range(columns):
                    nearness = max(0, 1 - abs(source.real - column)) * max(0, 1 - abs(source.imag - row))
                    expected[:, r, c] += nearness * stack[:, row, column]
    assert turned.dtype == stack.dtype
    np.testing.assert_allclose(turned, expected, atol=1e-6)


@pytest.mark.parametrize("quarters", range(-4, 5))
@pytest.mark.parametrize("side", [1, 2, 5, 28])
def test_quarter_turns_are_exact(side: int, quarters: int) -> None:
    images = np.random.default_rng(0).random((3, side, side))
    np.testing.assert_array_equal(data.distort.rotate(images, 90 * quarters), np.rot90(images, quarters, axes=(1, 2)))


def test_half_turn_of_a_rectangle() -> None:
    images = np.random.default_rng(0).random((2, 3, 5))
    np.testing.assert_array_equal(data.distort.rotate(images, 180), images[:, ::-1, ::-1])


def test_noise() -> None:
    images = np.full((50, 784), 0.5, np.float32)
    noisy = data.distort.noise(images, 0.1, np.random.default_rng(0))
    assert noisy.std() == pytest.approx(0.1, rel=0.02)
    assert noisy.mean() == pytest.approx(0.5, abs=0.002)
    np.testing.assert_array_equal(noisy, data.distort.noise(images, 0.1, 0))  # a seed will do
    strong = data.distort.noise(images, 5, 0)
    assert strong.min() == 0
    assert strong.max() == 1
    np.testing.assert_array_equal(data.distort.noise(images, 0, 0), images)


def test_static() -> None:
    images = data.distort.static(100, np.random.default_rng(0))
    assert images.shape == (100, 784)
    assert images.dtype == np.float32
    assert 0 <= images.min() < 0.001
    assert 0.999 < images.max() < 1
    assert images.mean() == pytest.approx(1 / 2, abs=0.005)
    assert images.var() == pytest.approx(1 / 12, abs=0.002)
    np.testing.assert_array_equal(images, data.distort.static(100, 0))
    assert data.distort.static(2, 0, side=5).shape == (2, 25)


DISTORTIONS = {
    "shift": lambda images: data.distort.shift(images, 1, -2),
    "rotate": lambda images: data.distort.rotate(images, 30),
    "noise": lambda images: data.distort.noise(images, 0.2, 0),
}
each_distortion = pytest.mark.parametrize("distort", DISTORTIONS.values(), ids=DISTORTIONS)


@each_distortion
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_distortions_keep_shape_and_dtype_and_their_input(distort: Any, dtype: str) -> None:
    stack = np.random.default_rng(0).random((4, 9, 9)).astype(dtype)
    before = stack.copy()
    harder = distort(stack)
    assert harder.dtype == dtype
    assert harder.shape == stack.shape
    assert not np.shares_memory(harder, stack)
    assert not np.array_equal(harder, stack)
    np.testing.assert_array_equal(stack, before)
    np.testing.assert_array_equal(distort(stack.reshape(4, 81)), harder.reshape(4, 81))
    assert harder.min() >= 0
    assert harder.max() <= 1


@each_distortion
@pytest.mark.parametrize(
    ("images", "error", "message"),
    [
        (np.zeros((2, 10)), ValueError, r"shape \(2, 10\) are neither"),
        (np.zeros(16), ValueError, r"shape \(16,\) are neither"),
        (np.zeros((1, 1, 4, 4)), ValueError, r"shape \(1, 1, 4, 4\) are neither"),
        (np.zeros((2, 16), np.uint8), TypeError, "not uint8; divide pixels by 255 first"),
    ],
)
def test_distortions_refuse(distort: Any, images: NDArray[Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        distort(images)


def test_distortions_refuse_senseless_amounts() -> None:
    images = np.zeros((1, 16))
    with pytest.raises(TypeError):
        data.distort.shift(images, 0.5, 0)  # type: ignore[arg-type]
    for amount in math.nan, math.inf:
        with pytest.raises(ValueError, match="degrees must be a finite number"):
            data.distort.rotate(images, amount)
    for amount in math.nan, math.inf, -0.1:
        with pytest.raises(ValueError, match="strength must be a finite number, at least 0"):
            data.distort.noise(images, amount, 0)


# The package --------------------------------------------------------------------------------------------------------


def test_importing_reads_no_data_and_needs_only_numpy() -> None:
    program = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
import numpy
before = set(sys.modules)
import tinygrad_edu.data
print(sorted({name.partition(".")[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names) - {"numpy"}))
print([path for path in opened if "ubyte" in path])
"""
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["['tinygrad_edu']", "[]"]


def test_the_digits_come_with_their_licence() -> None:
    folder = ROOT / "tinygrad_edu" / "data" / "mnist_idx"
    licence = (folder / "LICENSE.md").read_text(encoding="utf-8")
    for word in "LeCun", "Cortes", "Burges", "NIST", "CC BY-SA 3.0":
        assert word in licence
    assert sorted(path.name for path in folder.glob("*.gz")) == sorted(f"{name}.gz" for name in NAMES)


# sonnets -------------------------------------------------------------------------------------------------------------


def test_sonnets_have_fourteen_lines() -> None:
    text = data.sonnets()
    poems = text.removesuffix("\n").split("\n\n")
    assert len(poems) == len(set(poems)) == 59
    assert {len(poem.splitlines()) for poem in poems} == {14}
    assert text.isascii()
    assert all(line == line.strip() and 20 < len(line) < 70 for line in text.splitlines() if line)
