"""The error of functions that can't be captured."""


class CaptureError(RuntimeError):
    """A function can't be replayed, or would not give what it gives when it is run."""


KEEPS = ("capture: the function keeps something that it computed (as an attribute, in a list, or as the gradient of a tensor that it has from "
        "where it can't be found), and when it is replayed there will be none; let it return what is to be kept")
