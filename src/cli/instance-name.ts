/** How an instance that runs a chain file is called. */
import { basename } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { INSTANCE_NAME } from '../runtime/control/directory.js';

const MAX_LENGTH = 40;

/** The file's name without its ending, in the characters that a name may have. */
export function instanceNameOf(file: string): string {
  const name = basename(file).replace(/\.(ya?ml|json)$/i, '').replace(/[^\w.-]/g, '-').replace(/^[^A-Za-z0-9]+/, '').slice(0, MAX_LENGTH);
  return INSTANCE_NAME.test(name) ? name : 'chain';
}

export function readInstanceName(text: string): string {
  if (!INSTANCE_NAME.test(text)) throw new InvalidArgumentError(`Expected a letter or digit, then letters, digits, '_', '.' and '-', at most ${MAX_LENGTH}.`);
  return text;
}
