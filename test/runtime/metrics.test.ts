/** Metrics by HTTP: a strict reader of Prometheus' text format, and the same numbers as in the report. */
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { memory, sink, start, type Configuration, type Report, type Runtime } from 'millrace';
import { exposition } from '../../src/runtime/metrics/exposition.js';
import { parseListenAddress } from '../../src/runtime/metrics/listen-address.js';
import { ROOT } from '../tidy/source-files.js';
import { readExposition, type Metric } from './exposition-reader.js';

const running: Runtime[] = [];
afterEach(async () => { for (const runtime of running.splice(0)) await runtime.stop(); });

/** Ethernet, IPv4, UDP to the given port. */
function datagram(port: number): Uint8Array {
  const hex = `020000000002020000000001080045000020000100004011 0000 0a000001 c6336402 1234${port.toString(16).padStart(4, '0')}000c0000 61626364`.replace(/ /g, '');
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

/** Ten datagrams, of which three are denied, and a port that keeps it running. */
const configuration = (): Configuration => ({
  chains: { edge: [{ firewall: { rules: ['deny log udp from any to any port 9', 'allow any'] } }] },
  ports: { source: memory([...Array<Uint8Array>(7).fill(datagram(53)), ...Array<Uint8Array>(3).fill(datagram(9))]), rest: sink(), idle: { kind: 'vxlan', vni: 1, remote: '127.0.0.1:9', local: '127.0.0.1:0' } },
  paths: [{ from: 'source', to: 'rest', via: 'edge' }],
  memory: { slots: 64 },
});

interface Answer { status: number; headers: Record<string, string | string[] | undefined>; text: string }
function fetchText(url: string, options: { method?: string; headers?: Record<string, string> } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(url, { agent: false, ...options }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part)).on('end', () => { resolve({ status: response.statusCode!, headers: response.headers, text }); });
    }).on('error', reject).end();
  });
}
async function served(configured = configuration(), packets = 10): Promise<{ runtime: Runtime; url: string }> {
  const runtime = await start(configured, { metrics: ':0', control: false });
  running.push(runtime);
  for (let tries = 0; tries < 1000 && runtime.counters().ledger.transmitted + runtime.counters().ledger.dropped < packets; tries++) await new Promise((resolve) => setTimeout(resolve, 5));
  await runtime.audit(); // the packet manager counts packets before their bytes: now it has ended the poll that did
  return { runtime, url: runtime.metrics! };
}
const value = (metrics: Map<string, Metric>, name: string, labels: Record<string, string> = {}): number | undefined =>
  metrics.get(name)?.samples.find((sample) => JSON.stringify(sample.labels) === JSON.stringify(labels))?.value;

describe('/metrics', () => {
  it('has the numbers of the report, in a form that a strict reader takes', async () => {
    const { runtime, url } = await served();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const { status, headers, text } = await fetchText(`${url}/metrics`);
    expect([status, headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    const metrics = readExposition(text);
    const report = runtime.stats();
    expect(report.ports.source.received).toBe(10);
    for (const [port, { received, receivedBytes, transmitted, transmittedBytes, originated, drops }] of Object.entries(report.ports)) {
      expect(value(metrics, 'millrace_port_received_packets_total', { port })).toBe(received);
      expect(value(metrics, 'millrace_port_received_bytes_total', { port })).toBe(receivedBytes);
      expect(value(metrics, 'millrace_port_transmitted_packets_total', { port })).toBe(transmitted);
      expect(value(metrics, 'millrace_port_transmitted_bytes_total', { port })).toBe(transmittedBytes);
      expect(value(metrics, 'millrace_port_originated_packets_total', { port })).toBe(originated);
      for (const [reason, count] of Object.entries(drops)) expect(value(metrics, 'millrace_port_dropped_packets_total', { port, reason })).toBe(count);
    }
    const firewall = { chain: 'edge', function: 'firewall' };
    expect(value(metrics, 'millrace_port_dropped_packets_total', { port: 'source', reason: 'firewall-denied' })).toBe(3);
    expect(value(metrics, 'millrace_function_dropped_packets_total', { ...firewall, reason: 'firewall-denied' })).toBe(3);
    expect(value(metrics, 'millrace_function_received_packets_total', firewall)).toBe(report.vms[0].received);
    expect(value(metrics, 'millrace_function_alerts_total', firewall)).toBe(report.vms[0].alerts['deny log udp from any to any port 9']);
    for (const [event, count] of Object.entries(report.vms[0].counters)) expect(value(metrics, 'millrace_function_events_total', { ...firewall, event })).toBe(count);
    expect(value(metrics, 'millrace_connections')).toBe(runtime.connections());
    expect(runtime.connections()).toBe(2);
    expect(value(metrics, 'millrace_copied_bytes_total')).toBe(0);
    expect(metrics.get('millrace_thread_busy_seconds_total')!.samples.map(({ labels }) => labels)).toEqual([{ thread: 'manager', kind: 'manager' }, { thread: 'firewall', kind: 'vm' }, { thread: 'idle', kind: 'port' }]);
  });

  it('says how many connections had to go for others, as the report does', async () => {
    // Eight connections have sixteen places, all within reach of every key.
    const [connections, places] = [40, 16];
    const datagrams = Array.from({ length: connections }, (_, k) => datagram(1000 + k));
    const { runtime, url } = await served({ ...configuration(), ports: { ...configuration().ports, source: memory(datagrams) }, flows: 8 }, connections);
    const metrics = readExposition((await fetchText(`${url}/metrics`)).text);
    expect(value(metrics, 'millrace_connections')).toBe(places);
    expect(value(metrics, 'millrace_connections_evicted_total')).toBe(connections - places);
    expect(runtime.stats().connectionsEvicted).toBe(connections - places);
  });

  it('is named as Prometheus would have it, and docs/operating.md lists just these', async () => {
    const { url } = await served();
    const metrics = readExposition((await fetchText(`${url}/metrics`)).text);
    for (const [name, { type }] of metrics) {
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
      expect(name).not.toMatch(/_(ms|milliseconds|bits|kilo\w+|percent)(_|$)/);
    }
    const page = readFileSync(new URL('docs/operating.md', `file://${ROOT}`), 'utf8');
    const listed = [...page.matchAll(/^\| `((?:millrace|process)_\w+)` \| (counter|gauge) \|/gm)].map(([, name, type]) => [name, type]);
    expect(listed).toEqual([...metrics].map(([name, { type }]) => [name, type]));
  });
});

it('/stats is the report, / says what there is, and nothing else is answered', async () => {
  const { runtime, url } = await served();
  const { text, headers } = await fetchText(`${url}/stats`);
  expect(headers['content-type']).toContain('application/json');
  expect((JSON.parse(text) as Report).ports).toEqual(runtime.stats().ports);
  expect((await fetchText(url)).text).toContain('/metrics');
  expect((await fetchText(`${url}/none`)).status).toBe(404);
  expect((await fetchText(`${url}/metrics`, { method: 'POST' })).status).toBe(405);
  expect(await fetchText(`${url}/metrics`, { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  expect((await fetchText(`${url}/metrics`, { headers: { host: 'rebound.example:9100' } })).status).toBe(403);
  const port = url.split(':').at(-1)!;
  await expect(start(configuration(), { metrics: `:${port}` })).rejects.toThrow(`metrics cannot be served at 127.0.0.1:${port}: another program has that port`);
  await expect(start(configuration(), { metrics: 'nowhere' })).rejects.toThrow('expected [host]:port');
  await runtime.stop();
  await expect(fetchText(url)).rejects.toThrow('ECONNREFUSED');
});

it('takes [host]:port, and loopback where there is no host', () => {
  const cases: [string, string | null][] = [
    [':9100', '127.0.0.1:9100'], ['9100', '127.0.0.1:9100'], ['0.0.0.0:80', '0.0.0.0:80'], ['[::1]:0', '::1:0'], ['host.example:1', 'host.example:1'],
    ['', null], [':', null], [':65536', null], ['::1:9100', null], ['[1.2.3.4]:1', null], ['a b:1', null], [':-1', null], ['1.2.3.4', null],
  ];
  for (const [text, expected] of cases) {
    const found = parseListenAddress(text);
    expect(found === null ? null : `${found.host}:${found.port}`, text).toBe(expected);
  }
});

it('escapes what labels and help may hold', () => {
  const text = exposition([{ name: 'a_total', type: 'counter', help: 'one\ntwo \\ "three"', samples: [[{ l: 'back\\slash "quoted"\nnext' }, 1e21], [{}, Infinity], [{ l: '' }, NaN]] }]);
  expect(text).toBe('# HELP a_total one\\ntwo \\\\ "three"\n# TYPE a_total counter\na_total{l="back\\\\slash \\"quoted\\"\\nnext"} 1e+21\na_total +Inf\na_total{l=""} NaN\n');
  expect(readExposition(text).get('a_total')!.samples[0].labels).toEqual({ l: 'back\\slash "quoted"\nnext' });
});
