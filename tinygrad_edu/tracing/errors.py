"""The error of functions that can't be captured."""


class CaptureError(RuntimeError):
    """The error of a function that can't be replayed, or whose replay would return something else.

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


KEEPS = ("capture: the function keeps something that it computed (as an attribute, in a list, or as the gradient of a tensor that it has from "
        "where it can't be found), and when it is replayed there will be none; let it return what is to be kept")
