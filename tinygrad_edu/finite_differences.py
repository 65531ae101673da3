"""Gradient checking: `gradcheck` compares derivatives with finite differences.

Reverse mode says how steep `f` is; two values of `f` close together say it too, without knowing any rule. If the two
disagree, one of the recorded operations has a wrong rule. Then each is tried by itself to find it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from .engine.backward import backpropagate
from .engine.forward import apply
from .engine.modes import debug, is_grad_enabled
from .engine.multi_output import MultiOutput, MultiOutputType
from .engine.node import Node
from .engine.tensor_base import to_arrays
from .engine.traversal import ancestors
from .tensor.tensor import Tensor
from .validation import require_numbers

if TYPE_CHECKING:
    from .typing import TensorLike

Function = Callable[..., Any]
EPS = float(np.finfo(float).eps)


class GradcheckError(AssertionError):
    """The error of a derivative that finite differences contradict.

    Attributes
    ----------
    input : int
        The input with the worst disagreement.
    element : tuple of int or None
        The element of that input; None if a random direction was tried.
    reverse, differences : float
        The derivative by reverse mode, and by finite differences.
    operation : str
        The operation to blame and where it was called; empty if each is right by itself.

    Examples
    --------
    >>> from tinygrad_edu import GradcheckError, gradcheck, primitive
    >>> @primitive(lambda g, y, x: g * 2 * x * x)
    ... def cube(x):
    ...     return x ** 3
    >>> try:
    ...     gradcheck(cube, 1.0)
    ... except GradcheckError as error:
    ...     print(round(error.reverse, 3), round(error.differences, 3))
    2.0 3.0
    """

    input: int = 0
    element: tuple[int, ...] | None = None  # None if a random direction was tried
    reverse: float
    differences: float
    operation: str = ""


def gradcheck(
    f: Function,
    inputs: TensorLike | Sequence[TensorLike],
    order: int = 1,
    *,
    eps: float = 6e-6,
    rtol: float = 1e-5,
    atol: float = 1e-7,
    fast: bool = False,
    convert: bool = False,
    seed: int = 0,
) -> bool:
    """Compare the gradients of `f` with central differences.

    Parameters
    ----------
    f : callable
        A function of as many Tensors as there are inputs, which returns a Tensor of any shape, or a tuple of them.
    inputs : array_like, or a tuple or list of these
        The point at which to compare: float64 or complex128 Tensors, arrays or numbers; one for each argument of `f`,
        which gets copies.
    order : int
        The highest order of derivatives. 2 also compares the gradient of the gradient with differences of the gradient.
    eps : float
        The step, for elements up to 1, and relative to larger ones. About the cube root of float64's precision.
    rtol, atol : float
        The two may differ by ``atol + rtol * (the larger of the two)``, and by the rounding of the differences.
    fast : bool
        Whether to try one random direction for each input, not every element: then the cost doesn't grow with the size.
    convert : bool
        Whether to convert inputs of other precision, instead of refusing them.
    seed : int
        The seed of the random weights that make one number of several outputs, and of the random directions.

    Returns
    -------
    bool
        True, so that ``assert gradcheck(...)`` reads well.

    Raises
    ------
    GradcheckError
        If the two disagree. The error has the worst element, both derivatives, and the operation to blame. If `f` has a
        kink, it says that instead.
    TypeError
        If inputs or results have less than double precision: their rounding hides what differences should show.

    Notes
    -----
    Outputs are added up with fixed random weights, so that one walk checks all of them. A complex number is two real
    ones: its gradient's parts are the derivatives with respect to its parts. A kink where the gradient happens to be
    the mean of the two slopes (``abs`` at 0) passes: there is nothing to contradict.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import gradcheck, primitive
    >>> gradcheck(np.tanh, [np.array([0.5, -1.0])], order=2)
    True
    >>> @primitive(lambda g, y, x: g * 2 * x * x)
    ... def cube(x):
    ...     return x ** 3
    >>> gradcheck(lambda x: 10 * cube(x), 1.0)
    Traceback (most recent call last):
      ...
    tinygrad_edu.finite_differences.GradcheckError: the gradient with respect to input 0 is wrong at element []
      reverse mode:  20
      differences:   30...
      the operation to blame is cube, argument 0, at ...
    """
    given = inputs if isinstance(inputs, tuple | list) else (inputs,)
    xs = [double(x, f"input {i}", convert) for i, x in enumerate(given)]
    terms = {"eps": eps, "rtol": rtol, "atol": atol, "fast": fast, "seed": seed}
    try:
        check_orders(f, xs, order, **terms)
    except GradcheckError as error:
        error.operation = culprit(f, xs, order, terms)
        if error.operation:
            error.args = (f"{error}\n  the operation to blame is {error.operation}",)
        elif "is wrong" in str(error):
            error.args = (
                f"{error}\n  each recorded operation is right by itself: does f compute outside the graph "
                "(.data, .detach(), arrays made of values)?",
            )
        raise
    finally:
        random_pair.cache_clear()
    return True


def check_orders(f: Function, xs: list[Any], order: int, **terms: Any) -> None:
    """Check `f`, its gradient, the gradient of its gradient, and so on up to the order."""
    for n in range(1, order + 1):
        raise_worst(f, xs, "gradient" if n == 1 else f"derivative of order {n}", **terms)
        f = gradient_function(f, terms["seed"])


def raise_worst(
    f: Function, xs: list[Any], what: str, eps: float, rtol: float, atol: float, fast: bool, seed: int
) -> None:
    """Raise an error for the worst of the disagreements between reverse mode and differences."""
    ys, grads = weighted_gradients(f, [Tensor(x, requires_grad=True) for x in xs], seed, False)

    def values(points: list[Any]) -> list[Any]:
        with np.errstate(all="ignore"):
            return weighted_sum(as_list(f(*map(Tensor, points))), seed)

    here = values(xs)
    if not all(np.allclose(a, b, rtol, atol, equal_nan=True) for a, b in zip(here, ys, strict=True)):
        raise GradcheckError(f"f gives different values for the same inputs, so it has no {what}: is it random?")
    rounding = 4 * EPS * sum(float(np.abs(y).sum()) for y in here)
    worst, error = 1.0, None
    for i, (x, g) in enumerate(zip(xs, grads, strict=True)):
        for element, u, where in directions(x, fast, seed):
            h = eps * max(1.0, float(np.abs(x * u).max()))

            def slope(a: float, b: float, i: int = i, u: Any = u) -> float:
                """Return the slope of the weighted outputs, from step `a` to step `b` along the direction."""
                low, high = (values([*xs[:i], xs[i] + t * u, *xs[i + 1 :]]) for t in (a, b))
                with np.errstate(all="ignore"):
                    return sum(float((q - p).sum().real) for p, q in zip(low, high, strict=True)) / (b - a)

            along = (np.conjugate(g) * u).real
            reverse, numeric, noise = float(along.sum()), slope(-h, h), rounding / h
            allowed = atol + rtol * max(abs(numeric), float(np.linalg.norm(along))) + noise
            badness = abs(numeric - reverse) / allowed
            if badness > worst or (np.isnan(badness) and error is None):
                worst, error = (
                    badness,
                    GradcheckError(
                        f"{verdict(what, f'input {i}', where, slope, h, allowed + 64 * noise)}\n"
                        f"  reverse mode:  {reverse:.12g}\n  differences:   {numeric:.12g}\n"
                        f"  slope {slope(-h, 0):.6g} on the left, {slope(0, h):.6g} on the right, "
                        f"for a step of {h:.3g}\n  they differ by {abs(reverse - numeric):.3g}, "
                        f"more than {allowed:.3g} (rtol={rtol:g}, atol={atol:g}, and rounding)"
                    ),
                )
                error.input, error.element, error.reverse, error.differences = i, element, reverse, numeric
    if error is not None:
        raise error


def verdict(what: str, which: str, where: str, slope: Function, h: float, small: float) -> str:
    """Say whether the gradient is wrong or doesn't exist.

    Where f is smooth, the slopes of both sides differ in proportion to the step.
    """
    far, near = (abs(slope(0, t) - slope(-t, 0)) for t in (h, h / 8))
    if not np.isfinite([far, near]).all():
        return f"f is not finite on both sides of {which} {where}: differences can't judge its {what} there"
    if far > small and not far / 16 < near < far / 4:
        return f"f {'jumps' if near > 4 * far else 'has a kink'} at {which} {where}: its {what} does not exist there"
    return f"the {what} with respect to {which} is wrong {where}"


# ----------------------------------------------------------------------------------- reverse mode


def weighted_gradients(
    f: Function, leaves: list[Any], seed: int, create_graph: bool
) -> tuple[list[Any], tuple[Any, ...]]:
    """Return the weighted outputs of `f`, and the gradient of their sum with respect to each leaf."""
    ys = as_list(f(*leaves))
    seeds = [
        (y._node, (Tensor if create_graph else np.asarray)(random_weights(y, k, seed)))
        for k, y in enumerate(ys)
        if isinstance(y, Tensor) and y._node is not None
    ]
    found = backpropagate(seeds, [x._node for x in leaves], create_graph=create_graph)
    return weighted_sum(ys, seed), tuple(
        found[x._node] if x._node in found else np.zeros(x.shape, x.dtype) for x in leaves
    )


def gradient_function(f: Function, seed: int) -> Function:
    """Return the gradient of the weighted outputs, a function of Tensors that can be differentiated too."""

    def df(*xs: Any) -> tuple[Any, ...]:
        again = is_grad_enabled() and any(x.requires_grad for x in xs)
        return weighted_gradients(f, list(xs) if again else [Tensor(x, requires_grad=True) for x in xs], seed, again)[1]

    return df


def random_weights(y: Any, k: int, seed: int) -> Any:
    """Return fixed random weights for output `k`; a single real number keeps its value."""
    real, imaginary = random_pair(np.shape(y), k, seed)
    return real + 1j * imaginary if np.iscomplexobj(y) else real if k or np.shape(y) else np.ones(())


@cache
def random_pair(shape: tuple[int, ...], k: int, seed: int) -> Any:
    """Return two arrays of random numbers; kept until `gradcheck` ends, since each difference asks for them anew."""
    pair = np.random.default_rng((seed, k)).uniform(0.5, 1.5, (2, *shape))
    pair.flags.writeable = False
    return pair


@np.errstate(all="ignore")
def weighted_sum(ys: list[Any], seed: int) -> list[Any]:
    return [double(y, "the result of f") * np.conjugate(random_weights(y, k, seed)) for k, y in enumerate(ys)]


def directions(x: Any, fast: bool, seed: int) -> Iterator[tuple[tuple[int, ...] | None, Any, str]]:
    """Yield the direction of each element (of each part, if it is complex), or a random one, and its name."""
    parts = {"the real part of ": 1, "the imaginary part of ": 1j} if x.dtype.kind == "c" else {"": 1}
    if fast and x.size:
        rng = np.random.default_rng((seed, x.size))
        yield None, sum(rng.choice((-1.0, 1.0), x.shape) * unit for unit in parts.values()), "along a random direction"
    for element in () if fast else np.ndindex(x.shape):
        for part, unit in parts.items():
            u = np.zeros_like(x)
            u[element] = unit
            yield element, u, f"at {part}element {list(element)}"


def as_list(y: Any) -> list[Any]:
    return list(y) if isinstance(y, tuple | list) else [y]


def double(x: Any, what: str, convert: bool = False) -> Any:
    """Return a copy of `x` in double precision; integers count as constants in results, but not as inputs."""
    array = np.array(require_numbers(to_arrays(x), what))
    if convert or array.dtype in (float, complex) or (what.startswith("the result") and array.dtype.kind in "biu"):
        return array.astype(complex if array.dtype.kind == "c" else float)
    raise TypeError(
        f"{what} is {array.dtype}: differences are exact enough in float64 and complex128 only. Convert it, "
        "with x.astype(float)" + (" or convert=True" if what.startswith("input") else "")
    )


# ------------------------------------------------------------------------------------------ blame


def culprit(f: Function, xs: list[Any], order: int, terms: dict[str, Any]) -> str:
    """Return the first operation whose rule, tried by itself on its own values, is contradicted too."""
    try:
        with debug():
            ys = as_list(f(*(Tensor(x, requires_grad=True) for x in xs)))
    except FloatingPointError as error:
        return str(error)
    for node in recorded_nodes(ys):
        args = list(node.saved)[-len(node.parents) :]
        places = [i for i, _ in node.plan.vjps]

        if any(isinstance(getattr(p, "dtype", None), MultiOutputType) for p in node.parents):
            continue  # one of several results is taken, which is right

        def alone(*xs: Any, node: Node = node, args: list[Any] = args, places: list[int] = places) -> Any:
            given = dict(zip(places, xs, strict=True))
            y = apply(node.plan.rule.fn, *(given.get(i, a) for i, a in enumerate(args)), **node.kwargs)
            return tuple(y) if isinstance(y._array, MultiOutput) else y

        line = node.info.line or "an unknown line"
        try:
            check_orders(alone, [double(args[i], "", True) for i in places], order, **terms)
        except GradcheckError as error:
            return f"{node.name}, argument {places[error.input]}, at {line}"
        except Exception as error:
            return f"{node.name}, at {line}: {error}"
    return ""


def recorded_nodes(ys: list[Any]) -> list[Node]:
    """Return all operations of the graph behind `ys`, oldest first."""
    found = ancestors(y._node for y in ys if isinstance(y, Tensor) and y._node is not None)
    return sorted((node for node in found if type(node) is Node), key=lambda node: node.order)
