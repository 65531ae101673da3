"""The command line: ``python -m tinygrad_edu``, also installed as ``tinygrad-edu``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

DESCRIPTION = """\
Train a network on handwritten digits (the default), draw computation graphs, step through them, check gradients.
Without a command, options go to `train`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, and return the exit status."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    root = parser()
    if not arguments or arguments[0] not in (*COMMANDS, "-h", "--help", "--version"):
        arguments = ["train", *arguments]
    options = root.parse_args(arguments, argparse.Namespace(data=None))
    try:
        return COMMANDS[options.command](options)
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    except (OSError, ValueError) as error:
        print(f"tinygrad-edu: {error}", file=sys.stderr)
        return 2


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    from .version import __version__

    root = argparse.ArgumentParser(
        prog="tinygrad-edu",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.add_argument("--version", action="version", version=f"tinygrad-edu {__version__}")
    commands = root.add_subparsers(dest="command", metavar="command", required=True)

    train = commands.add_parser(
        "train",
        help="train the notes' network on MNIST, try it on harder cases, draw it",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    network_options(train)
    train.add_argument(
        "--epochs", type=count_from_zero, default=10, metavar="N", help="passes over all training images"
    )
    train.add_argument("--batch", type=count_from_one, default=32, metavar="N", help="images in a batch")
    train.add_argument("--rate", type=rate, default=2.0, metavar="R", help="learning rate, the length of a step")
    train.add_argument("--out", type=Path, default=Path("out"), metavar="DIR", help="folder for weights and pictures")
    train.add_argument("--quick", action="store_true", help="use only 6,000 training images, to see that it works")

    draw = commands.add_parser(
        "draw",
        help="draw the computation graph of one training step of the network",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    network_options(draw)
    draw.add_argument("--batch", type=count_from_one, default=32, metavar="N", help="images in the batch")
    draw.add_argument(
        "--out", type=Path, default=Path("graph.svg"), metavar="FILE", help="the picture: .svg, .png, .pdf or .gv"
    )
    draw.add_argument(
        "--detail", choices=("low", "normal", "full"), default="normal", help="names only, or heat maps too"
    )
    draw.add_argument(
        "--depth", type=count_from_zero, metavar="N", help="how far to unfold modules; 0 shows each as one box"
    )
    draw.add_argument("--theme", choices=("light", "dark", "print"), default="light", help="the colours")
    draw.add_argument(
        "--direction",
        choices=("LR", "TB", "RL", "BT"),
        help="which way the computation runs; by default, as it fits a page",
    )
    draw.add_argument(
        "--no-fold", dest="fold", action="store_false", default=None, help="show everything, however large"
    )
    draw.add_argument("--legend", action="store_true", help="add a legend that says what the colours mean")
    draw.add_argument("--backward", action="store_true", help="show the computation of the gradients beside it")

    explore = commands.add_parser(
        "explore",
        help="run a script, and write a page to step through its backpropagation",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    explore.add_argument(
        "script", type=Path, nargs="?", metavar="SCRIPT", help="a Python program; without one, a neuron"
    )
    explore.add_argument(
        "--tensor",
        default=None,
        metavar="NAME",
        help="the variable to explore; by default, the last tensor on which backward() was called",
    )
    explore.add_argument("--out", type=Path, default=Path("explore.html"), metavar="FILE", help="the page")

    check = commands.add_parser(
        "check",
        help="check the network's gradients against finite differences",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    network_options(check)
    check.add_argument("--batch", type=count_from_one, default=4, metavar="N", help="images in the batch")
    root.epilog = f"Options of `train` (for other commands: `tinygrad-edu COMMAND --help`):\n\n{options_of(train)}"
    return root


def options_of(command: argparse.ArgumentParser) -> str:
    """Return the part of a command's help that explains its options."""
    return command.format_help().partition("options:\n")[2]


def network_options(command: argparse.ArgumentParser) -> None:
    """Add the options that every command about the network has."""
    command.add_argument(
        "--hidden", type=count_from_one, nargs="*", default=[16, 16], metavar="N", help="neurons of each hidden layer"
    )
    command.add_argument("--seed", type=count_from_zero, default=0, metavar="N", help="the seed of all random numbers")
    command.add_argument(
        "--data",
        type=Path,
        default=argparse.SUPPRESS,
        metavar="DIR",
        help="a folder with four IDX files named as MNIST's are (Fashion-MNIST's, say), to use instead "
        "of the MNIST that comes with the package",
    )


def count_from_zero(text: str) -> int:
    """Return the whole number, from 0 up, that a text says; raise an error if it says none."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def count_from_one(text: str) -> int:
    """Return the whole number, from 1 up, that a text says; raise an error if it says none."""
    if count_from_zero(text) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return int(text)


def rate(text: str) -> float:
    """Return the number, from 0 up, that a text says; raise an error if it says none."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError("must be a number from 0 up")
    return value


def train(options: argparse.Namespace) -> int:
    from .commands.train import run

    return run(options)


def draw(options: argparse.Namespace) -> int:
    from .commands.draw import run

    return run(options)


def explore(options: argparse.Namespace) -> int:
    from .commands.explore import run

    return run(options)


def check(options: argparse.Namespace) -> int:
    from .commands.check import run

    return run(options)


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "train": train,
    "draw": draw,
    "explore": explore,
    "check": check,
}

if __name__ == "__main__":
    # One thread is fastest for matrices this small; NumPy reads these when it is imported.
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    sys.exit(main())
