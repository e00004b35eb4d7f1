"""The emulated board under the meters: repeatable, and the meters tell what passes."""

import pytest
from bench.jobs import predicted_stall_ms
from bench.model import publish_packet
from bench.rig import Outcome, Rig, Settings, Step

PACKETS = [publish_packet(b"p" * 64)] * 5
STEPS = [
    Step("receive", (5,), PACKETS, every_ns=30e6),
    Step("publish", (5, 64)),
    Step("idle", (500,)),
]


def run(steps: list[Step]) -> list[Outcome]:
    return Rig().run(Settings(rxbuf=256), steps)


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return run(STEPS)


def test_another_run_is_equal_to_the_instruction(outcomes):
    assert run(STEPS) == outcomes


def test_all_messages_come(outcomes):
    left, dropped, us = outcomes[0].result
    assert (left, dropped) == (0, 0)
    assert 4 * 30_000 < us < 5 * 30_000


def test_all_messages_come_with_flow_control():
    (outcome,) = Rig().run(Settings(rxbuf=256, flow=True), STEPS[:1])
    assert outcome.result[:2] == (0, 0)


def test_messages_that_do_not_come_are_not_waited_for():
    steps = [
        Step("receive", (5,), PACKETS[:2], every_ns=400e6),
        Step("receive", (5,), PACKETS, every_ns=400e6),  # 3 are missing now and then as well
    ]
    missing, complete = run(steps)
    assert missing.result[0] == 3
    assert complete.result[0] == 0


def test_each_publish_is_noted(outcomes):
    sendings = outcomes[1].windows[0].sendings
    assert len(sendings) == 5
    for one in sendings:
        assert one.began < one.command < one.prompt < one.data_began < one.data < one.sent


def test_who_waits_lets_the_processor_sleep(outcomes):
    idle = outcomes[2].windows[0]
    assert idle.ns == pytest.approx(500e6, rel=0.01)
    assert idle.busy_us < 0.1 * 500e3
    working = outcomes[1].windows[0]
    assert 0.2 < working.busy_us * 1000 / working.ns < 1


def test_a_stall_loses_bytes_when_the_buffers_are_full():
    rxbuf = 256
    step = Step("stall", (2, 60), PACKETS[:2], 30e6, windows=2, between=PACKETS * 10)
    (outcome,) = Rig(passive=False).run(Settings(rxbuf=rxbuf), [step])
    first, second = outcome.windows
    assert first.lossless_ms == pytest.approx(predicted_stall_ms(115200, rxbuf), rel=0.1)
    assert second.start.overruns > 0
