"""The network in memory: time, segments, windows, faults. Plain tests: also for MicroPython."""

from atsim.broker import Broker
from atsim.memoryclient import MemoryClient
from atsim.memorynet import MemoryNet
from atsim.module import Module
from atsim.net import TlsOptions
from plain import raises

HELLO = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01a"
LAST_WILL = b"\x10\x13\x00\x04MQTT\x04\x0e\x00\x0a\x00\x01a\x00\x01w\x00\x01W"  # keepalive 10 s
FIVE_KB = b"\x32\x8d\x27\x00\x01t\x00\x07" + bytes(range(250)) * 20


class Recorder:
    """A peer that keeps what it gets and says what it is told to."""

    def __init__(self):
        self.heard = []
        self.say = b""
        self.closed = False
        self.gone = False

    def receive(self, data):
        self.heard.append(data)

    def take(self, limit):
        taken, self.say = self.say[:limit], self.say[limit:]
        return taken

    def lost(self):
        self.gone = True


def recorded(**options):
    """A net with a Recorder behind r.local:7, and an open link to it."""
    net, peer = MemoryNet(**options), Recorder()
    net.listen("r.local", 7, lambda: peer)
    link = net.connect("r.local", 7)
    net.poll(2 * net.latency_us)
    assert link.state == "open"
    return net, link, peer


def served():
    """A net with a broker, and an open link of a client with a will."""
    net, broker = MemoryNet(), Broker()
    net.serve(broker)
    link = net.connect("broker.local", 1883)
    net.poll(4000)
    assert link.send(LAST_WILL) == len(LAST_WILL)
    net.poll(8000)
    assert link.recv(100) == b"\x20\x02\x00\x00"
    return net, broker, link


def read_all(link, limit=100000):
    """Everything that waits, as the pieces recv() gives."""
    pieces = []
    while True:
        data = link.recv(limit)
        if not data:
            return pieces
        pieces.append(data)


def test_connecting_takes_a_round_trip():
    net = MemoryNet(latency_us=3000)
    net.serve(Broker(), "Broker.Example")
    link = net.connect("broker.EXAMPLE", 1883)
    assert link.state == "connecting" and net.due() == 6000 and link.send(b"x") == 0
    net.poll(5999)
    assert link.state == "connecting" and net.due() == 1
    net.poll(6000)
    assert link.state == "open" and link.local_port and link.remote_port == 1883
    assert link.remote_ip == net.resolve("broker.example")
    by_address = net.connect(link.remote_ip, 1883)
    net.poll(12000)
    assert by_address.state == "open" and by_address.local_port != link.local_port


def test_ways_not_to_connect():
    net = MemoryNet(latency_us=1000, connect_timeout_us=50000)
    net.serve(Broker())
    expected = [
        (net.connect("broker.local", 1884), "refused"),
        (net.connect("nowhere.local", 1883), "dns"),
        (net.connect("broker.local", 1883, TlsOptions()), "tls"),
    ]
    silent = net.connect("10.9.8.7", 1883)
    net.poll(2000)
    for link, state in expected:
        assert link.state == state
    assert silent.state == "connecting" and net.due() == 48000
    net.poll(50000)
    assert silent.state == "unreachable" and net.links == [] and net.due() is None


def test_names_and_pings():
    net = MemoryNet(latency_us=2500)
    net.serve(Broker(), "one.local")
    net.listen("two.local", 80, Recorder)
    net.listen("10.0.0.9", 80, Recorder)
    assert net.resolve("one.local") != net.resolve("TWO.local")
    assert net.resolve("10.1.2.3") == "10.1.2.3" and net.resolve("three.local") is None
    assert net.resolve("10.1.2.256") is None
    assert net.ping("one.local") == 5 and net.ping("10.0.0.9") == 5
    assert net.ping("10.1.2.3") is None and net.ping("three.local") is None
    net.refuse("one.local", 1883)
    assert net.ping("one.local") == 5
    net.black_hole = True
    assert net.ping("one.local") is None


def test_data_arrives_in_segments_after_the_latency():
    net, link, peer = recorded(latency_us=1000, mss=4)
    assert link.send(b"abcdefghij") == 10
    assert net.due() == 1000
    net.poll(2999)
    assert peer.heard == []
    peer.say = b"0123456789"
    net.poll(3000)
    assert peer.heard == [b"abcd", b"efgh", b"ij"]
    assert read_all(link) == []
    net.poll(3998)
    assert read_all(link) == []
    net.poll(4000)
    assert link.recv(3) == b"012"
    assert read_all(link) == [b"3", b"4567", b"89"]


def test_the_window_bounds_what_is_under_way():
    net, link, peer = recorded(window=5, mss=3)
    assert link.send(b"abcdefgh") == 5 and link.send(b"f") == 0
    net.poll(10000)
    assert peer.heard == [b"abc", b"de"]
    assert link.send(b"fgh") == 3
    peer.say = b"0123456789"
    net.poll(20000)
    assert peer.say == b"56789"  # the rest waits until the module reads
    net.poll(30000)
    assert peer.say == b"56789" and net.due() is None
    assert link.recv(9) == b"012" and peer.say == b"89"
    net.poll(40000)
    assert read_all(link) == [b"34", b"567"]
    net.poll(50000)
    assert read_all(link) == [b"89"]


def test_a_peer_that_closes_is_heard_to_its_last_byte():
    net, link, peer = recorded(window=5, mss=3)
    peer.say = b"0123456789"
    peer.closed = True
    net.poll(20000)
    assert read_all(link) == [b"012", b"34"] and link.state == "open"
    net.poll(30000)
    assert read_all(link) == [b"567", b"89"] and link.state == "open"
    net.poll(40000)
    assert link.state == "closed" and peer.gone


def test_rare_polls_change_nothing():
    heard = []
    for step in (100, 1000, 1000000):
        net, broker, link = served()
        watcher = MemoryClient(broker)
        watcher.subscribe("#", 1)
        link.send(FIVE_KB)
        received = b""
        now = net.now_us
        while now < 20000000:
            now += step if now < 30000 or step > 1000 else 1000000
            net.poll(now)
            received += b"".join(read_all(link))
        messages = [(topic, len(payload)) for topic, payload, _, _ in watcher.messages()]
        heard.append((received, messages, link.state))
    assert heard[0] == (b"\x40\x02\x00\x07", [(b"t", 5000), (b"w", 1)], "closed")
    assert heard[1:] == heard[:-1]


def test_a_closed_link_delivers_what_was_under_way_first():
    net, broker, link = served()
    watcher = MemoryClient(broker)
    watcher.subscribe("#")
    link.send(b"\x30\x04\x00\x01tx")
    link.close()
    assert link.state == "closed" and link.send(b"x") == 0 and link.recv(9) == b""
    assert watcher.messages() == []
    net.poll(10000)
    assert watcher.messages() == [(b"t", b"x", 0, False), (b"w", b"W", 0, False)]
    assert net.links == [] and net.due() is None
    link.close()
    assert net.due() is None


def test_disconnect_before_close_keeps_the_will_back():
    net, broker, link = served()
    watcher = MemoryClient(broker)
    watcher.subscribe("#")
    link.send(b"\xe0\x00")
    link.close()
    net.poll(10000)
    assert watcher.messages() == [] and net.links == []


def test_bytes_stay_readable_after_the_peer_has_closed():
    net = MemoryNet()
    net.serve(Broker({"user": "secret"}))
    link = net.connect("broker.local", 1883)
    net.poll(4000)
    link.send(HELLO)
    net.poll(8000)
    assert link.state == "closed" and read_all(link) == [b"\x20\x02\x00\x05"]
    assert net.links == []


def test_a_cut_is_noticed_at_both_ends():
    net, broker, link = served()
    watcher = MemoryClient(broker)
    watcher.subscribe("#")
    second = net.connect("broker.local", 1883)
    net.poll(12000)
    link.send(b"\x30\x04\x00\x01tx")
    net.cut(link)
    assert link.state == "closed" and second.state == "open"
    assert watcher.messages() == [(b"w", b"W", 0, False)]
    net.cut()
    assert second.state == "closed"
    net.poll(20000)
    assert net.links == [] and net.due() is None


def test_a_black_hole_tells_nobody_and_loses_nothing():
    net, link, peer = recorded(window=8)
    net.black_hole = True
    assert link.send(b"abcdefghij") == 8
    peer.say = b"hello"
    late = net.connect("r.local", 7)
    net.poll(9000000)
    assert link.state == "open" and peer.heard == [] and read_all(link) == []
    assert late.state == "connecting"
    net.poll(10004000)
    assert late.state == "unreachable" and net.due() is None
    net.black_hole = False
    assert net.due() == 0
    net.poll(10004000)
    assert peer.heard == [b"abcdefgh"] and read_all(link) == [b"hello"]


def test_a_half_open_connection_ends_by_the_brokers_keepalive():
    net, broker, link = served()
    watcher = MemoryClient(broker)
    watcher.subscribe("w")
    net.black_hole = True
    expires = net.now_us + 15000000 - net.latency_us  # it heard the CONNECT one latency ago
    assert net.due() == expires - net.now_us
    net.poll(expires)
    assert watcher.messages() == [(b"w", b"W", 0, False)]
    assert link.state == "open" and net.due() is None
    net.black_hole = False
    net.poll(net.now_us + 2000)
    assert link.state == "closed"


def test_refusing_leaves_links_alone():
    net, broker, link = served()
    net.refuse("broker.local", 1883)
    link.send(b"\xc0\x00")
    second = net.connect("broker.local", 1883)
    net.poll(20000)
    assert second.state == "refused" and link.recv(9) == b"\xd0\x00"
    net.serve(broker)
    third = net.connect("broker.local", 1883)
    net.poll(30000)
    assert third.state == "open"


def test_what_another_client_publishes_comes_without_a_new_command():
    net, broker, link = served()
    link.send(b"\x82\x06\x00\x01\x00\x01#\x01")
    net.poll(20000)
    assert link.recv(9) == b"\x90\x03\x00\x01\x01"
    MemoryClient(broker, "other").publish("t", "x", qos=2)
    assert net.due() == 2000
    net.poll(22000)
    assert link.recv(9) == b"\x32\x06\x00\x01t\x00\x01x"


def test_a_module_and_the_broker():
    for firmware in ("esp-at", "air601"):
        net, broker = MemoryNet(), Broker()
        net.serve(broker)
        watcher = MemoryClient(broker)
        watcher.subscribe("t", 1)
        module = Module(net, firmware, ap=[("home", "secret")], boot_log=False)
        module.power_on()
        module.advance(5000000)

        def tell(data, module=module):
            writes = module.feed(data) + module.advance(10000000)
            return b"".join(each for _, each in writes)

        for line in (b"ATE0", b"AT+CWMODE=1", b'AT+CWJAP="home","secret"'):
            assert tell(line + b"\r\n").endswith(b"\r\nOK\r\n"), line
        assert tell(b'AT+CIPSTART="TCP","broker.local",1883\r\n') == b"CONNECT\r\n\r\nOK\r\n"
        tell(b"AT+CIPSEND=%d\r\n" % len(HELLO))
        assert tell(HELLO).endswith(b"\r\n+IPD,4:\x20\x02\x00\x00\r\n")
        tell(b"AT+CIPSEND=%d\r\n" % len(FIVE_KB))
        assert tell(FIVE_KB).endswith(b"\r\n+IPD,4:\x40\x02\x00\x07\r\n")
        assert [len(payload) for _, payload, _, _ in watcher.messages()] == [5000]
        tell(b"AT+CIPSEND=8\r\n")
        tell(b"\x82\x06\x00\x01\x00\x01t\x00")
        watcher.publish("t", bytes(3000))
        received = tell(b"")
        assert received.startswith(b"\r\n+IPD,1440:\x30\xbb\x17\x00\x01t")
        assert received.count(b"\r\n+IPD,1440:") == 2 and b"\r\n+IPD,126:" in received
        net.cut()
        assert tell(b"") == b"CLOSED\r\n"


def test_the_client_on_the_brokers_side():
    broker = Broker()
    one, two = MemoryClient(broker, "one"), MemoryClient(broker, "two")
    assert [one.subscribe("t/+", 2), one.subscribe(b"r", 1)] == [2, 1]
    for qos in range(3):
        two.publish("t/%d" % qos, "p%d" % qos, qos)
    two.publish("r", b"\x00\xff", 1, retain=True)
    assert one.messages() == [
        (b"t/0", b"p0", 0, False),
        (b"t/1", b"p1", 1, False),
        (b"t/2", b"p2", 2, False),
        (b"r", b"\x00\xff", 1, False),
    ]
    assert one.messages() == []
    one.unsubscribe("t/+")
    two.publish("t/1", "unheard")
    assert two.subscribe("r", 2) == 2
    assert one.messages() == [] and two.messages() == [(b"r", b"\x00\xff", 1, True)]
    for _ in range(30):  # more than the broker's window: every message was acknowledged
        one.publish("r", "again", 1)
    assert len(one.messages()) == len(two.messages()) == 30
    one.close()
    raises(OSError, "closed", one.subscribe, "x")
    raises(OSError, "refused", MemoryClient, Broker({"u": "p"}))
