/** What the stock functions say of a packet to those who trace it. */
import { harness } from 'millrace/testing';
import { dpi, firewall, nat } from 'millrace';
import { describe, expect, it } from 'vitest';

const [SYN, ACK] = [2, 16];

/** TCP of 10.0.0.5:`sourcePort` to 192.0.2.1:443, or any other ends. */
function tcp(flags: number, { from = [10, 0, 0, 5], to = [192, 0, 2, 1], sourcePort = 40000, destinationPort = 443, payload = '' } = {}): Uint8Array {
  const bytes = new Uint8Array(54 + payload.length);
  bytes.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 40 + payload.length, 0, 0, 0, 0, 64, 6, 0, 0, ...from, ...to]);
  bytes.set([sourcePort >> 8, sourcePort & 255, destinationPort >> 8, destinationPort & 255, 0, 0, 0, (flags & SYN) !== 0 ? 1 : 2, 0, 0, 0, 1, 0x50, flags, 0xff, 0xff], 34);
  bytes.set(new TextEncoder().encode(payload), 54);
  return bytes;
}

const back = { from: [192, 0, 2, 1], to: [10, 0, 0, 5], sourcePort: 443, destinationPort: 40000 };

describe('the firewall explains', () => {
  it('which rule decided and in which state, or that the connection did', async () => {
    const nf = await harness(firewall({ rules: ['deny out tcp from any to any port 23', 'log out tcp', 'allow out tcp from 10.0.0.0/8'], invalid: 'drop' }));
    const said = (bytes: Uint8Array, direction: 'forward' | 'reverse' = 'forward'): string => {
      nf.process(bytes, { direction });
      return nf.explain();
    };
    expect(said(tcp(SYN, { destinationPort: 23 }))).toBe('rule 1: deny out tcp from any to any port 23 (new)');
    expect(said(tcp(SYN))).toBe('rule 3: allow out tcp from 10.0.0.0/8 (new)');
    expect(said(tcp(SYN | ACK, back), 'reverse')).toBe('established: TCP syn received');
    expect(said(tcp(SYN, { from: [11, 0, 0, 1] }))).toBe('no rule matches, default deny (new)');
    expect(said(tcp(SYN | ACK, { sourcePort: 5 }))).toBe('belongs to no connection and can open none');
    expect(said(tcp(SYN).subarray(0, 30))).toBe('malformed');
    expect(said(tcp(ACK))).toBe('established: TCP established');
  });
});

describe('the NAT explains', () => {
  it('by which mapping it translates, in both directions, or that it does not', async () => {
    const nf = await harness(nat({ external: '203.0.113.1', inside: ['10.0.0.0/8'], static: [{ inside: '10.0.0.9', external: '203.0.113.9' }] }));
    nf.process(tcp(SYN));
    expect(nf.explain()).toBe('tcp 10.0.0.5:40000 = 203.0.113.1:40000');
    nf.process(tcp(SYN | ACK, { ...back, to: [203, 0, 113, 1] }), { direction: 'reverse' });
    expect(nf.explain()).toBe('tcp 10.0.0.5:40000 = 203.0.113.1:40000');
    nf.process(tcp(SYN, { from: [10, 0, 0, 9] }));
    expect(nf.explain()).toBe('static 10.0.0.9 = 203.0.113.9');
    nf.process(tcp(SYN, { from: [198, 51, 100, 9] }));
    expect(nf.explain()).toBe('not translated');
    expect(nf.process(tcp(SYN, { ...back, to: [203, 0, 113, 1], destinationPort: 9 }), { direction: 'reverse' }).verdict).toBe('drop');
    expect(nf.explain()).toBe('');
  });
});

describe('the DPI explains', () => {
  it('what the flow is, what was found in this packet, and why it is dropped', async () => {
    const nf = await harness(dpi({ block: { hosts: ['blocked.example'] } }));
    nf.process(tcp(SYN));
    expect(nf.explain()).toBe('not recognised yet');
    nf.process(tcp(ACK, { payload: 'GET / HTTP/1.1\r\nHost: www.example\r\n\r\n' }), { timestampMs: 1 });
    expect(nf.explain()).toBe('HTTP, host www.example');
    nf.process(tcp(ACK), { timestampMs: 2 });
    expect(nf.explain()).toBe('HTTP');
    nf.process(tcp(ACK, { sourcePort: 5, payload: 'GET / HTTP/1.1\r\nHost: blocked.example\r\n\r\n' }), { timestampMs: 3 });
    expect(nf.explain()).toBe('HTTP, host blocked.example, the protocol or host is blocked');
  });
});
