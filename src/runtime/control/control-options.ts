/** How a runtime is reached from outside while it runs. */
import type { FileInForce } from '../file-in-force.js';

export interface ControlOptions {
  /** Of the instance, as `millrace ps` shows it: a letter or digit, then letters, digits, `_ . -`; at most 40. Default `millrace`; with the pid behind it when it is taken. */
  name?: string;
  /** With this, a name that is taken is an error. */
  nameIsFixed?: boolean;
  /** The socket, instead of one in the user's folder: then `millrace ps` does not find it. */
  path?: string;
  /** The chain file that runs, for `apply` without another. */
  file?: string;
  /** @internal Called when the socket cannot be opened: the run goes on without it. Default: that is an error. */
  unavailable?: ((error: Error) => void) | undefined;
  /** @internal The same, where something else applies it too. */
  inForce?: FileInForce;
}
