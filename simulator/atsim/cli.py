"""atsim: a simulated AT Wi-Fi module on a pty or a TCP port."""

import argparse
import contextlib
import sys
import time
from pathlib import Path
from typing import TextIO

from atsim import firmware
from atsim.commands.certificates import provisioned
from atsim.module import Module
from atsim.pty_end import PtyEnd
from atsim.socketnet import Address, SocketNet
from atsim.tcp_end import TcpEnd
from atsim.trafficlog import TrafficLog
from atsim.wallclock import WallClock

DEFAULT_AP = ("atsim", "password")


def access_point(text: str) -> tuple[str, str]:
    """SSID:PASSWORD; the SSID ends at the first colon, no colon means an open network."""
    ssid, _, password = text.partition(":")
    if not 0 < len(ssid.encode()) <= 32:
        raise argparse.ArgumentTypeError("an SSID has 1 to 32 bytes")
    return ssid, password


def endpoint(text: str) -> Address:
    """NAME:PORT"""
    name, _, port = text.rpartition(":")
    if not name or not port.isdigit() or not 0 < int(port) < 65536:
        raise argparse.ArgumentTypeError("%r is not NAME:PORT" % text)
    return name, int(port)


def mapping(text: str) -> tuple[Address, Address]:
    """NAME:PORT=ADDR:PORT"""
    left, equals, right = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError("%r is not NAME:PORT=ADDR:PORT" % text)
    return endpoint(left), endpoint(right)


def port_number(text: str) -> int:
    """0 to 65535."""
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError("%r is not a port number" % text)
    return int(text)


def parser() -> argparse.ArgumentParser:
    """The command line of atsim."""
    result = argparse.ArgumentParser(prog="atsim", description=__doc__)
    where = result.add_mutually_exclusive_group(required=True)
    where.add_argument("--pty", metavar="PATH", help="make a pty and link PATH to it")
    where.add_argument(
        "--tcp", metavar="PORT", type=port_number, help="listen on 127.0.0.1:PORT (0: any free)"
    )
    result.add_argument(
        "--firmware",
        choices=firmware.NAMES,
        default="esp-at",
        help="what the module says and can do (default esp-at: ESP-AT 4.1)",
    )
    result.add_argument(
        "--without",
        metavar="AT+NAME",
        action="append",
        default=[],
        help="a command that the module refuses (repeatable)",
    )
    result.add_argument("--baud", type=int, default=115200, help="the UART's stored rate")
    result.add_argument(
        "--no-pace", action="store_true", help="do not slow bytes to the baud rate"
    )
    result.add_argument(
        "--ap",
        metavar="SSID:PASSWORD",
        type=access_point,
        action="append",
        help="a network in the air (repeatable; default %s:%s)" % DEFAULT_AP,
    )
    result.add_argument(
        "--connect-to",
        metavar="NAME:PORT=ADDR:PORT",
        type=mapping,
        action="append",
        default=[],
        help="where connections to NAME:PORT really go (repeatable)",
    )
    result.add_argument(
        "--join-ms",
        metavar="MS",
        type=int,
        help="milliseconds from AT+CWJAP to WIFI CONNECTED and from there to the address",
    )
    result.add_argument(
        "--boot",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="boot at start (default), or be up already",
    )
    result.add_argument("--no-boot-log", action="store_true", help="no boot ROM text before ready")
    result.add_argument(
        "--ca", metavar="FILE", type=Path, help="a CA certificate (PEM) stored in the module"
    )
    result.add_argument(
        "--cert", metavar="FILE", type=Path, help="the module's own certificate (PEM)"
    )
    result.add_argument("--key", metavar="FILE", type=Path, help="the key of --cert (PEM)")
    result.add_argument("--log", action="store_true", help="show the traffic on standard error")
    result.add_argument("--log-file", metavar="FILE", help="write the traffic to FILE")
    return result


def make_module(options: argparse.Namespace, net: SocketNet) -> Module:
    """A Module as the options describe it.

    Raises ValueError for a rate the firmware does not take and for a certificate without its
    key, OSError for a file it cannot read.
    """
    if bool(options.cert) != bool(options.key):
        raise ValueError("--cert and --key go together")
    files = {"ca": options.ca, "cert": options.cert, "key": options.key}
    pem = {kind: path.read_bytes() for kind, path in files.items() if path}
    module = Module(
        net,
        options.firmware,
        ap=options.ap or [DEFAULT_AP],
        boot_log=not options.no_boot_log,
        epoch=int(time.time()),
        paced=not options.no_pace,
        baud=options.baud,
        without=options.without,
        certificates=provisioned(**pem),
    )
    if options.join_ms is not None:
        module.timing.set_join(options.join_ms * 1000)
    if not options.boot:
        module.power_on()
        module.advance(module.timing.boot)
    return module


def main(arguments: list[str] | None = None) -> int:
    """Run atsim; returns the exit status."""
    options = parser().parse_args(arguments)
    try:
        with contextlib.ExitStack() as stack:
            run(options, stack)
    except KeyboardInterrupt:
        return 130
    except (OSError, ValueError) as error:
        print("atsim: %s" % error, file=sys.stderr)
        return 1
    return 0


def run(options: argparse.Namespace, stack: contextlib.ExitStack) -> None:
    """Open the end and run the module on it until interrupted."""
    net = SocketNet(dict(options.connect_to))
    module = make_module(options, net)
    for stream in log_streams(options, stack):
        module.add_tracer(TrafficLog(module, stream).trace)
    end = PtyEnd(options.pty) if options.pty else TcpEnd(options.tcp)
    stack.callback(end.close)
    print("atsim: ready on %s" % end.name, flush=True)
    WallClock(module, net, end, paced=not options.no_pace).run()


def log_streams(options: argparse.Namespace, stack: contextlib.ExitStack) -> list[TextIO]:
    """Where the traffic log goes: standard error, a file, both or nowhere."""
    streams = [sys.stderr] if options.log else []
    if options.log_file:
        streams.append(stack.enter_context(open(options.log_file, "w", encoding="utf-8")))
    return streams
