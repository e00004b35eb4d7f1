"""A Net on real, non-blocking TCP sockets, TLS included. CPython only."""

import concurrent.futures
import errno
import socket
import ssl
import time

from atsim import net, openssl

POLL_US = 20_000  # how often links are looked at when nobody selects on sockets()
LOOKUP_US = 1_000  # the same while a name is being looked up: there is no socket to select on
SEND_ROOM = 65536
PING_PORT = 7  # a refused connection to it answers as well as an accepted one
PING_LIMIT_S = 2.0

Address = tuple[str, int]


class SocketLink(net.Link):
    """One TCP connection; the state machine is advanced by poll()."""

    def __init__(self, lookup: concurrent.futures.Future, options: net.TlsOptions | None) -> None:
        self._lookup = lookup
        self._options = options
        self._socket: socket.socket | None = None
        self._handshaking = False
        self._drained = True  # recv() has nothing more: worth waiting for
        self.state = net.CONNECTING

    def poll(self) -> None:
        """Go on with connecting."""
        try:
            if self.state == net.CONNECTING:
                self._poll_connecting()
        except ssl.SSLWantReadError:
            return
        except ssl.SSLWantWriteError:
            return
        except ssl.SSLError:
            self._fail(net.TLS)
        except ValueError:  # a name that cannot be one, PEM that is none
            self._fail(net.TLS if self._handshaking else net.DNS)
        except ConnectionError:
            self._fail(net.TLS if self._handshaking else net.REFUSED)
        except socket.gaierror:
            self._fail(net.DNS)
        except OSError:
            self._fail(net.UNREACHABLE)

    def _poll_connecting(self) -> None:
        if self._socket is None:
            if not self._lookup.done():
                return
            family, kind, protocol, _, address = self._lookup.result()[0]
            self._socket = socket.socket(family, kind, protocol)
            self._socket.setblocking(False)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            code = self._socket.connect_ex(address)
            if code not in (0, errno.EINPROGRESS):
                raise OSError(code, "connect")
        if not self._handshaking and not self._connected(self._socket):
            return
        if self._options is not None:
            self._shake_hands(self._socket, self._options)
        self.remote_ip, self.remote_port = self._socket.getpeername()[:2]
        self.local_port = self._socket.getsockname()[1]
        self.state = net.OPEN

    def _shake_hands(self, sock: socket.socket, options: net.TlsOptions) -> None:
        """Go on with the TLS handshake; ssl.SSLWantReadError when the server is to speak."""
        self._handshaking = True
        if not isinstance(sock, ssl.SSLSocket):
            sock = self._socket = openssl.wrap(sock, options)
        sock.do_handshake()
        openssl.check(sock, options)

    @staticmethod
    def _connected(sock: socket.socket) -> bool:
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, "connect") if code != errno.ECONNREFUSED else ConnectionError()
        try:
            sock.getpeername()
        except OSError as error:
            if error.errno != errno.ENOTCONN:
                raise
            return False
        return True

    def _fail(self, state: str) -> None:
        self.close()
        self.state = state

    def send(self, data: bytes) -> int:
        """See net.Link."""
        if self.state != net.OPEN or self._socket is None:
            return 0
        try:
            return self._socket.send(data[:SEND_ROOM])
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            return 0
        except OSError:
            self.state = net.CLOSED
            return 0

    def recv(self, limit: int) -> bytes:
        """See net.Link."""
        if self._socket is None or self.state not in (net.OPEN, net.CLOSED):
            return b""
        self._drained = False
        if limit <= 0:
            return b""
        try:
            data = self._socket.recv(limit)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            self._drained = True
            return b""
        except OSError:
            data = b""
        if not data:
            self.state = net.CLOSED
        return data

    def close(self) -> None:
        """See net.Link."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self.state = net.CLOSED

    @property
    def looking_up(self) -> bool:
        """Is the name not resolved yet?"""
        return self.state == net.CONNECTING and self._socket is None

    @property
    def awaited(self) -> tuple[socket.socket, bool] | None:
        """(socket, still connecting) to select on; None when nothing is to be waited for."""
        if self._socket is None or (self.state == net.OPEN and not self._drained):
            return None
        if self.state == net.CONNECTING:
            return self._socket, not self._handshaking
        return (self._socket, False) if self.state == net.OPEN else None


class SocketNet(net.Net):
    """The computer's own network.

    Args:
        connect_to: {(name, port): (address, port)}: connections to the key go to the value, as
            with curl's --connect-to.
    """

    def __init__(self, connect_to: dict[Address, Address] | None = None) -> None:
        self._connect_to = connect_to or {}
        self._links: list[SocketLink] = []
        self._resolver = concurrent.futures.ThreadPoolExecutor(max_workers=4)

    def connect(self, host: str, port: int, tls: net.TlsOptions | None = None) -> SocketLink:
        """See net.Net; names are looked up in a thread."""
        host, port = self._connect_to.get((host, port), (host, port))
        lookup = self._resolver.submit(
            socket.getaddrinfo, host, port, socket.AF_INET, socket.SOCK_STREAM
        )
        link = SocketLink(lookup, tls)
        self._links.append(link)
        return link

    def resolve(self, name: str) -> str | None:
        """See net.Net; mapped names resolve to what they are mapped to."""
        for (mapped, _), (address, _) in self._connect_to.items():
            if mapped == name:
                name = address
                break
        try:
            return str(socket.getaddrinfo(name, None, socket.AF_INET)[0][4][0])
        except OSError:
            return None

    def ping(self, host: str) -> int | None:
        """Measured with a TCP connection: ICMP needs privileges."""
        address = self.resolve(host)
        if address is None:
            return None
        start = time.monotonic()
        try:
            socket.create_connection((address, PING_PORT), timeout=PING_LIMIT_S).close()
        except ConnectionRefusedError:
            return max(1, int((time.monotonic() - start) * 1000))
        except OSError:
            return None
        return max(1, int((time.monotonic() - start) * 1000))

    def poll(self, now_us: int) -> None:
        """See net.Net."""
        for link in self._links:
            link.poll()
        self._links = [k for k in self._links if k.state in (net.CONNECTING, net.OPEN)]

    def due(self) -> int | None:
        """See net.Net."""
        if any(link.looking_up for link in self._links):
            return LOOKUP_US
        return POLL_US if self._links else None

    def sockets(self) -> list[tuple[socket.socket, bool]]:
        """What a wall-clock loop should wake up for: (socket, still connecting)."""
        awaited = [link.awaited for link in self._links]
        return [entry for entry in awaited if entry is not None]
