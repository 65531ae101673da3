"""Rules of matrix products: `matmul`, `dot`, `tensordot`, `einsum`. Derivatives are products of the same kind."""

from __future__ import annotations

from math import prod
from string import ascii_letters
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..engine.declare import composite, rule
from ..engine.forward import apply
from ..engine.tensor_base import to_arrays
from .complex import conjugate
from .shapes import array, to

# -------------------------------------------------------------------------------------------- matmul
# y = a b has, for matrices, the derivatives g bᵀ and aᵀ g. A vector is a matrix that lost its axis.


def matmul_left(g: Any, b: Any, ndim: int) -> Any:
    """Return the gradient of ``a @ b`` with respect to `a`, which has `ndim` axes."""
    if b.ndim == 1:
        return np.expand_dims(g, -1) * b
    if ndim == 1:
        return np.matmul(b, np.expand_dims(g, -1))[..., 0]
    if b.ndim == 2 and g.ndim == 2:
        return g.dot(b.T)
    return np.matmul(g, np.swapaxes(b, -1, -2))


def matmul_right(g: Any, a: Any, ndim: int) -> Any:
    """Return the gradient of ``a @ b`` with respect to `b`, which has `ndim` axes."""
    if ndim == 1:
        return g * a if a.ndim == 1 else np.matmul(np.swapaxes(a, -1, -2), np.expand_dims(g, -1))[..., 0]
    if a.ndim == 1:
        return np.expand_dims(a, -1) * np.expand_dims(g, -2)
    if ndim == 2:
        return np.dot(rows(a).T, rows(g))
    return np.matmul(np.swapaxes(a, -1, -2), g)


def rows(x: Any) -> Any:
    """Return `x` with all axes but the last made one: a batch of vectors as a matrix."""
    return x if x.ndim == 2 else np.reshape(x, (prod(x.shape[:-1]), x.shape[-1]))


rule(np.matmul, lambda g, y, a, b: matmul_left(g, b, a.ndim),
                lambda g, y, a, b: matmul_right(g, a, b.ndim))


@composite(np.dot)
def dot(a: Any, b: Any) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(a, b)
    return np.matmul(a, b) if np.ndim(b) <= 2 else np.tensordot(a, b, (-1, -2))


composite(np.inner)(lambda a, b: np.tensordot(a, b, (-1, -1)) if np.ndim(a) and np.ndim(b) else np.multiply(a, b))
composite(np.outer)(lambda a, b: np.reshape(a, (-1, 1)) * np.reshape(b, (1, -1)))
composite(np.vdot)(lambda a, b: np.matmul(conjugate(np.reshape(a, -1)), np.reshape(b, -1)))


@composite(np.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    a, b = array(a), array(b)
    if np.ndim(axes) == 0:
        axes = list(range(a.ndim - axes, a.ndim)), list(range(axes))
    left, right = (list(normalize_axis_tuple(pair, x.ndim)) for x, pair in zip((a, b), axes, strict=True))
    a_rest = [i for i in range(a.ndim) if i not in left]
    b_rest = [i for i in range(b.ndim) if i not in right]
    if [a.shape[i] for i in left] != [b.shape[i] for i in right]:
        raise ValueError(f"tensordot: shapes {a.shape} and {b.shape} do not match along axes {left} and {right}")
    shape = tuple(a.shape[i] for i in a_rest) + tuple(b.shape[i] for i in b_rest)
    n = int(np.prod([a.shape[i] for i in left], dtype=int))
    m = int(np.prod([a.shape[i] for i in a_rest], dtype=int))
    k = int(np.prod([b.shape[i] for i in b_rest], dtype=int))
    matrix = np.matmul(np.reshape(np.transpose(a, (*a_rest, *left)), (m, n)),
                       np.reshape(np.transpose(b, (*right, *b_rest)), (n, k)))
    return np.reshape(matrix, shape)


# -------------------------------------------------------------------------------------------- einsum
# Take an explicit einsum ("ij,jk->ik") in which every index of an operand occurs in another one or in the output. Its
# derivative is such an einsum too, with letters exchanged: the gradient takes the operand's place, and the operand the
# output's. All others are brought to this form first.


def contract(subscripts: str, *operands: Any) -> Any:
    """Return ``np.einsum`` in explicit form: no ellipsis, no index twice in one operand, none in one operand only."""
    return np.einsum(subscripts, *operands)


def contract_rule(i: int) -> Any:
    def vjp(g: Any, y: Any, subscripts: str, *operands: Any) -> Any:
        inputs, output = subscripts.split("->")
        letters = inputs.split(",")
        wanted, letters[i - 1] = letters[i - 1], output
        return np.einsum(f"{','.join(letters)}->{wanted}", *operands[: i - 1], g, *operands[i:])

    return vjp


rule(contract, each=contract_rule, name="einsum")


@composite(np.einsum)
def einsum(
    subscripts: Any, *operands: Any, optimize: Any = False, dtype: Any = None, order: str = "K", casting: Any = "safe"
) -> Any:
    if not isinstance(subscripts, str):
        subscripts, operands = from_lists(subscripts, *operands)
    inputs, output, arrays = explicit(subscripts, operands)
    if dtype is not None:
        arrays = [to(array(x), dtype, casting) for x in arrays]
    longer = {c for letters, x in zip(inputs, arrays, strict=True) for c, n in zip(letters, np.shape(x), strict=True)
              if n != 1}
    for i, (letters, x) in enumerate(zip(inputs, arrays, strict=True)):
        for letter in dict.fromkeys(letters):  # "ii": the diagonal
            while letters.count(letter) > 1:
                first, second = letters.index(letter), letters.rindex(letter)
                if np.shape(x)[first] != np.shape(x)[second]:
                    raise ValueError(
                        f"einsum: {letter!r} stands for different lengths in an operand of shape {np.shape(x)}"
                    )
                x = np.diagonal(x, 0, first, second)
                letters = "".join(c for k, c in enumerate(letters) if k not in (first, second)) + letter
        stretched = [k for k, c in enumerate(letters) if np.shape(x)[k] == 1 and c in longer]
        if stretched:
            x = np.squeeze(x, tuple(stretched))  # an index of length 1 here, and longer elsewhere, is broadcast
        inputs[i], arrays[i] = "".join(c for k, c in enumerate(letters) if k not in stretched), x
    for i, letters in enumerate(inputs):
        alone = [c for c in letters if c not in output + "".join(inputs[:i] + inputs[i + 1 :])]
        if alone:  # an index of this operand only: a sum
            arrays[i] = np.sum(arrays[i], tuple(letters.index(c) for c in alone))
            inputs[i] = "".join(c for c in letters if c not in alone)
    return apply(contract, f"{','.join(inputs)}->{output}", *arrays)


def explicit(subscripts: str, operands: tuple[Any, ...]) -> tuple[list[str], str, list[Any]]:
    """Return the letters of each operand and of the output, without ellipses, and the operands."""
    inputs, _, output = subscripts.replace(" ", "").partition("->")
    letters = inputs.split(",")
    if len(letters) != len(operands):
        raise ValueError(f"einsum: {subscripts!r} names {len(letters)} operands, and {len(operands)} were given")
    spare = [c for c in ascii_letters if c not in subscripts]
    extra = [np.ndim(x) - len(s.replace("...", "")) if "..." in s else 0 for s, x in zip(letters, operands, strict=True)]
    dots = "".join(spare[: max(extra)])
    letters = [s.replace("...", dots[len(dots) - n :]) for s, n in zip(letters, extra, strict=True)]
    if "->" not in subscripts:
        once = [c for c in sorted(set("".join(letters))) if "".join(letters).count(c) == 1 and c not in dots]
        output = ("..." if "..." in inputs else "") + "".join(once)
    elif dots and "..." not in output:
        raise ValueError(
            f"einsum: {subscripts!r} has no ... in its output for the axes that its operands' ... stand for"
        )
    for s, x in zip(letters, operands, strict=True):
        if len(s) != np.ndim(x):
            raise ValueError(f"einsum: {subscripts!r} gives {len(s)} letters to an operand of shape {np.shape(x)}")
    return letters, output.replace("...", dots), list(operands)


def from_lists(*args: Any) -> tuple[str, tuple[Any, ...]]:
    """Return ``einsum(a, [0, 1], b, [1, 2], [0, 2])`` as letters and operands."""
    letters = sorted(ascii_letters)  # in order, as an implicit output's axes are
    text = ["".join("..." if k is Ellipsis else letters[k] for k in to_arrays(keys)) for keys in (*args[1::2], *args[len(args) // 2 * 2 :])]
    return ("->".join((",".join(text[:-1]), text[-1])), args[:-1:2]) if len(args) % 2 else (",".join(text), args[::2])
