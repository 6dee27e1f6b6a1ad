import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dpi, type DpiInput } from '../../../../src/nf/dpi/index.js';
import { harness, type Harness } from '../../../../src/nf/harness.js';
import { icmpError, see } from '../../nat/packets.js';
import { CERTIFICATE } from '../certificate-bytes.js';
import { concat, Connection, latin1, tcpFrame, udpFrame } from '../frames.js';
import { clientHello, helloOf, inRecord, serverFlight } from '../hellos.js';

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
    ['byte_test:2,=,0x6162,0;', 'abcd', true],
    ['byte_test:2,=,0x6162,0,little;', 'abcd', false],
    ['byte_test:2,=,25185,0,little;', 'abcd', true],
    ['byte_test:1,>,0x61,1;', 'abcd', true],
    ['byte_test:1,!>,0x61,1;', 'abcd', false],
    ['byte_test:1,!=,0x61,1;', 'abcd', true],
    ['byte_test:1,!,0x61,0;', 'abcd', false],
    ['byte_test:1,<,0x62,0;', 'abcd', true],
    ['byte_test:1,<=,0x61,0;', 'abcd', true],
    ['byte_test:1,>=,0x62,0;', 'abcd', false],
    ['byte_test:1,&,0x01,0;', 'abcd', true],
    ['byte_test:1,&,0x10,0;', 'abcd', false],
    ['byte_test:1,^,0x61,0;', 'abcd', false],
    ['byte_test:1,^,0x60,0;', 'abcd', true],
    ['byte_test:8,=,0x6162636465666768,0;', 'abcdefgh', true],
    ['byte_test:8,>,0x6162636465666767,0;', 'abcdefgh', true],
    ['byte_test:8,<,0x7062636465666767,0;', 'abcdefgh', true],
    ['byte_test:8,=,0x6867666564636261,0,little;', 'abcdefgh', true],
    ['byte_test:3,=,0x616263,0;', 'abcd', true],
    ['byte_test:4,=,6,0,bitmask 0x0f000000;', 'fxyz', true],
    ['byte_test:8,=,0x62,0,bitmask 0x00ff000000000000;', 'abcdefgh', true],
    ['byte_test:2,=,0x16,0,bitmask 0x0ff0;', 'abcd', true],
    ['byte_test:3,=,123,0,string,dec;', '123x', true],
    ['byte_test:4,=,123,0,string,dec;', '123x', true],
    ['byte_test:4,=,123,0,string,dec;', ' 123', true],
    ['byte_test:3,>,122,1,string;', 'x123', true],
    ['byte_test:4,=,0xbeef,0,string,hex;', 'beef', true],
    ['byte_test:6,=,0xbeef,0,string,hex;', '0xBEEF', true],
    ['byte_test:3,=,83,0,string,oct;', '123', true],
    ['byte_test:3,=,0,0,string,dec;', 'abc', false],
    ['byte_test:3,!=,0,0,string,dec;', 'abc', false],
    ['byte_test:15,=,999999999999999,0,string,dec;', '999999999999999', true],
    ['content:"len="; byte_test:2,>,20,0,string,dec,relative;', 'xlen=21', true],
    ['content:"len="; byte_test:2,>,20,0,string,dec,relative;', 'xlen=20', false],
    ['content:"a"; byte_test:1,=,0x63,0,relative;', 'abac', true],
    ['content:"c"; byte_test:1,=,0x61,-3,relative;', 'abc', true],
    ['content:"a"; byte_test:1,=,0x61,-2,relative;', 'abc', false],
    ['byte_test:4,>,0,1;', 'abcd', false],
    ['byte_test:4,!>,0,1;', 'abcd', false],
    ['content:"a"; byte_test:1,=,0x62,0,relative; content:"c"; distance:1;', 'abc', true],
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
      `${HTTP} (http.uri; content:"/a b/c?x= +%2|3b|&"; startswith; endswith;)`,
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
    const bytes = request('POST /a%20b//c?x=%20+%2;%26 HTTP/1.1', 'Host: WWW.example:80\r\nUser-Agent: curl/8\r\nX-A:b\r\nCookie: secret\r\nContent-Length: 3\r\n', 'k=v');
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

describe('TLS', () => {
  const TLS = 'alert tls any any -> any any';

  it('the server\'s first flight: version and names of its certificate, over several segments', async () => {
    const plain = serverFlight(CERTIFICATE);
    const warned = concat(Uint8Array.of(21, 3, 3, 0, 2, 1, 112), plain);
    for (const [flight, cut] of [...[0, 1, 5, 60, 200, 500].map((at) => [plain, at] as const), ...[0, 3, 7, 9, 300].map((at) => [warned, at] as const)]) {
      const nf = await withRules([
        `${TLS} (tls.cert_subject; content:"C=AT, O=Example"; startswith; content:"CN=www.example.com"; endswith;)`, `${TLS} (tls.cert_issuer; content:"O=Example";)`,
        `${TLS} (tls.version:1.2; tls.cert_subject; content:"www";)`, `${TLS} (tls.version:1.3;)`, `${TLS} (tls_cert_subject; content:"other";)`,
      ]);
      const connection = new Connection(nf, { serverPort: 443 }).open();
      connection.client(clientHello('www.example.com'), 0);
      if (cut > 0) connection.server(flight.slice(0, cut), 0);
      expect(sids(nf)).toEqual([]);
      connection.server(flight.slice(cut), cut);
      expect(sids(nf)).toEqual([1, 2, 3]);
      expect(nf.alerts[0].fields['direction']).toBe('to-client');
    }
  });

  it('the version alone, before the certificate is there and without one', async () => {
    const nf = await withRules([`${TLS} (tls.version:1.2;)`, `${TLS} (tls.version:0x0303;)`]);
    const connection = new Connection(nf, { serverPort: 443 }).open();
    connection.client(clientHello('www.example.com'), 0);
    // A session that is resumed: the hello, then other records.
    const body = concat(Uint8Array.of(3, 3), new Uint8Array(32), Uint8Array.of(0, 0xc0, 0x2f, 0));
    const hello = concat(Uint8Array.of(22, 3, 3, 0, body.length + 4, 2, 0, 0, body.length), body);
    connection.server(concat(hello, Uint8Array.of(20, 3, 3, 0, 1, 1)), 0);
    expect(sids(nf)).toEqual([1]);
  });

  it('the client\'s JA4, with and without a server name', async () => {
    const hello = inRecord(helloOf([0x1301, 0x1302], [[43, '020304'], [13, '00020403']]));
    const plain = await harness(dpi({}));
    new Connection(plain, { serverPort: 443 }).open().client(hello, 0);
    const { ja4 } = plain.flows[0].details['tls'];
    expect(ja4).toMatch(/^t13i0202/);
    const nf = await withRules([`${TLS} (ja4.hash; content:"${ja4 as string}"; bsize:36;)`, `${TLS} (ja4.hash; content:"t12"; startswith;)`, `${TLS} (tls.sni; content:!"x";)`]);
    new Connection(nf, { serverPort: 443 }).open().client(hello, 0);
    expect(sids(nf)).toEqual([1]);
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

  it('reject drops the packet and the flow, and tells the sender: TCP by a RST, anything else by an ICMP error', async () => {
    const nf = await withRules(['reject udp any any -> any any (content:"bad";)', 'reject tcp any any -> any any (flow:to_server; content:"worse";)', 'drop udp any any -> any 9000 (content:"bad";)']);
    const datagram = udpFrame(latin1('bad'), true);
    const answer = nf.process(datagram);
    expect(answer).toMatchObject({ verdict: 'reply', reason: 'dpi-signature' });
    // Back to the hardware address that sent it: destination unreachable, administratively prohibited, with the datagram in it.
    expect([...answer.bytes.slice(0, 12)]).toEqual([...datagram.slice(6, 12), ...datagram.slice(0, 6)]);
    expect(see(answer.bytes)).toMatchObject({ source: '192.0.2.7', destination: '10.0.0.1', protocol: 1, ipError: 0, l4Error: 0 });
    expect([...answer.bytes.slice(34, 36)]).toEqual([3, 13]);
    expect(Buffer.compare(answer.bytes.slice(42), datagram.slice(14))).toBe(0);
    expect(nf.process(udpFrame(latin1('good'), true))).toMatchObject({ verdict: 'drop', reason: 'dpi-signature' });
    // Dropping in silence goes before it.
    expect(nf.process(udpFrame(latin1('bad'), true, { serverPort: 9000 }))).toMatchObject({ verdict: 'drop' });

    const connection = new Connection(nf).open();
    const reset = connection.client(latin1('worse'), 0);
    expect(reset.verdict).toBe('reply');
    expect(see(reset.bytes)).toMatchObject({ source: '192.0.2.7', destination: '10.0.0.1', sourcePort: 9999, destinationPort: 40_000, protocol: 6, ipError: 0, l4Error: 0 });
    expect(reset.bytes[47]).toBe(0x04);
    expect(connection.client(latin1('more'), 5)).toMatchObject({ verdict: 'drop', reason: 'dpi-signature' });
    expect(nf.counters['rejected']).toBe(2);
    expect(nf.alerts.map(({ fields }) => fields['action'])).toEqual(['reject', 'drop', 'reject', 'reject']);
  });

  it('reject makes no more errors than the options allow, and answers none that must not be answered', async () => {
    const rule = ['reject udp any any -> any any (content:"bad";)', 'reject icmp any any -> any any (itype:3;)'];
    const nf = await withRules(rule, { icmpErrorsPerSecond: 2 });
    const verdicts = [1, 2, 3].map((clientPort) => nf.process(udpFrame(latin1('bad'), true, { clientPort })).verdict);
    expect(verdicts).toEqual(['reply', 'reply', 'drop']);
    expect(nf.process(icmpError('192.0.2.7', '10.0.0.1', 3, 3, udpFrame(latin1('x'), true)), { timestampMs: 5000 })).toMatchObject({ verdict: 'drop', reason: 'dpi-signature' });
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
    'alert tls any any -> any any (tls.cert_subject; content:!"x";)', 'alert tls any any -> any any (ja4.hash; content:"t";)', `${TCP} (content:"x"; byte_test:4,>,9,-2,relative,string,hex;)`,
    'reject tcp any any -> any any (content:"xxxx"; byte_test:8,&,0xff,1;)', `${TCP} (content:"HTTP"; depth:100; content:"x"; distance:0;)`, 'alert ip any any -> any any (content:"|16 03|";)', `${TCP} (pcre:"/[a-z]{3,}\\s/";)`,
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
