import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dpi, type DpiInput } from '../../../../src/nf/dpi/index.js';
import { harness, type Harness } from '../../../../src/nf/harness.js';
import { concat, Connection, latin1, tcpFrame, udpFrame } from '../frames.js';
import { clientHello } from '../hellos.js';

const folder = mkdtempSync(join(tmpdir(), 'rules-'));
let files = 0;

/** A DPI with rules; each text is all of a rule but its sid, which is its place, from 1. */
async function withRules(texts: readonly string[], options: DpiInput = {}): Promise<Harness> {
  const path = join(folder, `${files++}.rules`);
  writeFileSync(path, texts.map((text, at) => text.replace(/\)$/, ` sid:${at + 1};)`)).join('\n'));
  const nf = await harness(dpi({ ...options, signatures: [path] }));
  expect(nf.problems).toEqual([]);
  return nf;
}

const sids = (nf: Harness): number[] => nf.alerts.map(({ fields }) => Number(fields['sid']));
const TCP = 'alert tcp any any -> any any';
const UDP = 'alert udp any any -> any any';
const HTTP = 'alert http any any -> any any';
const PORTS = { serverPort: 80 };

describe('items of a rule', () => {
  it.each([
    ['content:"cd"; offset:2;', 'abcd', true],
    ['content:"cd"; offset:3;', 'abcd', false],
    ['content:"cd"; depth:3;', 'abcd', false],
    ['content:"cd"; offset:1; depth:3;', 'abcd', true],
    ['content:"ab"; startswith;', 'xab', false],
    ['content:"cd"; endswith;', 'abcdcd', true],
    ['content:"cd"; endswith;', 'abcdx', false],
    ['content:"AB"; nocase;', 'xaB', true],
    ['content:"AB";', 'xaB', false],
    ['content:"a"; content:"b"; distance:2;', 'a12b', true],
    ['content:"a"; content:"b"; distance:3;', 'a12b', false],
    ['content:"a"; content:"b"; within:1;', 'axab', true],
    ['content:"a"; content:"b"; distance:1; within:1;', 'a1b', true],
    ['content:"a"; content:"b"; distance:1; within:1;', 'a12b', false],
    ['content:"bc"; content:"a"; distance:-3; within:1;', 'abc', true],
    ['content:"a"; content:!"b"; within:2;', 'axxb', true],
    ['content:"a"; content:!"b"; within:2;', 'axb', false],
    ['content:!"z"; content:"a";', 'abz', false],
    ['content:"a"; pcre:"/^b\\d+c/R";', 'xab12c', true],
    ['content:"a"; pcre:"/^b/R";', 'xacb', false],
    ['pcre:"/a(\\d)/"; content:"b"; distance:0; within:1;', 'a1xa2b', true],
    ['pcre:!"/x/"; content:"a";', 'abc', true],
    ['content:"ab"; isdataat:2,relative;', 'abcd', true],
    ['content:"ab"; isdataat:!2,relative;', 'abcd', false],
    ['content:"a"; dsize:4;', 'abcd', true],
    ['content:"a"; dsize:<4;', 'abcd', false],
    ['content:"a"; dsize:3<>5;', 'abcd', true],
    ['dsize:>3;', 'abcd', true],
  ])('%s in %s: %s', async (items, payload, isMet) => {
    const nf = await withRules([`${UDP} (${items})`]);
    nf.process(udpFrame(latin1(payload), true));
    expect(sids(nf)).toEqual(isMet ? [1] : []);
  });
});

describe('streams', () => {
  const RULE = `${TCP} (flow:to_server; content:"first"; content:"second"; distance:1; within:20; pcre:"/^ \\d+!/R";)`;
  const STREAM = latin1('.... first and second 42! ....');

  it('a rule is met at every split, in any order, once', async () => {
    const from = STREAM.indexOf(0x66);
    await fc.assert(
      fc.asyncProperty(fc.nat(STREAM.length), fc.nat(STREAM.length), fc.boolean(), async (a, b, isLate) => {
        const bounds = [0, Math.min(a, b), Math.max(a, b), STREAM.length];
        const nf = await withRules([RULE]);
        const connection = new Connection(nf).open();
        for (const piece of isLate ? [0, 2, 1] : [0, 1, 2]) connection.client(STREAM.slice(bounds[piece], bounds[piece + 1]), bounds[piece]);
        expect(sids(nf), `from ${from}`).toEqual([1]);
      }),
      { numRuns: 30 },
    );
  });

  it('of overlapping segments the first to come counts', async () => {
    const nf = await withRules([`${TCP} (content:"secret";)`]);
    const connection = new Connection(nf).open();
    connection.client(latin1('se'), 0);
    connection.client(latin1('xxcret'), 0);
    expect(sids(nf)).toEqual([1]);
    const other = await withRules([`${TCP} (content:"secret";)`]);
    const lying = new Connection(other).open();
    lying.client(latin1('innocent'), 0);
    lying.client(latin1('secret..'), 0);
    expect(sids(other)).toEqual([]);
  });

  it('over far more bytes than a window has, and segments larger than it', async () => {
    const nf = await withRules([`${TCP} (content:"needle"; content:"hay"; distance:0;)`], { streams: { windows: { bytes: 1024 } } });
    const connection = new Connection(nf).open();
    const filler = latin1('.'.repeat(5000));
    connection.client(concat(filler, latin1('need')), 0);
    connection.client(concat(latin1('le'), latin1('.'.repeat(400))), 5004);
    connection.client(concat(latin1('hay'), filler), 5406);
    connection.client(latin1('needle hay'), 10_409);
    expect(sids(nf)).toEqual([1, 1]);
    expect(nf.counters['rule-windows-exhausted']).toBe(0);
  });

  it('a hole too large for the window is given up: nothing is joined across it', async () => {
    const nf = await withRules([`${TCP} (content:"secret";)`], { streams: { windows: { bytes: 1024 } } });
    const connection = new Connection(nf).open();
    connection.client(latin1('sec'), 0);
    connection.client(latin1('ret'), 4003);
    connection.client(latin1('secret'), 4006);
    expect(sids(nf)).toEqual([1]);
  });

  it('without windows, segments are looked at one by one', async () => {
    const nf = await withRules([`${TCP} (content:"secret";)`], { streams: { windows: { count: 0 } } });
    const connection = new Connection(nf).open();
    connection.client(latin1('sec'), 0);
    connection.client(latin1('ret secret'), 3);
    expect(sids(nf)).toEqual([1]);
    expect(nf.counters['rule-windows-exhausted']).toBe(2);
  });
});

describe('HTTP', () => {
  const request = (line: string, fields: string, body = ''): Uint8Array => latin1(`${line}\r\n${fields}\r\n${body}`);

  it('buffers of a request, split anywhere', async () => {
    const rules = [
      `${HTTP} (http.method; content:"POST"; bsize:4;)`,
      `${HTTP} (http.uri; content:"/a b/c?x=%20"; startswith; endswith;)`,
      `${HTTP} (http.uri.raw; content:"/a%20b//c?"; startswith;)`,
      `${HTTP} (http.host; content:"www.example"; startswith; endswith;)`,
      `${HTTP} (http.host.raw; content:"WWW.example:80"; startswith; endswith;)`,
      `${HTTP} (http.user_agent; content:"curl/8"; startswith; endswith;)`,
      `${HTTP} (http.header; content:"X-A: b|0d 0a|"; content:!"secret";)`,
      `${HTTP} (http.cookie; content:"secret"; startswith;)`,
      `${HTTP} (http.request_body; content:"k=v"; startswith; endswith; http.method; content:"POST";)`,
      `${HTTP} (http.protocol; content:"HTTP/1.1"; bsize:8;)`,
      `${HTTP} (http.uri; content:"c?"; content:"POST"; http_method; content:"k=v"; http_client_body;)`,
      `${HTTP} (flow:to_client; http.header; content:"X-A";)`,
    ];
    const bytes = request('POST /a%20b//c?x=%20 HTTP/1.1', 'Host: WWW.example:80\r\nUser-Agent: curl/8\r\nX-A:b\r\nCookie: secret\r\nContent-Length: 3\r\n', 'k=v');
    for (let cut = 1; cut < bytes.length; cut += 23) {
      const nf = await withRules(rules);
      const connection = new Connection(nf, PORTS).open();
      connection.client(bytes.slice(0, cut), 0);
      connection.client(bytes.slice(cut), cut);
      expect(sids(nf).sort((a, b) => a - b), `cut at ${cut}`).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    }
  });

  it('every message of a connection, bodies of any kind between them', async () => {
    const nf = await withRules([`${HTTP} (http.stat_code; content:"404";)`, `${HTTP} (http.response_body; content:"body of a chunk"; bsize:15;)`, `${HTTP} (http.uri; content:"/second";)`]);
    const connection = new Connection(nf, PORTS).open();
    const requests = concat(request('GET /first HTTP/1.1', 'Host: a\r\n'), request('GET /second HTTP/1.1', 'Host: a\r\n'));
    connection.client(requests, 0);
    const answers = latin1('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nbody of \r\n7\r\na chunk\r\n0\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nHTTP/1.1 ');
    for (let at = 0; at < answers.length; at += 11) connection.server(answers.slice(at, at + 11), at);
    expect(sids(nf).sort()).toEqual([1, 2, 3]);
  });

  it('a body that does not fit is judged as far as it does; what follows is still taken apart', async () => {
    const nf = await withRules([`${HTTP} (http.request_body; content:"begin"; startswith;)`, `${HTTP} (http.uri; content:"/after";)`], { streams: { windows: { bytes: 1024 } } });
    const connection = new Connection(nf, PORTS).open();
    const stream = concat(request('POST / HTTP/1.1', 'Host: a\r\nContent-Length: 6005\r\n', `begin${'.'.repeat(6000)}`), request('GET /after HTTP/1.1', 'Host: a\r\n'));
    for (let at = 0; at < stream.length; at += 700) connection.client(stream.slice(at, at + 700), at);
    expect(sids(nf)).toEqual([1, 2]);
  });
});

it('TLS: the server name, in either case as it stands, over several segments', async () => {
  const rule = 'alert tls any any -> any any (tls.sni; content:"www.example"; startswith; endswith;)';
  const hello = clientHello('www.example');
  for (let cut = 1; cut < hello.length; cut += 29) {
    const nf = await withRules([rule, 'alert tls any any -> any any (tls.sni; content:"other";)']);
    const connection = new Connection(nf, { serverPort: 443 }).open();
    connection.client(hello.slice(0, cut), 0);
    connection.client(hello.slice(cut), cut);
    expect(sids(nf), `cut at ${cut}`).toEqual([1]);
  }
});

it('DNS: each name of a query, over UDP and TCP', async () => {
  const query = concat(Uint8Array.of(0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3), latin1('www'), Uint8Array.of(7), latin1('example'), Uint8Array.of(0, 0, 1, 0, 1));
  const rules = ['alert dns any any -> any any (dns.query; content:"www.example"; bsize:11;)'];
  const nf = await withRules(rules);
  nf.process(udpFrame(query, true, { serverPort: 53 }));
  expect(sids(nf)).toEqual([1]);
  const overTcp = await withRules(rules);
  const connection = new Connection(overTcp, { serverPort: 53 }).open();
  const framed = concat(Uint8Array.of(0, query.length), query);
  connection.client(framed.slice(0, 20), 0);
  connection.client(concat(framed.slice(20), framed), 20);
  expect(sids(overTcp)).toEqual([1]);
});

describe('what a rule does', () => {
  it('drop drops the packet and the flow; pass goes before it; noalert says nothing', async () => {
    const rules = ['drop udp any any -> any any (content:"bad";)', 'pass udp any any -> any 9000 (content:"bad";)', `${UDP} (content:"bad"; noalert;)`];
    const nf = await withRules(rules);
    expect(nf.process(udpFrame(latin1('bad'), true))).toMatchObject({ verdict: 'drop', reason: 'dpi-signature' });
    expect(nf.process(udpFrame(latin1('good'), false)).reason).toBe('dpi-signature');
    expect(nf.process(udpFrame(latin1('bad'), true, { serverPort: 9000 })).verdict).toBe('forward');
    expect(sids(nf)).toEqual([1]);
    expect(nf.alerts[0]?.fields).toMatchObject({ action: 'drop', gid: 1, sid: 1, rev: 0, severity: 3, direction: 'to-server' });
  });

  it('flowbits tie rules of a flow together', async () => {
    const nf = await withRules([
      `${UDP} (content:"reply"; flowbits:isnotset,asked;)`,
      `${UDP} (content:"reply"; flowbits:isset,asked; flowbits:unset,asked;)`,
      `${UDP} (content:"ask"; flowbits:set,asked; flowbits:noalert;)`,
    ]);
    nf.process(udpFrame(latin1('ask'), true));
    nf.process(udpFrame(latin1('reply'), false));
    nf.process(udpFrame(latin1('reply'), false, { clientPort: 5 }));
    nf.process(udpFrame(latin1('reply'), false));
    expect(sids(nf)).toEqual([2, 1, 1]);
  });

  it('thresholds count for each host, and periods end', async () => {
    const nf = await withRules([
      `${UDP} (content:"a"; threshold:type limit, track by_src, count 2, seconds 10;)`,
      `${UDP} (content:"a"; threshold:type threshold, track by_src, count 3, seconds 10;)`,
      `${UDP} (content:"a"; threshold:type both, track by_dst, count 2, seconds 10;)`,
      `${UDP} (content:"a"; detection_filter:track by_src, count 4, seconds 10;)`,
    ]);
    for (let k = 0; k < 6; k++) nf.process(udpFrame(latin1('a'), true), { timestampMs: 1000 * k });
    expect(sids(nf)).toEqual([1, 1, 3, 2, 4, 2, 4]);
    nf.process(udpFrame(latin1('a'), true), { timestampMs: 60_000 });
    expect(sids(nf).slice(7)).toEqual([1]);
  });

  it('established needs both ends; direction is the flow’s', async () => {
    const nf = await withRules([`${UDP} (flow:established,to_server; content:"a";)`, `${UDP} (flow:not_established; content:"a";)`, `${UDP} (flow:to_client; content:"a";)`]);
    nf.process(udpFrame(latin1('a'), true), { direction: 'forward' });
    nf.process(udpFrame(latin1('a'), false), { direction: 'reverse' });
    nf.process(udpFrame(latin1('a'), true), { direction: 'forward' });
    expect(sids(nf)).toEqual([2, 3, 1]);
  });

  it('rules without content tell once a flow and direction, or for each packet when they name ports', async () => {
    const nf = await withRules([`${TCP} ()`, `alert tcp any any -> any 80 ()`, `${HTTP} ()`]);
    const connection = new Connection(nf, PORTS).open();
    connection.client(latin1('GET / HTTP/1.1\r\nHost: a\r\n\r\n'), 0);
    connection.client(latin1('GET / HTTP/1.1\r\nHost: a\r\n\r\n'), 27);
    expect(sids(nf).filter((sid) => sid === 1)).toHaveLength(2);
    expect(sids(nf).filter((sid) => sid === 2)).toHaveLength(3);
    expect(sids(nf).filter((sid) => sid === 3)).toHaveLength(1);
  });

  it('other rules take over under traffic', async () => {
    const nf = await withRules([`${UDP} (content:"one";)`]);
    const path = join(folder, 'next.rules');
    writeFileSync(path, `${UDP} (content:"two"; sid:9;)\n`);
    nf.process(udpFrame(latin1('one'), true));
    await nf.update({ signatures: [path] });
    nf.process(udpFrame(latin1('one two'), true));
    expect(sids(nf)).toEqual([1, 9]);
  });

  it('the work for one packet is bounded', async () => {
    const nf = await withRules([`${UDP} (content:"a"; content:"a"; distance:0; content:"a"; distance:0; content:"a"; distance:0; content:"b"; distance:0;)`]);
    nf.process(udpFrame(latin1('a'.repeat(1400)), true));
    expect(sids(nf)).toEqual([]);
    expect(nf.counters['rule-budget-exhausted']).toBe(1);
  });
});

it('any traffic: the same alerts wherever other bytes lie behind the packet, and never an exception', async () => {
  const rules = [
    `${HTTP} (http.uri; content:"/x";)`, `${HTTP} (http.request_body; content:"x";)`, `${HTTP} (flow:to_client; http.response_body; content:"x";)`,
    `${TCP} (content:"x"; pcre:"/x+y?/R";)`, 'alert tls any any -> any any (tls.sni; content:"x";)', 'alert dns any any -> any any (dns.query; content:"x";)',
    `${TCP} (content:"HTTP"; depth:100; content:"x"; distance:0;)`, 'alert ip any any -> any any (content:"|16 03|";)', `${TCP} (pcre:"/[a-z]{3,}\\s/";)`,
  ];
  const piece = fc.constantFrom(
    'GET /x HTTP/1.1\r\n', 'POST / HTTP/1.1\r\n', 'Host: x\r\n', 'Content-Length: 5\r\n', 'Content-Length: 99999999999\r\n', 'Transfer-Encoding: chunked\r\n', '\r\n', 'x', 'xxxx',
    '3\r\nxxx\r\n', '0\r\n\r\n', 'ffffffff\r\n', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 101 S\r\n', '%', '%zz', '\u0016\u0003\u0001\u0000\u0005', '\u0001\u0000\u0000\u0001', '\u0000', '\n\n',
  );
  const segment = fc.record({
    fromClient: fc.boolean(), position: fc.nat(3000), follows: fc.boolean(), pieces: fc.array(piece, { maxLength: 12 }), flags: fc.constantFrom(0x18, 0x18, 0x18, 0x02, 0x12, 0x11, 0x14),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(segment, { maxLength: 25 }), fc.constantFrom(80, 443, 53), async (segments, serverPort) => {
      const nf = await withRules(rules, { streams: { windows: { bytes: 1024, count: 3 } } });
      const at = [0xffffff00, 0xffffff00];
      for (const { fromClient, position, follows, pieces, flags } of segments) {
        const payload = latin1(pieces.join(''));
        const side = Number(fromClient);
        const sequence = follows ? at[side] : 0xffffff00 + position;
        if (follows) at[side] += payload.length + Number((flags & 2) !== 0);
        nf.process(tcpFrame(payload, fromClient, sequence, flags, { serverPort }), { direction: fromClient ? 'forward' : 'reverse' });
        nf.process(udpFrame(payload, fromClient, { serverPort }), { direction: fromClient ? 'forward' : 'reverse' });
      }
    }),
    { numRuns: Number(process.env['MILLRACE_FUZZ'] ?? 40) * 2 },
  );
}, 600_000);
