# MIT license; Copyright (c) 2026 The atmqtt authors
"""A send of more bytes than the module takes at once. Loaded when needed and forgotten again."""


def send(queue, limit: int, n: int, parts: tuple):
    """queue(size, buffers, command before) each piece of the n bytes. Returns the last command."""
    if n % limit == 3:
        limit -= 1  # data of +++ alone would end the module's data phase
    command = None
    room = limit
    chunk = []
    for part in parts:
        part = memoryview(part)
        while len(part):
            if not room:
                command = queue(limit, chunk, command)
                chunk = []
                room = limit
            chunk.append(part[:room])
            part = part[room:]
            room -= len(chunk[-1])
    return queue(limit - room, chunk, command)
