/** What happened to one packet: as a value, and as text. Main thread. */
import type { VerdictName } from './capture-stream.js';
import type { FieldChange } from './header-fields.js';

export interface StoryHop {
  /** Name of the function. */
  function: string;
  verdict: VerdictName;
  /** Drop reason; null for `forward`. */
  reason: string | null;
  /** The rule, mapping or protocol that decided, as the function says; empty when it does not. */
  why: string;
  /** Header fields that are not what they were before. */
  changes: FieldChange[];
}

export interface PacketStory {
  /** Traced packets are counted from 1, in the order in which they came in. */
  number: number;
  /** Seconds since 1970, and nanoseconds. */
  seconds: number;
  nanos: number;
  /** Port that it came in by. */
  port: string;
  /** Service path, null when it had none. */
  path: string | null;
  direction: 'forward' | 'reverse';
  flowId: number;
  /** Bytes on the wire. */
  length: number;
  /** The packet as it came, in a few words: `tcp 10.0.0.5:40000 -> 192.0.2.1:443 SYN`. */
  packet: string;
  hops: StoryHop[];
  /** `unknown`: that record found no room on its way here. */
  outcome: { kind: 'transmitted'; port: string } | { kind: 'dropped'; reason: string; by: string | null } | { kind: 'unknown' };
  /** Records of the way found no room: hops are missing. */
  isIncomplete: boolean;
}

/** Longest texts of others that a line shows. */
const MAX_CHARACTERS = 400;

/** Names out of packets may hold anything: nothing in a line may steer a terminal. */
function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are the ones
  const safe = text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '\ufffd');
  return safe.length > MAX_CHARACTERS ? `${safe.slice(0, MAX_CHARACTERS)}…` : safe;
}

function time({ seconds, nanos }: PacketStory): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(nanos).padStart(9, '0')}Z`;
}

/** A few lines of text that end with a line end, the same for the same story. */
export function formatStory(story: PacketStory): string {
  const { number, port, path, direction, flowId, length, packet, hops, outcome, isIncomplete } = story;
  const names = [port, ...hops.map(({ function: name }) => name), ...(outcome.kind === 'transmitted' ? [outcome.port] : [])];
  const width = Math.max(...names.map((name) => name.length));
  const line = (name: string, text: string): string => `  ${name.padEnd(width)}  ${text}`;
  const lines = [
    `packet ${number}  ${time(story)}  ${plain(packet)}, ${length} B`,
    line(port, path === null ? 'in' : `in, path ${path} ${direction}, ${flowId === 0 ? 'no flow' : `flow ${flowId}`}`),
  ];
  for (const { function: name, verdict, reason, why, changes } of hops) {
    const said = reason === null ? verdict : `${verdict} ${reason}`;
    lines.push(line(name, why === '' ? said : `${said}  ${plain(why)}`));
    for (const { field, from, to } of changes) lines.push(line('', `  ${field} ${from === '' ? '' : `${from} `}${from === '' && to === 'changed' ? '' : '-> '}${to === '' ? 'gone' : to}`));
  }
  if (isIncomplete) lines.push(line('', '(records are missing: they found no room)'));
  if (outcome.kind === 'transmitted') lines.push(line(outcome.port, 'out'));
  else if (outcome.kind === 'unknown') lines.push(line('', 'what became of it is not known: that record found no room'));
  // A function that drops has its line.
  else if (hops.at(-1)?.reason !== outcome.reason) lines.push(line('', `dropped ${outcome.reason}${outcome.by === null ? '' : ` (${outcome.by})`}`));
  return `${lines.join('\n')}\n`;
}
