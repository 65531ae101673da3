"""Build the engine yourself: ten tasks, and for each a check that says in plain words what is still wrong.

The tasks are in chapter 11 of the course, `docs/learn/11-build-the-engine.md`. Write your engine in a file `my_engine.py`, and run
``python examples/build_the_engine.py my_engine.py`` after each. Without a file, it lists the tasks. Run whole, on the solutions of
the chapter, it takes a second, and ends with "All 10 tasks are done".
"""

import sys
import traceback
from pathlib import Path

import numpy as np

# %% [markdown]
# ## The tasks
#
# What each asks for is told in [chapter 11](../docs/learn/11-build-the-engine.md). In a notebook, begin a cell with
# `%%writefile my_engine.py` and write the engine there; after each task, `main(["my_engine.py"])` in a cell at the end
# says how far it has come.

# %%
PATIENCE = 1_000_000  # lines of an engine that may run for one check

# A task: its title, what is prepared, and checks: an expression, what it should be (an expression too), and why.
TASKS = [
    ("Numbers that remember", "x = Number(3.0); y = Number(2.0)", [
        ("x.value", "3.0", "a Number keeps what it is made of in `value`"),
        ("(x + y).value", "5.0", "the sum of two Numbers is a new Number"),
        ("(x * y).value", "6.0", "the product of two Numbers is a new Number"),
        ("[parent is x or parent is y for parent, slope in (x + y).parents]", "[True, True]", "`parents` holds pairs: a Number, and the slope"),
        ("[slope for parent, slope in (x + y).parents]", "[1, 1]", "a sum changes exactly as fast as each of its parts"),
        ("[slope for parent, slope in (x * y).parents]", "[2, 3]", "a product changes with one factor as fast as the other one is large"),
        ("list(x.parents)", "[]", "a Number that was not computed has no parents")]),
    ("The chain rule", "x = Number(3.0); y = Number(2.0)", [
        ("slopes(x)[x]", "1", "the result changes exactly as fast as itself"),
        ("slopes(x * y)[x]", "2", "the slope for x is 1, for the result, times the local slope"),
        ("slopes((x * y) * y)[x]", "4", "along a path, slopes multiply"),
        ("slopes(x * x)[x]", "6", "when a number is used twice, both ways count, and their slopes are added"),
        ("slopes(x * y + x)[x]", "3", "where paths meet, slopes add")]),
    ("Newest first", "x = Number(3.0); a = x + Number(2.0); b = a * x", [
        ("slopes(b + a)[x]", "9", "a was used twice, and must not pass on its slope before both parts have come"),
        ("slopes(a + b)[x]", "9", "a was used twice, and must not pass on its slope before both parts have come"),
        ("slopes(doubled(x, 40))[x]", "2.0 ** 40", "each Number has its turn once, when all that used it have had theirs")]),
    ("Arrays that remember", "x = Tensor([[1, 2], [3, 4]])", [
        ("x.value.dtype.kind", "'f'", "slopes are no whole numbers: np.asarray(value, float) makes floating ones"),
        ("np.tanh(x).value", "np.tanh([[1, 2], [3, 4]])",
         "NumPy asks `__array_ufunc__`, that calls `apply`, and apply calls the function on the values"),
        ("(3 * x).value", "[[3, 6], [9, 12]]", "operators come from np.lib.mixins.NDArrayOperatorsMixin"),
        ("np.sum(x, axis=0).value", "[4, 6]", "for functions such as sum, NumPy asks `__array_function__`; mind the options"),
        ("np.tanh(x).fn is np.tanh, (x - 1).fn is np.subtract", "[True, True]", "`fn` is the function that made it"),
        ("np.tanh(x).args[0] is x", "True", "`args` holds the arguments themselves, not their values: we go back along them"),
        ("np.sum(x, axis=0).options", "{'axis': 0}", "a rule needs to know the options, too"),
        ("x in {x: 1}", "True", "the mixin defines == and so takes the hash away; `__hash__ = object.__hash__` brings it back")]),
    ("The table and the walk", "x = Tensor(0.5); y = Tensor(2.0); a = x + 2", [
        ("gradients(x + y, [x, y])", "[1, 1]", "to both parts of a sum comes back g"),
        ("gradients(x * y, [x, y])", "[2, 0.5]", "to each factor comes back g times the other one"),
        ("gradients(x * 2, [x])", "[2]", "2 is no Tensor, so nothing comes back to it"),
        ("gradients(np.exp(x) * 3, [x])", "[3 * np.exp(0.5)]",
         "a rule answers g times the slope, and g is 3 here; the slope of exp is its result, y"),
        ("gradients((x - y) * 3, [x, y])", "[3, -3]", "np.subtract: g to the first, -g to the second"),
        ("gradients(-x * 3, [x])", "[-3]", "np.negative: -g"),
        ("gradients(x / y * 3, [x, y])", "[1.5, -0.375]", "np.divide: g / b to a, and -g * y / b to b"),
        ("gradients(np.log(x) * 3, [x])", "[6]", "np.log: g / x"),
        ("gradients(np.sin(x) * 3, [x])", "[3 * np.cos(0.5)]", "np.sin: g times the cosine"),
        ("gradients(np.cos(x) * 3, [x])", "[-3 * np.sin(0.5)]", "np.cos: -g times the sine"),
        ("gradients(np.tanh(x) * 3, [x])", "[3 * (1 - np.tanh(0.5) ** 2)]", "np.tanh: g * (1 - y * y), where y is the result"),
        ("gradients(x * x, [x])", "[1]", "when a Tensor is used twice, both ways count"),
        ("gradients(a * x + a, [x])", "[4]", "newest first: a must not pass on its slope before both parts have come"),
        ("gradients(x * 2, [y])", "[0]", "the result does not depend on y, so its gradient is 0"),
        ("gradients(doubled(x, 40), [x])", "[2.0 ** 40]", "each Tensor has its turn once")]),
    ("Sums", "x = Tensor([[1, 2, 3], [4, 5, 6]])", [
        ("gradients(np.sum(x), [x])[0]", "[[1, 1, 1], [1, 1, 1]]", "each number that went into the sum gets a copy of g"),
        ("gradients(np.sum(np.sum(x, axis=0) * [1, 2, 3]), [x])[0]", "[[1, 2, 3], [1, 2, 3]]", "each row gets a copy of g"),
        ("gradients(np.sum(np.sum(x, axis=1) * [1, 2]), [x])[0]", "[[1, 1, 1], [2, 2, 2]]",
         "g has lost an axis: put it back by np.reshape, then copy"),
        ("gradients(np.sum(np.sum(x, axis=1, keepdims=True) * [[1], [2]]), [x])[0]", "[[1, 1, 1], [2, 2, 2]]",
         "the rule gets all options, keepdims too")]),
    ("Stretched arrays", "x = Tensor([[1, 2, 3], [4, 5, 6]]); row = Tensor([1, 2, 3]); column = Tensor([[1], [2]]); one = Tensor(2)", [
        ("gradients(np.sum(x * row), [row])[0]", "[5, 7, 9]", "row was stretched over 2 rows, so what comes back is summed over them"),
        ("gradients(np.sum(x * column), [column])[0]", "[[6], [15]]", "column was stretched over 3 columns: sum over them, and keep its shape"),
        ("gradients(np.sum(x * one), [one])[0]", "21", "one was stretched over all 6 numbers: sum over all"),
        ("gradients(np.sum(x * row), [x])[0]", "[[1, 2, 3], [1, 2, 3]]", "x was not stretched: what comes back to it is left as it is")]),
    ("Matrices", "x = Tensor([[1, 2, 3], [4, 5, 6]]); w = Tensor(np.arange(12).reshape(3, 4)); m = np.arange(8).reshape(2, 4)", [
        ("gradients(np.sum((x @ w) * m), [x])[0]", "m @ w.value.T", "np.matmul, to the left factor: g @ b.T"),
        ("gradients(np.sum((x @ w) * m), [w])[0]", "x.value.T @ m", "np.matmul, to the right factor: a.T @ g"),
        ("gradients(np.sum(x.T * m[:, :3].T), [x])[0]", "m[:, :3]", "np.transpose: what comes back is turned, too"),
        ("gradients(np.sum(np.reshape(x, (3, 2)) * [[1, 2], [3, 4], [5, 6]]), [x])[0]", "[[1, 2, 3], [4, 5, 6]]",
         "np.reshape: back to the shape of x")]),
    ("Derivatives of derivatives", "x = Tensor(0.5); t = np.tanh(0.5)", [
        ("derivative(np.tanh)(x)", "1 - t * t", "derivative(f) is a function: it calls f, and asks `gradients`"),
        ("derivative(derivative(np.tanh))(x)", "-2 * t * (1 - t * t)",
         "the walk must compute with Tensors, not with their values: then it is recorded, too"),
        ("derivative(derivative(derivative(np.sin)))(x)", "-np.cos(0.5)", "what holds for two holds for three")]),
    ("It learns", "", [
        ("learn_xor(20)[0] < learn_xor(1)[0]", "True", "the loss must fall: go against the gradient, in small steps, and keep the new parameters"),
        ("bool(learn_xor(1000)[0] < 0.01)", "True", "so far it falls too slowly: look at the learning rate, and at the random start"),
        ("np.round(np.ravel(learn_xor(1000)[1]))", "[0, 1, 1, 0]", "these are the four answers")]),
]  # fmt: skip


# %% [markdown]
# ## The checks
#
# Each runs a line with your engine's names, and compares. A program that never ends is stopped.


# %%
class Wrong(Exception):
    """What is still wrong, in plain words."""


def doubled(x, times):
    """A number of paths that nobody can walk one by one."""
    return doubled(x + x, times - 1) if times else x


def plain(x):
    """Numbers and lists, of whatever an engine answers."""
    if isinstance(x, list | tuple):
        return [plain(item) for item in x]
    array = np.asarray(getattr(x, "value", x))
    return (array.round(6) if array.dtype.kind == "f" else array).tolist()


def patiently(function, file):
    """Call it, but not for ever: count the lines of the file that it runs."""
    left, before = PATIENCE, sys.gettrace()

    def count(frame, event, argument):
        nonlocal left
        left -= 1
        if left < 0:
            raise TimeoutError
        return count

    sys.settrace(lambda frame, event, argument: count if frame.f_code.co_filename == file else None)
    try:
        return function()
    finally:
        sys.settrace(before)


def attempt(program, mode, names, file, why):
    """Run a line with the engine's names; whatever stops it is told."""
    try:
        with np.errstate(all="ignore"):
            return patiently(lambda: eval(compile(program, "check", mode), names), file)
    except TimeoutError:
        raise Wrong(f"{program}\nis not done after {PATIENCE:,} lines of your program:\n{why}.") from None
    except NameError as e:
        if e.name and e.name in program:
            raise Wrong(f"Your file has no `{e.name}` yet.") from None
        error = e
    except Exception as e:
        error = e
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    where = f" in line {lines[-1]} of your file" if lines else ""
    raise Wrong(f"{program}\nstops{where}: {type(error).__name__}: {error}.\nRemember: {why}.")


def check(file):
    """Yield for each task its title, and what is still wrong, or None."""
    engine = {"__name__": "my_engine"}
    exec(compile(Path(file).read_text(encoding="utf-8"), str(file), "exec"), engine)
    for title, prepared, checks in TASKS:
        names = {"np": np, "doubled": doubled, **engine}
        try:
            attempt(prepared, "exec", names, str(file), checks[0][2])
            for expression, wanted, why in checks:
                found, right = (
                    plain(attempt(program, "eval", names, str(file), why)) for program in (expression, wanted)
                )
                if found != right:
                    raise Wrong(f"{expression}\nis {found}, and should be {right}:\n{why}.")
        except Wrong as wrong:
            yield title, f"With {prepared}\n{wrong}" if prepared else str(wrong)
            return
        yield title, None


def main(files):
    if not files:
        print(
            "Give me the file with your engine. The tasks:",
            *(f"{i:2}. {task[0]}" for i, task in enumerate(TASKS, 1)),
            sep="\n",
        )
        return
    for number, (title, wrong) in enumerate(check(files[0]), 1):
        print(f"{number:2}. {title}: {'done' if wrong is None else 'not yet'}")
        if wrong:
            sys.exit("\n" + wrong)
    print(f"\nAll {len(TASKS)} tasks are done. You have built the engine.")


if __name__ == "__main__":
    main([argument for argument in sys.argv[1:] if argument.endswith(".py")])
