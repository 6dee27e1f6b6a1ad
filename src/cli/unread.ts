/** When nobody reads packets that go to stdout: that ends a run without a word, as SIGPIPE would; a full disk there is a failure like any other. */
import { STANDARD_OUTPUT } from '../port/capture/create-capture.js';

/** @param file what could not be written. @param why what the system said. */
export function isUnread(file: string | null | undefined, why: string): boolean {
  return file === STANDARD_OUTPUT && why.startsWith('EPIPE');
}
