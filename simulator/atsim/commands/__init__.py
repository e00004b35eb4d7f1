"""Command handlers, grouped as the manuals group them.

A handler is called as handler(module, command) with a atsim.syntax.Command. It returns None (the
module prints OK) or bytes (printed instead of OK; b"" when the handler has said everything), or
it raises atsim.syntax.Failure (ERROR). A handler that takes time is a generator task (see
atsim.scheduler) whose return value counts. Each group has a table COMMANDS:
{"AT+NAME": {form: handler}}.
"""


def query(text):
    """A handler for AT+X? that prints the line text(module) and OK."""

    def handler(module, command):
        module.write(text(module).encode() + b"\r\n")

    return handler


def query_glued(text):
    """The same for the queries that leave no blank line before OK (ESP-AT 4.1 has some)."""

    def handler(module, command):
        return text(module).encode() + module.firmware.ok

    return handler
