"""Shows the main job end to end, on this machine alone, and proves that it was done.

A MicroPython program (examples/quickstart.py) joins Wi-Fi through a simulated AT module and
talks to a broker (amqtt); an independent MQTT client (paho) stands on the broker's other side.
The exit status is 0 only if every message arrived on the far side with the bytes it was sent
with, by the engine that was asked for, or one that the library chose and gave a reason for.
"""

import argparse
import ast
import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

import atsim.firmware
import fetch
from debs import Unavailable
from timeline import Timeline

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / "tools"
PROGRAM = ROOT / "examples" / "quickstart.py"
LIMIT_S = 55
JOIN_MS = 1000  # a real access point takes about five seconds
GRACE_S = 3  # between asking a process to end and ending it
OWN_TIME = re.compile(r"^ *[0-9]+\.[0-9]+ ")  # the time line has its own
PACKET = re.compile(r" *MQTT ([<>] .*)")  # the packets inside the AT traffic, one to a line
INTERRUPTED = 130  # the shell's status for Ctrl-C

Message = tuple[str, bytes]


class DemoError(Exception):
    """What the demo was to show did not happen; the text says why."""


class FarSide:
    """An MQTT client of its own at the broker: takes the readings, sends the commands."""

    def __init__(self, settings: dict, timeline: Timeline):
        self._settings = settings
        self._timeline = timeline
        self._loop = asyncio.get_running_loop()
        self._subscribed = asyncio.Event()
        self.sent: list[Message] = []
        self.received: list[Message] = []
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="far-side")
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._in_loop(self._subscribed.set)
        self._client.on_message = lambda _, __, message: self._in_loop(
            self._on_message, message.topic, message.payload
        )

    def _in_loop(self, function, *args):
        """Paho calls back in a thread of its own."""
        self._loop.call_soon_threadsafe(function, *args)

    @contextlib.asynccontextmanager
    async def connected(self, port: int) -> AsyncIterator[None]:
        """Connected to the broker on this machine's `port`, and subscribed."""
        self._client.connect_async("127.0.0.1", port)
        self._client.loop_start()
        try:
            await self._subscribed.wait()
            yield
        finally:
            self._client.disconnect()
            self._client.loop_stop()

    def _on_connect(self, *_) -> None:
        self._client.subscribe(self._settings["READINGS"], qos=1)

    def _on_message(self, topic: str, payload: bytes) -> None:
        self._timeline.show("client", f"received {topic} {payload.decode()}")
        self.received.append((topic, payload))
        count = len(self.received)
        if count < len(self._settings["CELSIUS"]):
            self._send(b'{"lamp": %d, "say": "reading \\"%d\\" seen, thanks"}' % (count, count))
        else:
            self._send(self._settings["GOODBYE"])

    def _send(self, payload: bytes) -> None:
        topic = self._settings["COMMANDS"]
        self._timeline.show("client", f"sent     {topic} {payload.decode()}")
        self.sent.append((topic, payload))
        self._client.publish(topic, payload, qos=1)


class Observed:
    """What the program reports about its own messages."""

    def __init__(self):
        self.engine = ""
        self.reason = ""  # why the library chose that engine
        self.sent: list[Message] = []
        self.received: list[Message] = []

    def note(self, line: str) -> None:
        """Take one line of the program's output."""
        word, _, rest = line.partition(" ")
        topic, _, payload = rest.partition(" ")
        if word == "sent":
            self.sent.append((topic, payload.encode()))
        elif word == "received":
            self.received.append((topic, payload.encode()))
        elif word == "connected":
            self.engine = rest.partition(" by ")[2].partition(" ")[0]
        elif word == "engine":
            self.reason = rest


@contextlib.asynccontextmanager
async def process(*command: str | Path, **environment: str):
    """A process in a group of its own, of which nothing is left afterwards."""
    child = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield child
    finally:
        await end_group(child)


async def end_group(child: asyncio.subprocess.Process) -> None:
    """Ask the whole group to end; make it, if it does not."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, number)
        except ProcessLookupError:
            return  # nobody of the group is left
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(child.wait(), GRACE_S)


async def lines(child: asyncio.subprocess.Process) -> AsyncIterator[str]:
    """What the process prints, line by line."""
    assert child.stdout
    async for line in child.stdout:
        yield line.decode(errors="replace").rstrip("\r\n")


async def ready(child: asyncio.subprocess.Process, text: str) -> str:
    """Wait until the process prints `text`; returns what follows it in that line."""
    before = []
    async for line in lines(child):
        if line.startswith(text):
            return line.removeprefix(text)
        before.append(line)
    raise DemoError("\n".join(["a process did not start:", *before]))


async def show_log(module: asyncio.subprocess.Process, timeline: Timeline) -> None:
    """Put what the simulated module logs on the time line."""
    async for line in lines(module):
        event = OWN_TIME.sub("", line)
        packet = PACKET.fullmatch(event)
        timeline.show(*(("mqtt", packet[1]) if packet else ("module", event)))


def settings_of(program: Path) -> dict:
    """The constants at the top of a program."""
    return {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(program.read_text()).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


def interpreter(cpython: bool, timeline: Timeline) -> tuple[list[str | Path], dict[str, str]]:
    """The command that runs a MicroPython program, and its environment."""
    if not cpython:
        try:
            return [fetch.micropython()], {"MICROPYPATH": "lib:tests_host:.frozen"}
        except Unavailable as error:
            timeline.show("demo", f"remark: {error}")
    timeline.show("demo", "remark: the program runs under CPython, not under MicroPython")
    return [sys.executable, "-u"], {"PYTHONPATH": "lib:tests_host"}


async def demo(options: argparse.Namespace, timeline: Timeline) -> str:
    """Run everything; returns what was proved, or raises DemoError."""
    settings = settings_of(PROGRAM)
    command, environment = interpreter(options.cpython, timeline)
    observed = Observed()
    async with contextlib.AsyncExitStack() as stack:
        server = await stack.enter_async_context(process(sys.executable, TOOLS / "broker.py"))
        port = int(await ready(server, "broker: ready on port "))
        timeline.show("broker", f"amqtt listens on port {port}")
        module = await stack.enter_async_context(
            process(
                *(sys.executable, "-u", "-m", "atsim", "--tcp", "0", "--no-boot-log", "--log"),
                *("--join-ms", str(JOIN_MS)),
                *("--firmware", options.firmware),
                *("--ap", f"{settings['SSID']}:{settings['PASSWORD']}"),
                *("--connect-to", f"{settings['BROKER']}:1883=127.0.0.1:{port}"),
            )
        )
        uart = await ready(module, "atsim: ready on ")
        timeline.show("module", f"a simulated {options.firmware} module is ready on {uart}")
        far = FarSide(settings, timeline)
        await stack.enter_async_context(far.connected(port))
        log = asyncio.create_task(show_log(module, timeline))
        stack.callback(log.cancel)
        program = await stack.enter_async_context(
            process(
                *command, PROGRAM, ATMQTT_UART=uart, ATMQTT_ENGINE=options.engine, **environment
            )
        )
        async for line in lines(program):
            timeline.show("program", line)
            observed.note(line)
        status = await program.wait()
    if status:
        raise DemoError(f"the program ended with status {status}")
    choice = engine_of(observed, options.engine)
    proved = verdict(observed, far, len(settings["CELSIUS"]))
    return f"{proved}, through a simulated {options.firmware} module; engine {choice}"


def engine_of(observed: Observed, wanted: str) -> str:
    """Which engine was used, and why. Raises DemoError if that was not as it should be."""
    if wanted:
        choice, reason = wanted, "asked for"
    else:
        choice, _, reason = observed.reason.partition(": ")
    if observed.engine != choice or not reason:
        raise DemoError(f"the engine was {observed.engine!r}, not {choice!r}: {reason!r}")
    return f"{choice}: {reason}"


def verdict(observed: Observed, far: FarSide, count: int) -> str:
    """Compare both sides' accounts; returns what they prove, or raises DemoError."""
    for direction, sent, received in (
        ("out", observed.sent, far.received),
        ("in", far.sent, observed.received),
    ):
        if sent != received or len(sent) != count:
            raise DemoError(f"on the way {direction}: sent {sent}, received {received}")
    return f"{count} messages out and {count} in, every one seen by the other side, bytes equal"


async def run(options: argparse.Namespace) -> int:
    """The demo with its time limit and its ways to end; returns the exit status."""
    timeline = Timeline()
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Once only: a second Ctrl-C must not interrupt the tidying up.
        loop.add_signal_handler(number, lambda: task.cancelling() or task.cancel())
    try:
        async with asyncio.timeout(LIMIT_S):
            proved = await demo(options, timeline)
    except asyncio.CancelledError:
        timeline.show("demo", "stopped")
        return INTERRUPTED
    except TimeoutError:
        timeline.show("demo", f"FAILED: not done after {LIMIT_S} s")
        return 1
    except DemoError as error:
        timeline.show("demo", f"FAILED: {error}")
        return 1
    timeline.show("demo", f"proved: {proved} ({timeline.seconds:.1f} s)")
    return 0


def main() -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--firmware", choices=atsim.firmware.NAMES, default="esp-at", help="of the module"
    )
    parser.add_argument(
        "--engine",
        choices=("native", "packets", ""),
        default="",
        help="of the library (default: as it chooses)",
    )
    parser.add_argument("--cpython", action="store_true", help="do without MicroPython")
    return asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
