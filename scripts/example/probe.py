#!/usr/bin/env python3
"""Sends the few packets of the example for which no ordinary program is at hand: ICMP echo, and UDP with a small TTL.

The kernel of the sending namespace builds the IP header, fragments and (IPv6) sums; the kernels on the way answer.
"""
import argparse
import os
import select
import socket
import struct
import time


def checksum(data):
    """Internet checksum (RFC 1071) of an even number of bytes."""
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def limit_hops(sock, is_ipv6, hops):
    if hops is None:
        return
    if is_ipv6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, hops)
    else:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, hops)


def echo(args, is_ipv6):
    """Echo requests, each sent when the answer (a reply, or an ICMP error) to the one before has come."""
    if is_ipv6:
        sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        request, answers = 128, (1, 3, 129)
    else:
        sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        request, answers = 8, (0, 3, 11)
    limit_hops(sock, is_ipv6, args.hops)
    identifier = args.identifier if args.identifier is not None else os.getpid() & 0xFFFF
    payload = bytes(index & 0xFF for index in range(args.bytes + (args.bytes & 1)))
    for sequence in range(1, args.count + 1):
        message = struct.pack('!BBHHH', request, 0, 0, identifier, sequence) + payload
        if not is_ipv6:
            message = message[:2] + struct.pack('!H', checksum(message)) + message[4:]
        sock.sendto(message, (args.address, 0))
        give_up = time.monotonic() + 1
        while (left := give_up - time.monotonic()) > 0 and select.select([sock], [], [], left)[0]:
            received = sock.recv(65535)
            icmp = received if is_ipv6 else received[(received[0] & 15) * 4:]
            if icmp[0] in answers:
                break
        time.sleep(args.interval)


def udp(args, is_ipv6):
    """UDP datagrams to one port; nothing is read back."""
    sock = socket.socket(socket.AF_INET6 if is_ipv6 else socket.AF_INET, socket.SOCK_DGRAM)
    limit_hops(sock, is_ipv6, args.hops)
    for sequence in range(1, args.count + 1):
        text = f'millrace example datagram {sequence}\n'.encode()
        sock.sendto(text.ljust(args.bytes, b'.'), (args.address, args.port))
        time.sleep(args.interval)


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument('kind', choices=['echo', 'udp'])
parser.add_argument('address')
parser.add_argument('--port', type=int, default=33434)
parser.add_argument('--count', type=int, default=1)
parser.add_argument('--bytes', type=int, default=56, help='payload bytes of each message')
parser.add_argument('--hops', type=int, help='TTL or hop limit')
parser.add_argument('--identifier', type=int, help='ICMP identifier')
parser.add_argument('--interval', type=float, default=0.1, help='seconds between messages')
arguments = parser.parse_args()
(echo if arguments.kind == 'echo' else udp)(arguments, ':' in arguments.address)
