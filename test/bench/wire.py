# SPDX-License-Identifier: Apache-2.0
"""RunFunction messages as Python values: requests written, responses read.

As much of protobuf as that takes, so that neither needs anything but Python.
"""

import struct


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(0x80 | number & 0x7F)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, body):
    """A field of bytes: a string or a message."""
    return varint(number << 3 | 2) + varint(len(body)) + body


def scalar(number, value):
    return varint(number << 3) + varint(value)


# ---- google.protobuf.Struct -----------------------------------------------------------------------


def encode_value(value):
    if value is None:
        return b"\x08\x00"
    if isinstance(value, bool):
        return b"\x20" + (b"\x01" if value else b"\x00")
    if isinstance(value, (int, float)):
        return b"\x11" + struct.pack("<d", value)
    if isinstance(value, str):
        return field(3, value.encode())
    if isinstance(value, dict):
        return field(5, encode_struct(value))
    return field(6, b"".join(field(1, encode_value(v)) for v in value))


def encode_struct(members):
    return b"".join(
        field(1, field(1, key.encode()) + field(2, encode_value(members[key])))
        for key in sorted(members)
    )


def fields(message):
    """(number, value) for each field: bytes, an integer or a float."""
    at = 0

    def take():
        nonlocal at
        number = shift = 0
        while True:
            byte = message[at]
            at += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number

    while at < len(message):
        tag = take()
        if tag & 7 == 0:
            yield tag >> 3, take()
        elif tag & 7 == 1:
            yield tag >> 3, struct.unpack_from("<d", message, at)[0]
            at += 8
        else:
            length = take()
            yield tag >> 3, message[at : at + length]
            at += length


def decode_value(message):
    value = None
    for number, body in fields(message):
        if number == 2:
            value = body
        elif number == 3:
            value = body.decode()
        elif number == 4:
            value = bool(body)
        elif number == 5:
            value = decode_struct(body)
        elif number == 6:
            value = [decode_value(item) for _, item in fields(body)]
    return value


def decode_struct(message):
    return decode_map(message, 1, decode_value)


def decode_map(message, number, decode):
    """The entries of a map that is that field of the message."""
    found = {}
    for n, entry in fields(message):
        if n == number:
            parts = dict(fields(entry))
            found[parts.get(1, b"").decode()] = decode(parts.get(2, b""))
    return found


# ---- the request ------------------------------------------------------------------------------------


def resource(object_):
    return field(1, encode_struct(object_))


def entry(key, body):
    return field(1, key.encode()) + field(2, body)


def state(composite, resources):
    out = field(1, resource(composite)) if composite else b""
    return out + b"".join(field(2, entry(key, resource(resources[key]))) for key in sorted(resources))


def request(tag, observed, desired, input_, required):
    """observed and desired: (composite, {name: object}); required: {key: [object]}."""
    capabilities = b"\x12\x05\x01\x02\x03\x04\x05"
    out = field(1, field(1, tag.encode()) + capabilities)
    out += field(2, state(*observed))
    out += field(3, state(*desired))
    out += field(4, encode_struct(input_))
    for key in sorted(required):
        items = b"".join(field(1, resource(item)) for item in required[key])
        out += field(8, entry(key, items))
    return out


# ---- the response -----------------------------------------------------------------------------------


def record(**names):
    """A decoder of messages whose fields are strings and numbers; {} where one is empty."""
    numbers = {number: name for name, number in names.items()}

    def decode(message):
        return {
            numbers[n]: v.decode() if isinstance(v, bytes) else v
            for n, v in fields(message)
            if n in numbers and v
        }

    return decode


def decode_resource(message):
    parts = dict(fields(message))
    return {"resource": decode_struct(parts.get(1, b"")), "ready": parts.get(3, 0)}


def decode_selector(message):
    selector = record(api_version=1, kind=2, match_name=3, namespace=5)(message)
    for number, body in fields(message):
        if number == 4:
            selector["match_labels"] = decode_map(body, 1, bytes.decode)
    return selector


def decode_response(message):
    """What a response says, such that two that say the same are equal."""
    says = {"conditions": [], "results": [], "context": {}, "composite": {}, "resources": {}, "requirements": {}}
    for number, body in fields(message):
        if number == 1:
            says["ttl"] = dict(fields(dict(fields(body)).get(2, b"")))
        elif number == 2:
            says["resources"] = decode_map(body, 2, decode_resource)
            says["composite"] = decode_resource(dict(fields(body)).get(1, b""))
        elif number == 3:
            says["results"].append(record(severity=1, message=2, reason=3)(body))
        elif number == 4:
            says["context"] = decode_struct(body)
        elif number == 5:
            says["requirements"] = decode_map(body, 2, decode_selector)
        elif number == 6:
            says["conditions"].append(record(type=1, status=2, reason=3, message=4)(body))
    return says
