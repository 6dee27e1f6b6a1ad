/**
 * nDPI's own reader and tshark over the example's capture, where they are installed; MILLRACE_OPINIONS=<folder> asks about
 * the captures of a folder instead, and MILLRACE_OPINIONS_RESULTS=<folder> takes what nDPI says of each from a file there
 * (as in nDPI's tests/cfgs/default/result: the capture's name with .out). Prints the agreement for each protocol.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXAMPLE_CAPTURE } from '../../support/captures.js';
import { hasTshark } from '../../support/tshark.js';
import { compareCapture, flowKey, inspectCapture, isInScope, type Comparison, type Label } from './agreement.js';

/** Of nDPI and of Wireshark; not of any package. */
const [NDPI_READER, TSHARK] = ['ndpiReader', 'tshark'] as const;
const folder = process.env['MILLRACE_OPINIONS'];
const results = process.env['MILLRACE_OPINIONS_RESULTS'];
const CAPTURES = folder === undefined ? [EXAMPLE_CAPTURE] : readdirSync(folder).filter((name) => /\.p?cap(ng)?$/.test(name)).map((name) => join(folder, name));
const PATIENCE_MS = 30_000 + CAPTURES.length * 2000;

const hasReader = results !== undefined || spawnSync(NDPI_READER, ['-h']).error === undefined;
if (!hasReader) console.warn('skipped: there is no ndpiReader on this machine');

/** The flows that nDPI names from content, as the labels have them. */
function labelsOf(capture: string): Label[] {
  const result = results === undefined ? '' : join(results, `${basename(capture)}.out`);
  if (results !== undefined && !existsSync(result)) return [];
  const text = results === undefined ? spawnSync(NDPI_READER, ['-i', capture, '-v', '2'], { encoding: 'utf8', maxBuffer: 1 << 28 }).stdout : readFileSync(result, 'latin1');
  return text.split('\n').flatMap((line) => {
    const flow = /^\s+\d+\s+(?:\[\w*\])?(\w+) (\S+) <?-> (\S+) .*\[proto: [\d.]+\/([^\]]+)\].*?\[Confidence: DPI\]/.exec(line);
    if (flow === null) return [];
    const host = /\[Hostname\/SNI: ([^\]]*)\]/.exec(line)?.[1];
    return [{ l4: flow[1], a: endOf(flow[2]), b: endOf(flow[3]), protocol: flow[4], ...(host === undefined ? {} : { host }) }];
  });
}

/** Protocols without ports have port 0. */
const endOf = (text: string): string => (text.includes(':') ? text : `${text}:0`);

/** iperf's port, 5201, is what this name stands for in nDPI: no content says it. */
const BY_PORT = new Set(['TargusDataspeed']);

describe.skipIf(!hasReader)('nDPI\'s reader', () => {
  it('names the flows that are named here, and their hosts', async () => {
    const all: Comparison[] = [];
    for (const capture of CAPTURES) all.push(...(await compareCapture(dirname(capture), basename(capture), labelsOf(capture))));
    const inScope = all.filter(isInScope);
    // What nDPI has there for SSH is the software, which is in the details here; of an IPv6 literal it has the piece before a colon.
    const withHost = inScope.filter(({ wanted, wantedHost }) => wantedHost !== '' && wanted !== 'SSH' && !wantedHost.startsWith('['));
    const agree = inScope.filter(({ wanted, found }) => wanted === found);
    console.table(Object.fromEntries([...new Set(all.map(({ wanted }) => wanted))].sort().map((name) => {
      const flows = all.filter(({ wanted }) => wanted === name);
      return [name, { flows: flows.length, agree: flows.filter(({ wanted, found }) => wanted === found).length }];
    })));
    const hosts = withHost.filter(({ wantedHost, foundHost }) => wantedHost === foundHost);
    console.log(`ndpiReader: protocol ${agree.length} of ${inScope.length}, host ${hosts.length} of ${withHost.length}`);
    const otherHosts = withHost.filter((flow) => !hosts.includes(flow));
    console.log(otherHosts.map(({ file, flow, wantedHost, foundHost }) => `${file} ${flow} ${wantedHost} / ${foundHost}`).join('\n'));
    const other = all.filter(({ wanted, found }) => found !== '' && wanted !== found && !BY_PORT.has(wanted));
    console.log(`named otherwise: ${other.map(({ file, flow, wanted, found }) => `${file} ${flow} ${wanted} as ${found}`).join('; ') || 'none'}`);
    expect(inScope.length).toBeGreaterThan(10);
    expect(agree.length / inScope.length).toBeGreaterThanOrEqual(0.9);
    expect(hosts.length / withHost.length).toBeGreaterThanOrEqual(0.98);
  }, PATIENCE_MS);
});

const FIELDS = {
  sni: 'tls.handshake.extensions_server_name', alpn: 'tls.handshake.extensions_alpn_str', certificateNames: 'x509ce.dNSName',
  method: 'http.request.method', userAgent: 'http.user_agent', host: 'http.host', status: 'http.response.code',
} as const;
const ENDS = ['ip.src', 'ipv6.src', 'ip.dst', 'ipv6.dst', 'tcp.srcport', 'tcp.dstport'];

describe.skipIf(!hasTshark())('tshark', () => {
  it('finds the same fields in TLS and HTTP', async () => {
    const tally: Record<string, { seen: number; agree: number }> = {};
    const differ: string[] = [];
    for (const capture of CAPTURES) {
      const said = await inspectCapture(capture);
      const names = [...ENDS, ...Object.values(FIELDS)].flatMap((field) => ['-e', field]);
      // Of a capture that is cut, what comes before the cut.
      const text = spawnSync(TSHARK, ['-n', '-r', capture, '-Y', '(tls.handshake or http) and not icmp and not icmpv6', '-T', 'fields', '-E', 'occurrence=a', '-E', 'aggregator=,', ...names], {
        encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'],
      }).stdout;
      const asked = new Set<string>();
      for (const line of text.split('\n').filter((row) => row !== '')) {
        const [v4From, v6From, v4To, v6To, fromPort, toPort, ...values] = line.split('\t');
        if (`${v4From}${v6From}`.includes(',')) continue; // a tunnel: what is inside is not looked at
        const end = (v4: string, v6: string, port: string): string => (v4 === '' ? `[${v6}]:${port}` : `${v4}:${port}`);
        const key = flowKey('TCP', end(v4From, v6From, fromPort), end(v4To, v6To, toPort));
        const flow = said.get(key);
        Object.keys(FIELDS).forEach((field, at) => {
          // The first message of a flow tells; later ones are beyond the budget or the first transaction.
          if (values[at] === '' || flow === undefined || asked.has(`${key} ${field}`)) return;
          asked.add(`${key} ${field}`);
          const told = flow.details[at < 3 ? 'tls' : 'http']?.[field];
          const found = Array.isArray(told) ? (told as string[]) : [JSON.stringify(told) ?? ''].map((text) => text.replaceAll('"', ''));
          const entry = (tally[field] ??= { seen: 0, agree: 0 });
          entry.seen++;
          // tshark lists the names of the whole chain of certificates.
          const wanted = values[at].split(',').slice(0, found.length).join(',').toLowerCase();
          if (found.join(',').toLowerCase() === (field === 'userAgent' ? values[at].toLowerCase() : wanted)) entry.agree++;
          else differ.push(`${basename(capture)} ${key} ${field}: ${values[at]} / ${found.join(',')}`);
        });
      }
    }
    console.table(tally);
    console.log(differ.slice(0, 40).join('\n'));
    const sum = Object.values(tally).reduce((total, { seen, agree }) => ({ seen: total.seen + seen, agree: total.agree + agree }), { seen: 0, agree: 0 });
    expect(sum.seen).toBeGreaterThan(10);
    expect(sum.agree / sum.seen).toBeGreaterThan(0.9);
  }, PATIENCE_MS);
});
