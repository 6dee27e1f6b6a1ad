/**
 * The words of the control socket: what a client may ask of a running instance, and how it is answered. README.md in this
 * folder is the contract in full; this is its one place in code. Both ends use it.
 */
import type { Problem } from '../problems.js';

/** Changes when an old client would misread a new instance, or the other way round. */
export const CONTROL_VERSION = 1;
/** Longest request line: a name and a few paths. What is longer is no request. */
export const MAX_REQUEST_BYTES = 64 * 1024;
/** Longest answer line that a client takes: the report of a million flows. */
export const MAX_ANSWER_BYTES = 512 * 1024 * 1024;
/** Longest chunk of a stream. */
export const MAX_CHUNK_BYTES = 16 * 1024 * 1024;

export const CONTROL_ERRORS = {
  'bad-request': 'the line is no request: not JSON, or without a command',
  'request-too-long': `a request line has more than ${MAX_REQUEST_BYTES} bytes`,
  'unsupported-version': 'the two sides speak different versions of the protocol',
  'unknown-command': 'there is no such command',
  'bad-argument': 'an argument is missing, unknown or of the wrong type',
  'configuration': 'the configuration has mistakes, or wants what needs a restart; `problems` lists them all',
  'too-many-connections': 'as many clients are connected as are served at a time',
  'over': 'the instance has ended',
  'failed': 'the command was understood and could not be done; `message` says why',
} as const;

export type ControlErrorCode = keyof typeof CONTROL_ERRORS;

/** One line from the client. */
export interface ControlRequest {
  v: number;
  /** Comes back in the answer. */
  id: string | number;
  command: string;
  args?: Record<string, unknown>;
}

export interface ControlFailure {
  code: ControlErrorCode;
  message: string;
  problems?: readonly Problem[];
}

/** One line from the instance. `stream`: chunks follow, and after them one more such line. */
export type ControlAnswer =
  | { v: number; id: string | number | null; ok: true; stream?: true; result: unknown }
  | { v: number; id: string | number | null; ok: false; error: ControlFailure };

/** What went wrong with a request, on either side. */
export class ControlError extends Error {
  override name = 'ControlError';
  readonly code: ControlErrorCode;
  readonly problems: readonly Problem[];

  constructor(code: ControlErrorCode, message: string, problems: readonly Problem[] = []) {
    super(message);
    this.code = code;
    this.problems = problems;
  }
}

export function encodeLine(message: ControlRequest | ControlAnswer): string {
  return `${JSON.stringify(message)}\n`;
}

/** A chunk of a stream: its length as u32, big-endian, then its bytes. Length 0 ends the stream. */
export function chunkHeader(length: number): Uint8Array {
  const header = new Uint8Array(4);
  new DataView(header.buffer).setUint32(0, length);
  return header;
}

/** Takes apart what the client wrote. @throws ControlError. */
export function decodeRequest(line: string): ControlRequest {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new ControlError('bad-request', 'expected one JSON object a line');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ControlError('bad-request', 'expected a JSON object');
  const { v, id, command, args = {} } = value as Partial<ControlRequest>;
  if (v !== CONTROL_VERSION) throw new ControlError('unsupported-version', `this instance speaks version ${CONTROL_VERSION} of the protocol, found ${JSON.stringify(v)}`);
  if (typeof id !== 'string' && typeof id !== 'number') throw new ControlError('bad-request', "'id' has to be a text or a number");
  if (typeof command !== 'string') throw new ControlError('bad-request', "'command' has to be a text");
  if (typeof args !== 'object' || args === null || Array.isArray(args)) throw new ControlError('bad-argument', "'args' has to be an object");
  return { v, id, command, args };
}
