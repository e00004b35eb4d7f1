"""What the module's own MQTT client says and allows, by firmware. Data, and the wording of events.

The values are those of ESP-AT 4.1.
"""


class Scheme:
    """What is between MQTT and TCP: TLS, which certificates it needs, WebSocket."""

    def __init__(
        self,
        tls: bool = False,
        verify: bool = False,
        show: bool = False,
        websocket: bool = False,
    ) -> None:
        self.tls = tls
        self.verify = verify
        self.show = show
        self.websocket = websocket

    @property
    def port(self) -> int:
        """Where brokers listen who are not told otherwise."""
        if self.websocket:
            return 443 if self.tls else 80
        return 8883 if self.tls else 1883


def esp_at_schemes() -> "dict[int, Scheme]":
    """1 to 5 over TCP: plain, TLS, and TLS that checks the server, shows a certificate or both;
    6 to 10 the same over WebSocket."""
    schemes = {}
    for websocket in (False, True):
        for tls, verify, show in ((0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 0, 1), (1, 1, 1)):
            number = len(schemes) + 1
            schemes[number] = Scheme(bool(tls), bool(verify), bool(show), websocket)
    return schemes


class MqttDialect:
    """Limits in bytes unless said; the texts are whole writes to the host."""

    schemes = esp_at_schemes()
    keepalive_default = 120  # seconds, for 0
    longest_topic = 128
    longest_will_topic = 128
    longest_will = 128
    longest_raw = 0x7FFFFFFF  # AT+MQTTPUBRAW=<length>: as the heap allows, which never ends here
    longest_host = 128
    tracked_filters = 10  # further ones are subscribed to and forgotten
    buffer = 1024  # one packet; what is longer comes in parts
    resend_us = 5_000_000  # an acknowledgement that does not come
    expiry_us = 30_000_000  # ... at all
    patience_us = 0  # commands take it for given after so long; 0: they wait without limit
    keeps_sessions = True  # AT+MQTTCONNCFG's <keep the session> is obeyed
    resubscribes = True  # after a reconnection
    error_after_refusal = True  # AT+MQTTCONN that failed ends with ERROR, or with the event alone
    # Said on the AT port; ESP-AT's go to its log port. Those that are not empty also keep the
    # packet from being sent.
    already_subscribed = b""
    ok_after_already = True
    table_full = b""
    not_subscribed = b""

    def connected(self, text: str, again: bool) -> bytes:
        """The connection is open; `text` are the fields that AT+MQTTCONN? shows too."""
        return ("+MQTTCONNECTED:0,%s\r\n" % text).encode()

    def disconnected(self, before: bool, reconnect: int) -> bytes:
        """It is not, or not any more: then it was so `before`."""
        return b"+MQTTDISCONNECTED:0\r\n"

    def message(self, topic: bytes, data: bytes, first: bool) -> bytes:
        """A message, or a part of one: then `first` tells the first from the others."""
        return b'+MQTTSUBRECV:0,"%s",%d,%s\r\n' % (topic, len(data), data)
