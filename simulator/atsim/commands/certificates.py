"""AT+SYSMFG: the manufacturing data, where a module keeps certificates and keys.

Of its types only 8 is simulated, bytes of a counted length. Nothing looks at what they are: what
is no certificate shows when connecting. A real module comes with certificates from the factory;
this one has none until somebody writes them or `Module(certificates=...)` gives them.

*Invented*: reading or erasing what is not there gives ERROR; how long a value may be.
"""

from atsim.commands.sending import ask
from atsim.phases import Counted
from atsim.syntax import QUERY, SET, Failure

BYTES = 8  # the type
LONGEST_VALUE = 8192
LONGEST_NAME = 15  # of a namespace and of a key, as everywhere in this flash


def provisioned(ca: bytes = b"", cert: bytes = b"", key: bytes = b"") -> "dict":
    """Module(certificates=...) with these PEM texts, for links and for the module's own MQTT."""
    values = {}
    for kind, value in (("ca", ca), ("cert", cert), ("key", key)):
        if value:
            values["client_" + kind, "client_%s.0" % kind] = value
            values["mqtt_" + kind, "mqtt_" + kind] = value
    return values


def manufacturing(module, command):
    """AT+SYSMFG=<0 erase | 1 read | 2 write>,"namespace"..."""
    return (_erase, _read, _write)[command.number(0, 0, 2)](module, command)


def _erase(module, command):
    """AT+SYSMFG=0,"namespace"[,"key"]"""
    meant = _meant(module, command)
    yield module.timing.flash
    for name in meant:
        del module.certificates[name]


def _read(module, command):
    """AT+SYSMFG=1,"namespace"[,"key"]: +SYSMFG:"namespace","key",8,<length>,<value>"""
    meant = _meant(module, command)
    yield module.timing.nvs
    for namespace, key in meant:
        value = module.certificates[namespace, key]
        head = '+SYSMFG:"%s","%s",%d,%d,' % (namespace, key, BYTES, len(value))
        module.write(head.encode())
        module.write(value + b"\r\n", secret=True)  # it may be a private key


def _write(module, command):
    """AT+SYSMFG=2,"namespace","key",8,<length>: prompt, the bytes, OK"""
    name = _name(command, 1), _name(command, 2)
    command.number(3, BYTES, BYTES)
    phase = Counted(command.number(4, 1, LONGEST_VALUE))
    command.at_most(5)
    yield from ask(module, phase)
    while not phase.done:
        yield None
    module.trace("data", bytes(phase.data))
    yield module.timing.flash
    module.certificates[name] = bytes(phase.data)


def _meant(module, command):
    """The (namespace, key) pairs a command means; Failure when there are none."""
    namespace = _name(command, 1)
    key = _name(command, 2) if command.given(2) else None
    command.at_most(3)
    names = [n for n in module.certificates if n[0] == namespace and key in (None, n[1])]
    if not names:
        raise Failure()
    return sorted(names)


def _name(command, index):
    name = command.name_text(index)
    if not 0 < len(name) <= LONGEST_NAME:
        raise Failure()
    return name


def namespaces(module, command):
    """AT+SYSMFG?: those that hold something, the oldest first."""
    yield module.timing.nvs
    told = []
    for namespace, _ in module.certificates:
        if namespace not in told:
            told.append(namespace)
            module.write(('+SYSMFG:"%s"\r\n' % namespace).encode())


COMMANDS = {"AT+SYSMFG": {QUERY: namespaces, SET: manufacturing}}
