"""The network as the simulated module sees it: an abstract, polled, sans-IO interface.

The module never blocks and owns no clock. It asks a `Net` for a `Link`, looks at the link's state,
and moves bytes; module time (microseconds, starting at 0, never going back) is handed to the net
in `poll`. Three kinds exist: real sockets (`atsim.socketnet`), a network inside the process
(`atsim.memorynet`), and the scripted one of the transcript tests.

Runs on CPython 3.11+ and on MicroPython 1.25+.
"""

# Link.state. "connecting" may become any of the others; "open" may only become "closed"; the rest
# are final. A link that failed never was "open".
CONNECTING = "connecting"  # name look-up, TCP and TLS handshakes under way
OPEN = "open"  # bytes flow
CLOSED = "closed"  # was open; the peer closed or reset it, or close() was called
REFUSED = "refused"  # the host answered, nobody listens there
UNREACHABLE = "unreachable"  # no route, no answer in time
DNS = "dns"  # the name does not resolve
TLS = "tls"  # TCP was there, the TLS handshake failed


class TlsOptions:
    """What the module asks of a TLS connection. PEM texts as bytes, empty for "not given".

    verify: refuse a server whose certificate `ca` did not sign, whose certificate is not for
        `name` (empty: for anybody), or not valid `now`, in Unix seconds by the module's clock.
    cert, key: what the module shows when the server asks who it is.
    sni: the name the server is told. alpn: protocols to offer. ciphers: IANA's numbers of those
        to offer, none for all.
    """

    def __init__(
        self,
        verify: bool = False,
        ca: bytes = b"",
        cert: bytes = b"",
        key: bytes = b"",
        sni: str = "",
        alpn: "tuple[str, ...]" = (),
        name: str = "",
        ciphers: "tuple[int, ...]" = (),
        now: int = 0,
    ) -> None:
        self.verify = verify
        self.ca = ca
        self.cert = cert
        self.key = key
        self.sni = sni
        self.alpn = alpn
        self.name = name
        self.ciphers = ciphers
        self.now = now


class Link:
    """One TCP (or TLS) connection. Subclasses keep `state` and the addresses up to date.

    Attributes:
        state: one of the constants above.
        remote_ip, remote_port: the peer, dotted quad and int; valid from "open" on.
        local_port: this end's port; valid from "open" on.
    """

    state: str = CONNECTING
    remote_ip: str = ""
    remote_port: int = 0
    local_port: int = 0

    def send(self, data: bytes) -> int:
        """Offer bytes to the peer; return how many were taken (0: no room now, or not open)."""
        raise NotImplementedError

    def recv(self, limit: int) -> bytes:
        """Take up to `limit` received bytes; empty when nothing is waiting.

        Bytes that arrived before the peer closed stay readable in state "closed": read until
        empty before acting on the state. Each call returns at most one TCP segment's worth where
        the net knows segments (the simulator turns each call into one `+IPD`).
        """
        raise NotImplementedError

    def close(self) -> None:
        """Close from this side. State becomes "closed", unread bytes are dropped. Idempotent."""
        raise NotImplementedError


class Net:
    """A network the module's station interface is attached to."""

    def connect(self, host: str, port: int, tls: "TlsOptions | None" = None) -> Link:
        """Start a connection to a name or dotted quad. Never raises and never blocks for long;
        failure shows in the link's state, at the earliest on return."""
        raise NotImplementedError

    def resolve(self, name: str) -> "str | None":
        """The dotted quad for a name (a dotted quad gives itself); None when unknown."""
        raise NotImplementedError

    def ping(self, host: str) -> "int | None":
        """Round-trip time in ms to a name or address, None when it does not answer."""
        raise NotImplementedError

    def poll(self, now_us: int) -> None:
        """Let the net work: update states, move bytes. `now_us` is module time; the module calls
        this at the start of every feed() and advance(), so timed nets take their time from it."""
        raise NotImplementedError

    def due(self) -> "int | None":
        """Microseconds from the last poll's `now_us` until something may change by itself.

        None: nothing is scheduled (an idle net in simulated time). 0 means "poll again at once"
        and must not repeat for ever. A net on real sockets returns a short polling interval while
        any link is alive, though the wall-clock ends also wake on its sockets.
        """
        raise NotImplementedError
