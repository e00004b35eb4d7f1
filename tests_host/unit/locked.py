"""Proof that code allocates nothing: it is run with the heap locked.

On CPython the heap cannot be locked and the code just runs.
"""

import sys

from micropython import heap_lock, heap_unlock

LOCKS = sys.implementation.name == "micropython"


def allocates(function, *args) -> bool:
    """Call function(*args), of at most three arguments; does it need memory?"""
    heap_lock()
    try:
        _call(function, args)
        return False
    except MemoryError:
        return True
    finally:
        heap_unlock()


def _call(function, args):
    # f(*args) would allocate
    n = len(args)
    if n == 0:
        function()
    elif n == 1:
        function(args[0])
    elif n == 2:
        function(args[0], args[1])
    else:
        function(args[0], args[1], args[2])
