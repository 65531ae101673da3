"""The engine: what a graph is, how operations are recorded in it, and how gradients are carried back through it.

Read it in this order; the first six are the idea, and the others are what it takes to be right for everybody.

- `node`: what the graph is made of: operations, leaves and constants.
- `table`: for every function one derivative rule per argument, and the plan of what a call has to remember.
- `forward`: `apply`, the one door through which every operation goes.
- `backward`: `backpropagate`, the one walk that computes every gradient.
- `unbroadcast`: undoing broadcasting and promotion, once for all rules.
- `tensor_base`: what the engine needs of a tensor, and to whom an array belongs.
- `declare`: `rule` and `primitive`, which fill the table.
- `saved_values`: which values a rule reads, and so a node has to keep.
- `dispatch`: functions without a rule, and arguments of rare types.
- `modes`, `mode_decorator`: `no_grad`, `enable_grad`, `watch` and `debug`; decorating functions with them.
- `sparse_gradient`: gradients that arrive in pieces, for a few places of an array.
- `masked_gradient`, `masking`: gradients that know where nothing was taken; masking without branches.
- `multi_output`: functions with several results.
- `views`: parts of tensors, and why they can't be written to.
- `atomic`: functions that count as one operation, though they are made of many.
- `traversal`: searching a graph: which nodes were made within a call, and which outside.
- `provenance`: the source line that an operation ran at, and the modules that called it.
- `errors`, `diagnostics`: common mistakes and what to do about them; what went wrong in a backward pass.
"""
