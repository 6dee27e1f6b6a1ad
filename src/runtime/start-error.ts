/** Why a checked configuration did not come to run. */
import type { Failure } from './event-desk.js';

/** A minute: creating network functions takes a tenth of a second, with much to read a few. */
export const DEFAULT_START_TIMEOUT_MS = 60_000;
/** Node's timers hold no longer one. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** Thrown by `start` and `run` when threads could not be started or a network function not be created; nothing is open any more. */
export class StartError extends Error {
  override name = 'StartError';
  /** `create-timeout`: a network function was not created in time. Others say what happened by their message alone. */
  readonly code?: 'create-timeout';
  readonly chain?: string;
  /** The network function. */
  readonly vm?: string;
  readonly port?: string;

  constructor({ message, code, chain, vm, port }: Pick<Failure, 'message' | 'code' | 'chain' | 'vm' | 'port'>) {
    super(message);
    if (code === 'create-timeout') this.code = code;
    if (chain !== undefined) this.chain = chain;
    if (vm !== undefined) this.vm = vm;
    if (port !== undefined) this.port = port;
  }

  /** The message, and the fields that are there. */
  toJSON(): Pick<StartError, 'message' | 'code' | 'chain' | 'vm' | 'port'> {
    const { message, code, chain, vm, port } = this;
    return { message, ...(code !== undefined && { code }), ...(chain !== undefined && { chain }), ...(vm !== undefined && { vm }), ...(port !== undefined && { port }) };
  }
}

/** @throws RangeError when a timer cannot hold it. */
export function checkStartTimeout(ms: number = DEFAULT_START_TIMEOUT_MS): void {
  if (ms > 0 && ms <= MAX_TIMEOUT_MS) return;
  throw new RangeError(`startTimeoutMs: found ${ms}, expected more than 0 and at most ${MAX_TIMEOUT_MS}`);
}
