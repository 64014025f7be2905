# SPDX-License-Identifier: Apache-2.0
"""Slow clients of an HTTP port, as many as are wanted, which dial again whenever they are closed.

crowd.py PORT KIND CLIENTS ADDRESSES      until it is killed; each 127.0.0.1 and up has its share
"""

import selectors
import socket
import sys
import time

HEAD = b"GET /metrics HTTP/1.1\r\nHost: x\r\n"

# What a client of each kind says at once, and then again and again.
KINDS = {
    "silent": (b"", b""),
    "slow": (HEAD, b"X: y\r\n"),
    "unread": (HEAD + b"\r\n", b""),  # asks for a page, and does not read it
    "torn": (b"G", b""),
}
AGAIN_SECONDS = 1
DIAL_SECONDS = 0.02


class Crowd:
    def __init__(self, port, kind, clients, addresses):
        self.port, (self.first, self.then) = port, KINDS[kind]
        self.reads = kind != "unread"
        self.selector = selectors.DefaultSelector()
        self.due = [(0.0, f"127.0.0.{1 + i % addresses}") for i in range(clients)]
        self.said = {}
        self.dialled = 0

    def dial(self, own):
        connection = socket.socket()
        connection.setblocking(False)
        connection.bind((own, 0))
        connection.connect_ex(("127.0.0.1", self.port))
        self.selector.register(connection, selectors.EVENT_READ | selectors.EVENT_WRITE, own)
        self.dialled += 1

    def lose(self, connection, own):
        self.selector.unregister(connection)
        connection.close()
        self.said.pop(connection, None)
        self.due.append((time.monotonic() + DIAL_SECONDS, own))

    def step(self):
        now = time.monotonic()
        ready = [own for at, own in self.due if at <= now]
        self.due = [(at, own) for at, own in self.due if at > now]
        for own in ready:
            self.dial(own)
        for key, events in self.selector.select(0.01):
            connection, own = key.fileobj, key.data
            try:
                if events & selectors.EVENT_WRITE:
                    connection.send(self.first)
                    self.said[connection] = now
                    wanted = selectors.EVENT_READ if self.reads else 0
                    if wanted:
                        self.selector.modify(connection, wanted, own)
                    else:
                        self.selector.unregister(connection)
                        self.selector.register(connection, selectors.EVENT_READ, own)
                elif events & selectors.EVENT_READ and (self.reads or not self.is_open(connection)):
                    if not self.reads or not connection.recv(4096):
                        self.lose(connection, own)
            except OSError:
                self.lose(connection, own)
        self.say_more(now)

    @staticmethod
    def is_open(connection):
        """Whether the other side has not closed it; nothing is read."""
        return bool(connection.recv(1, socket.MSG_PEEK))

    def say_more(self, now):
        if not self.then:
            return
        for connection, at in list(self.said.items()):
            if now - at < AGAIN_SECONDS:
                continue
            self.said[connection] = now
            try:
                connection.send(self.then)
            except OSError:
                self.lose(connection, self.selector.get_key(connection).data)


if __name__ == "__main__":
    crowd = Crowd(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    print("dials", flush=True)
    while True:
        crowd.step()
