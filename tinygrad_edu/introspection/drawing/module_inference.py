"""Module inference: which module an operation ran in, by its parameters, when the computation was not watched.

Only what is certain is inferred. An operation that combines a module's own parameters with data ran in that module. (An
operation on parameters alone may not have: a penalty on weights uses them too.) An operation on a path between two
operations of a larger module belongs to that module too, if the module was called only once. So do, at the end of a
Sequential, operations that have the names of its last modules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from ...engine.node import Leaf, Node
from ...engine.provenance import Call
from ...nn.containers import Sequential
from ...nn.module import Module
from ...nn.parameter import Parameter
from .groups import Calls

Chain = tuple[Module, ...]  # the modules that a module is part of, outermost first, and last the module itself


def infer_calls(operations: Sequence[Node], modules: Iterable[Module]) -> Calls:
    """Return for each operation the calls of these modules, and of their children, in which it must have run."""
    owners = owners_of(modules)
    if not owners:
        return {}
    uses = own_operations(operations, owners)
    times = Counter(parent for node in uses for parent in node.parents if parent in owners)
    repeated = {id(module) for leaf, n in times.items() if n > 1 for module in owners[leaf]}
    calls: dict[Any, Call] = {}
    chains: dict[Node, Chain] = {}
    found: Calls = {}
    seen: Counter[Any] = Counter()
    for node, (chain, leaves) in uses.items():
        seen.update(leaves)
        chains[node] = once = tuple(module for module in chain[:-1] if id(module) not in repeated)
        keys = [*((id(module), 0) for module in once), (id(chain[-1]), max(seen[leaf] for leaf in leaves))]
        for key, module in zip(keys, (*once, chain[-1]), strict=True):
            calls.setdefault(key, Call(module))
        found[node] = tuple(calls[key] for key in keys)
    for module in {id(m): m for chain in chains.values() for m in chain}.values():
        around = next(chain[: chain.index(module) + 1] for chain in chains.values() if module in chain)
        path = tuple(calls[id(m), 0] for m in around)
        for node in [*hull(operations, found, path[-1]), *tail(operations, found, path[-1])]:
            if len(found.get(node, ())) < len(path):
                found[node] = path
    return found


def owners_of(modules: Iterable[Module]) -> dict[Node, Chain]:
    """Return for each parameter's leaf the chain of modules that holds it; not for parameters in several modules."""
    found: dict[Node, Chain | None] = {}

    def visit(chain: Chain) -> None:
        for value in vars(chain[-1]).values():
            if isinstance(value, Parameter) and value._node is not None:
                known = found.setdefault(value._node, chain)
                if known is not None and known[-1] is not chain[-1]:
                    found[value._node] = None
            elif isinstance(value, Module) and value not in chain:
                visit((*chain, value))

    for module in modules:
        visit((module,))
    return {leaf: chain for leaf, chain in found.items() if chain is not None}


def own_operations(operations: Iterable[Node], owners: dict[Node, Chain]) -> dict[Node, tuple[Chain, list[Node]]]:
    """Return the operations that combine parameters of one module with data; each with the module and parameters."""
    found, of_data = {}, set()
    for node in operations:
        parents = [p for p in node.parents if isinstance(p, Node)]
        leaves = [p for p in parents if p in owners]
        if any(p in of_data or (isinstance(p, Leaf) and p not in owners) for p in parents):
            of_data.add(node)
            if leaves and len({id(owners[leaf][-1]) for leaf in leaves}) == 1:
                found[node] = owners[leaves[0]], leaves
    return found


def hull(operations: Sequence[Node], found: Calls, call: Call) -> list[Node]:
    """Return the operations on a path from one operation of a call to another."""
    within = {node for node, calls in found.items() if call in calls}
    after = set(within)
    for node in operations:
        if any(p in after for p in node.parents if isinstance(p, Node)):
            after.add(node)
    before = set(within)
    for node in reversed(operations):
        if node in before:
            before.update(p for p in node.parents if isinstance(p, Node))
    return [node for node in operations if node in after and node in before]


def tail(operations: Sequence[Node], found: Calls, call: Call) -> list[Node]:
    """Return the operations after the last known one of a Sequential that have the names of its last modules."""
    if not isinstance(call.module, Sequential):
        return []
    children = list(call.module)
    with_parameters = [i for i, child in enumerate(children) if next(child.parameters(), None) is not None]
    last = max((node for node, calls in found.items() if call in calls), key=lambda node: node.order)
    rest = []
    for child in children[max(with_parameters) + 1 :]:
        users = [node for node in operations if last in [p for p in node.parents if isinstance(p, Node)]]
        if len(users) != 1 or users[0].name != type(child).__name__.lower():
            break
        last = users[0]
        rest.append(last)
    return rest
