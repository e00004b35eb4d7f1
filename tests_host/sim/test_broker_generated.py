"""Generated conversations with atsim's broker and with a real mosquitto must read the same."""

from __future__ import annotations

from broker_packets import DISCONNECT, connect, publish, pubrel, subscribe, unsubscribe
from broker_script import Stage, play_here, play_there
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TOPICS = [b"a", b"a/b", b"a/b/c", b"b", b"/", b"$x/a", b"a/"]
FILTERS = [b"#", b"+", b"a/#", b"a/+", b"a/b", b"+/b", b"$x/#", b"+/+", b"/#", b"a", b"a/+/#"]
CLIENTS = st.sampled_from("abc")
TOPIC = st.sampled_from(TOPICS)
PAYLOAD = st.sampled_from([b"", b"x", b"yy"])
QOS = st.integers(0, 2)

CONNECT_STEP = st.tuples(
    st.just("connect"),
    CLIENTS,
    st.booleans(),
    st.none() | st.tuples(TOPIC, st.just(b"will"), QOS, st.booleans()),
)
PUBLISH_STEP = st.tuples(
    st.just("publish"), CLIENTS, TOPIC, PAYLOAD, QOS, st.booleans(), st.integers(1, 3)
)
SUBSCRIBE_STEP = st.tuples(
    st.just("subscribe"), CLIENTS, st.lists(st.sampled_from(FILTERS), min_size=1, max_size=3)
)
STEP = st.one_of(
    CONNECT_STEP,
    SUBSCRIBE_STEP,
    SUBSCRIBE_STEP,
    PUBLISH_STEP,
    PUBLISH_STEP,
    PUBLISH_STEP,
    st.tuples(st.just("unsubscribe"), CLIENTS, st.sampled_from(FILTERS)),
    st.tuples(st.just("pubrel"), CLIENTS, st.integers(1, 3)),
    st.tuples(st.just("answer"), CLIENTS),
    st.tuples(st.just("answer"), CLIENTS),
    st.tuples(st.just("lose"), CLIENTS),
    st.tuples(st.just("disconnect"), CLIENTS),
)


def take_step(stage: Stage, granted: dict[str, int], kind: str, name: str, *args) -> None:
    """One step of a generated conversation; nothing where it makes no sense."""
    if kind == "connect":
        stage.open(name, connect(name.encode(), clean=args[0], will=args[1]))
    elif not stage.is_open(name):
        return
    elif kind == "publish":
        topic, payload, qos, retain, packet_id = args
        ident = packet_id + 10 * qos  # an id under way must not be used for another QoS
        stage.send(name, publish(topic, payload, qos, retain=retain, packet_id=ident))
    elif kind == "pubrel":
        stage.send(name, pubrel(args[0] + 20))
    elif kind == "subscribe":
        # One QoS per client: mosquitto does not choose the highest of overlapping subscriptions.
        stage.send(name, subscribe(1, *((each, granted[name]) for each in args[0])))
    elif kind == "unsubscribe":
        stage.send(name, unsubscribe(2, args[0]))
    elif kind == "answer" and stage.unanswered(name):
        stage.answer(name)
    elif kind == "lose":
        stage.lose(name)
    elif kind == "disconnect":
        stage.send(name, DISCONNECT)


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(steps=st.lists(STEP, min_size=20, max_size=60), granted=st.tuples(QOS, QOS, QOS))
def test_generated_conversation(steps: list, granted: tuple[int, int, int]) -> None:
    def script(stage: Stage) -> None:
        for name in "abc":
            stage.open(name, connect(name.encode(), clean=False))
        for kind, name, *args in steps:
            take_step(stage, dict(zip("abc", granted, strict=True)), kind, name, *args)

    assert play_here(script) == play_there(script)
