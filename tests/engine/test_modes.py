"""Modes across suspended frames, threads, forks and interrupts: nothing stays switched for good, and nobody switches another's."""

import asyncio
import contextvars
import gc
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest

from tinygrad_edu import Tensor, debug, evaluate, func, is_grad_enabled, manual_seed, nn, no_grad, predict
from tinygrad_edu.engine import modes
from tinygrad_edu.rng import generator


def in_thread(work):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def block():
    with no_grad():
        while True:
            yield is_grad_enabled()


@no_grad
def decorated():
    while True:
        yield is_grad_enabled()


def throw(generator):
    with pytest.raises(KeyError):
        generator.throw(KeyError)


@pytest.mark.parametrize("begin", [block, decorated])
@pytest.mark.parametrize(
    "end",
    [
        lambda g: g.close(),
        lambda g: in_thread(g.close),
        lambda g: contextvars.Context().run(g.close),
        throw,
        lambda g: None,
    ],
)
def test_a_generator_has_its_mode_while_it_runs_only(begin, end):
    running = begin()
    assert next(running) is False
    assert is_grad_enabled()
    assert next(running) is False
    assert is_grad_enabled()
    end(running)
    del running
    gc.collect()
    assert is_grad_enabled()
    assert modes.current() is modes.RECORD


def test_generators_may_end_in_another_order():
    a, b = block(), block()
    next(a), next(b)
    a.close()
    assert next(b) is False
    assert is_grad_enabled()
    b.close()
    assert modes.current() is modes.RECORD


def test_a_block_that_a_generator_manages_has_the_mode():
    @contextmanager
    def silently():
        with no_grad():
            yield

    with silently():
        assert not is_grad_enabled()
    assert is_grad_enabled()


def test_decorated_generators_are_sent_to_and_return():
    @no_grad()
    def echo():
        try:
            got = yield 1
        except KeyError:
            got = "thrown"
        return got, (yield got)

    g = echo()
    assert next(g) == 1
    assert g.throw(KeyError) == "thrown"
    with pytest.raises(StopIteration) as stop:
        g.send(2)
    assert stop.value.value == ("thrown", 2)


def test_coroutines_and_asynchronous_generators():
    @no_grad
    async def wait():
        seen.append(is_grad_enabled())
        await asyncio.sleep(0)
        return is_grad_enabled()

    @no_grad
    async def count():
        try:
            for _ in range(3):
                await asyncio.sleep(0)
                yield is_grad_enabled()
        finally:
            seen.append(is_grad_enabled())

    async def blocks():
        with no_grad():
            yield is_grad_enabled()
            yield is_grad_enabled()

    async def run():
        found = [await wait(), *await asyncio.gather(wait(), wait())]
        for source in (count(), blocks()):
            async for inside in source:
                found.append(inside)
                assert is_grad_enabled()
        dropped = count()
        await anext(dropped)
        await dropped.aclose()
        assert is_grad_enabled()
        with no_grad():
            found += await asyncio.gather(*(asyncio.to_thread(is_grad_enabled) for _ in range(2)))
        return found

    seen = []
    assert not any(asyncio.run(run()))
    assert not any(seen)
    assert len(seen) == 5


def test_one_mode_object_in_two_threads():
    mode, turns = no_grad(), [threading.Event() for _ in range(2)]

    def other():
        with mode:
            turns[0].set()
            turns[1].wait(10)
            return is_grad_enabled()

    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(other)
        turns[0].wait(10)
        with mode:
            assert not is_grad_enabled()
        assert is_grad_enabled()
        turns[1].set()
        assert found.result() is False
        assert pool.submit(is_grad_enabled).result()


def test_decorators_without_parentheses():
    class Thing:
        @no_grad
        def method(self):
            return is_grad_enabled()

        @no_grad
        @classmethod
        def of_class(cls):
            return is_grad_enabled()

        @no_grad
        @staticmethod
        def of_none():
            return is_grad_enabled()

    assert not any((Thing().method(), Thing.of_class(), Thing.of_none()))
    for what in (Thing, 3):
        with pytest.raises(TypeError, match="no_grad decorates functions and methods"):
            no_grad(what)


def interrupted(work, at):
    """Run, with Ctrl-C before the opcode number `at` within modes.py and what it calls; whether there are as many."""
    count = 0

    def trace(frame, event, arg):
        nonlocal count
        if not frame.f_code.co_filename.endswith(("modes.py", "provenance.py")) or frame.f_code.co_name == "__del__":
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            count += 1
            if count == at:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys._getframe().f_trace_opcodes = (
        True  # Python 3.12 counts opcodes if somebody has asked for it when tracing begins
    )
    sys.settrace(trace)
    try:
        work()
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(before)
    return count >= at


@pytest.mark.parametrize("mode", [no_grad, debug, lambda: modes.evaluating([model])])
def test_interrupts_between_any_two_opcodes_leave_nothing_on(mode):
    def work():
        with mode():
            pass

    at = 1
    while interrupted(work, at):
        assert is_grad_enabled(), at
        assert modes.current() is modes.RECORD, at
        assert not modes.is_checking(), at
        assert model.training, at
        at += 1
    assert at > 100


model = nn.Sequential(nn.Linear(2, 4), nn.Dropout(0.5))


def test_evaluation_is_for_its_own_thread():
    started, go = threading.Event(), threading.Event()

    class Waits(nn.Module):
        def forward(self, x):
            seen.append(self.training)
            started.set()
            go.wait(10)
            return x

    seen, net = [], nn.Sequential(Waits())
    with ThreadPoolExecutor(2) as pool:
        asked = pool.submit(predict, net, np.ones((1, 1)))
        started.wait(10)
        during = net.training, net[0].training
        net.eval()  # ours to say, for all
        go.set()
        asked.result()
    assert seen == [False]
    assert during == (True, True)
    assert not net[0].training
    net.train()
    evaluate(net, [(np.ones((1, 1)), np.ones((1, 1)))], lambda y, t: y.sum())
    assert seen == [False, False]
    assert net[0].training


def test_a_module_may_go_its_own_way_within_evaluation():
    class Stubborn(nn.Module):
        def forward(self, x):
            self.train()
            seen.append(self.training)
            return x

    seen, net = [], Stubborn()
    net.eval()
    predict(net, np.ones((1, 1)))
    assert seen == [True]
    assert not net.training


def test_two_backwards_add_up_in_a_shared_leaf():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(20):
            w = Tensor(np.ones((100, 100)), requires_grad=True)
            graphs = [[(w * k).sum() for _ in range(10)] for k in (1.0, 2.0)]
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(lambda part: [y.backward() for y in part], graphs))
            np.testing.assert_array_equal(w.grad.data, 30.0)
    finally:
        sys.setswitchinterval(before)


def draw(n=4):
    return generator().integers(1 << 40, size=n).tolist()


def test_threads_draw_different_numbers_reproducibly():
    def family():
        manual_seed(0)
        return draw(), in_thread(draw), in_thread(draw), draw()

    first = family()
    assert first == family()
    assert len({tuple(part) for part in first}) == 4
    manual_seed(0)
    assert draw() == np.random.default_rng(0).integers(1 << 40, size=4).tolist()


def test_what_another_thread_draws_meanwhile_is_not_drawn_again():
    manual_seed(0)
    meanwhile = []

    def dropped(a):
        meanwhile.append(in_thread(draw))
        return nn.functional.dropout(a, 0.5) * 2

    x = Tensor(np.ones(100), requires_grad=True)
    y = func.checkpoint(dropped)(x)
    after = draw()
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.data, y.data)
    assert len({tuple(part) for part in (*meanwhile, after, draw())}) == 4


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_forked_processes_draw_their_own():
    def forked():
        reading, writing = os.pipe()
        if not (pid := os.fork()):
            os.write(writing, repr(draw()).encode())
            os._exit(0)
        os.waitpid(pid, 0)
        os.close(writing)
        with open(reading) as pipe:
            return pipe.read()

    manual_seed(0)
    first = [forked(), forked(), repr(draw())]
    manual_seed(0)
    assert first == [forked(), forked(), repr(draw())]
    assert len(set(first)) == 3


def test_a_mode_that_is_over_can_still_be_left():
    """As when it ended with a generator, and its block is left afterwards; of several, the one that is open is left."""
    mode = no_grad()
    mode.__enter__()
    mode._scopes[0].end()
    assert is_grad_enabled()
    mode.__exit__(None, None, None)
    assert mode._scopes == []
    mode.__enter__()
    first = modes.current()
    mode.__enter__()
    mode._scopes[1].end()
    in_thread(lambda: mode.__exit__(None, None, None))
    assert first.is_over
    assert is_grad_enabled()
