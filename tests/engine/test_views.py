"""Parts of tensors: values, that are not written to while what they are a part of is still there."""

import sys

import numpy as np
import pytest

from tinygrad_edu import Tensor, no_grad
from tinygrad_edu.engine import views

WRITES = {
    "t[0][1] = 5": lambda t: t[0].__setitem__(1, 5.0),
    "row = t[0]; row += 1": lambda t: added(t[0]),
    "t[0][0][...] = 5": lambda t: t[0][..., 0].__setitem__(..., 5.0),
    "rows[0] += 1": lambda t: added_in_list([*t]),
    "for row in t: row *= 2": lambda t: [row.__imul__(2.0) for row in t],
    "t.T[0, 0] = 5": lambda t: t.T.__setitem__((0, 0), 5.0),
    "t.reshape(-1)[0] = 5": lambda t: t.reshape(-1).__setitem__(0, 5.0),
    "np.ravel(t)[0] = 5": lambda t: np.ravel(t).__setitem__(0, 5.0),
    "np.split(t, 2)[0][...] = 0": lambda t: np.split(t, 2)[0].__setitem__(..., 0.0),
    "np.moveaxis(t, 0, 1)[0] = 5": lambda t: np.moveaxis(t, 0, 1).__setitem__(0, 5.0),
    "t[None][0] = 5": lambda t: t[None].__setitem__(0, 5.0),
    "t.squeeze()[0] = 5": lambda t: t.squeeze().__setitem__(0, 5.0),
    "t.real[0] = 5": lambda t: t.real.__setitem__(0, 5.0),
    "np.diagonal(t)[0] = 5": lambda t: np.diagonal(t).__setitem__(0, 5.0),
    "np.broadcast_to(t, (2, 2, 3))[0] = 5": lambda t: np.broadcast_to(t, (2, 2, 3)).__setitem__(0, 5.0),
    "t[0].fill(0)": lambda t: t[0].fill(0.0),
    "t[0].sort()": lambda t: t[0].sort(),
    "np.add(1, t[0], out=t[0])": lambda t: np.add(1, t[0], out=t[0]),
}  # fmt: skip


def added(row):
    row += 1


def added_in_list(rows):
    rows[0] += 1


def whole(recorded):
    t = Tensor(np.arange(6.0).reshape(2, 3), requires_grad=recorded)
    return t * 1.0 if recorded else t


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("held", [False, True])
def test_writing_into_a_part_is_refused(write, recorded, held):
    t = whole(recorded)
    data = t.data if held else None
    with pytest.raises(RuntimeError, match=r"is a part of another .* take part.copy\(\)"):
        write(t)
    np.testing.assert_array_equal(t.data, np.arange(6.0).reshape(2, 3))
    assert data is None or data is t.data


def test_functions_that_write_refuse_parts_and_so_do_parameters():
    t = whole(False).requires_grad_()
    with no_grad():
        for write in (
            lambda: np.copyto(t[0], 1.0),
            lambda: np.put(t.T, 0, 1.0),
            lambda: np.add.at(t[0], [0], 1.0),
            lambda: added(t[1]),
        ):
            with pytest.raises(RuntimeError, match="is a part of another"):
                write()
    for array in (t.detach()[0].data, t[0].data, t.T.data):  # the first is of a tensor that is gone
        writeable = array.flags.writeable
        assert writeable == (array.base is None)


@pytest.mark.parametrize("recorded", [False, True])
def test_items_can_be_changed_in_place(recorded):
    t, n = whole(recorded), np.arange(6.0).reshape(2, 3)
    for x in (t, n):
        x[0] += 1
        x[:, 1:] *= 3
        x[0:1] -= np.array([1.0, 2.0, 3.0])
        x[[0, 1]] /= 2
        x[..., -1] **= 2
    np.testing.assert_array_equal(t.data, n)


def test_the_gradient_of_items_changed_in_place():
    x = Tensor(np.ones((2, 3)), requires_grad=True)
    y = x * 1.0
    y[0] *= 3
    y[:, 1] += x[:, 0]
    (y * y).sum().backward()
    np.testing.assert_array_equal(x.grad.data, [[18 + 8, 24, 18], [2 + 4, 4, 2]])


@pytest.mark.parametrize("recorded", [False, True])
def test_a_part_of_what_is_gone_is_a_tensor_as_any_other(recorded):
    x = whole(recorded)
    x = x.reshape(-1)
    x += 1
    x = x[1:]
    x[0] = 7
    assert x.tolist() == [7, 3, 4, 5, 6]
    for _ in range(10):  # and of what is left of a long row of parts, none is remembered
        x = x[:]
    assert x._whole[1] is None


def test_a_part_keeps_its_numbers_when_the_whole_is_written():
    for recorded in (False, True):
        t = whole(recorded)
        row = t[0]
        t[0, 1] = 5.0
        assert (row.tolist(), t[0].tolist()) == ([0, 1, 2], [0, 5, 2])


def test_single_numbers_and_copies_are_no_parts():
    t = whole(False)
    total = t[0, 1]
    total += 1
    picked = t[[0, 1]]
    picked += 1
    own = t.copy()[0]
    own += 1
    assert t.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_what_is_recorded_in_place_keeps_its_shape():
    x = Tensor(np.ones(3), requires_grad=True) * 1
    with pytest.raises(ValueError, match=r"of shape \(3,\) can't become one of shape \(2, 3\)"):
        x += np.ones((2, 3))


def test_counts_that_say_nothing_are_not_gone_by(monkeypatch):
    """As on an interpreter that counts a part in a list as it does any other."""
    assert views.temporary() == views.TEMPORARY < sys.maxsize
    monkeypatch.setattr(views, "holders", lambda x: 3)
    assert views.temporary() == sys.maxsize
