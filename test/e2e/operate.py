# SPDX-License-Identifier: Apache-2.0
"""What an operator's tools make of our server: grpcurl, and Prometheus' parser and linter."""

import contextlib
import pathlib
import re
import subprocess
import sys
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import certificates  # noqa: E402
import markdown  # noqa: E402

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "operating.md"

SERVICES = [
    "apiextensions.fn.proto.v1.FunctionRunnerService",
    "apiextensions.fn.proto.v1beta1.FunctionRunnerService",
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
]

def run(command, stdin=None):
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=30)


class Grpcurl:
    def __init__(self, program, flags, target):
        self.command = [program, *flags, target]

    def ask(self, *words):
        """What it prints; complains when it fails."""
        done = run([*self.command, *words])
        if done.returncode != 0:
            raise RuntimeError(f"grpcurl {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout


def reflection(grpcurl):
    """It lists what is served, and can describe all of it down to the last message."""
    listed = grpcurl.ask("list").split()
    if listed != SERVICES:
        yield f"list: {listed}"
    todo, done = list(listed), set()
    while todo:
        symbol = todo.pop()
        done.add(symbol)
        said = grpcurl.ask("describe", symbol)
        if not re.match(rf"{re.escape(symbol)} is an? ", said):
            yield f"describe {symbol}: {said}"
        todo += {name for name in re.findall(r"(?<=[ <])\.([a-z][\w.]*\.[A-Z]\w*)", said)} - done - set(todo)
    if "google.protobuf.Struct" not in done:
        yield f"described {sorted(done)}"


def refuses(grpcurl, symbol):
    try:
        yield f"describe {symbol}: {grpcurl.ask('describe', symbol)}"
    except RuntimeError as problem:
        if "not found" not in str(problem):
            yield str(problem)


def health(grpcurl):
    said = grpcurl.ask("grpc.health.v1.Health/List")
    if said.count("SERVING") != 3:
        yield said


def commands_of(text):
    """Those of a page that are typed here; test/gates/pages.py asks too."""
    return [command for block in markdown.blocks(text) if block.language == "console"
            for command in markdown.commands(block.text) if command.typed.startswith("grpcurl ")]


def page(plain, mutual):
    """What docs/operating.md shows of grpcurl is what it prints; the flags are as there."""
    shown = commands_of(PAGE.read_text())
    if not shown:
        yield "no command is shown"
    for command in shown:
        words = command.typed.split("127.0.0.1:9443")[1].split()
        printed = (plain if "-plaintext" in command.typed else mutual).ask(*words)
        if command.shown is None or not markdown.agrees(command.shown, printed):
            yield f"{command.typed}: prints\n{printed}"


def checks(grpcurl, server, folder):
    """(title, check) pairs; server(flags...) is a context that gives a running one."""

    @contextlib.contextmanager
    def plain():
        with server("--insecure") as running:
            yield Grpcurl(grpcurl, ["-plaintext"], running.target)

    @contextlib.contextmanager
    def mutual(*flags):
        made = pathlib.Path(folder) / "certificates"
        if not made.exists():
            made.mkdir()
            certificates.make(made)
        with server("--tls-certs-dir", str(made)) as running:
            yield Grpcurl(grpcurl, ["-authority", "localhost", "-cacert", f"{made}/ca.crt",
                                    *(flag.format(made) for flag in flags)],
                          running.target)

    client = ("-cert", "{}/client.crt", "-key", "{}/client.key")

    def within(context, check, *more):
        def checked():
            with context as it:
                return list(check(it, *more))
        return checked

    def stranger(it):
        try:
            yield f"without a certificate: {it.ask('list')}"
        except RuntimeError:
            pass

    yield "grpcurl lists and describes", within(plain(), reflection)
    yield "grpcurl is told of no such symbol", within(plain(), refuses, "no.such.Symbol")
    yield "grpcurl asks for health", within(plain(), health)
    yield "grpcurl lists and describes, with mTLS", within(mutual(*client), reflection)
    yield "grpcurl asks for health, with mTLS", within(mutual(*client), health)
    yield "grpcurl without a certificate is refused", within(mutual(), stranger)

    def as_on_the_page():
        with plain() as unsafe, mutual(*client) as safe:
            return list(page(unsafe, safe))
    yield "grpcurl says what docs/operating.md shows", as_on_the_page


def scrape(running):
    with urllib.request.urlopen(f"http://{running.metrics}/metrics", timeout=10) as page:
        return page.read().decode()


def metrics_checks(lint, running, n_calls):
    """Of a server that has answered n_calls at least."""

    def parses():
        done = run([lint], scrape(running))
        return done.stdout.splitlines() if done.returncode else []

    def samples(name):
        pattern = re.compile(rf"^{name}(?:\{{(.*)\}})? (\S+)$", re.M)
        return {labels: float(value) for labels, value in pattern.findall(scrape(running))}

    def every_decision_has_a_row():
        rows = samples("function_gpu_placement_decisions_total")
        if rows['condition="Other",reason="Other"'] != 0:
            yield "a condition or a reason that server/counters.c does not list"
        for label in ('condition="Scheduled",reason="AllScheduled"',
                      'condition="Scheduled",reason="InsufficientCapacity"',
                      'condition="CapacityValid",reason="Valid"',
                      'condition="ModelValid",reason="Valid"'):
            if n_calls and not rows[label]:
                yield f"no decision {label}"

    def units_add_up():
        total, used, free = (samples(f"function_gpu_placement_pool_units{which}")
                             for which in ("", "_used", "_free"))
        if n_calls and not total:
            yield "no pool"
        for labels, units in total.items():
            if free[labels] != max(0, units - used[labels]):
                yield f"{labels}: {units} - {used[labels]} is not {free[labels]}"

    yield "Prometheus reads the metrics, and its linter has nothing to say", parses
    yield "every decision of the cases is counted under its name", every_decision_has_a_row
    yield "used and free units add up", units_add_up
