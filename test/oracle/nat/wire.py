"""Two raw sockets on the far ends of a router's links. A line of JSON says what to send, and one comes back with what came out:
{"side": "inside", "frame": hex, "sentinel": hex} -> {"inside": [hex], "outside": [hex]}. The sentinel is sent behind the frame
by the same link, and the router always lets it through: when it is out, all that the frame leads to is out. Where "waitMs"
stands instead of a frame, time passes."""
import json
import select
import socket
import sys
import time

ALL_PROTOCOLS = 3
OUTGOING = 4
MARK = b'nat-oracle-sentinel'
LIMIT_SECONDS = 10

sockets = {}
for side, interface in (('inside', sys.argv[1]), ('outside', sys.argv[2])):
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS))
    raw.bind((interface, 0))
    raw.setblocking(False)
    sockets[side] = raw


def collect(seen, end):
    """Reads until the sentinel is out; says whether it is."""
    while time.monotonic() < end:
        ready, _, _ = select.select(list(sockets.values()), [], [], max(0, end - time.monotonic()))
        marked = False
        for side, raw in sockets.items():
            while raw in ready:
                try:
                    frame, address = raw.recvfrom(65535)
                except BlockingIOError:
                    break
                # IPv4 alone: the kernel may ask for neighbours and routers.
                if address[2] == OUTGOING or frame[12:14] != b'\x08\x00':
                    continue
                if MARK in frame:
                    marked = True
                else:
                    seen[side].append(frame.hex())
        if marked:
            return True
    return False


print('ready', flush=True)
for line in sys.stdin:
    order = json.loads(line)
    seen = {'inside': [], 'outside': []}
    if 'waitMs' in order:
        time.sleep(order['waitMs'] / 1000)
    else:
        for frame in (order['frame'], order['sentinel']):
            sockets[order['side']].send(bytes.fromhex(frame))
        if not collect(seen, time.monotonic() + LIMIT_SECONDS):
            seen = {'lost': True}
    print(json.dumps(seen), flush=True)
