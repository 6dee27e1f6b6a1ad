import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dpi } from '../../../src/nf/dpi/index.js';
import { harness } from '../../../src/nf/harness.js';
import { concat, Connection, described, hex, latin1, tcpFrame, udpFrame } from './frames.js';
import { clientHello } from './hellos.js';

const HELLO = clientHello('www.example.com');
const REQUEST = latin1('GET / HTTP/1.1\r\nUser-Agent: x\r\nHost: www.example.com\r\n\r\n');
const TLS = { protocol: 'TLS', host: 'www.example.com' };

/** RTP's header, which anything might be, by its source. */
const rtp = (source: string): Uint8Array => hex(`80 00 0001 00000002 ${source} aabb`);

describe('streams are put together', () => {
  it('a ClientHello split in two anywhere, in either order', async () => {
    for (let cut = 1; cut < HELLO.length; cut++) {
      for (const order of [[0, cut], [cut, 0]] as const) {
        const nf = await harness(dpi({}));
        const connection = new Connection(nf).open();
        for (const at of order) connection.client(HELLO.slice(at, at === 0 ? cut : undefined), at);
        expect(described(nf), `cut at ${cut}, ${order.join()}`).toEqual(TLS);
        expect(nf.flows.length).toBeLessThanOrEqual(2);
      }
    }
  });

  it('a ClientHello split in three anywhere, in any order, with any piece repeated', async () => {
    const cuts = fc.tuple(fc.integer({ min: 1, max: HELLO.length - 2 }), fc.integer({ min: 1, max: HELLO.length - 2 }));
    const order = fc.shuffledSubarray([0, 1, 2], { minLength: 3 });
    await fc.assert(
      fc.asyncProperty(cuts, order, fc.array(fc.nat(2), { maxLength: 2 }), async ([a, b], pieces, repeated) => {
        const low = Math.min(a, b);
        const bounds = [0, low, Math.max(a, b, low + 1), HELLO.length];
        const nf = await harness(dpi({}));
        const connection = new Connection(nf).open();
        const send = (piece: number): unknown => connection.client(HELLO.slice(bounds[piece], bounds[piece + 1]), bounds[piece]);
        send(pieces[0]);
        for (const piece of repeated) if (piece === pieces[0]) send(piece);
        send(pieces[1]);
        send(pieces[2]);
        expect(described(nf)).toEqual(TLS);
      }),
      { numRuns: 150 },
    );
  });

  it('a request byte by byte, within a budget that allows it', async () => {
    const nf = await harness(dpi({ budget: { packets: 63 } }));
    const connection = new Connection(nf).open();
    for (let at = 0; at < REQUEST.length; at++) connection.client(REQUEST.slice(at, at + 1), at);
    expect(described(nf)).toEqual({ protocol: 'HTTP', host: 'www.example.com' });
    expect(nf.flows).toHaveLength(3); // the protocol, the host, the details
    expect(nf.counters['classified']).toBe(1);
  });

  it('of overlapping segments the first to come wins', async () => {
    const nf = await harness(dpi({}));
    const connection = new Connection(nf).open();
    connection.client(REQUEST.slice(0, 40), 0);
    connection.client(latin1('XXXXXXXXXXXXXXXXXXXX'), 20);
    connection.client(REQUEST.slice(40), 40);
    expect(described(nf).host).toBe('www.example.com');
  });

  it('a capture that begins in the middle is recognised by its next message', async () => {
    const nf = await harness(dpi({}));
    const connection = new Connection(nf);
    connection.server(latin1('end of a body'), 1000);
    connection.client(REQUEST, 500);
    expect(described(nf)).toEqual({ protocol: 'HTTP', host: 'www.example.com' });
  });

  it('what is only supposed needs a second packet that agrees: RTP by its source', async () => {
    const nf = await harness(dpi({}));
    nf.process(udpFrame(rtp('11223344'), true));
    nf.process(udpFrame(rtp('55667788'), true));
    expect(nf.flows).toEqual([]);
    nf.process(udpFrame(rtp('55667788'), true));
    expect(described(nf).protocol).toBe('RTP');
  });

  it('two that talk in turn are known by the first one\'s second packet', async () => {
    const nf = await harness(dpi({}));
    nf.process(udpFrame(rtp('11223344'), true));
    nf.process(udpFrame(rtp('55667788'), false), { direction: 'reverse' });
    expect(nf.flows).toEqual([]);
    nf.process(udpFrame(rtp('11223344'), true));
    expect(described(nf).protocol).toBe('RTP');
  });

  it('who sent once only is passed over once only', async () => {
    const nf = await harness(dpi({}));
    nf.process(udpFrame(rtp('11223344'), true));
    for (let k = 0; k < 3; k++) nf.process(udpFrame(rtp('55667788'), false), { direction: 'reverse' });
    expect(described(nf).protocol).toBe('RTP');
  });

  it('SOCKS is known when both sides have greeted', async () => {
    const nf = await harness(dpi({}));
    const connection = new Connection(nf).open();
    connection.client(hex('05 01 00'), 0);
    expect(nf.flows).toEqual([]);
    connection.server(hex('05 00'), 0);
    expect(described(nf).protocol).toBe('SOCKS');
  });

  it('DTLS after STUN on the same ports is DTLS', async () => {
    const nf = await harness(dpi({}));
    nf.process(udpFrame(hex('0001 0000 2112a442 000102030405060708090a0b'), true));
    expect(described(nf).protocol).toBe('STUN');
    nf.process(udpFrame(hex('16 fefd 0000 000000000001 000e 02 000050 0001 000000 000002 fefd'), false), { direction: 'reverse' });
    expect(described(nf).protocol).toBe('DTLS');
  });

  it('a flow that asks for many names has the name of the first that is answered, and all of them in its details', async () => {
    const nf = await harness(dpi({}));
    const query = (name: string): Uint8Array => concat(hex('1234 0100 0001 0000 0000 0000 01'), latin1(name), hex('03636f6d 00 0001 0001'));
    const answer = (name: string): Uint8Array => concat(hex('1234 8180 0001 0000 0000 0000 01'), latin1(name), hex('03636f6d 00 0001 0001'));
    for (const name of ['a', 'b']) nf.process(udpFrame(query(name), true, { serverPort: 53 }));
    for (const name of ['a', 'b']) nf.process(udpFrame(answer(name), false, { serverPort: 53 }), { direction: 'reverse' });
    expect(nf.flows.map(({ host }) => host)).toEqual(['a.com', 'b.com', 'a.com', '']);
    expect(nf.flows.map(({ details }) => Object.keys(details.dns))).toEqual([['queries'], ['queries'], ['responses'], ['responses']]);
    expect(nf.counters['classified']).toBe(1);
  });

  it('what has no ports is named by its IP protocol', async () => {
    const nf = await harness(dpi({}));
    const icmp = hex('020000000002 020000000001 0800 4500001c 00010000 40010000 0a000001 c0000207 0800 0000 0001 0001');
    nf.process(icmp, { flowId: 7 });
    nf.process(icmp, { flowId: 7 });
    expect(nf.flows.map(({ protocol }) => protocol)).toEqual(['ICMP']);
  });

  it('STARTTLS turns SMTP into SMTPS, with the name that the client asks for', async () => {
    const nf = await harness(dpi({}));
    const connection = new Connection(nf, { serverPort: 25 }).open();
    connection.server(latin1('220 mail.example.com ESMTP\r\n'), 0);
    connection.client(latin1('EHLO dev1\r\n'), 0);
    connection.server(latin1('250 STARTTLS\r\n'), 28);
    connection.client(latin1('STARTTLS\r\n'), 11);
    connection.server(latin1('220 go ahead\r\n'), 42);
    connection.client(HELLO, 21);
    expect(described(nf)).toEqual({ protocol: 'SMTPS', host: 'www.example.com' });
  });
});

describe('budgets and bounds', () => {
  it('of a flow that was given up the port is a guess, and never the name', async () => {
    const nf = await harness(dpi({ block: { protocols: ['mysql'] } }));
    const connection = new Connection(nf, { serverPort: 3306 }).open();
    for (let k = 0; k < 8; k++) {
      connection.client(hex('9e9f9e9f'), 4 * k);
      expect(connection.server(hex('9e9f9e9f'), 4 * k).verdict).toBe('forward');
    }
    expect(nf.flows.map(({ protocol, details }) => [protocol, details])).toEqual([['', { guess: { protocol: 'MySQL', port: 3306 } }]]);
    expect(nf.counters['given-up']).toBe(1);
  });

  it('after eight packets of noise a flow is given up, once, and what comes later is not looked at', async () => {
    const nf = await harness(dpi({}));
    const connection = new Connection(nf).open();
    for (let k = 0; k < 8; k++) {
      connection.client(latin1('?noise??'), 8 * k);
      connection.server(latin1('?noise??'), 8 * k);
    }
    connection.client(REQUEST, 64);
    expect(nf.flows).toEqual([]);
    expect(nf.counters).toMatchObject({ classified: 0, 'given-up': 1, 'bytes-buffered': 0 });
  });

  it('a direction that alone sends four budgets is given up too', async () => {
    const nf = await harness(dpi({}));
    for (let k = 0; k < 40; k++) nf.process(udpFrame(latin1('?noise??'), true));
    expect(nf.counters['given-up']).toBe(1);
  });

  it('4 KiB of payload are a budget as well', async () => {
    const nf = await harness(dpi({}));
    const connection = new Connection(nf).open();
    for (let k = 0; k < 4; k++) connection.client(new Uint8Array(1400).fill(0x3f), 1400 * k);
    connection.client(REQUEST, 5600);
    expect(nf.flows).toEqual([]);
  });

  it('when the pool is empty flows are known by single packets only, and a counter says so', async () => {
    const nf = await harness(dpi({ streams: { buffers: 1 } }));
    const first = new Connection(nf, { clientPort: 1001 }).open();
    const second = new Connection(nf, { clientPort: 1002 }).open();
    const third = new Connection(nf, { clientPort: 1003 }).open();
    first.client(HELLO.slice(0, 60), 0);
    second.client(HELLO.slice(0, 60), 0);
    second.client(HELLO.slice(60), 60);
    third.client(HELLO, 0);
    first.client(HELLO.slice(60), 60);
    expect(nf.flows.map(({ flowId, protocol, host }) => [flowId, protocol, host])).toEqual([
      [1, 'TLS', ''], [2, 'TLS', ''], [3, 'TLS', 'www.example.com'], [1, 'TLS', 'www.example.com'],
    ]);
    expect(nf.counters['stream-buffers-exhausted']).toBe(1);
  });

  it('a stream that stalls gives its buffer back', async () => {
    const nf = await harness(dpi({ streams: { buffers: 1 } }));
    new Connection(nf, { clientPort: 1001 }).open().client(HELLO.slice(0, 60), 0);
    nf.expire(60_000);
    const second = new Connection(nf, { clientPort: 1002 }).open();
    second.client(HELLO.slice(0, 60), 0);
    second.client(HELLO.slice(60), 60);
    expect(nf.counters['stream-buffers-exhausted']).toBe(0);
    expect(described(nf)).toEqual(TLS);
  });

  it('a stream that goes on keeps it, however late it is', async () => {
    const nf = await harness(dpi({}));
    nf.expire(100_000);
    const connection = new Connection(nf).open();
    connection.client(HELLO.slice(0, 60), 0);
    nf.expire(120_000);
    connection.client(HELLO.slice(60, 80), 60);
    nf.expire(140_000); // longer after the first bytes than a stream may stall, but not after the last ones
    connection.client(HELLO.slice(80), 80);
    expect(described(nf)).toEqual(TLS);
  });

  it('packets without a flow leave no trace', async () => {
    const nf = await harness(dpi({ block: { hosts: ['example.com'] } }));
    expect(nf.process(tcpFrame(HELLO.slice(0, 60), true, 1), { flowId: 0 }).verdict).toBe('forward');
    expect(nf.process(tcpFrame(HELLO, true, 1), { flowId: 0 }).reason).toBe('dpi-blocked');
    expect(nf.process(tcpFrame(latin1('hello'), true, 1), { flowId: 0 }).verdict).toBe('forward');
    expect(nf.flows).toEqual([]);
    expect(nf.counters['bytes-buffered']).toBe(0);
  });

  it('any bytes in any order: no exception, every packet forwarded', async () => {
    const nf = await harness(dpi({ rules: [{ name: 'a', content: 'zzzz' }] }));
    const segment = fc.record({ payload: fc.uint8Array({ maxLength: 600 }), at: fc.integer({ min: -5000, max: 9000 }), flags: fc.nat(255), port: fc.nat(50), fromClient: fc.boolean() });
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 40 }), (segments) => {
        for (const { payload, at, flags, port, fromClient } of segments) {
          nf.process(tcpFrame(payload, fromClient, at, flags, { clientPort: 2000 + port }), { direction: fromClient ? 'forward' : 'reverse' });
          nf.process(udpFrame(payload, fromClient, { clientPort: 2000 + port, serverPort: [53, 137, 123, 5353][port % 4] }));
        }
      }),
      { numRuns: 60 },
    );
    nf.expire(1e9);
  });
});

describe('what is blocked', () => {
  it('a host and everything below it, both ways, from the packet on that tells', async () => {
    const nf = await harness(dpi({ block: { hosts: ['*.Example.com'] } }));
    const connection = new Connection(nf).open();
    expect(connection.client(HELLO.slice(0, 60), 0).verdict).toBe('forward');
    expect(connection.client(HELLO.slice(60), 60)).toMatchObject({ verdict: 'drop', reason: 'dpi-blocked' });
    expect(connection.server(latin1('x'), 0)).toMatchObject({ verdict: 'drop', reason: 'dpi-blocked' });
  });

  it('a protocol by name, its variants with it', async () => {
    const nf = await harness(dpi({ block: { protocols: ['http'] } }));
    expect(new Connection(nf).open().client(latin1('CONNECT a.example:1 HTTP/1.1\r\n\r\n'), 0).reason).toBe('dpi-blocked');
    const problems = await harness(dpi({ block: { protocols: ['htp'] } }));
    expect(problems.problems[0]?.path).toEqual(['block', 'protocols', 0]);
  });
});
