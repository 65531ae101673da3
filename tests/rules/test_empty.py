"""Arrays without elements, through every function of NumPy that the table knows: what NumPy makes of them, and gradients too."""

import inspect

import numpy as np
import pytest
from strategies import listed
from test_rules import ROWS, name

from tinygrad_edu import Tensor

ROWS = [fn for fn in ROWS if isinstance(fn, np.ufunc) or (getattr(fn, "__module__", None) or "").startswith("numpy")]
SHAPES = [(0,), (2, 0), (0, 3), (0, 0), (1, 0, 2)]
ARGUMENTS = [(), (0,), (-1,), (2,), (None,)]
NUMPYS = {  # what NumPy makes of them by accident
    np.fft.irfft, np.fft.hfft,  # memory that nobody has written to
    np.tile,  # a negative number of times
    np.polyval,  # of coefficients that are no vector
    np.linalg.tensorsolve,  # one unknown, and no equation
}  # fmt: skip


def calls(fn):
    """Calls that NumPy answers with numbers: pairs of a function of an array, and an array."""
    for shape in SHAPES:
        a = np.zeros(shape)
        candidates = [lambda x, more=more: fn(x, *more) for more in ARGUMENTS]
        if fn.nin == 2 if isinstance(fn, np.ufunc) else takes_two(fn):
            candidates.append(lambda x: fn(x, x))
        for f in candidates:
            try:
                with np.errstate(all="ignore"):
                    want = listed(f(a))
            except Exception:
                continue
            if all(isinstance(y, np.ndarray | np.generic) for y in want) and any(y.dtype.kind in "fc" for y in want):
                yield f, a, want


def takes_two(fn):
    """Whether the second argument is an array too, rather than an axis or a setting."""
    try:
        names = list(inspect.signature(fn).parameters)[1:2]
    except (TypeError, ValueError):
        return False
    return not names or names[0] in ("b", "v", "x", "x2", "q", "y", "w", "xp", "arr2", "ar2")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("fn", [fn for fn in ROWS if fn not in NUMPYS], ids=name)
def test_empty_arrays_are_what_numpy_makes_of_them(fn):
    for f, a, want in calls(fn):
        x = Tensor(a, requires_grad=True)
        try:
            got = listed(f(x))
            for y in got:
                if isinstance(y, Tensor) and y.requires_grad:
                    np.sum(np.real(y)).backward(retain_graph=True)
        except (NotImplementedError, TypeError) as error:
            if not any(word in str(error) for word in ("derivative", "gradient")):
                raise
            continue  # it is refused loudly, whatever the size
        for y, numbers in zip(got, want, strict=True):
            y = y.data if isinstance(y, Tensor) else np.asarray(y)
            assert y.dtype == numbers.dtype
            np.testing.assert_array_equal(y, numbers, strict=True) if np.ndim(numbers) else np.testing.assert_equal(
                y[()], numbers
            )
        assert x.grad is None or x.grad.shape == a.shape


def test_calls_were_found():
    found = [fn for fn in ROWS if any(True for _ in calls(fn))]
    assert len(found) > 150
