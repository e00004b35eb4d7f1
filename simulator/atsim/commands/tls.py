"""AT+CIPSSLC*: how a link of type "SSL" checks the server and shows itself.

Each link has its own settings; AT+CIPSSLCCONF outlives a reset (it takes as long as what is
written to flash), the others do not. What the queries print when something is set is not known
from a real module: it is formed after `+CIPSSLCCONF:0,0,0,0`, which ESP-AT 4.1 prints.
"""

from atsim.commands.tcp import link_number
from atsim.syntax import BAD_ARGUMENT, QUERY, SET, Failure

LAST_CERTIFICATE = 9  # of a kind: client_ca.0 to client_ca.9; invented
LONGEST_NAME = 64
MOST_PROTOCOLS = 5
MOST_CIPHERS = 13  # a command has at most 16 arguments


def set_configuration(module, command):
    """AT+CIPSSLCCONF=[id,]<0 none | 1 show a certificate | 2 check the server's>[,<pki>[,<ca>]]"""
    number, first = link_number(module, command)
    auth = command.number(first, 0, 3)
    pki, ca = [
        command.number(index, 0, LAST_CERTIFICATE) if command.given(index) else 0
        for index in (first + 1, first + 2)
    ]
    command.at_most(first + 3)
    yield module.timing.nvs
    module.tls.configure(number, auth, pki, ca)


def set_sni(module, command):
    """AT+CIPSSLCSNI=[id,]"name": what the server is told; "" clears."""
    _set_name(module, command, module.tls.sni)


def set_common_name(module, command):
    """AT+CIPSSLCCN=[id,]"name": whose certificate it must be; "" clears."""
    _set_name(module, command, module.tls.common_name)


def _set_name(module, command, names):
    number, first = link_number(module, command)
    name = command.name_text(first)
    command.at_most(first + 1)
    if len(name) > LONGEST_NAME:
        raise Failure()
    names[number] = name


def set_alpn(module, command):
    """AT+CIPSSLCALPN=[id,]<count>,"a","b"...; count 0 clears"""
    _set_list(module, command, module.tls.alpn, MOST_PROTOCOLS, command.name_text)


def set_ciphers(module, command):
    """AT+CIPSSLCCIPHER=[id,]<count>,0xc02b,...; IANA's numbers; count 0 clears"""

    def hexadecimal(index):
        digits = command.arguments[index]
        try:
            value = int(digits[2:].decode(), 16)
        except ValueError:  # UnicodeError is one
            raise Failure(BAD_ARGUMENT + index)
        if digits[:2].lower() != b"0x" or not 0 <= value <= 0xFFFF:
            raise Failure(BAD_ARGUMENT + index)
        return value

    _set_list(module, command, module.tls.ciphers, MOST_CIPHERS, hexadecimal)


def _set_list(module, command, lists, most, decode):
    number, first = link_number(module, command)
    count = command.number(first, 0, most)
    if len(command.arguments) != first + 1 + count:  # ESP-AT 4.1: the count must match
        raise Failure()
    lists[number] = tuple([decode(first + 1 + i) for i in range(count)])


def _listing(describe):
    """A handler for AT+X?: the line describe(tls, number) of each link that has one, and OK."""

    def handler(module, command):
        for number in range(len(module.links.slots) if module.links.multiplexed else 1):
            text = describe(module.tls, number)
            if text:
                module.write((text + "\r\n").encode())

    return handler


def _configuration(tls, number):
    return "+CIPSSLCCONF:%d,%d,%d,%d" % ((number,) + tls.configuration(number))


def _fields(command, number, fields):
    return "+%s:%d,%s" % (command, number, ",".join(fields)) if fields else ""


def _quoted(names):
    return ['"%s"' % name for name in names if name]


def _sni(tls, number):
    return _fields("CIPSSLCSNI", number, _quoted([tls.sni[number]]))


def _common_name(tls, number):
    return _fields("CIPSSLCCN", number, _quoted([tls.common_name[number]]))


def _alpn(tls, number):
    return _fields("CIPSSLCALPN", number, _quoted(tls.alpn[number]))


def _ciphers(tls, number):
    return _fields("CIPSSLCCIPHER", number, ["0x%04x" % cipher for cipher in tls.ciphers[number]])


COMMANDS = {
    "AT+CIPSSLCCONF": {QUERY: _listing(_configuration), SET: set_configuration},
    "AT+CIPSSLCSNI": {QUERY: _listing(_sni), SET: set_sni},
    "AT+CIPSSLCCN": {QUERY: _listing(_common_name), SET: set_common_name},
    "AT+CIPSSLCALPN": {QUERY: _listing(_alpn), SET: set_alpn},
    "AT+CIPSSLCCIPHER": {QUERY: _listing(_ciphers), SET: set_ciphers},
}
