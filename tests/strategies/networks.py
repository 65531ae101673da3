"""Calls of the functions that networks need and NumPy lacks."""

from tinygrad_edu.nn import hooks
from tinygrad_edu.nn.functional import activations
from tinygrad_edu.rules import erf

from .cases import Case, broadcastable, several
from .foundation import unary

STRATEGIES = {
    erf.erf.fn: unary(erf.erf.fn),
    activations.silu.fn: unary(activations.silu.fn),
    hooks.passing.fn: broadcastable().flatmap(several).map(lambda ab: Case(hooks.passing.fn, ab, where=(0, 1))),
}
