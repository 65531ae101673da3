"""Calls of the functions that networks need and NumPy lacks."""

from tinygrad_edu.nn import hooks
from tinygrad_edu.nn.functional import activations
from tinygrad_edu.rules.neural import erf

from .calculus import derived
from .cases import Case, broadcastable, several
from .foundation import unary

STRATEGIES = {
    erf.erf.fn: unary(erf.erf.fn),
    erf.erfc.fn: unary(erf.erfc.fn),
    erf.gauss.fn: derived(erf.gauss.fn, 3),
    **{fn: unary(fn) for fn in (activations.silu.fn, activations.normal_gate.fn, activations.mish_operation.fn, activations.softsign_operation.fn, activations.tanhshrink_operation.fn)},
    hooks.gate_values.fn: broadcastable().flatmap(several).map(lambda ab: Case(hooks.gate_values.fn, ab, where=(0, 1))),
}
