/** One line on a terminal that says how far a run has come. */
import type { Report } from '../runtime/report.js';
import type { CliContext, RunningChain } from './context.js';
import { duration, grouped } from './style.js';

/** Ten times a second: smooth for the eye, nothing for the chain. */
const INTERVAL_MS = 100;

export function progressLine({ ledger, durationMs, packetsPerSecond }: Pick<Report, 'ledger' | 'durationMs' | 'packetsPerSecond'>, draining: boolean): string {
  const { received, transmitted, dropped } = ledger;
  const rate = `${grouped(packetsPerSecond)} packets/s`;
  return `${draining ? 'draining' : 'running'} ${duration(durationMs)}  ${grouped(received)} received  ${grouped(transmitted)} transmitted  ${grouped(dropped)} dropped  ${rate}`;
}

/** Shows progress on standard error while the chain runs; on anything but a terminal, nothing. Returns what ends it. */
export function showProgress({ stderr }: CliContext, chain: RunningChain, isDraining: () => boolean): () => void {
  if (!stderr.isTTY) return () => undefined;
  const timer = setInterval(() => {
    stderr.write(`\r\u001b[K${progressLine(chain.stats(), isDraining())}`);
  }, INTERVAL_MS);
  return () => {
    clearInterval(timer);
    stderr.write('\r\u001b[K');
  };
}
