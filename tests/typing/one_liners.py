"""Programs of one line that end in backward(), as users write them: none of them is called wrong by a type checker.

NumPy is imported as Tensors know it; its own stubs refuse what isn't an array.
"""

from numpy import array, ones

from tinygrad_edu import Tensor, func, linear, nn, sigmoid, softmax
from tinygrad_edu.typing import numpy as np

x = Tensor(0.5, requires_grad=True)  # a number
v = Tensor([0.1, 0.2, 0.3], requires_grad=True)  # a vector, a gradient of its shape, a mask, an array
g = ones(3)
mask = array([True, False, True])
data = array([1.0, 2.0, 4.0])
m = Tensor([[2.0, 0.5], [0.1, 1.0]], requires_grad=True)  # a matrix, and a gradient of its shape
gm = ones((2, 2))
layer = nn.Linear(3, 1, dtype=np.float64)
model = nn.Sequential(nn.Linear(3, 4, dtype=np.float64), nn.Tanh(), nn.Linear(4, 1, dtype=np.float64))

# Operators
(x * x).backward()
(1 - x).backward()
(x**2).backward()
(-x).backward()
(v @ v).backward()
(v * data).backward(g)
(data * v).backward(g)
(data @ v).backward()
(m @ [1.0, 2.0]).backward([1.0, 1.0])
(np.float64(2.0) * x).backward()
v[0].backward()
v[1:].backward(g[1:])
m[:, 0].backward(g[:2])
m.T.backward(gm)

# Methods
v.sum().backward()
v.mean().backward()
m.sum(axis=0).backward(g[:2])
m.mean(axis=(0, 1), keepdims=True).backward(ones((1, 1)))
v.tanh().backward(g)
v.relu().backward(g)
v.cumsum().backward(g)
v.astype(np.float32).backward(g)

# Universal functions
np.tanh(x).backward()
np.exp(x).backward()
np.sin(x).backward()
np.cos(x).backward()
np.log1p(x).backward()
np.arctan(x).backward()
np.sqrt(v).backward(g)
np.square(v).backward(g)
np.abs(v).backward(g)
np.add(v, data).backward(g)
np.multiply(data, v).backward(g)
np.power(v, 2).backward(g)
np.maximum(v, 0).backward(g)
np.logaddexp(v, 0).backward(g)
np.arctan2(v, data).backward(g)
np.hypot(v, data).backward(g)
np.subtract(data, v).backward(g)
np.divide(v, data).backward(g)
np.matmul(m, m).backward(gm)
np.add.reduce(v).backward()
np.multiply.outer(v, v).backward(ones((3, 3)))

# Reductions
np.sum(v).backward()
np.mean(v).backward()
np.max(v).backward()
np.prod(v).backward()
np.var(v).backward()
np.sum(m, axis=0).backward(g[:2])
np.mean(m, axis=1, keepdims=True).backward(ones((2, 1)))
np.min(m, axis=0).backward(g[:2])
np.std(v).backward()
np.median(v).backward()
np.average(v, weights=data).backward()
np.cumsum(v).backward(g)
np.diff(v).backward(g[1:])
np.linalg.norm(v).backward()

# Shapes, choices
np.reshape(v, (3, 1)).backward(ones((3, 1)))
np.transpose(m).backward(gm)
np.concatenate([v, v]).backward(ones(6))
np.stack([v, v]).backward(ones((2, 3)))
np.where(mask, v, 0.0).backward(g)
np.clip(v, 0.0, 1.0).backward(g)
np.sort(v).backward(g)
np.expand_dims(v, 0).backward(ones((1, 3)))
np.ravel(m).backward(ones(4))
np.flip(v).backward(g)
np.pad(v, 1).backward(ones(5))
np.tile(v, 2).backward(ones(6))
np.take(v, [0, 2]).backward(g[:2])

# Products, linear algebra
np.dot(v, v).backward()
np.outer(v, v).backward(ones((3, 3)))
np.einsum("i,i->", v, v).backward()
np.linalg.det(m).backward()
np.linalg.inv(m).backward(gm)
np.linalg.solve(m, ones(2)).backward(g[:2])
np.trace(m).backward()
np.tensordot(m, m).backward()
np.linalg.eigvalsh(m).backward(g[:2])

# Networks, functions of functions
sigmoid(v).backward(g)
softmax(v).backward(g)
linear(v.reshape(1, 3), layer.weight, layer.bias).sum().backward()
model(v.reshape(1, 3)).sum().backward()
nn.MSELoss()(model(v), [1.0]).backward()
func.grad(lambda t: (t * t).sum())(v).sum().backward()
