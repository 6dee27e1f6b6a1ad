/** Why a run ended early: chain, network function, and the packet that it had in hand. */
import type { Report } from '../runtime/report.js';
import { counted, printable } from './format.js';
import type { RenderOptions } from './render-options.js';
import { wrap } from './wrap.js';

/** Bytes of the packet that are shown; `--json` has them all. */
const SHOWN_BYTES = 64;
const LINE_BYTES = 16;
const INDENT = ' '.repeat(9);

/** Where it was thrown: the first line of a stack that lies in a file, as `file:line:column`. */
function placeOf(stack: string | undefined): string | null {
  return stack?.match(/(?:file:\/\/)?(\/[^\s()]+:\d+:\d+)/)?.[1] ?? null;
}

export function renderFailure({ error }: Report, { style, columns }: RenderOptions): string[] {
  if (error === undefined) return [];
  const [first, ...rest] = error.message.split('\n').flatMap((line) => wrap(printable(line), columns - INDENT.length));
  const lines = [`${style.bad(style.strong('Failed'))}   ${first}`, ...rest.map((line) => INDENT + line)];
  const place = placeOf(error.stack);
  if (place !== null) lines.push(style.faint(`${INDENT}at ${printable(place)}`));
  const { packet } = error;
  if (packet == null) return lines;
  lines.push(`${INDENT}in hand: a packet of ${counted(packet.length, 'byte')} from ${new Date(packet.timestampMs).toISOString()}`);
  const hex = packet.hex.match(/../g) ?? [];
  for (let at = 0; at < Math.min(hex.length, SHOWN_BYTES); at += LINE_BYTES) {
    lines.push(style.faint(`${INDENT}${at.toString(16).padStart(4, '0')}  ${hex.slice(at, at + LINE_BYTES).join(' ')}`));
  }
  if (hex.length > SHOWN_BYTES) lines.push(style.faint(`${INDENT}and ${counted(hex.length - SHOWN_BYTES, 'byte')} more (--json has all)`));
  return lines;
}
