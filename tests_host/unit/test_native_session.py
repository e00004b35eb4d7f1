"""The native engine's connections: how they come and go, as the module tells it."""

from atmqtt.connstate import is_connected
from atmqtt.errors import ATTimeout, MQTTError
from plain import raises
from rig.nativedesk import (
    CLEAN,
    CONN,
    CONNCFG,
    CONNECTED,
    ERROR,
    GONE,
    LOOK,
    OK,
    PROMPT,
    THERE,
    USERCFG,
    Native,
    native,
)

LOST = b"+MQTTDISCONNECTED:0\r\n"
BACK = b'+MQTTCONNECTED:0,1,"192.168.4.100","1883","",1\r\n'


def names(desk):
    return [name for name, _ in desk.told]


def configured(desk):
    """A call of connect() whose AT+MQTTCONN is under way."""
    task = desk.go(desk.client.connect())
    desk.answers((CLEAN, OK), (USERCFG, OK), (CONNCFG, OK))
    desk.hears(CONN)
    return task


def down(desk):
    assert not desk.client.connected
    assert desk.client.down.is_set() and not desk.client.up.is_set()
    return True


@native()
def test_a_life(desk):
    client = desk.client
    assert client.connected and client.up.is_set() and not client.down.is_set()
    assert client.engine == "native"
    task = desk.go(client.subscribe("a/#", 1))
    desk.answers((b'AT+MQTTSUB=0,"a/#",1\r\n', OK))
    assert task.result() is None
    task = desk.go(client.publish("a/1", "x", 1))
    desk.answers((b'AT+MQTTPUB=0,"a/1","x",1,0\r\n', b""))
    desk.message(b"a/1", b"x")  # may come before the OK
    desk.says(OK)
    task.result()
    assert desk.taken() == [(b"a/1", b"x")]
    task = desk.go(client.unsubscribe("a/#"))
    desk.answers((b'AT+MQTTUNSUB=0,"a/#"\r\n', OK))
    task.result()
    task = desk.go(client.disconnect())
    desk.answers((CLEAN, OK))
    task.result()
    assert down(desk)
    raises(MQTTError, "not connected", desk.go(client.publish("t", "x")).result)
    raises(MQTTError, "not connected", desk.go(client.subscribe("t")).result)
    desk.connect()
    assert names(desk) == ["up", "up"]


def test_a_connection_of_before_a_reset_of_the_host():
    """The module still has it; what comes by it is not for this program."""
    with Native() as desk:
        task = desk.go(desk.client.connect())
        desk.hears(CLEAN)
        desk.message(b"old", b"x")
        desk.says(LOST + OK)
        desk.answers((USERCFG, OK), (CONNCFG, OK), (CONN, CONNECTED))
        task.result()
        assert desk.client.connected and names(desk) == ["up"]
        assert desk.taken() == [] and desk.client.stats["unexpected"] == 1


def test_a_message_before_the_connection_is_confirmed():
    with Native() as desk:
        task = configured(desk)
        desk.says(CONNECTED[:-6])
        desk.message(b"kept", b"x")
        desk.says(OK)
        task.result()
        assert desk.taken() == [(b"kept", b"x")]


def test_refused():
    """As ESP-AT says it, and as firmware does that leaves out the ERROR."""
    for final in (ERROR, b""):
        with Native() as desk:
            task = configured(desk)
            desk.says(LOST)
            desk.wait(5000)
            assert not task.done
            desk.says(final)
            desk.wait(4000)
            error = raises(MQTTError, "refused by the broker, or it cannot", task.result)
            assert error.code is None and not desk.client.connected
            assert desk.told == []
            if final:
                desk.hears(b"")
                desk.connect()


def test_refused_with_a_code():
    for step in range(4):
        with Native() as desk:
            task = desk.go(desk.client.connect())
            for i, line in enumerate((CLEAN, USERCFG, CONNCFG, CONN)):
                bad = i == step
                desk.answers((line, b"ERR CODE:0x010a6002\r\n" + ERROR if bad else OK))
                if bad and step:
                    break
            if not step:  # nothing to be cleaned
                assert task.result() is None
            else:
                error = raises(MQTTError, "AT+MQTT", task.result)
                assert error.code == 0x010A6002
                desk.hears(b"")
                desk.connect()


def test_no_answer():
    with Native() as desk:
        task = configured(desk)
        desk.wait(25100)
        desk.hears(b"AT+CWMODE?\r\n")  # in step again
        desk.says(b"+CWMODE:1\r\n" + OK)
        desk.wait(200)
        desk.answers((LOOK, GONE))
        raises(ATTimeout, "AT+MQTTCONN", task.result)
        desk.answers((CLEAN, OK))


def test_cancelled():
    """Wherever it was; what the module was told runs to its end and is taken back."""
    with Native() as desk:
        for step in range(4):
            task = desk.go(desk.client.connect())
            for line in (CLEAN, USERCFG, CONNCFG, CONN)[:step]:
                desk.answers((line, OK))
            task.cancel()
            raises(BaseException, "", task.result)
            desk.hears((CLEAN, USERCFG, CONNCFG, CONN)[step])
            desk.says(CONNECTED if step == 3 else OK)
            if step == 3:
                desk.answers((CLEAN, OK))
            desk.hears(b"")
            assert not desk.client.connected
        desk.connect()


def test_disconnected_while_connecting():
    with Native() as desk:
        task = configured(desk)
        goodbye = desk.go(desk.client.disconnect())
        desk.says(CONNECTED)
        desk.answers((CLEAN, OK))
        goodbye.result()
        raises(MQTTError, "connection closed", task.result)
        assert not desk.client.connected


def test_one_client_at_a_time():
    with Native() as desk:
        desk.connect()
        second = desk.another(client_id="second")
        raises(MQTTError, "in use", desk.go(second.connect()).result)
        raises(MQTTError, "connected already", desk.go(desk.client.connect()).result)
        desk.hears(b"")
        desk.message(b"t", b"1")
        assert desk.taken() == [(b"t", b"1")]
        desk.says(LOST)
        task = desk.go(second.connect())
        desk.answers(
            (CLEAN, OK),
            (b'AT+MQTTUSERCFG=0,1,"second","","",0,0,""\r\n', OK),
            (CONNCFG, OK),
            (CONN, CONNECTED),
        )
        task.result()
        desk.message(b"t", b"2")
        assert desk.taken() == [] and len(second.inbox.waiting) == 1
        desk.says(LOST)
        assert not second.connected and names(desk) == ["up", "down", "up", "down"]


@native()
def test_lost(desk):
    desk.says(LOST)
    assert down(desk) and names(desk) == ["up", "down"]
    raises(MQTTError, "not connected", desk.go(desk.client.publish("t", "x")).result)
    desk.hears(b"")
    desk.says(LOST)  # said twice
    assert names(desk) == ["up", "down"]
    desk.connect()


@native()
def test_lost_and_back_by_itself(desk):
    """Nobody has asked for it, so nobody knows what is subscribed to."""
    for topic in ("a/#", "b"):
        task = desk.go(desk.client.subscribe(topic, 1))
        desk.answers((b'AT+MQTTSUB=0,"%s",1\r\n' % topic.encode(), OK))
        task.result()
    desk.says(LOST + BACK)
    assert desk.client.connected and names(desk) == ["up", "down", "up"]
    desk.get_in_step()
    subscribed = set()
    for _ in range(2):
        line, desk.uart.written = desk.uart.written, b""
        subscribed.add(line)
        desk.says(OK)
    assert subscribed == {b'AT+MQTTSUB=0,"a/#",1\r\n', b'AT+MQTTSUB=0,"b",1\r\n'}
    desk.hears(b"")


@native()
def test_lost_while_a_publish_waits(desk):
    client = desk.client
    first = desk.go(client.publish("t", "1", 1))
    second = desk.go(client.publish("t", "2", 1))
    desk.hears(b'AT+MQTTPUB=0,"t","1",1,0\r\n')
    desk.says(LOST + ERROR)
    raises(MQTTError, "may have been delivered", first.result)
    assert "may" not in str(raises(MQTTError, "connection lost", second.result))
    assert down(desk)
    desk.hears(b"")


@native()
def test_lost_while_data_is_awaited(desk):
    """ESP-AT glues the two, and says nothing else."""
    task = desk.go(desk.client.publish("t", b"\0\1", 0))
    desk.answers((b'AT+MQTTPUBRAW=0,"t",2,0,0\r\n', PROMPT))
    desk.hears(b"\0\1")
    desk.says(b"+MQTTDISCONNECTED:0+MQTTPUB:FAIL\r\n")
    raises(MQTTError, "AT+MQTTPUBRAW refused", task.result)
    assert down(desk)


@native()
def test_lost_and_not_told(desk):
    """While PUBRAW is at work +MQTTDISCONNECTED is suppressed: the module is asked."""
    task = desk.go(desk.client.publish("t", b"\0\1", 1))
    desk.answers(
        (b'AT+MQTTPUBRAW=0,"t",2,1,0\r\n', PROMPT), (b"\0\1", b"+MQTTPUB:FAIL\r\n"), (LOOK, GONE)
    )
    raises(MQTTError, "may have been delivered", task.result)
    assert down(desk)


def test_still_there():
    """Looked after every 30 s; what the module forgot to tell is found out."""
    with Native() as desk:
        desk.connect()
        for _ in range(3):
            desk.wait(29000)
            desk.hears(b"")
            desk.wait(1100)
            desk.answers((LOOK, THERE))
            assert desk.client.connected
        desk.wait(30100)
        desk.answers((LOOK, GONE))
        assert down(desk) and desk.told[-1][0] == "down"
        desk.wait(60000)
        desk.hears(b"")


def test_a_module_that_answers_no_more():
    with Native() as desk:
        desk.connect()
        desk.wait(30100)
        desk.hears(LOOK)
        desk.wait(11000)
        assert down(desk)


@native()
def test_the_module_is_reset(desk):
    client = desk.client
    publishing = desk.go(client.publish("t", "1", 0))
    subscribing = desk.go(client.subscribe("t", 0))
    desk.hears(b'AT+MQTTPUB=0,"t","1",0,0\r\n')
    desk.says(b"\r\nready\r\n")
    for task in (publishing, subscribing):
        raises(MQTTError, "", task.result)
    assert down(desk) and names(desk) == ["up", "down"]
    raises(MQTTError, "modem.start", desk.go(client.connect()).result)
    desk.modem.up = True
    desk.uart.written = b""
    desk.connect()


def test_reset_while_connecting():
    for step in range(4):
        with Native() as desk:
            task = desk.go(desk.client.connect())
            for line in (CLEAN, USERCFG, CONNCFG)[:step]:
                desk.answers((line, OK))
            desk.says(b"\r\nready\r\n")
            raises(OSError, "", task.result)
            desk.modem.up = True
            desk.uart.written = b""
            desk.connect()


def test_too_many_under_way():
    with Native({"tx_queue": 2, "tx_bytes": 10}) as desk:
        desk.connect()
        client = desk.client
        tasks = [desk.go(client.publish("t", "12345", 1)) for _ in range(2)]
        raises(MQTTError, "too many", desk.go(client.publish("t", "", 1)).result)
        for task in tasks:
            desk.answers((b'AT+MQTTPUB=0,"t","12345",1,0\r\n', OK))
            task.result()
        task = desk.go(client.publish("t", "12345678901"))  # one may always go
        raises(MQTTError, "too many", desk.go(client.publish("t", "x")).result)
        desk.answers((b'AT+MQTTPUB=0,"t","12345678901",0,0\r\n', OK))
        task.result()


def test_lost_as_soon_as_connected():
    """OK and +MQTTDISCONNECTED in one poll: who waited for OK has not seen it yet."""
    with Native() as desk:
        task = desk.go(desk.client.connect())
        desk.answers((CLEAN, OK), (USERCFG, OK), (CONNCFG, OK), (CONN, CONNECTED + LOST))
        raises(MQTTError, "connection closed", task.result)
        assert not desk.client.connected and names(desk) == []
        desk.hears(CLEAN)


def test_back_before_it_has_connected():
    """The attempt failed, and the module made another one by itself."""
    with Native() as desk:
        task = desk.go(desk.client.connect())
        desk.answers((CLEAN, OK), (USERCFG, OK), (CONNCFG, OK), (CONN, LOST + CONNECTED))
        assert task.result() is None
        assert desk.client.connected


def test_deadline():
    with Native() as desk:
        desk.connect()
        client = desk.client
        first = desk.go(client.publish("t", b"\0" * 3, 1, deadline_ms=500))
        second = desk.go(client.publish("t", "taken back", 1, deadline_ms=500))
        third = desk.go(client.publish("t", "3", 1, deadline_ms=5000))
        desk.hears(b'AT+MQTTPUBRAW=0,"t",3,1,0\r\n')
        desk.wait(600)
        raises(MQTTError, "may have been delivered", first.result)
        raises(MQTTError, "in time", second.result)
        desk.answers(  # what was announced is sent all the same
            (b"", PROMPT),
            (b"\0\0\0", b"+MQTTPUB:OK\r\n"),
            (b'AT+MQTTPUB=0,"t","3",1,0\r\n', OK),
        )
        third.result()
        desk.hears(b"")


def test_deadline_gives_the_buffer_back():
    with Native({"tx_queue": 2}) as desk:
        desk.connect()
        payload = bytearray(b"\0" * 300)
        late = [desk.go(desk.client.publish("t", payload, 1, deadline_ms=500)) for _ in range(2)]
        desk.wait(600)
        for task in late:
            raises(MQTTError, "in time", task.result)
        payload[:] = b"\1" * 300
        desk.go(desk.client.publish("t", "there is room", 1))
        desk.answers((b'AT+MQTTPUBRAW=0,"t",300,1,0\r\n', PROMPT), (b"\0" * 300, b""))


def test_no_acknowledgement():
    """Before 5.0 ESP-AT waits for ever, and is busy all the time."""
    with Native() as desk:
        desk.connect()
        task = desk.go(desk.client.publish("t", "x", 1))
        desk.hears(b'AT+MQTTPUB=0,"t","x",1,0\r\n')
        desk.wait(20100)
        raises(MQTTError, "may have been delivered", task.result)


def test_what_conn_says():
    for text, there in (
        (b'+MQTTCONN:0,0,0,"","","",0', False),
        (b'+MQTTCONN:0,2,1,"","","",0', False),
        (b'+MQTTCONN:0,3,1,"h","1883","",0', False),
        (b'+MQTTCONN:0,4,1,"h","1883","",0', True),
        (b'+MQTTCONN:0,5,1,"h","1883","",0', True),
        (b'+MQTTCONN:0,6,1,"h","1883","",0', True),
        (b"+MQTTCONN:0,connected,1,h,1883,0", True),
        (b"+MQTTCONN:0,disconnect,1,h,1883,0", False),
        (b"+MQTTCONNSTATE:connected,0,h,1883,0", True),
        (b"+MQTTCONNSTATE:disconnect,0,h,1883,0", False),
        (b"+MQTTCONN:", False),
        (b"+OTHER:0,4", False),
    ):
        assert is_connected([b"+OTHER", text]) is there, text
    assert is_connected([]) is False
