/**
 * The library that reads addresses from text, loaded at its first use, and by `require`: `import` of a package that is no ES
 * module costs each thread 40 ms (Node looks for its exports with a parser that it compiles first), this 5.
 */
import { createRequire } from 'node:module';
import type ipaddr from 'ipaddr.js';

let loaded: typeof ipaddr | null = null;

export function addressLibrary(): typeof ipaddr {
  return (loaded ??= createRequire(import.meta.url)('ipaddr.js') as typeof ipaddr);
}
