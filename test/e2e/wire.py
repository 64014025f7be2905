# SPDX-License-Identifier: Apache-2.0
"""As much protobuf as a message of google.protobuf.Structs takes, written by hand.

Not our program's code on purpose: what it writes is read here by somebody else.
"""

import struct

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])


def field(number, payload):
    """One length-delimited field; text is encoded."""
    if isinstance(payload, str):
        payload = payload.encode()
    return varint(number << 3 | BYTES) + varint(len(payload)) + payload


def write_value(value):
    if value is None:
        return varint(1 << 3 | VARINT) + b"\0"
    if isinstance(value, bool):
        return varint(4 << 3 | VARINT) + bytes([value])
    if isinstance(value, (int, float)):
        return varint(2 << 3 | FIXED64) + struct.pack("<d", value)
    if isinstance(value, str):
        return field(3, value)
    if isinstance(value, dict):
        return field(5, write_struct(value))
    return field(6, b"".join(field(1, write_value(item)) for item in value))


def write_struct(members):
    entries = (field(1, name) + field(2, write_value(value)) for name, value in members.items())
    return b"".join(field(1, entry) for entry in entries)


def read_varint(data, at):
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
        shift += 7


def fields(data):
    """(number, value) of every field: an integer, or bytes."""
    at = 0
    while at < len(data):
        key, at = read_varint(data, at)
        kind = key & 7
        if kind == VARINT:
            value, at = read_varint(data, at)
        else:
            length = {FIXED64: 8, FIXED32: 4}.get(kind)
            if length is None:
                if kind != BYTES:
                    raise ValueError(f"field {key >> 3} has wire type {kind}")
                length, at = read_varint(data, at)
            value, at = data[at:at + length], at + length
        yield key >> 3, value


def message(data):
    """All values of each field by its number."""
    out = {}
    for number, value in fields(data):
        out.setdefault(number, []).append(value)
    return out


def read_value(data):
    for number, value in fields(data):
        if number == 1:
            return None
        if number == 2:
            number = struct.unpack("<d", value)[0]
            return int(number) if number.is_integer() else number
        if number == 3:
            return value.decode()
        if number == 4:
            return bool(value)
        if number == 5:
            return read_struct(value)
        if number == 6:
            return [read_value(item) for item in message(value).get(1, [])]
    return None


def read_struct(data):
    out = {}
    for entry in message(data).get(1, []):
        parts = message(entry)
        out[parts.get(1, [b""])[0].decode()] = read_value(parts.get(2, [b""])[0])
    return out
