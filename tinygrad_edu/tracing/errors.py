"""CaptureError, the error of functions that can't be captured."""


class CaptureError(RuntimeError):
    """An error of a function that can't be replayed, or whose replay would return something else.

    Examples
    --------
    >>> from tinygrad_edu import CaptureError, Tensor, capture
    >>> @capture
    ... def magnitude(x):
    ...     return x if x > 0 else -x
    >>> try:
    ...     magnitude(Tensor(2.0))
    ... except CaptureError as error:
    ...     print(error)
    capture: the numbers of an array are asked for here (by if, float(), ...
    """


KEEPS = (
    "capture: the function keeps something that it computed (as an attribute, in a list, or as the gradient of a "
    "tensor that capture can't find), and a replay would not keep it; let the function return it instead"
)
