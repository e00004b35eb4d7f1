"""An MQTT broker (amqtt) on this machine's loopback, open to anybody: for the demo.

    python tools/broker.py

Prints where it listens and runs until it is ended.
"""

import asyncio
import logging
import socket

from amqtt.broker import Broker

READY = "broker: ready on port "


async def serve() -> None:
    """Run the broker on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    anonymous = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
    listeners = {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}}
    await Broker({"listeners": listeners, "plugins": anonymous}).start()
    print(f"{READY}{port}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    for name in ("amqtt", "transitions"):  # they log every step of every client
        logging.getLogger(name).setLevel(logging.CRITICAL)
    asyncio.run(serve())
