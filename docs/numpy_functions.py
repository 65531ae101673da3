"""The table of NumPy's functions, and what becomes of each when it is given Tensors; Sphinx inserts it when it builds.

Nothing here says how a function is differentiated: the states are read off the table of rules, and the formulas
are what `explain` says.
"""

import warnings
from collections.abc import Callable, Iterator

import numpy as np

import tinygrad_edu.nn  # noqa: F401  (its rules belong to the table too)
from tinygrad_edu import explain
from tinygrad_edu.engine.table import COMPOSITES, PLAIN, RULES
from tinygrad_edu.tensor.numpy_protocols import WRITERS

SPACES = {"np": np, "np.linalg": np.linalg, "np.fft": np.fft, "np.lib.stride_tricks": np.lib.stride_tricks}
LONG = 100  # formulas longer than this are left to explain()

NEW_ARRAYS = {
    "arange", "array", "asanyarray", "asarray", "asarray_chkfinite", "ascontiguousarray", "asfortranarray",
    "asmatrix", "bartlett", "blackman", "bmat", "empty", "eye", "from_dlpack", "frombuffer", "fromfile",
    "fromfunction", "fromiter", "fromregex", "fromstring", "full", "genfromtxt", "hamming", "hanning", "identity",
    "indices", "kaiser", "load", "loadtxt", "ones", "tri", "zeros", "fftfreq", "rfftfreq", "diag_indices",
    "mask_indices", "tril_indices", "triu_indices",
}  # fmt: skip
NO_ARRAYS = {  # and a few that are there under another name
    "in1d", "trapz",
    "base_repr", "binary_repr", "broadcast_shapes", "busday_count", "busday_offset", "datetime_as_string",
    "datetime_data", "format_float_positional", "format_float_scientific", "frompyfunc", "get_include",
    "get_printoptions", "getbufsize", "geterr", "geterrcall", "info", "is_busday", "isdtype", "isfortran",
    "row_stack", "isnat", "isscalar", "issubdtype", "iterable", "mintypecode", "nested_iters", "printoptions",
    "promote_types", "require", "set_printoptions", "setbufsize", "seterr", "seterrcall", "show_config",
    "show_runtime", "test", "typename", "as_strided",
}  # fmt: skip
STATES = {
    "rule": "has a rule",
    "composite": "is made of others",
    "plain": "no derivative: plain arrays",
    "writer": "writes into its argument",
    "new": "makes new arrays",
    "none": "is not about arrays that have gradients",
}
INSTEAD = {  # where a user may want a gradient nevertheless
    "array": "join with `np.stack`; `x.copy()` copies", "asarray": "`x` itself, or `x.data`", "asanyarray": "`x` itself, or `x.data`",
    "ascontiguousarray": "`x` itself", "asfortranarray": "`x` itself", "full": "`np.broadcast_to(x, shape)`",
    "copyto": "`x[...] = values`", "put": "`x[index] = values`", "place": "`np.where(mask, values, x)`",
    "putmask": "`np.where(mask, values, x)`", "put_along_axis": "`x[index] = values`", "as_strided": "`sliding_window_view`",
    "row_stack": "`np.vstack`", "trapz": "`np.trapezoid`", "in1d": "`np.isin`", "fill_diagonal": "`np.where(np.eye(n), value, x)`", "frompyfunc": "`func.elementwise_grad` of a function of arrays",
}  # fmt: skip


def functions(space: object) -> Iterator[tuple[str, Callable]]:
    """The public functions of one of NumPy's namespaces, by name."""
    for name in sorted(dir(space)):
        fn = getattr(space, name)
        if not name.startswith("_") and callable(fn) and not isinstance(fn, type):
            yield name, fn


def state(name: str, fn: Callable) -> str:
    """What becomes of a function that is given Tensors; an empty string if nobody has thought of it."""
    for kind, known in (("rule", RULES), ("composite", COMPOSITES), ("plain", PLAIN), ("writer", WRITERS)):
        if fn in known:
            return "rule" if kind == "composite" and hasattr(COMPOSITES[fn], "whole") else kind
    return "new" if name in NEW_ARRAYS else "none" if name in NO_ARRAYS or name.endswith("fft.test") else ""


def formulas(fn: Callable) -> str:
    """What `explain` says of a function, as far as it fits."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        lines = [line.strip().split("   ")[0] for line in explain(fn).text.splitlines()]
    equations = [line for line in lines if " = " in line]
    if not equations:
        return "a constant"
    if len(equations) > 4 or max(map(len, equations)) > LONG:
        return f"`explain({fn.__name__})`"
    return "<br>".join(f"`{line}`".replace("|", r"\|") for line in equations)


def table(space: str) -> list[str]:
    """Lines of Markdown; a function with several names has one line."""
    named: dict[Callable, list[str]] = {}
    for name, fn in functions(SPACES[space]):
        named.setdefault(fn, []).append(name)
    lines = ["| function | what becomes of it | its formula, or what to use instead |", "|---|---|---|"]
    for fn, names in named.items():
        name = names[0]
        kind = state(name, fn)
        what = formulas(fn) if kind in ("rule", "composite") else f"instead: {INSTEAD[name]}" if name in INSTEAD else ""
        lines.append(f"| {', '.join(f'`{n}`' for n in names)} | {STATES[kind]} | {what} |")
    return lines
