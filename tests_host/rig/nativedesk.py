"""A client on the module's own MQTT, on a Desk: the test is the module. Runs on MicroPython."""

from atmqtt import MQTTClient

from .scripted import Desk, at_every_cut

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"
PROMPT = b"\r\nOK\r\n\r\n>"
HOST = "192.168.4.100"
CLEAN = b"AT+MQTTCLEAN=0\r\n"
USERCFG = b'AT+MQTTUSERCFG=0,1,"c","","",0,0,""\r\n'
CONNCFG = b'AT+MQTTCONNCFG=0,60,0,"","",0,0\r\n'
CONN = b'AT+MQTTCONN=0,"192.168.4.100",1883,0\r\n'
CONNECTED = b'+MQTTCONNECTED:0,1,"192.168.4.100","1883","",0\r\n' + OK
LOOK = b"AT+MQTTCONN?\r\n"
THERE = b'+MQTTCONN:0,4,1,"192.168.4.100","1883","",0\r\n' + OK
GONE = b'+MQTTCONN:0,3,1,"192.168.4.100","1883","",0\r\n' + OK


class Native(Desk):
    """client: of the native engine, not connected. told: (name, detail) of its events.

    options: of the MQTTClient; dialect, cuts: of the Desk.
    """

    def __init__(self, options=(), **desk):
        super().__init__(**desk)
        self.modem.has_mqtt = True
        self.told = []
        self.client = self.another(**dict(options))

    def another(self, **options):
        """A client."""
        settings = {"client_id": "c", "engine": "native", "on_event": self._tell}
        settings.update(options)
        return MQTTClient(self.modem, settings.pop("host", HOST), **settings)

    def _tell(self, name, detail):
        self.told.append((name, detail))

    def answers(self, *exchanges):
        """The host sends each command, and is answered."""
        for command, answer in exchanges:
            self.hears(command)
            self.says(answer)

    def connect(self):
        """Connected, as by transcript."""
        task = self.go(self.client.connect())
        self.answers((CLEAN, ERROR), (USERCFG, OK), (CONNCFG, OK), (CONN, CONNECTED))
        assert task.result() is None
        self.hears(b"")
        return self

    def get_in_step(self, ok=OK):
        """Answer the probes that come before the next command, where answers may be too many."""
        while not self.uart.written.startswith(b"AT+MQTT"):
            probe, self.uart.written = self.uart.written, b""
            self.says(probe[2:].rstrip(b"?\r\n") + b":1\r\n" + ok)
            self.wait(200)

    def message(self, topic: bytes, payload: bytes):
        """A message, or a part of one."""
        self.says(b'+MQTTSUBRECV:0,"%s",%d,' % (topic, len(payload)) + payload + b"\r\n")

    def taken(self):
        """What is in the inbox, taken out: [(topic, payload)]."""
        inbox = self.client.inbox
        messages = []
        while inbox.waiting:
            messages.append(inbox.waiting.pop(0)[:2])
        self.turn()
        return messages


def native(**options):
    """Decorator for test(desk): connected, and what the module says comes cut anywhere.

    options: of the MQTTClient.
    """

    def decorate(test):
        def once(cuts):
            with Native(options, cuts=cuts) as desk:
                desk.connect()
                test(desk)
                return desk.said

        return at_every_cut(once)

    return decorate
