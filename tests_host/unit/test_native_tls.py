"""The ten ways to a broker: what the module is told of TLS and WebSocket."""

from atmqtt import TLS
from atmqtt.dialects import load
from plain import raises
from rig.nativedesk import CLEAN, CONNCFG, ERROR, OK, Native

TIME = b"+CIPSNTPTIME:Tue Oct 19 17:47:56 2021\r\nOK\r\n"
UNSET = b"+CIPSNTPTIME:Thu Jan  1 00:00:03 1970\r\nOK\r\n"
ASK_TIME = b"AT+CIPSNTPTIME?\r\n"
LIST = b'+CMD:1,"AT+MQTTALPN",0,0,1,0\r\n+CMD:2,"AT+MQTTSNI",0,0,1,0\r\n' + OK

NOTHING, SERVER = TLS(verify=False), TLS()
CLIENT, BOTH = TLS(verify=False, cert=True), TLS(cert=True)


def usercfg(scheme, path=b""):
    return b'AT+MQTTUSERCFG=0,%d,"c","","",0,0,"%s"\r\n' % (scheme, path)


def test_the_ten_schemes():
    for path, way in (
        (None, b""),
        ("/mqtt", b"mqtt"),
        ("", b""),
        ("/", b""),
        ("a/b,c", b"a/b\\,c"),
    ):
        for i, tls in enumerate((None, NOTHING, SERVER, CLIENT, BOTH)):
            with Native({"tls": tls, "path": path, "port": 8883}) as desk:
                task = desk.go(desk.client.connect())
                if tls in (SERVER, BOTH):
                    desk.answers((ASK_TIME, TIME))
                    assert desk.events[-1][0] == "tls"
                else:
                    assert desk.events == []
                scheme = i + (1 if path is None else 6)
                desk.answers((CLEAN, OK), (usercfg(scheme, way), OK), (CONNCFG, OK))
                desk.hears(b'AT+MQTTCONN=0,"192.168.4.100",8883,0\r\n')
                desk.wait(24000)
                assert not task.done
                desk.says(b"+MQTTCONNECTED:0,%d" % scheme + b',"h","8883","",0\r\n' + OK)
                task.result()


def test_no_certificate_is_checked_without_the_time():
    with Native({"tls": SERVER}) as desk:
        task = desk.go(desk.client.connect())
        desk.answers((ASK_TIME, UNSET), (b"AT+CIPSNTPCFG=1,0\r\n", OK), (ASK_TIME, UNSET))
        while not task.done:
            desk.wait(500)
            if desk.uart.written:
                desk.answers((ASK_TIME, UNSET))
        raises(OSError, "has not learnt the time", task.result)
        desk.hears(b"")


def test_alpn_and_sni():
    tls = TLS(verify=False, alpn=("mqtt", b'x"-,'), sni="broker.example")
    with Native({"tls": tls}) as desk:
        task = desk.go(desk.client.connect())
        desk.answers(
            (b"AT+CMD?\r\n", LIST),
            (CLEAN, OK),
            (usercfg(2), OK),
            (b'AT+MQTTALPN=0,2,"mqtt","x\\"-\\,"\r\n', OK),
            (b'AT+MQTTSNI=0,"broker.example"\r\n', OK),
            (CONNCFG, OK),
        )
        assert not task.done


def test_refused_alpn_is_an_error():
    with Native({"tls": TLS(verify=False, alpn=("mqtt",))}) as desk:
        task = desk.go(desk.client.connect())
        desk.answers(
            (b"AT+CMD?\r\n", LIST),
            (CLEAN, OK),
            (usercfg(2), OK),
            (b'AT+MQTTALPN=0,1,"mqtt"\r\n', ERROR),
        )
        raises(OSError, "AT+MQTTALPN refused", task.result)
        desk.hears(b"")


def test_what_firmware_has_no_way_for():
    for name, options in (
        ("esp8266", {"tls": NOTHING}),
        ("esp8266", {"tls": NOTHING, "path": "/"}),
        ("ln882h", {"tls": NOTHING}),
        ("ln882h", {"path": "/"}),
        ("beken", {"tls": NOTHING}),
        ("bouffalo", {"tls": SERVER}),
        ("bouffalo", {"path": "/"}),
        ("w800", {"tls": TLS(verify=False, sni="name")}),
    ):
        with Native(options, dialect=load(name)) as desk:
            raises(ValueError, "firmware", desk.go(desk.client.connect()).result)
            desk.hears(b"")
