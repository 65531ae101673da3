"""The training loop, for those who have written it by hand often enough.

    from tinygrad_edu import data, fit, nn, optim

    model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
    history = fit(model, data.two_moons(), nn.CrossEntropyLoss(), optim.Adam(model.parameters()), epochs=50)

Nothing else in the package needs it, and it does nothing that your own loop could not do. The module `loop` is short:
read it.
"""

from .callbacks import Callback, EarlyStopping
from .evaluation import evaluate, predict
from .history import History
from .loop import fit
from .metrics import accuracy
from .run import Run

__all__ = ["Callback", "EarlyStopping", "History", "Run", "accuracy", "evaluate", "fit", "predict"]


def __dir__() -> list[str]:
    return __all__
