/** Named sets of addresses or ports, as rules refer to them by `@name`. Runs on the main thread before any traffic. */
import type { PortRange, Prefix } from '../../flow/match.js';
import type { NamedSets } from '../../flow/match-operands.js';
import { decimal, parsePrefixText } from '../../flow/prefix.js';
import type { OptionProblem } from '../contract.js';

const MAX_PORT = 65535;
const EXPECTED = 'an address, a prefix such as 10.0.0.0/8, a port or a range such as 1024-65535';

/** Reads the sets of the options; a set is one of addresses or one of ports, as its first member says. */
export function parseSets(sets: Readonly<Record<string, readonly (string | number)[]>>, report: (problem: OptionProblem) => void): NamedSets {
  const addresses = new Map<string, readonly Prefix[]>();
  const ports = new Map<string, readonly PortRange[]>();
  for (const [name, members] of Object.entries(sets)) {
    const prefixes: Prefix[] = [];
    const ranges: PortRange[] = [];
    members.forEach((member, index) => {
      const text = String(member);
      const prefix = parsePrefixText(text);
      const range = portRange(text);
      const path = ['sets', name, index];
      if (prefix === null && range === null) report({ path, message: `"${text}" is neither an address nor a port`, found: text, expected: EXPECTED });
      else if (prefix !== null && ranges.length > 0) report({ path, message: `an address among the ports of "${name}"`, found: text, expected: 'a port or a range' });
      else if (range !== null && prefixes.length > 0) report({ path, message: `a port among the addresses of "${name}"`, found: text, expected: 'an address or a prefix' });
      else if (prefix !== null) prefixes.push(prefix);
      else ranges.push(range!);
    });
    if (ranges.length > 0) ports.set(name, ranges);
    else addresses.set(name, prefixes);
  }
  return { addresses, ports };
}

function portRange(text: string): PortRange | null {
  const [first, last = first, more] = text.split('-');
  const from = decimal(first, 0, MAX_PORT);
  const to = decimal(last, 0, MAX_PORT);
  return more !== undefined || from === null || to === null || from > to ? null : { from, to };
}
