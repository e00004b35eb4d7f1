# MIT license; Copyright (c) 2026 The atmqtt authors
"""What can go wrong. All are OSErrors; none ever carries a password or a payload."""


class ATError(OSError):
    """The module refused a command, or forgot it.

    code: the ``ERR CODE`` the module printed (int), None where it printed none.
    """

    def __init__(self, text: str, code=None):
        super().__init__(text)
        self.code = code


class ATTimeout(ATError):
    """The module gave no answer in time. What was asked may or may not have been done."""


class JoinError(ATError):
    """Wi-Fi was not joined. code: 1 timeout, 2 wrong password, 3 no such network, 4 failed."""


class MQTTError(ATError):
    """The broker refused, broke the protocol or went away.

    code: CONNACK return code (1..5), 0x80 for a refused subscription, what the module printed as
    ERR CODE (0x01000000 and above; codes.name() tells more), else None.
    """
