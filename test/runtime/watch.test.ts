/** Watching changes nothing and tells the truth: traces, taps and kept drops against the books, however the chain runs. */
import { spawnSync } from 'node:child_process';
import { createWriteStream, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { chain, formatStory, generator, memory, queuePort, run, sink, start, type PacketStory, type Report, type TappedPacket, type TraceOptions } from 'millrace';
import { describe, expect, it } from 'vitest';
import { EXAMPLES, temporaryFolder } from '../support/captures.js';
import { dropEvery, echoing, fail, stamp, touch } from '../support/trace-function.mjs';
import { hasTshark } from '../support/tshark.js';
import { keptIn, notesIn, office, three, WAYS } from '../support/watching.js';

const folder = temporaryFolder();
const file = (name: string): string => join(folder, name);
const dropsOf = ({ drops }: Report): number => Object.values(drops).reduce((sum, count) => sum + count, 0);
/** What a report says of packets, without what differs from run to run. */
const booksOf = ({ ports, vms, drops, ledger }: Report): unknown => ({ ports, vms, drops, ledger });
let plain: Report | null = null;

function udp(payloadBytes: number, mark = 0): Uint8Array {
  const bytes = new Uint8Array(42 + payloadBytes);
  bytes.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, (28 + payloadBytes) >> 8, (28 + payloadBytes) & 255, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
  bytes.set([0x30, 0x39, 0, 80, (8 + payloadBytes) >> 8, (8 + payloadBytes) & 255, 0, 0, mark], 34);
  return bytes;
}

describe('the story of a packet', () => {
  it('through the office, as it was reviewed', async () => {
    const stories: PacketStory[] = [];
    // A name that does not exist and a port that nobody listens on; a signature that drops; what the rules deny; what has no path.
    const filter = 'host 10.0.1.10 and udp port 45007 or tcp port 60606 or udp port 51702 or arp';
    const report = await run(await office(), { baseDirectory: EXAMPLES, trace: { filter, onStory: (story) => stories.push(story) } });
    expect(report.watched).toMatchObject({ trace: { packets: stories.length, skipped: 0 } });
    expect(stories.map(({ number }) => number)).toEqual(stories.map((_, at) => at + 1));
    // Which of two ports is served first is a matter of threads: told by time, it is always the same.
    const byTime = stories.toSorted((a, b) => a.seconds - b.seconds || a.nanos - b.nanos);
    // And so is which connection came first, by which they are numbered.
    const numbers = new Map<string, number>();
    const text = byTime.map((story, at) => formatStory({ ...story, number: at + 1 })).join('').replace(/(?<=, flow )\d+/g, (flow) => {
      if (!numbers.has(flow)) numbers.set(flow, numbers.size + 1);
      return String(numbers.get(flow));
    });
    const golden = fileURLToPath(new URL('../golden/office-trace.txt', import.meta.url));
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, text);
    expect(text).toBe(readFileSync(golden, 'utf8'));
  });

  it.each(WAYS)('is whole, and changes nothing, %s', async (_, options, mode) => {
    const stories: PacketStory[] = [];
    const configuration = three(700, options, mode);
    // Where functions run makes no difference (placement.test.ts, s2.test.ts), so one run without anybody watching is enough.
    plain ??= await run(three(700));
    const drops = file('ways.pcapng');
    const report = await run(configuration, { trace: { filter: 'any', onStory: (story) => stories.push(story) }, writeDrops: drops });
    expect(booksOf(report)).toEqual(booksOf(plain));
    expect(report.bytesCopied === 0).toBe(mode === 'zero-copy');
    expect(report.drops).toEqual({ refused: 70, chosen: 90 });
    expect(stories.map(({ number }) => number)).toEqual(Array.from({ length: 700 }, (__, at) => at + 1));
    expect(stories.filter(({ isIncomplete }) => isIncomplete)).toEqual([]);

    const outcomes = (of: (story: PacketStory) => unknown): string[] => [...new Set(stories.filter(of).map(({ hops, outcome }) => JSON.stringify([hops.map((hop) => [hop.function, hop.verdict, hop.reason]), outcome])))];
    const answered = (story: PacketStory): boolean => story.hops.some(({ verdict }) => verdict === 'reply');
    expect(outcomes((story) => story.outcome.kind === 'dropped').map((text) => JSON.parse(text) as unknown)).toEqual([
      [[['first', 'forward', null], ['refuse', 'forward', null], ['drop-every', 'drop', 'chosen']], { kind: 'dropped', reason: 'chosen', by: 'drop-every' }],
    ]);
    expect(outcomes(answered).map((text) => JSON.parse(text) as unknown)).toEqual([
      [[['first', 'forward', null], ['refuse', 'reply', 'refused'], ['first', 'forward', null]], { kind: 'transmitted', port: 'source' }],
    ]);
    expect(stories.filter(answered)).toHaveLength(70);
    expect(stories.filter(({ outcome }) => outcome.kind === 'dropped')).toHaveLength(90);
    const answer = stories.find(answered)!;
    expect(answer.hops[1].changes.map(({ field }) => field)).toEqual(['ip source', 'ip destination']);
    expect(answer.hops[1].changes[0].to).toBe(answer.hops[1].changes[1].from);

    expect(report.watched?.drops).toEqual({ written: 160, skipped: 0, file: drops });
    const { comments, received, dropped } = notesIn(readFileSync(drops));
    expect([comments.length, received, dropped]).toEqual([160, 160, 0]);
    expect(comments.filter((text) => text === 'chosen (drop-every)')).toHaveLength(90);
    expect(comments.filter((text) => text === 'refused (refuse); the bytes are those of the answer')).toHaveLength(70);
  });

  it('ends where its network function failed', async () => {
    const stories: PacketStory[] = [];
    const configuration = { ...three(50), paths: [{ from: 'source', to: 'out', via: chain('c', [touch({}), fail({ at: 20, how: 'throw' })]) }] };
    const report = await run(configuration, { trace: { filter: '', onStory: (story) => stories.push(story) }, writeDrops: file('crash.pcapng') });
    expect(report.error).toMatchObject({ vm: 'fail' });
    expect(stories[19]).toMatchObject({ hops: [{ function: 'touch' }], outcome: { kind: 'dropped', reason: 'nf-crash', by: 'fail' } });
    expect(formatStory(stories[19])).toContain('dropped nf-crash (fail)\n');
    expect(report.watched!.drops!.written).toBe(dropsOf(report));
  });

  it('follows connections when the filter means connections, and packets when it means packets', async () => {
    const trace = async (filter: string): Promise<PacketStory[]> => {
      const stories: PacketStory[] = [];
      await run(await office(), { baseDirectory: EXAMPLES, trace: { filter, onStory: (story) => stories.push(story) } });
      return stories;
    };
    const connection = await trace('host 10.0.1.10 and tcp port 53214');
    // Its replies are addressed to the NAT.
    expect(new Set(connection.map(({ direction }) => direction))).toEqual(new Set(['forward', 'reverse']));
    expect(new Set(connection.map(({ flowId }) => flowId)).size).toBe(1);
    const opening = await trace('host 10.0.1.10 and tcp flags syn, not ack port 53214');
    expect(opening).toHaveLength(1);
    expect(opening[0].hops.map(({ why }) => why)[0]).toContain('rule 2: allow out tcp');
  });

  it('is told as text where that is asked for', async () => {
    let text = '';
    const to: TraceOptions['to'] = { write: (part) => (text += part) };
    const packets = [udp(10), Uint8Array.of(1, 2, 3)];
    await run({ ports: { in: memory(packets), out: sink() }, paths: [{ from: 'in', to: 'out', match: 'udp', via: chain('c', [touch({})]) }] }, { trace: { filter: '', to } });
    expect(text).toMatch(/^packet \d {2}1970-01-01T00:00:00\.000000000Z {2}udp 10\.0\.0\.1:12345 -> 10\.0\.0\.2:80, 52 B\n {2}in {5}in, path c forward, flow \d+\n {2}touch {2}forward\n {2}out {4}out\n/m);
    expect(text).toContain('not IP, malformed, 3 B\n  in  in\n      dropped no-path\n');
  });
});

describe('dropped packets', () => {
  it('of the office are all in the file, by the port that they came in by', async () => {
    const path = file('office.pcapng');
    const report = await run(await office(), { baseDirectory: EXAMPLES, writeDrops: path });
    expect(dropsOf(report)).toBe(107);
    expect(report.watched).toMatchObject({ drops: { written: 107, skipped: 0, file: path } });
    expect(report.bytesCopied).toBe(0);
    const kept = keptIn(path);
    for (const [name, { drops }] of Object.entries(report.ports)) {
      expect(kept.filter((packet) => packet.interface === name)).toHaveLength(Object.values(drops).reduce((sum, count) => sum + count, 0));
    }
    const { comments } = notesIn(readFileSync(path));
    for (const [reason, count] of Object.entries(report.drops)) expect(comments.filter((text) => text.startsWith(reason))).toHaveLength(count);
  });

  it('that never had a slot are counted as skipped, so that the sum is right', async () => {
    const source = generator({ packets: 300, lengths: { minimum: 64, maximum: 3000 } });
    const configuration = { ports: { source, out: sink() }, paths: [{ from: 'source', to: 'out', via: chain('c', [dropEvery({ nth: 2 })]) }] };
    const report = await run(configuration, { writeDrops: file('long.pcapng') });
    expect(report.drops['packet-too-long']).toBeGreaterThan(50);
    expect(report.drops['chosen']).toBeGreaterThan(50);
    expect(report.watched!.drops!.skipped).toBe(report.drops['packet-too-long']);
    const { written, skipped } = report.watched!.drops!;
    expect(written + skipped).toBe(dropsOf(report));
    expect(keptIn(file('long.pcapng'))).toHaveLength(written);
  });

  it('wait for nobody: a stream that takes nothing costs the log and not the chain', async () => {
    const stuck = new Writable({ write: () => undefined, highWaterMark: 1 });
    const configuration = { ...three(40_000), ports: { ...three(1).ports, source: { kind: 'generator', packets: 40_000, flows: 10, lengths: 1400 } as const }, paths: [{ from: 'source', to: 'out', via: chain('c', [dropEvery({ nth: 2 })]) }] };
    const report = await run(configuration, { writeDrops: stuck });
    expect(dropsOf(report)).toBe(20_000);
    const { written, skipped } = report.watched!.drops!;
    expect(skipped).toBeGreaterThan(0);
    expect(written + skipped).toBe(20_000);
  });

  it('do not go where a port writes', async () => {
    const path = file('twice.pcapng');
    const configuration = { ports: { in: memory([udp(1)]), out: sink({ write: path }) }, paths: [{ from: 'in', to: 'out', via: chain('c', [touch({})]) }] };
    await expect(run(configuration, { writeDrops: path })).rejects.toMatchObject({ problems: [{ code: 'write-twice', place: 'writeDrops' }] });
    await expect(run(configuration, { writeDrops: folder })).rejects.toMatchObject({ problems: [{ code: 'write-impossible', place: 'writeDrops' }] });
    await expect(run(configuration, { trace: 'host 10.0.0.300 or tpc' })).rejects.toMatchObject({ problems: [{ code: 'bad-match', place: 'trace', column: 6 }, { code: 'bad-match', column: 20 }] });
  });
});

/** A running chain that the test sends packets through. */
async function running(uses: Parameters<typeof chain>[1], options = {}) {
  const port = queuePort();
  const configuration = { ports: { inside: port, outside: sink() }, paths: [{ between: ['inside', 'outside'] as const, via: chain('edge', uses, options) }], memory: { slots: 256 } };
  const runtime = await start(configuration);
  const end = async (): Promise<Report> => {
    port.end();
    return runtime.finished;
  };
  return { port, runtime, configuration, end };
}

describe('a tap', () => {
  it('knows the links, and says which there are', async () => {
    const { runtime, end } = await running([touch({}, { as: 'firewall' }), touch({}, { as: 'nat' })]);
    expect(runtime.links).toEqual(['inside>firewall', 'firewall>nat', 'nat>outside', 'firewall>inside', 'nat>firewall', 'nat>inside', 'outside>nat', 'firewall>outside']);
    await expect(runtime.tap('firewal>nat')).rejects.toThrow("there is no link 'firewal>nat', did you mean 'firewall>nat'?: found 'firewal>nat', expected 'inside>firewall'");
    await expect(runtime.tap('firewall>nat', { filter: 'tpc' })).rejects.toMatchObject({ problems: [{ code: 'bad-match', place: 'filter' }] });
    await expect(runtime.tap('firewall>nat', { snapLength: -1 })).rejects.toThrow('snapLength must be a whole number from 1, found -1');
    const tap = await runtime.tap('nat>firewall');
    await end();
    // It ends with the runtime.
    expect(await tap.ended).toEqual({ packets: 0, skipped: 0 });
    await expect(runtime.tap('firewall>nat')).rejects.toThrow('the runtime is over');
  });

  it.each(WAYS)('shows what is on each link, and what ended before it, %s', async (_, options, mode) => {
    const port = queuePort();
    const configuration = { ...three(1, options, mode), ports: { source: port, out: sink() } };
    const runtime = await start(configuration);
    const links = ['source>first', 'first>refuse', 'refuse>drop-every', 'drop-every>out', 'refuse>first', 'first>source'];
    const taps = await Promise.all(links.map((link) => runtime.tap(link)));
    for (let k = 0; k < 70; k++) await port.send(udp(20, k));
    port.end();
    const report = await runtime.finished;
    expect(report.drops).toEqual({ refused: 7, chosen: 9 });
    expect(report.ledger.balanced).toBe(true);
    const seen: Record<string, Record<string, number>> = {};
    for (const tap of taps) {
      const counts: Record<string, number> = (seen[tap.link] = {});
      for (let packet = await tap.receive(); packet !== null; packet = await tap.receive()) {
        const said = packet.by === null ? 'in' : `${packet.by}: ${packet.verdict}${packet.reason === null ? '' : ` ${packet.reason}`}`;
        counts[said] = (counts[said] ?? 0) + 1;
      }
      expect(await tap.ended).toMatchObject({ skipped: 0 });
    }
    expect(seen).toEqual({
      'source>first': { in: 70 },
      'first>refuse': { 'first: forward': 70 },
      'refuse>drop-every': { 'refuse: forward': 63 },
      'drop-every>out': { 'drop-every: forward': 54, 'drop-every: drop chosen': 9 },
      'refuse>first': { 'refuse: reply refused': 7 },
      'first>source': { 'first: forward': 7 },
    });
    expect(report.watched!.bytesCopied).toBe((70 + 70 + 63 + 63 + 7 + 7) * 62);
  });

  it('takes a filter and a snap length, and is left by leaving its loop', async () => {
    const { port, runtime, end } = await running([touch({})]);
    const tap = await runtime.tap('inside>touch', { filter: 'udp src port 12345 and not dst port 443', snapLength: 40 });
    const other = await runtime.tap('inside>touch', { filter: 'tcp' });
    await port.send(udp(100, 7), { timestampMs: 1234567.25 });
    const packets: TappedPacket[] = [];
    for await (const packet of tap) {
      packets.push(packet);
      break;
    }
    expect(packets).toMatchObject([{ timestampMs: 1234567.25, originalLength: 142, direction: 'forward', by: null, verdict: null }]);
    expect(packets[0].bytes).toEqual(udp(100, 7).subarray(0, 40));
    expect(await tap.ended).toEqual({ packets: 1, skipped: 0 });
    // Nobody watches any more but the other: what is sent now is not kept for the one that is gone.
    await port.send(udp(10));
    await other.stop();
    expect(await other.stop()).toEqual({ packets: 0, skipped: 0 });
    expect((await end()).ledger).toMatchObject({ received: 2, transmitted: 2, balanced: true });
  });

  it('writes pcapng that this reader and tshark read back', async () => {
    const { port, runtime, end } = await running([dropEvery({ nth: 3 })]);
    const path = file('tap.pcapng');
    const stream = createWriteStream(path);
    const tap = await runtime.tap('drop-every>outside', { snapLength: 60 });
    // What has come before it is told where to write is written too.
    await port.send(udp(100, 0), { timestampMs: 1_700_000_000_000 });
    while (runtime.stats().ports.outside.transmitted + runtime.stats().vms[0].returned < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    const written = tap.writeTo(stream);
    for (let k = 1; k < 9; k++) await port.send(udp(100, k), { timestampMs: 1_700_000_000_000 + k });
    await end();
    expect(await written).toEqual({ packets: 9, skipped: 0 });
    await new Promise((resolve) => stream.end(resolve));
    expect(keptIn(path)).toEqual(Array.from({ length: 9 }, (_, k) => ({
      interface: 'drop-every>outside', bytes: udp(100, k).slice(0, 60), originalLength: 142, seconds: 1_700_000_000, nanos: k * 1_000_000,
    })));
    const comments = Array.from({ length: 9 }, (_, k) => `drop-every: ${k % 3 === 2 ? 'drop, chosen' : 'forward'}`);
    expect(notesIn(readFileSync(path))).toEqual({ comments, received: 9, dropped: 0 });
    if (!hasTshark()) return;
    const fields = ['frame.interface_name', 'frame.comment', 'frame.cap_len', 'frame.len', 'frame.time_epoch'].flatMap((name) => ['-e', name]);
    const { stdout } = spawnSync('tshark', ['-n', '-r', path, '-T', 'fields', ...fields], { encoding: 'utf8' });
    expect(stdout.trimEnd().split('\n').map((line) => line.split('\t'))).toEqual(comments.map((comment, k) => ['drop-every>outside', comment, '60', '142', `1700000000.00${k}000000`]));
  });

  it('skips and counts what a reader that is away has no room for', async () => {
    const { port, runtime, end } = await running([touch({})]);
    const tap = await runtime.tap('inside>touch', { capacity: 10 });
    for (let k = 0; k < 100; k++) await port.send(udp(10, k));
    expect((await end()).ledger).toMatchObject({ transmitted: 100, balanced: true });
    const marks: number[] = [];
    for await (const { bytes } of tap) marks.push(bytes[42]);
    expect(marks).toEqual(Array.from({ length: 10 }, (_, k) => k));
    expect(await tap.ended).toEqual({ packets: 10, skipped: 90 });
  });

  it('never slows the chain: with the main thread busy, its ring fills, and all packets pass', async () => {
    const { port, runtime, end } = await running([touch({})]);
    const output = new PassThrough();
    output.resume();
    const notes: Buffer[] = [];
    output.on('data', (chunk: Buffer) => notes.push(chunk));
    const tap = await runtime.tap('touch>outside', { capacity: 1_000_000 });
    const written = tap.writeTo(output);
    // Nothing here lets the main thread read a ring; were anybody to wait for that, this would never end. All but the last 256
    // packets, as many as there are slots, pass meanwhile, and the ring holds fewer than 400.
    const packet = udp(1400);
    for (let k = 0; k < 3000; k++) while (!port.trySend(packet));
    const report = await end();
    expect(report.ledger).toMatchObject({ received: 3000, transmitted: 3000, balanced: true });
    const { packets, skipped } = await written;
    expect(packets + skipped).toBe(3000);
    expect(skipped).toBeGreaterThan(2000);
    expect(packets).toBeGreaterThan(100);
    const { comments, received, dropped } = notesIn(Buffer.concat(notes));
    expect([comments.length, received, dropped]).toEqual([packets, 3000, skipped]);
  });

  it('stays where it is when paths and functions are replaced under it', async () => {
    const { port, runtime, configuration, end } = await running([stamp({ value: 1, live: false }), touch({})]);
    const tap = await runtime.tap('stamp>touch');
    const values: number[] = [];
    const next = async (): Promise<void> => {
      await port.send(udp(20));
      const seen = await tap.receive();
      values.push(seen!.bytes[42]);
    };
    await next();
    const changed = { ...configuration, paths: [{ between: ['inside', 'outside'] as const, match: 'udp', via: chain('edge', [stamp({ value: 2, live: false }), touch({})]) }] };
    expect(await runtime.apply(changed)).toMatchObject({ replaced: ['stamp'], paths: true });
    await next();
    expect(values).toEqual([1, 2]);
    expect((await end()).ledger).toMatchObject({ transmitted: 2, balanced: true });
  });

  it('shows packets that a function makes', async () => {
    const { port, runtime, end } = await running([echoing({ nth: 1 }), touch({})]);
    const tap = await runtime.tap('echoing>touch');
    await port.send(udp(20));
    await end();
    const seen: number[] = [];
    for await (const { bytes, by, verdict } of tap) {
      expect([by, verdict]).toEqual(['echoing', 'forward']);
      seen.push(bytes[42]);
    }
    expect(seen.sort()).toEqual([0, 0xee]);
  });

  it('has an end of its stream', async () => {
    const { port, runtime, end } = await running([touch({})]);
    const failing = new Writable({ write: (_chunk, _encoding, done) => { done(new Error('no space')); } });
    const tap = await runtime.tap('inside>touch');
    const written = tap.writeTo(failing);
    await expect(written).rejects.toThrow('no space');
    await port.send(udp(1));
    expect((await end()).ledger).toMatchObject({ transmitted: 1, balanced: true });
    expect(existsSync(folder)).toBe(true);
  });
});
