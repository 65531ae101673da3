"""Shakespeare's sonnets, as a text to learn writing from."""

from pathlib import Path


def sonnets() -> str:
    """Return 59 of Shakespeare's sonnets, in modern spelling, with an empty line between two.

    Returns
    -------
    str
        The text, 59 x 14 lines. It is in the public domain.

    Examples
    --------
    >>> sonnets().splitlines()[0]
    'From fairest creatures we desire increase,'
    """
    return Path(__file__).with_suffix(".txt").read_text(encoding="utf-8")
