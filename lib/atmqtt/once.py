# MIT license; Copyright (c) 2026 The atmqtt authors
"""Messages of QoS 2 from the broker, each delivered once (4.3.3, method A). Loaded with the first.

A packet id is remembered from when its message comes until PUBREL, through new connections, and
once the application has the message, in the store.
"""

from micropython import const

_PUBREC = const(0x50)
_IDS_MAX = const(1024)  # messages that a broker may leave unfinished
_TAKEN = const(-1)  # the application has it; else: its connection, and PUBRECs owed << 8


class Once:
    """session: whose messages. store: dict of bytes or None."""

    def __init__(self, session, store):
        self._session = session
        self._ids = {int(key[3:]): _TAKEN for key in store or () if key[:3] == b"in-"}

    def begin(self):
        """A new connection."""
        for pid, state in self._ids.items():
            if state != _TAKEN:
                self._ids[pid] = state & 255  # what was owed on the last connection is void

    def forget(self):
        """A new session."""
        for pid in self._ids:
            self._keep(pid, None)
        self._ids = {}

    def _keep(self, pid: int, value):
        keep = self._session.keep
        if keep:
            keep(b"in-%d" % pid, value)

    def is_new(self, pid: int, epoch: int) -> bool:
        """A message has come by this connection: was it not delivered yet?"""
        state = self._ids.get(pid)
        if state == _TAKEN:
            self._session._answer(_PUBREC, pid)
        elif state is None and len(self._ids) >= _IDS_MAX:
            raise ValueError("too many messages of QoS 2 without PUBREL")
        else:  # PUBREC follows when the application has taken it
            self._ids[pid] = (epoch if state is None else state) + 256
        return state is None

    def taken(self, pid: int, epoch: int):
        """The application has the message, which has come by that connection."""
        state = self._ids.get(pid, _TAKEN)
        if state != _TAKEN and state & 255 == epoch:
            self._ids[pid] = _TAKEN
            self._keep(pid, b"")
            for _ in range(state >> 8):
                if self._session.connected:
                    self._session._answer(_PUBREC, pid)

    def released(self, pid: int):
        """PUBREL has come."""
        if self._ids.pop(pid, None) == _TAKEN:
            self._keep(pid, None)
