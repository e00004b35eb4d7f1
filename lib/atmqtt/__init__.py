# atmqtt: MQTT through an AT-command Wi-Fi module on a UART
# MIT license; Copyright (c) 2026 The atmqtt authors
"""MQTT for microcontrollers that have a UART but no network.

    from atmqtt import Modem, MQTTClient

    modem = Modem(machine.UART(1, 115200, tx=Pin(4), rx=Pin(5)))
    await modem.start()
    await modem.join("ssid", "password")
    client = MQTTClient(modem, "broker.example", client_id="pico-1")
    await client.connect()
    await client.publish("greeting", "hello", qos=1)

Names are loaded when first used, so a program pays only for what it names.
Every error is an OSError (something failed) or a ValueError (a wrong call; nothing was sent).
"""

_HOME = {
    "Modem": "modem",
    "MQTTClient": "client",
    "TLS": "tls",
    "ATError": "errors",
    "ATTimeout": "errors",
    "JoinError": "errors",
    "MQTTError": "errors",
}


def __getattr__(name: str):
    if name[0] == "_":
        raise AttributeError(name)
    home = _HOME.get(name)
    try:
        value = __import__("atmqtt." + (home or name), None, None, ("*",))
    except ImportError:
        raise AttributeError(name)
    if home:
        value = getattr(value, name)
        globals()[name] = value
    return value
