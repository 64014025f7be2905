# SPDX-License-Identifier: Apache-2.0
"""As much of HTTP/2 as a badly behaved client of gRPC needs: each frame is sent by hand."""

import socket
import ssl
import struct
import time

RUN = "/apiextensions.fn.proto.v1.FunctionRunnerService/RunFunction"
RUN_V1BETA1 = "/apiextensions.fn.proto.v1beta1.FunctionRunnerService/RunFunction"
HEALTH = "/grpc.health.v1.Health/Check"

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
ACK = END_STREAM = 1
END_HEADERS = 4
MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, HEADER_TABLE_SIZE = 3, 4, 1
ENHANCE_YOUR_CALM = 11
OK, UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, UNAVAILABLE = 0, 2, 4, 12, 14

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
WINDOW = 1 << 30  # what the server may send: never in the way unless a test wants that


class Closed(Exception):
    """The server has closed the connection, or there never was one."""


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + struct.pack(">BBI", kind, flags, stream) + payload


def setting(number, value):
    return struct.pack(">HI", number, value)


def integer(value, bits):
    """A number as HPACK writes it after the first bits of a byte."""
    limit = (1 << bits) - 1
    if value < limit:
        return bytes([value])
    out, value = [limit], value - limit
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    return bytes([*out, value])


def headers(path, *more):
    """A header block without compression or a table."""
    fields = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost"),
              ("content-type", "application/grpc"), ("te", "trailers"), *more]
    return b"".join(b"\0" + integer(len(word), 7) + word.encode() if not i else
                    integer(len(word), 7) + word.encode()
                    for field in fields for i, word in enumerate(field))


def message(payload, compressed=False):
    return struct.pack(">BI", compressed, len(payload)) + payload


def status_of(block):
    """grpc-status in a header block; None where it is not."""
    at = block.find(b"grpc-status")
    if at < 0:
        return None
    length = block[at + 11]
    return int(block[at + 12:at + 12 + length])


def tls(certificates, name="client"):
    """Shows name.crt, takes any server: these tests look at what the server does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    context.load_cert_chain(certificates / f"{name}.crt", certificates / f"{name}.key")
    return context


class Connection:
    """One connection; reads only when it is asked to."""

    def __init__(self, port, context=None, timeout=30, hello=True,
                 window=WINDOW):
        self.seen, self.kept, self.next_stream, self.settings = bytearray(), [], 1, {}
        self.initial_window = 65535
        self.windows = {0: self.initial_window}  # what we may send, of all and of each stream
        try:
            self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
            if context:
                self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if hello:
                self.hello(window)
        except OSError as problem:
            raise Closed(str(problem)) from problem

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def hello(self, window):
        self.send(PREFACE + frame(SETTINGS, 0, 0, setting(HEADER_TABLE_SIZE, 0)
                                  + setting(INITIAL_WINDOW_SIZE, window))
                  + frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", window)))

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError as problem:
            raise Closed(str(problem)) from problem

    def vanish(self):
        """As when the client's process is killed with bytes unread: a reset, no goodbye."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def read_exactly(self, n):
        while len(self.seen) < n:
            try:
                more = self.socket.recv(1 << 16)
            except TimeoutError:
                raise
            except OSError as problem:
                raise Closed(str(problem)) from problem
            if not more:
                raise Closed("closed")
            self.seen += more
        taken = bytes(self.seen[:n])
        del self.seen[:n]
        return taken

    def read(self):
        """The next frame: kind, flags, stream, payload."""
        return self.kept.pop(0) if self.kept else self.receive()

    def receive(self):
        """The next frame from the server; its settings and pings are answered."""
        head = self.read_exactly(9)
        kind, flags, stream = struct.unpack(">BBI", head[3:])
        payload = self.read_exactly(int.from_bytes(head[:3], "big"))
        if kind == SETTINGS and not flags & ACK:
            self.take_settings(dict(struct.iter_unpack(">HI", payload)))
        elif kind == PING and not flags & ACK:
            self.send(frame(PING, ACK, 0, payload))
        elif kind == WINDOW_UPDATE and stream in self.windows:
            self.windows[stream] += int.from_bytes(payload, "big")
        return kind, flags, stream, payload

    def take_settings(self, settings):
        grown = settings.get(INITIAL_WINDOW_SIZE, self.initial_window) - self.initial_window
        self.settings.update(settings)
        self.initial_window += grown
        for stream in self.windows:
            self.windows[stream] += grown if stream else 0
        self.send(frame(SETTINGS, ACK, 0))

    def begin(self, path=RUN, *more):
        """Opens a stream and sends its headers."""
        stream, self.next_stream = self.next_stream, self.next_stream + 2
        self.windows[stream] = self.initial_window
        self.send(frame(HEADERS, END_HEADERS, stream, headers(path, *more)))
        return stream

    def upload(self, stream, data, end=True):
        """Sends a body as fast as the server's windows let it; what it says meanwhile is kept."""
        while True:
            room = min(self.windows[0], self.windows[stream], 16384)
            part, data = data[:room], data[room:]
            if part or not data:
                self.send(frame(DATA, END_STREAM if end and not data else 0, stream, part))
                self.windows[0] -= len(part)
                self.windows[stream] -= len(part)
                if not data:
                    return
            else:
                self.kept.append(self.receive())

    def statuses(self, streams):
        """Reads until these streams have ended: of each its gRPC status, or below 0 the code of
        its reset, and its message."""
        answers, ended = {stream: bytearray() for stream in streams}, {}
        while len(ended) < len(answers):
            kind, flags, stream, payload = self.read()
            if kind == GOAWAY and struct.unpack(">I", payload[4:8])[0] != 0:
                raise Closed(f"GOAWAY {payload[4:]}")
            if stream not in answers:
                continue
            if kind == DATA:
                answers[stream] += payload
            elif kind == RST_STREAM:
                ended.setdefault(stream, -struct.unpack(">I", payload)[0])
            elif kind == HEADERS and flags & END_STREAM:
                ended[stream] = status_of(payload)
        return [(ended[stream], bytes(answer[5:])) for stream, answer in answers.items()]

    def status(self, stream):
        ended, = self.statuses([stream])
        return ended

    def call(self, request, path=RUN, *more):
        stream = self.begin(path, *more)
        self.upload(stream, message(request))
        return self.status(stream)

    def until_closed(self, seconds):
        """How long it takes the server to close this; None when it does not."""
        began = time.monotonic()
        while True:
            left = seconds - (time.monotonic() - began)
            if left <= 0:
                return None
            self.socket.settimeout(left)
            try:
                self.read()
            except TimeoutError:
                return None
            except Closed:
                return time.monotonic() - began
