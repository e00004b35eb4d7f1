"""Helpers for plain tests, the ones that run on CPython and MicroPython alike."""


def _check(error, text):
    assert text in str(error), "expected %r in %r" % (text, str(error))
    return error


def raises(kind, text: str, function, *args, **kwargs):
    """Call `function`; it must raise `kind` with `text` in its message. Returns the exception."""
    try:
        function(*args, **kwargs)
    except kind as error:
        return _check(error, text)
    raise AssertionError("%s was not raised" % kind.__name__)


async def raises_async(kind, text: str, awaitable):
    """Await it; it must raise `kind` with `text` in its message. Returns the exception."""
    try:
        await awaitable
    except kind as error:
        return _check(error, text)
    raise AssertionError("%s was not raised" % kind.__name__)
