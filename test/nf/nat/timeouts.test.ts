import { describe, expect, test } from 'vitest';
import { harness, type Harness } from '../../../src/nf/harness.js';
import { nat } from '../../../src/nf/nat/index.js';
import { echo, Flag, reversed, tcp, udp, type Ends } from './packets.js';

const flow: Ends = { source: '10.0.0.5', destination: '192.0.2.7', sourcePort: 5000, destinationPort: 80 };
const answer: Ends = { ...reversed(flow), destination: '203.0.113.1' };
const start = () => harness(nat({ external: '203.0.113.1' }));

const out = (nf: Harness, flags: number, timestampMs: number, ends = flow) => nf.process(tcp(ends, flags), { timestampMs });
const back = (nf: Harness, flags: number, timestampMs: number, ends = answer) => nf.process(tcp(ends, flags), { timestampMs, direction: 'reverse' });

/** SYN, SYN and ACK, ACK. */
function handshake(nf: Harness, timestampMs: number, ends = flow): void {
  out(nf, Flag.syn, timestampMs, ends);
  back(nf, Flag.syn | Flag.ack, timestampMs, { ...reversed(ends), destination: '203.0.113.1' });
  out(nf, Flag.ack, timestampMs, ends);
}

/** Until when packets from outside are let in, in ms after `fromMs`: found by asking without prolonging. */
async function livesFor(prepare: (nf: Harness) => void, fromMs: number, lifetimeMs: number, ask: Uint8Array): Promise<void> {
  for (const [offset, reason] of [[-1, null], [0, 'nat-no-binding']] as const) {
    const nf = await start();
    prepare(nf);
    expect(nf.process(ask, { timestampMs: fromMs + lifetimeMs + offset, direction: 'reverse' }).reason, `${lifetimeMs + offset} ms later`).toBe(reason);
  }
}

const MINUTE = 60_000;
const ESTABLISHED = 124 * MINUTE;
const TRANSITORY = 4 * MINUTE;
const ASK = tcp(answer);

describe('UDP and ICMP', () => {
  test('UDP lives 300 s (RFC 4787 REQ-5)', () => livesFor((nf) => nf.process(udp(flow)), 0, 300_000, udp(answer)));

  test('ICMP lives 60 s (RFC 5508 REQ-2)', () =>
    livesFor((nf) => nf.process(echo(8, '10.0.0.5', '192.0.2.7', 9)), 0, 60_000, echo(0, '192.0.2.7', '203.0.113.1', 9)));

  test('a packet from inside prolongs, one from outside does not (RFC 4787 REQ-6)', async () => {
    await livesFor((nf) => {
      nf.process(udp(flow), { timestampMs: 0 });
      nf.process(udp(flow), { timestampMs: 200_000 });
      nf.process(udp(answer), { timestampMs: 450_000, direction: 'reverse' });
    }, 200_000, 300_000, udp(answer));
  });

  test('time never goes back, whatever a capture says', async () => {
    const nf = await start();
    nf.process(udp(flow), { timestampMs: 1_000_000 });
    nf.process(udp(flow), { timestampMs: 5000 });
    expect(nf.process(udp(answer), { timestampMs: 1_299_000, direction: 'reverse' }).verdict).toBe('forward');
  });
});

describe('TCP (RFC 5382 REQ-5)', () => {
  test('an opening connection lives 4 min', () => livesFor((nf) => out(nf, Flag.syn, 0), 0, TRANSITORY, ASK));

  test('an established one lives 2 h 4 min after its last segment from either side', async () => {
    await livesFor((nf) => handshake(nf, 0), 0, ESTABLISHED, ASK);
    await livesFor((nf) => {
      handshake(nf, 0);
      back(nf, Flag.ack, 100 * MINUTE);
    }, 100 * MINUTE, ESTABLISHED, ASK);
  });

  test('one FIN leaves it half open; the second makes it 4 min', async () => {
    await livesFor((nf) => {
      handshake(nf, 0);
      out(nf, Flag.fin | Flag.ack, 1000);
    }, 1000, ESTABLISHED, ASK);
    await livesFor((nf) => {
      handshake(nf, 0);
      out(nf, Flag.fin | Flag.ack, 1000);
      back(nf, Flag.fin | Flag.ack, 2000);
    }, 2000, TRANSITORY, ASK);
  });

  test.each([['inside', out], ['outside', back]])('a RST from %s makes it 4 min', async (_, send) => {
    await livesFor((nf) => {
      handshake(nf, 0);
      send(nf, Flag.rst, 1000);
    }, 1000, TRANSITORY, ASK);
  });

  test('a RST about what nobody here wants keeps no binding alive (RFC 7857 section 7.1)', async () => {
    await livesFor((nf) => {
      out(nf, Flag.syn, 0);
      out(nf, Flag.rst, 200_000);
    }, 0, TRANSITORY, ASK);
    await livesFor((nf) => {
      nf.process(tcp(flow, Flag.syn), { timestampMs: 0, flowId: 0 });
      nf.process(tcp(flow, Flag.rst), { timestampMs: 200_000, flowId: 0 });
    }, 0, TRANSITORY, ASK);
  });

  test('a connection that ends does not end the others of its binding', async () => {
    const other = { ...flow, destination: '198.51.100.9' };
    await livesFor((nf) => {
      handshake(nf, 0);
      handshake(nf, 0, other);
      out(nf, Flag.rst, 1000);
    }, 0, ESTABLISHED, ASK);
    await livesFor((nf) => {
      handshake(nf, 0);
      handshake(nf, 0, other);
      out(nf, Flag.rst, 1000);
      out(nf, Flag.rst, 2000, other);
    }, 2000, TRANSITORY, ASK);
  });

  test('a new SYN on the same ports opens anew', async () => {
    await livesFor((nf) => {
      handshake(nf, 0);
      out(nf, Flag.rst, 1000);
      handshake(nf, 2000);
    }, 2000, ESTABLISHED, ASK);
  });

  test('a connection seen from its middle on is established once both sides have spoken', async () => {
    await livesFor((nf) => {
      out(nf, Flag.ack, 0);
      back(nf, Flag.ack, 0);
    }, 0, ESTABLISHED, ASK);
  });

  test('outside alone establishes nothing', async () => {
    const stranger = { ...answer, source: '198.51.100.66' };
    await livesFor((nf) => {
      out(nf, Flag.syn, 0);
      back(nf, Flag.syn, 1000, stranger);
      back(nf, Flag.ack, 2000, stranger);
    }, 0, TRANSITORY, ASK);
  });

  test('without flow ids nothing is shortened', async () => {
    for (const offset of [-1, 0]) {
      const nf = await start();
      nf.process(tcp(flow, Flag.ack), { flowId: 0, timestampMs: 0 });
      nf.process(tcp(flow, Flag.rst), { flowId: 0, timestampMs: 0 });
      const { verdict } = nf.process(ASK, { flowId: 0, direction: 'reverse', timestampMs: ESTABLISHED + offset });
      expect(verdict).toBe(offset < 0 ? 'forward' : 'drop');
    }
  });
});


test('expire lets go of what has timed out, and the binding is made anew', async () => {
  const nf = await start();
  nf.process(udp(flow), { timestampMs: 0 });
  for (let call = 0; call < 20; call++) nf.expire(300_000);
  expect(nf.counters['bindings-released']).toBe(1);
  expect(nf.process(udp(flow), { timestampMs: 301_000 }).verdict).toBe('forward');
  expect(nf.counters['bindings-created']).toBe(2);
});
