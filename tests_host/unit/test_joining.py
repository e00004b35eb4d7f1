"""Joining a network, looking for networks, the address."""

from scripted import OK, Bench, FakeTime
from simulated import World

from atmqtt import ATError, ATTimeout, JoinError, Modem, simple
from atmqtt.dialects import esp_at, nonos
from atmqtt.wifi import _network
from plain import raises

# what ends a command, or is cut at a comma, or closes a quote
HOSTILE = (
    ("a,b", "p,q,r,s"),
    ('a"b', '"pass"word"'),
    ("a\\b", '\\,\\"\\\\'),
    ('","', '",1,"'),
    ("caf\u00e9 \u2603", "\u5bc6\u7801 12345"),
    ("+IPD,5:hello", "AT+RST AT+RST"),
    (" ", "        "),
    ("s" * 32, "p" * 64),
    ('"' * 32, "," * 64),  # the longest line
    (",,,,,,,,,,,,,,,,", "\\\\\\\\\\\\\\\\\\\\\\\\"),
)


def test_join():
    world = World().started()
    modem = world.modem
    assert world.run(modem.ip()) == "0.0.0.0"
    assert world.run(modem.join("home", "secret")) is None
    assert world.run(modem.ip()) == "192.168.4.15"
    assert [detail for name, detail in world.events if name == "wifi"] == ["CONNECTED", "GOT IP"]
    assert world.works()


def test_join_again_and_another():
    world = World(ap=(("home", "secret"), ("work", ""))).started()
    for ssid, password in (
        ("home", "secret"),
        ("home", "secret"),
        ("work", ""),
        ("home", b"secret"),
    ):
        world.run(world.modem.join(ssid, password))
        assert world.module.station.network == ssid and world.module.station.online


def test_names_and_passwords_arrive_as_they_are():
    for ssid, password in HOSTILE:
        world = World(ap=((ssid, password),)).started()
        world.run(world.modem.join(ssid, password))
        assert world.module.station.network == ssid, ssid
        assert world.works()
    for kind in (bytes, bytearray, memoryview):
        world = World().started()
        world.run(world.modem.join(kind(b"home"), kind(b"secret")))
        assert world.module.station.online


def test_join_refused():
    for ssid, password, code, reason in (
        ("home", "guess!", 2, "wrong password"),
        ("away", "secret", 3, "no such network"),
    ):
        world = World().started()
        error = raises(JoinError, reason, world.run, world.modem.join(ssid, password))
        assert error.code == code and password not in str(error)
        assert world.works()
        world.run(world.modem.join("home", "secret"))


def test_join_takes_too_long():
    world = World().started()
    world.module.timing.join_cold = 30000000
    raises(ATTimeout, "AT+CWJAP", world.run, world.modem.join("home", "secret", 5000))
    assert world.module.station.network == "home"  # it goes on by itself
    world.run(world.modem.command("AT", 60000))


def test_bad_arguments_are_refused_before_a_byte_is_sent():
    world = World().started()
    for ssid, password, text in (
        ("", "secret", "ssid"),
        ("s" * 33, "secret", "ssid"),
        ("\u2603" * 11, "secret", "ssid"),  # 33 bytes
        ("home", "p" * 65, "password"),
        ("ho\rme", "secret", "ssid"),
        ("ho\nme", "secret", "ssid"),
        ("home\0", "secret", "ssid"),
        ('home"\r\nAT+RST\r\n', "secret", "ssid"),
        ("home", "sec\r\nret", "password"),
        ("home", "sec\0ret", "password"),
        (None, "secret", "ssid"),
        ("home", None, "password"),
        (5, "secret", "ssid"),
        ("home", ["secret"], "password"),
    ):
        error = raises(ValueError, text, world.run, world.modem.join(ssid, password))
        assert "secret" not in str(error) and "p" * 65 not in str(error)
    assert world.lines == []


def scripted(dialect, call, *script) -> "list[bytes]":
    """Run call(modem) while the module answers by the script: what is sent, what comes back."""
    script = list(script)
    with FakeTime() as time:
        at = Bench(time)
        modem = Modem(at.uart, dialect=dialect)
        modem.up = True

        def reply():
            sent = at.sent()
            if sent:
                expected, at.uart.incoming = script.pop(0)
                assert sent == expected, (sent, expected)

        result = simple.run(modem, call(modem), reply)
    assert not script
    return result


def answered(answer: bytes, dialect=esp_at, now=b""):
    """What join() makes of the answer of some other firmware."""
    mode = b"+CWMODE%s:1\r\n" % now + OK
    return raises(
        ATError,
        "",
        scripted,
        dialect,
        lambda modem: modem.join("a", "b"),
        (b"AT+CWMODE%s?\r\n" % now, mode),
        (b'AT+CWJAP%s="a","b"\r\n' % now, answer),
    )


def test_what_is_set_already_is_not_set_again():
    """Old firmware says "no change" to it, and no OK."""
    join = (b'AT+CWJAP_CUR="a","b"\r\n', b"WIFI CONNECTED\r\nWIFI GOT IP\r\n" + OK)
    for mode, setting in ((1, ()), (3, (b"AT+CWMODE_CUR=1\r\n", OK))):
        asked = b"AT+CWMODE_CUR?\r\n", b"+CWMODE_CUR:%d\r\n" % mode + OK
        script = (asked, setting, join) if setting else (asked, join)
        scripted(nonos, lambda modem: modem.join("a", "b"), *script)


def test_the_address_as_old_firmware_tells_it():
    for name in (b"+CIPSTA_CUR", b"+CIPSTA"):
        lines = b'%s:ip:"192.168.4.2"\r\n%s:gateway:"192.168.4.1"\r\n' % (name, name)
        asked = b"AT+CIPSTA_CUR?\r\n", lines + OK
        assert scripted(nonos, lambda modem: modem.ip(), asked) == "192.168.4.2"


def test_reasons_of_nonos():
    for answer, kind, code in (
        (b"+CWJAP:1\r\n\r\nFAIL\r\n", JoinError, 1),
        (b"+CWJAP_CUR:3\r\n\r\nFAIL\r\n", JoinError, 3),
        (b"WIFI DISCONNECT\r\n+CWJAP_CUR:2\r\n\r\nFAIL\r\n", JoinError, 2),
        (b"\r\nFAIL\r\n", ATError, None),
    ):
        error = answered(answer, nonos, b"_CUR")
        assert type(error) is kind and error.code == code, (answer, error)


def test_reasons_of_other_firmware():
    for answer, kind, code in (
        (b"+CWJAP:1\r\n\r\nFAIL\r\n", JoinError, 1),
        (b"+CWJAP:2\r\nERROR\r\n", JoinError, 2),
        (b"+CWJAP:4\r\nFAIL\r\n", JoinError, 4),
        (b"+CWJAP:99\r\nERROR\r\n", JoinError, 99),
        (b"+CWJAP:\r\nERROR\r\n", ATError, None),
        (b"\r\nFAIL\r\n", ATError, None),
        (b"ERR CODE:0x010a0000\r\nERROR\r\n", ATError, 0x010A0000),
    ):
        error = answered(answer)
        assert type(error) is kind and error.code == code, (answer, error)


def test_scan():
    names = ("home", 'say "hi"', "a,b", "(x)", "+IPD,5:", '","', '",-1,"', "caf\u00e9", "\\", ">")
    world = World(ap=tuple([(name, "pass") for name in names])).started()
    found = world.run(world.modem.scan())
    assert sorted([network[0] for network in found]) == sorted([name.encode() for name in names])
    for number, name in enumerate(names):
        (network,) = [network for network in found if network[0] == name.encode()]
        point = world.module.access_points[number]
        assert network[1:4] == (point.bssid, point.channel, point.rssi)
    assert world.works()


def test_scan_lines():
    mac = b'"24:0a:c4:00:01:10"'
    for line, network in (
        (b'+CWLAP:(3,"a",-50,%s,6)' % mac, (b"a", 6, -50, 3)),
        (b'+CWLAP:(0,"",-50,%s,6,-1,0,4,4,7,0)' % mac, (b"", 6, -50, 0)),
        (b'+CWLAP:(4,"a",-1,"b",-50,%s,6)' % mac, (b'a",-1,"b', 6, -50, 4)),
        (b'+CWLAP:(4,"a"")",-50,%s,6)' % mac, (b'a"")', 6, -50, 4)),
        (b'+CWLAP:(4,"\xff\xfe",-50,%s,6)' % mac, (b"\xff\xfe", 6, -50, 4)),
    ):
        ssid, channel, rssi, security = network
        assert _network(line) == (ssid, "24:0a:c4:00:01:10", channel, rssi, security), line


def test_scan_lines_that_are_none():
    mac = b'"24:0a:c4:00:01:10"'
    for line in (
        b"",
        b"+CWLAP:()",
        b"+CWLAP:(4)",
        b'+CWLAP:(4,"a")',
        b'+CWLAP:(4,"a",-50)',
        b'+CWLAP:(4,"a",-50,%s' % mac,
        b'+CWLAP:(4,"a",x,%s,6)' % mac,
        b'+CWLAP:(x,"a",-50,%s,6)' % mac,
        b'+CWLAP:(4,"a",-50,%s,x)' % mac,
        b'+CWLAP:(4,"a,-50,%s,6)' % mac,
        b'4,"a",-50,%s,6)' % mac,
        b'","',
        b'"',
    ):
        assert _network(line) is None, line
