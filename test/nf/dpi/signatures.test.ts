import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dpi } from '../../../src/nf/dpi/index.js';
import { harness } from '../../../src/nf/harness.js';
import { Connection, latin1, udpFrame } from './frames.js';
import { clientHello } from './hellos.js';

const EVIL = { name: 'evil', content: 'EvilBytes' };
const STREAM = latin1('some text before EvilBytes and some after');

describe('signatures', () => {
  it('are found at every split point of two segments, in either order within one hole', async () => {
    const from = STREAM.indexOf(0x45);
    for (let cut = 1; cut < STREAM.length; cut++) {
      const nf = await harness(dpi({ rules: [EVIL] }));
      const connection = new Connection(nf).open();
      connection.client(STREAM.slice(0, cut), 0);
      connection.client(STREAM.slice(cut), cut);
      expect(nf.alerts.map((alert) => alert.signature), `cut at ${cut}`).toEqual(['evil']);

      const late = await harness(dpi({ rules: [EVIL] }));
      const reordered = new Connection(late).open();
      reordered.client(STREAM.slice(cut), cut);
      reordered.client(STREAM.slice(0, cut), 0);
      // A string that crosses the end of a hole is broken in two: documented.
      expect(late.alerts, `late, cut at ${cut}`).toHaveLength(cut <= from || cut >= from + 9 ? 1 : 0);
    }
  });

  it('are found over three segments, once, whatever is sent again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(STREAM.length), fc.nat(STREAM.length), fc.nat(2), async (a, b, repeated) => {
        const bounds = [0, Math.min(a, b), Math.max(a, b), STREAM.length];
        const nf = await harness(dpi({ rules: [EVIL] }));
        const connection = new Connection(nf).open();
        for (let piece = 0; piece < 3; piece++) {
          connection.client(STREAM.slice(bounds[piece], bounds[piece + 1]), bounds[piece]);
          if (piece >= repeated) connection.client(STREAM.slice(bounds[repeated], bounds[repeated + 1]), bounds[repeated]);
        }
        connection.client(STREAM, 0);
        expect(nf.alerts).toHaveLength(1);
        expect(nf.counters).toMatchObject({ 'signature-hits': 1, 'bytes-scanned': STREAM.length });
      }),
      { numRuns: 150 },
    );
  });

  it('what fills a hole goes on from what was before it', async () => {
    const nf = await harness(dpi({ rules: [EVIL] }));
    const connection = new Connection(nf).open();
    connection.client(latin1('xxEvil'), 0);
    connection.client(latin1('after it'), 13);
    expect(nf.alerts).toHaveLength(0);
    connection.client(latin1('Bytes..'), 6);
    expect(nf.alerts).toHaveLength(1);
  });

  it('nocase matches in either case, the others do not', async () => {
    const nf = await harness(dpi({ rules: [EVIL, { name: 'folded', content: 'evilbytes', nocase: true }, { name: 'bytes', hex: '00 ff 45' }] }));
    nf.process(udpFrame(latin1('eVILbYTES'), true, { clientPort: 1 }));
    expect(nf.alerts.map((alert) => alert.signature)).toEqual(['folded']);
    nf.process(udpFrame(Uint8Array.of(0, 255, ...latin1('EvilBytes')), true, { clientPort: 2 }));
    expect(nf.alerts.map((alert) => alert.signature).sort()).toEqual(['bytes', 'evil', 'folded', 'folded']);
  });

  it('drop stops the packet and all later ones of the flow, both ways', async () => {
    const nf = await harness(dpi({ rules: [{ ...EVIL, action: 'drop', message: 'not here' }] }));
    const connection = new Connection(nf).open();
    expect(connection.client(latin1('Evil'), 0).verdict).toBe('forward');
    expect(connection.client(latin1('Bytes'), 4)).toMatchObject({ verdict: 'drop', reason: 'dpi-signature' });
    expect(connection.server(latin1('x'), 0)).toMatchObject({ verdict: 'drop', reason: 'dpi-signature' });
    expect(connection.client(latin1('y'), 9).reason).toBe('dpi-signature');
    expect(nf.alerts).toHaveLength(1);
    expect(nf.alerts[0]?.fields).toEqual({ action: 'drop', protocol: '', direction: 'to-server', message: 'not here' });
  });

  it('direction, ports and transport restrict them', async () => {
    const rules = [
      { name: 'to-server', content: 'abc', direction: 'to-server' as const },
      { name: 'to-client', content: 'abc', direction: 'to-client' as const },
      { name: 'port', content: 'abc', ports: [80, '9000-9998'] },
      { name: 'udp', content: 'abc', protocol: 'udp' },
    ];
    const nf = await harness(dpi({ rules }));
    new Connection(nf).open().server(latin1('abc'), 0);
    expect(nf.alerts.map((alert) => alert.signature)).toEqual(['to-client']);
    nf.process(udpFrame(latin1('abc'), true, { serverPort: 9500 }));
    expect(nf.alerts.slice(1).map((alert) => alert.signature).sort()).toEqual(['port', 'to-server', 'udp']);
  });

  it('a protocol must be that of the flow; one that is not known yet is waited for', async () => {
    const rules = [{ name: 'in-tls', content: 'example.com', protocol: 'TLS' }, { name: 'in-http', content: 'example.com', protocol: 'http' }];
    const nf = await harness(dpi({ rules }));
    new Connection(nf).open().client(clientHello('www.example.com'), 0);
    expect(nf.alerts.map((alert) => alert.signature)).toEqual(['in-tls']);

    const early = await harness(dpi({ rules: [{ name: 'in-http', content: 'GE', protocol: 'http' }] }));
    const connection = new Connection(early).open();
    connection.client(latin1('GE'), 0);
    expect(early.alerts).toHaveLength(0);
    connection.client(latin1('T / HTTP/1.1\r\n'), 2);
    expect(early.alerts).toHaveLength(1);
  });

  it('new signatures take over under traffic; what was alerted stays alerted', async () => {
    const nf = await harness(dpi({ rules: [EVIL] }));
    const connection = new Connection(nf).open();
    connection.client(latin1('EvilBytes'), 0);
    await nf.update({ rules: [EVIL, { name: 'more', content: 'More' }] });
    connection.client(latin1('EvilBytes More'), 9);
    expect(nf.alerts.map((alert) => alert.signature)).toEqual(['evil', 'more']);
  });

  it('without a flow every packet stands alone', async () => {
    const nf = await harness(dpi({ rules: [{ ...EVIL, action: 'drop' }] }));
    expect(nf.process(udpFrame(latin1('EvilBytes EvilBytes'), true), { flowId: 0 }).reason).toBe('dpi-signature');
    expect(nf.process(udpFrame(latin1('EvilBy'), true), { flowId: 0 }).verdict).toBe('forward');
    expect(nf.alerts).toHaveLength(1);
  });

  it('nothing is scanned when there are none', async () => {
    const nf = await harness(dpi({}));
    new Connection(nf).open().client(STREAM, 0);
    expect(nf.counters['bytes-scanned']).toBe(0);
  });
});
