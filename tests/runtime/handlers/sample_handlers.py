"""Handlers as users write them; found by tests through PYTHONPATH."""

from __future__ import annotations

calls = []


def handle_event(event):
    calls.append(("module", type(event).__name__))


async def slowly(event):
    calls.append(("slowly", type(event).__name__))


class Counting:
    made = 0

    def __init__(self, start=0):
        type(self).made += 1
        self.count = start

    def handle_event(self, event):
        self.count += 1
        calls.append((id(self), self.count))

    def close(self):
        calls.append((id(self), "closed"))


class Needy:
    def __init__(self):
        raise OSError("no such folder")

    def handle_event(self, event):
        pass


class Typo:
    kinds = ("dleta",)

    def handle_event(self, event):
        pass


class OneWord:
    kinds = "delta"

    def handle_event(self, event):
        pass


class Silent:
    pass


class Group:
    class Inner:
        def handle_event(self, event):
            calls.append(("inner", type(event).__name__))


def two(first, second):
    pass


class Callable:
    def __call__(self, first, second):
        pass


odd = Callable()
number = 3
