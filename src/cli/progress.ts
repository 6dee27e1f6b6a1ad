/** One line on a terminal's stderr that says how far a run is. Nowhere else: a log file has no use for it. */
import type { Runtime } from '../runtime/runtime.js';
import type { Report } from '../runtime/report.js';
import { bytes, count, duration } from './format.js';
import { columnsOf, styleFor, type Terminal } from './terminal.js';

const FIRST_MS = 150;
const EVERY_MS = 200;
/** Statistics of many flows take time of the main thread: this share of it at most. */
const MAX_SHARE = 0.05;
export const ERASE_LINE = '\r\x1b[K';

/** @returns what ends it: the line is gone then, and the cursor where it was. */
export function showProgress(runtime: Runtime, terminal: Terminal): () => void {
  const { stderr, env } = terminal;
  if (stderr.isTTY !== true || env.TERM === 'dumb') return () => undefined;
  const style = styleFor(stderr, env);
  let shown = false;
  const show = (): void => {
    const before = performance.now();
    const line = progressLine(runtime.stats()).slice(0, columnsOf(stderr) - 1);
    stderr.write(`${ERASE_LINE}${style.faint(line)}`);
    shown = true;
    timer = setTimeout(show, Math.max(EVERY_MS, (performance.now() - before) / MAX_SHARE));
  };
  let timer = setTimeout(show, FIRST_MS);
  return () => {
    clearTimeout(timer);
    if (shown) stderr.write(ERASE_LINE);
  };
}

export function progressLine({ ledger, ports, packetsPerSecond, durationMs }: Report): string {
  const received = Object.values(ports).reduce((sum, port) => sum + port.receivedBytes, 0);
  const parts = [
    duration(durationMs),
    `${count(ledger.received)} packets in (${bytes(received)})`,
    `${count(ledger.transmitted)} out`,
    `${count(ledger.dropped)} dropped`,
    `${count(packetsPerSecond)}/s`,
  ];
  return parts.join(' · ');
}
