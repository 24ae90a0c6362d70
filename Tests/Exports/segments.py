"""Captures of a conversation as a network may show it: cut anywhere, out of order, sent twice, over any port."""
import random
import struct


class Wire:
    """A connection whose packets, as (sender, bytes) in their order, leave in segments; written as a capture (link type RAW)."""

    def __init__(self, packets, port=8891, seed=0):
        self.random = random.Random(seed)
        self.port = port
        self.frames = [self.frame("mta", 999, 0, b"", 2), self.frame("milter", 4999, 1000, b"", 0x12),
                       self.frame("mta", 1000, 5000, b"", 0x10)]
        self.next = {"mta": 1000, "milter": 5000}
        for sender, data in turns(packets):
            self.turn(sender, data)

    def turn(self, sender, data):
        """What one side says until the other speaks, in segments that know no packets."""
        other = "milter" if sender == "mta" else "mta"
        segments, at = [], 0
        while at < len(data):
            size = self.random.choice([1, 3, 4, 7, 40, 300, 1448])
            start = max(0, at - self.random.choice([0, 0, 0, 2]))
            segments.append(self.frame(sender, self.next[sender] + start, self.next[other], data[start:at + size], 0x18))
            at += size
        for i in range(0, len(segments) - 1):
            if self.random.random() < 0.3:
                segments[i], segments[i + 1] = segments[i + 1], segments[i]
        if segments and self.random.random() < 0.3:
            segments.append(self.random.choice(segments))
        self.next[sender] += len(data)
        self.frames += segments + [self.frame(other, self.next[other], self.next[sender], b"", 0x10)]

    def frame(self, sender, sequence, acknowledged, data, flags):
        source, target = (40001, self.port) if sender == "mta" else (self.port, 40001)
        tcp = struct.pack(">HHIIBBHHH", source, target, sequence, acknowledged, 0x50, flags, 65535, 0, 0)
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(data), 0, 0x4000, 64, 6, 0, b"\x7f\0\0\1", b"\x7f\0\0\1")
        return ip + tcp + data

    def write(self, path):
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101))
            for number, frame in enumerate(self.frames):
                file.write(struct.pack("<IIII", 1760000000, number * 100, len(frame), len(frame)) + frame)
        return path


def turns(packets):
    """Neighbours of one sender joined."""
    joined = []
    for sender, data in packets:
        if joined and joined[-1][0] == sender:
            joined[-1] = (sender, joined[-1][1] + data)
        else:
            joined.append((sender, data))
    return joined
