/** The rules as the VM gets them: parsed and compiled on the main thread. Apart from the schema, which no VM needs. */
import type { CompiledRules } from './compiled/compile.js';
import type { Rule } from './rule.js';

/** The rules as plain data, in order, and compiled: filled in by `prepareRules`. */
export interface PreparedRules {
  readonly rules: readonly Rule[];
  readonly compiled: CompiledRules;
}

/** @throws TypeError when the options were not prepared: a firewall without its rules must not begin to judge. */
export function preparedRules(options: { readonly prepared?: PreparedRules }): PreparedRules {
  if (options.prepared === undefined) throw new TypeError('the rules of the firewall were not prepared');
  return options.prepared;
}
