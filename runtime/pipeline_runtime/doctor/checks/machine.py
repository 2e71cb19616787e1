"""Versions, the state folder, proxies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.doctor.findings import ok, problem, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_runtime.doctor.facts import MachineFacts
    from pipeline_runtime.doctor.findings import Finding

LEAST_FREE = 100 << 20
MEGABYTE = 1 << 20


def check_machine(machine: MachineFacts) -> Iterator[Finding]:
    """What a run needs of the machine."""
    yield from _versions(machine)
    yield from _state(machine)
    for name, address in machine.proxies.items():
        if address is None:
            yield problem(
                "proxies",
                "proxy_unreadable",
                f"{name} holds no address",
                f"set it to http://host:port, or unset {name}",
            )
        else:
            yield ok(
                "proxies", "proxy", f"{name}: calls go through {address}, but for NO_PROXY and this machine"
            )


def _versions(machine: MachineFacts) -> Iterator[Finding]:
    told = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    yield ok("versions", "versions", told)
    for name, wanted in machine.pinned.items():
        found = machine.versions.get(name)
        if found is not None and found != wanted:
            yield warning(
                "versions",
                "other_version",
                f"{name} is {found}, and the UI is made for {wanted}",
                f"install {name}=={wanted}",
            )


def _state(machine: MachineFacts) -> Iterator[Finding]:
    if machine.state_problem is not None:
        yield problem(
            "state",
            "state_not_writable",
            f"{machine.state}: run logs cannot be kept: {machine.state_problem}",
            "make it writable, or set PIPELINE_STATE_DIR to a folder that is",
        )
    elif machine.free < LEAST_FREE:
        yield warning(
            "state",
            "disk_full",
            f"{machine.state}: only {machine.free // MEGABYTE} MB are free for run logs",
            "free some space, or set PIPELINE_STATE_DIR to a folder with more",
        )
    else:
        yield ok("state", "state_writable", f"run logs are kept in {machine.state}")
