"""Long sends in pieces, several in order, and a payload that looks like a way out."""

from atmqtt.dialects import air601, esp_at
from rig.overlink import opened
from rig.scripted import Desk


def test_one_send_up_to_the_limit():
    for dialect, limit in ((esp_at, 8192), (air601, 5760)):
        with Desk(dialect) as desk:
            opened(desk)
            desk.link.send(b"h" * 10, b"p" * (limit - 10))
            desk.takes(b"h" * 10 + b"p" * (limit - 10))
            desk.hears(b"")


def test_more_than_the_limit_in_pieces():
    with Desk() as desk:
        user = opened(desk)
        payload = bytes(range(256)) * 65  # 16640
        command = desk.link.send(b"head", payload)
        whole = b"head" + payload
        desk.takes(whole[:8192])
        assert not command.done
        desk.takes(whole[8192:16384])
        desk.takes(whole[16384:])
        assert command.done and not command.error
        assert user.sent == [None] * 3
        desk.hears(b"")


def test_pieces_at_the_edges():
    for n in (8192, 8193, 16384, 16385):
        with Desk() as desk:
            opened(desk)
            command = desk.link.send(b"h", bytes(n - 1))
            whole = b"h" + bytes(n - 1)
            for start in range(0, n, 8192):
                desk.takes(whole[start : start + 8192])
            assert command.done
            desk.hears(b"")


def test_no_piece_is_three_bytes_long():
    """The data +++ alone would end the module's data phase."""
    for pieces in (1, 2, 3):
        with Desk() as desk:
            opened(desk)
            whole = b"x" * (8192 * pieces) + b"+++"
            command = desk.link.send(whole[:1], whole[1:])
            for start in range(0, len(whole), 8191):
                desk.takes(whole[start : start + 8191])
            assert command.done
            desk.hears(b"")


def test_sends_in_order_one_at_a_time():
    with Desk() as desk:
        opened(desk)
        for text in (b"one", b"three", b"eleven"):
            desk.link.send(text)
        for text in (b"one", b"three", b"eleven"):
            desk.takes(text)
        desk.hears(b"")


def test_a_cancelled_sender_has_its_bytes_sent():
    """The buffer is the caller's again; the announced bytes are those of before."""
    with Desk() as desk:
        opened(desk)
        buffer = bytearray(b"payload")
        command = desk.link.send(b"head", buffer)
        task = desk.go(desk.channel.wait(command))
        task.cancel()
        buffer[:] = b"#######"
        desk.takes(b"headpayload")
        assert command.done
