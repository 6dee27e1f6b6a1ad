/** `tap`: the packets on a link, as a stream of pcapng; without a link, which links there are. */
import { Writable } from 'node:stream';
import { z } from 'zod';
import type { TapSummary } from '../../watch/tap.js';
import { defineCommand } from '../command.js';
import type { StreamSink } from '../stream-sink.js';

export interface TapBegin {
  link: string;
  format: 'pcapng';
}

/** How long to wait before what the client did not take is offered again. */
const RETRY_MS = 10;

export const tap = defineCommand({
  arguments: z.strictObject({ link: z.string().optional(), filter: z.string().default(''), snapLength: z.int().min(1).optional() }),
  async run({ runtime }, { link, filter, snapLength }, reply): Promise<TapSummary | { links: readonly string[] }> {
    if (link === undefined) return { links: runtime.links };
    const tapped = await runtime.tap(link, { filter, ...(snapLength !== undefined && { snapLength }) });
    const sink = reply.stream({ link, format: 'pcapng' } satisfies TapBegin);
    const stop = (): void => void tapped.stop();
    sink.signal.addEventListener('abort', stop, { once: true });
    if (sink.signal.aborted) stop();
    const output = outputTo(sink);
    const summary = await tapped.writeTo(output);
    await new Promise<void>((resolve) => output.end(() => { resolve(); }));
    return summary;
  },
});

/**
 * Parts of a capture cannot be left out, so what the client does not take is offered again. Meanwhile the stream fills, and the
 * tap leaves out whole packets, and counts them.
 */
function outputTo(sink: StreamSink): Writable {
  const offer = (chunk: Uint8Array, done: () => void): void => {
    if (sink.write(chunk) || sink.isClosed) done();
    else setTimeout(offer, RETRY_MS, chunk, done);
  };
  return new Writable({ write: (chunk: Buffer, _encoding, done) => { offer(chunk, done); } });
}
