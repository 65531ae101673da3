"""Errors for the most common mistakes, each with what to do about it."""

from __future__ import annotations

from typing import Any


def needs_float(tensor: Any) -> TypeError:
    return TypeError(
        f"only floating tensors can require gradients, and this one is {tensor.dtype}: "
        "write 1. for 1, or say dtype=float, or tensor.astype(float)"
    )


def not_numbers(data: Any, why: str) -> TypeError:
    return TypeError(f"Tensor() takes numbers, in nested lists of equal lengths; got {type(data).__name__} ({why})")


def nothing_recorded(tensor: Any) -> RuntimeError:
    return RuntimeError(
        f"no graph leads to this tensor (shape {tensor.shape}): none of what it was computed from requires gradients, "
        "or it was computed under no_grad() or cut by .detach(). Make a leaf with Tensor(..., requires_grad=True)"
    )


def backward_needs_gradient(tensor: Any) -> RuntimeError:
    return RuntimeError(
        f"backward() starts from a single number, and this tensor has shape {tensor.shape}: reduce it first "
        "(.sum() or .mean()), or say where to start with backward(gradient)"
    )


def gradient_shape(array: Any, own: Any) -> ValueError:
    return ValueError(f"a gradient has the shape of its tensor, {own.shape}, and this one has shape {array.shape}")


def gradient_dtype(array: Any, own: Any) -> TypeError:
    return TypeError(
        f"a tensor of {own.dtype} can't have a gradient of {array.dtype}"
        + (": take its real part" if array.dtype.kind == "c" and own.dtype.kind == "f" else "")
    )


def no_gradient_here(tensor: Any) -> str:
    node = tensor._node
    line = node.info.line
    return (
        f".grad is None here: this tensor (shape {tensor.shape}) was computed, by {node.name}"
        f"{f' at {line}' if line else ''}, and backward() leaves gradients in leaves only. To make it a leaf, compute "
        "its values first, and then write Tensor(values, requires_grad=True); to keep a gradient here, call "
        ".retain_grad() before backward()"
    )


def assigned_dtype(given: Any, own: Any) -> TypeError:
    return TypeError(
        f"a tensor of {own} keeps its dtype, which can't hold numbers of {given}: convert them with .astype(), "
        "or make a new tensor"
    )


def rounded(given: Any, own: Any) -> str:
    return (
        f"a tensor keeps its dtype: these numbers of {given} were rounded to {own}. If that is intended, give "
        f"array.astype(np.{own}); to change a module's precision, call module.to(np.{given})"
    )


def leaf_assignment(tensor: Any) -> RuntimeError:
    return RuntimeError(
        "assigning to items of a leaf that requires gradients would leave it without any: assign to a copy "
        "(y = x.copy(); y[i] = v), or under no_grad() to change the leaf itself"
    )


def part_written(part: Any, whole: Any) -> RuntimeError:
    return RuntimeError(
        f"this tensor (shape {part.shape}) is a part of another (shape {whole.shape}), and writing into it would not "
        "change that other one. Write into the whole (t[0, 1] = 5 for t[0][1] = 5, t[0] += 1 for row = t[0]; row += 1);"
        " for numbers of its own, take part.copy(), or write part = part + 1"
    )
