"""The same conversations with atsim's broker and with a real mosquitto must read the same.

Left out is only what atsim's broker documents as different (see atsim.broker).
"""

from __future__ import annotations

import pytest
from broker_bad_packets import FIRST_PACKETS, LATER_PACKETS
from broker_packets import DISCONNECT, PINGREQ, connect, publish, pubrel, subscribe, unsubscribe
from broker_script import (
    BrokerPipe,
    Script,
    SocketPipe,
    Stage,
    play,
    play_here,
    play_there,
)

from atsim.broker import Broker
from atsim.brokersession import Session
from broker_fixture import PASSWORD, USERNAME, mosquitto


def connects_and_pings(stage: Stage) -> None:
    stage.open("a", connect(b"a"))
    stage.send("a", PINGREQ)
    stage.send("a", PINGREQ, publish(b"t"), PINGREQ)
    stage.send("a", DISCONNECT)
    stage.open("", connect(b""))
    stage.open("", connect(b"", clean=False))
    stage.open("b", connect(b"b", username=b"anybody", password=b"\x00\xff"))
    stage.open("b", connect(b"b", username=b""))
    stage.open("long", connect(b"c" * 300, keepalive=65535))


def publishes_at_every_qos_to_every_qos(stage: Stage) -> None:
    for granted in range(3):
        stage.open(f"s{granted}", connect(b"s%d" % granted))
        stage.send(f"s{granted}", subscribe(1 + granted, (b"t", granted)))
    stage.open("p", connect(b"p"))
    stage.send("p", publish(b"t", b"at most once"))
    stage.send("p", publish(b"t", b"at least once", 1, packet_id=65535))
    stage.send("p", publish(b"t", b"exactly once", 2, packet_id=7))
    stage.send("p", publish(b"t", b"exactly once", 2, packet_id=7, dup=True))
    stage.send("p", pubrel(7))
    stage.send("p", pubrel(7))
    stage.send("p", publish(b"t", bytes(range(256)) * 40, 1, packet_id=1))
    stage.send("p", publish(b"other", b"nobody", 1, packet_id=1))
    for name in ("s1", "s2"):
        while stage.unanswered(name):
            stage.answer(name)


def own_messages_and_acknowledgements(stage: Stage) -> None:
    stage.open("a", connect(b"a"))
    stage.send("a", subscribe(1, (b"#", 2)))
    stage.send("a", publish(b"x", b"1", 2, packet_id=1), publish(b"x", b"2", 1, packet_id=2))
    stage.send("a", pubrel(1), unsubscribe(3, b"#", b"unknown"), publish(b"x", b"3"))
    while stage.unanswered("a"):
        stage.answer("a")


def acknowledgements_nobody_asked_for(stage: Stage) -> None:
    for wrong in (b"\x40\x02\0\1", b"\x50\x02\0\1", b"\x70\x02\0\1"):
        stage.open("a", connect(b"a"))
        stage.send("a", wrong)
        stage.send("a", pubrel(9))
        for qos in (1, 2):
            stage.open("a", connect(b"a"))
            stage.send("a", subscribe(1, (b"t", 2)))
            stage.send("a", publish(b"t", b"x", qos, packet_id=5), pubrel(5))
            stage.send("a", wrong)


def retained_messages(stage: Stage) -> None:
    stage.open("p", connect(b"p"))
    for qos in range(3):
        stage.send("p", publish(b"r/%d" % qos, b"old", qos, retain=True, packet_id=1), pubrel(1))
        stage.send("p", publish(b"r/%d" % qos, b"new", qos, retain=True, packet_id=2), pubrel(2))
    stage.send("p", publish(b"r/gone", b"soon", retain=True), publish(b"$r", b"x", retain=True))
    for granted in range(3):
        name = f"s{granted}"
        stage.open(name, connect(name.encode()))
        stage.send(name, subscribe(1, (b"r/+", granted)))
        stage.send(name, subscribe(2, (b"r/+", 2 - granted), (b"$r", 0), (b"r/0", 2 - granted)))
    stage.send("p", publish(b"r/gone", b"", 1, retain=True, packet_id=3))
    stage.open("late", connect(b"late"))
    stage.send("late", subscribe(1, (b"r/gone", 1), (b"r/0", 1)))
    stage.send("late", unsubscribe(2, b"r/0"), publish(b"r/0", b"live", retain=True))


def wills(stage: Stage) -> None:
    stage.open("w", connect(b"w"))
    stage.send("w", subscribe(1, (b"#", 2)))
    for qos in range(3):
        for retain in (False, True):
            will = (b"will/%d" % qos, b"a" * qos, qos, retain)
            stage.open("a", connect(b"a", will=will))
            stage.lose("a")
            stage.open("a", connect(b"a", will=will))
            stage.send("a", DISCONNECT)
            stage.open("a", connect(b"a", will=will))
            stage.send("a", b"\xf0\x00")  # a protocol error
    stage.open("late", connect(b"late"))
    stage.send("late", subscribe(1, (b"will/#", 2)))


def take_over(stage: Stage) -> None:
    stage.open("w", connect(b"w"))
    stage.send("w", subscribe(1, (b"will/#", 0)))
    for old_clean in (True, False):
        for new_clean in (True, False):
            stage.open("a", connect(b"a", will=(b"will/a", b"x", 0, False), clean=old_clean))
            stage.send("a", subscribe(1, (b"t", 1)))
            stage.open("a", connect(b"a", clean=new_clean))
            stage.send("a", publish(b"t", b"still subscribed?", 1, packet_id=1))
            stage.open("a", connect(b"a"))


def own_will(stage: Stage) -> None:
    """Who subscribed to its own will: does it come, at once or with the next connection?"""
    for old_clean in (True, False):
        for new_clean in (True, False):
            for ends in (False, True):
                will = (b"own", b"x", 1, False)
                stage.open("a", connect(b"a", will=will, clean=old_clean))
                stage.send("a", subscribe(1, (b"own", 1)))
                if ends:
                    stage.lose("a")
                stage.open("a", connect(b"a", clean=new_clean))
                stage.open("a", connect(b"a"))


def resumes_a_session(stage: Stage) -> None:
    stage.open("p", connect(b"p"))
    stage.open("a", connect(b"a", clean=False))
    stage.send("a", subscribe(1, (b"t/#", 2)), publish(b"own", b"x", 2, packet_id=9))
    for qos in (1, 2, 2, 1):
        stage.send("p", publish(b"t/%d" % qos, b"sent", qos, packet_id=1), pubrel(1))
    stage.answer("a", 1)  # PUBREC for the first QoS 2 message: from now on only PUBREL
    stage.lose("a")
    for qos in (0, 1, 2):
        stage.send("p", publish(b"t/%d" % qos, b"queued", qos, packet_id=1), pubrel(1))
    stage.open("a", connect(b"a", clean=False))
    stage.send("p", subscribe(1, (b"own", 2)))
    stage.send("a", publish(b"own", b"x", 2, packet_id=9, dup=True), pubrel(9))
    stage.send("a", DISCONNECT)
    stage.send("p", publish(b"t/1", b"queued again", 1, packet_id=1))
    stage.open("a", connect(b"a", clean=False))
    while stage.unanswered("a"):
        stage.answer("a")
    stage.open("a", connect(b"a"))
    stage.send("a", publish(b"t/x", b"forgotten?"))
    stage.open("a", connect(b"a", clean=False))


def filters_and_topics(stage: Stage) -> None:
    filters = (b"#", b"+", b"+/+", b"/#", b"/+", b"a/#", b"a/+/c", b"+/b/#", b"a//c", b"$x/#")
    filters += (b"$x/+", b"A/#", "é/+".encode(), b"a/+/+/#", b" ", b"+/#", b"/")
    topics = (b"a", b"/", b"//", b"a/", b"/a", b"a/b", b"a/b/c", b"a//c", b"A/b", b"a/b/c/d")
    topics += (b"$x", b"$x/y", b"a/$x", "é/b".encode(), b" ", b"$")
    for topic_filter in filters:
        stage.open("a", connect(b"a"))
        stage.send("a", subscribe(1, (topic_filter, 0)))
        stage.send("a", *(publish(topic, b"live", retain=True) for topic in topics))
        stage.send("a", subscribe(2, (topic_filter, 0)))
        stage.send("a", *(publish(topic, b"", retain=True) for topic in topics))


def bad_first_packets(stage: Stage) -> None:
    for number, data in enumerate(FIRST_PACKETS):
        stage.open(str(number), data)


def bad_later_packets(stage: Stage) -> None:
    stage.open("w", connect(b"w"))
    stage.send("w", subscribe(1, (b"#", 1)))
    for number, data in enumerate(LATER_PACKETS):
        name = f"a{number}"
        stage.open(name, connect(name.encode(), will=(b"will", name.encode(), 1, False)))
        stage.send(name, data)


def silence(stage: Stage) -> None:
    stage.open("w", connect(b"w"))
    stage.send("w", subscribe(1, (b"#", 0)))
    stage.open("a", connect(b"a", keepalive=1, will=(b"will", b"too quiet", 0, False)))
    stage.until_closed("a")


SCRIPTS = [
    connects_and_pings,
    publishes_at_every_qos_to_every_qos,
    own_messages_and_acknowledgements,
    acknowledgements_nobody_asked_for,
    retained_messages,
    wills,
    take_over,
    own_will,
    resumes_a_session,
    filters_and_topics,
    bad_first_packets,
    bad_later_packets,
]


@pytest.mark.parametrize("script", SCRIPTS)
def test_script(script: Script) -> None:
    assert play_here(script) == play_there(script)


def test_credentials() -> None:
    name, password = USERNAME.encode(), PASSWORD.encode()

    def script(stage: Stage) -> None:
        for user, word in (
            (name, password),
            (name, b"wrong"),
            (name, b""),
            (name, password + b" "),
            (name, None),
            (b"stranger", password),
            (b"", b""),
            (None, None),
        ):
            stage.open("a", connect(b"a", username=user, password=word))

    with mosquitto() as real:
        there = play(script, Stage(lambda: SocketPipe(real.password_port)))
    assert play_here(script, {USERNAME: PASSWORD}) == there


def test_keepalive_runs_out() -> None:
    broker = Broker()

    class TimedPipe(BrokerPipe):
        def receive(self) -> bytes:
            if not self._connection.pending:
                broker.tick(broker.now_us + 100000)
            return b"" if self._connection.closed else self._connection.take() or self.receive()

    here = play(silence, Stage(lambda: TimedPipe(broker)))
    assert here == play_there(silence)


def test_full_queues_drop_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is delivered in the end, and in which order; mosquitto fills its window otherwise."""
    monkeypatch.setattr(Session, "max_inflight", 3)
    monkeypatch.setattr(Session, "max_queued", 4)

    def publish_twelve(stage: Stage) -> None:
        for number in range(1, 13):
            qos = 1 + number % 2
            stage.send("p", publish(b"t", b"%d" % number, qos, packet_id=number), pubrel(number))

    def script(stage: Stage) -> None:
        stage.open("p", connect(b"p"))
        stage.open("a", connect(b"a", clean=False))
        stage.send("a", subscribe(1, (b"t", 2)))
        publish_twelve(stage)
        stage.send("p", publish(b"t", b"QoS 0 does not wait"))
        while stage.unanswered("a"):
            stage.answer("a")
        stage.send("p", publish(b"t", b"in flight", 1, packet_id=1))
        stage.lose("a")
        publish_twelve(stage)
        stage.open("a", connect(b"a", clean=False))
        while stage.unanswered("a"):
            stage.answer("a")

    config = ("max_inflight_messages 3", "max_queued_messages 4")
    there = [line for line in play_there(script, *config) if "PUBLISH" in line]
    here = [line for line in play_here(script) if "PUBLISH" in line]
    assert here == there
    assert len(here) == 3 + 4 + 1 + 2 + 3
