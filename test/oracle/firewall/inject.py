"""Sends frames into a router between two network interfaces, one at a time, and writes down what came out for each.

Input, for each frame: side (0 inside, 1 outside), length as u32, bytes. Output, for each frame: number of frames that came
out, then for each of them side, length, bytes. A probe that always passes is sent behind every frame: when it has come out,
so has all that the frame led to.
"""
import select
import socket
import struct
import sys

ETH_P_ALL, SOL_PACKET, PACKET_IGNORE_OUTGOING = 3, 263, 23
PROBE_PROTOCOL = 253  # RFC 3692: for experiments


def open_side(name):
    side = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    side.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    side.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    side.bind((name, ETH_P_ALL))
    side.setblocking(False)
    return side


def probe(router, number):
    source, destination = bytes([198, 18, 255, 1]), bytes([198, 18, 255, 2])
    header = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 28, 0, 0, 64, PROBE_PROTOCOL, 0, source, destination)
    total = sum(struct.unpack('!10H', header))
    total = (total & 0xffff) + (total >> 16)
    total = (total & 0xffff) + (total >> 16)
    header = header[:10] + struct.pack('!H', 0xffff - total) + header[12:]
    return router + bytes([2, 0, 0, 0, 0, 9]) + b'\x08\x00' + header + struct.pack('!Q', number)


def is_probe(frame):
    return len(frame) >= 42 and frame[12:14] == b'\x08\x00' and frame[23] == PROBE_PROTOCOL


def main():
    inside, outside, router_inside, router_outside, source, target = sys.argv[1:]
    sides = [open_side(inside), open_side(outside)]
    routers = [bytes.fromhex(mac.replace(':', '')) for mac in (router_inside, router_outside)]
    data = open(source, 'rb').read()
    at, number, out = 0, 0, []
    while at < len(data):
        side, length = struct.unpack_from('!BI', data, at)
        frame = data[at + 5:at + 5 + length]
        at += 5 + length
        number += 1
        sides[side].send(routers[side] + frame[6:])
        sides[side].send(probe(routers[side], number))
        seen, is_through = [], False
        while not is_through:
            ready, _, _ = select.select(sides, [], [], 5)
            if not ready:
                sys.exit(f'the probe behind frame {number} did not come out')
            # The side of the answers first: they were queued before the probe.
            for end in (side, 1 - side):
                while True:
                    try:
                        found = sides[end].recv(70000)
                    except BlockingIOError:
                        break
                    if not is_probe(found):
                        seen.append((end, found))
                    elif struct.unpack('!Q', found[34:42])[0] == number:
                        is_through = True
        out.append(bytes([len(seen)]))
        for end, found in seen:
            out.append(struct.pack('!BI', end, len(found)) + found)
    open(target, 'wb').write(b''.join(out))


main()
