"""Cutting milter packets out of a stream, independent of the product's code: a 32-bit length, then that much."""
import collections
import struct


def packets(stream):
    """The whole frames in `stream`; an unfinished last one is left out."""
    found, at = [], 0
    while at + 4 <= len(stream):
        length, = struct.unpack_from(">I", stream, at)
        if at + 4 + length > len(stream):
            break
        found.append(stream[at:at + 4 + length])
        at += 4 + length
    return found


def codes(stream):
    """How many packets of each command or reply letter `stream` holds."""
    return collections.Counter(chr(packet[4]) for packet in packets(stream) if len(packet) > 4)


def frame(code, payload=b""):
    return struct.pack(">I", len(payload) + 1) + code.encode() + payload


def negotiation(version=6, actions=0x1FF, steps=0x1FFFFF):
    """The OPTNEG that an MTA opens with."""
    return frame("O", struct.pack(">III", version, actions, steps))
