/**
 * The example's YAML, spoilt: nothing throws but ConfigurationError, what is wrong has a place in the text, says what was found
 * and what is allowed, and what is taken for right is a plan. MILLRACE_FUZZ=<n> tries 5 n texts, MILLRACE_FUZZ_FIRST=<n> others.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { checkConfiguration } from '../../src/runtime/check.js';
import { ConfigurationError, type Problem } from '../../src/runtime/problems.js';
import { parseConfiguration } from '../../src/runtime/yaml.js';
import { randomOf } from '../support/mutate.js';

const SEEDS = Number(process.env['MILLRACE_FUZZ'] ?? 40) * 5;
const FIRST = Number(process.env['MILLRACE_FUZZ_FIRST'] ?? 1);
const PATIENCE_MS = 60_000 + SEEDS * 100;

const directory = fileURLToPath(new URL('../../examples/', import.meta.url));
const office = readFileSync(`${directory}office.yaml`, 'utf8');
const PIECES = [
  'null', '[]', '{}', '""', '-1', '0', '1e999', '0x10', '.nan', 'true', '~', '- ', ': ', '\n', '  ', '#', '&a ', '*a', '<<: *a', '? ', '|\n  x', '>-\n x', "'", '"', '{', '}', '[', ']', ',', '\t', '\u0000', '💥',
  '!!binary x', '!!set {}', '---\n', '%YAML 9\n', '__proto__: {a: 1}', 'constructor: x', 'toString', 'firewall', 'nat: ', 'dpi: ', 'rules: ', 'replicas: 65', 'between: [inside]', 'function: nat', 'as: ', 'timeouts: {udpSeconds: x}',
  'external: 203.0.113.0/16', 'ports: [5, 4]', 'sets: {a: [1.5]}', 'budget: {packets: 9e9}', 'match: "tcp to any port x"', '99999999999999999999', '2026-01-01', '0o7', 'yes',
];

function spoilt(seed: number): string {
  const random = randomOf(seed);
  let text = office;
  for (let changes = 1 + random(5); changes > 0; changes--) {
    const at = random(text.length + 1);
    const lines = text.split('\n');
    switch (random(5)) {
      case 0:
        text = text.slice(0, at) + PIECES[random(PIECES.length)] + text.slice(at);
        break;
      case 1:
        text = text.slice(0, at) + text.slice(at + random(12));
        break;
      case 2: // a value for another
        text = text.replace(/(?<=[:[,] )[^\s,{}[\]]+/g, (value) => (random(12) === 0 ? PIECES[random(PIECES.length)] : value));
        break;
      case 3: // a line twice, or somewhere else
        lines.splice(random(lines.length), random(2), lines[random(lines.length)]);
        text = lines.join('\n');
        break;
      default:
        lines[random(lines.length)] = `${' '.repeat(random(8))}${PIECES[random(PIECES.length)]}`;
        text = lines.join('\n');
    }
  }
  return text;
}

async function outcomeOf(text: string): Promise<readonly Problem[] | 'plan'> {
  try {
    const { document, source } = parseConfiguration(text, 'chain.yaml');
    const result = await checkConfiguration(document, { source, baseDirectory: directory });
    return 'plan' in result ? 'plan' : result.problems;
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
}

test(`spoilt configurations, ${SEEDS} seeds`, { timeout: PATIENCE_MS }, async () => {
  const failed: Record<string, unknown> = {};
  let plans = 0;
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    const text = spoilt(seed);
    const lines = text.split(/\r\n|[\n\r]/);
    try {
      const outcome = await outcomeOf(text);
      if (outcome === 'plan') plans++;
      else {
        const lost = outcome.filter(({ line = 0, column = 0, found, expected, message }) =>
          line < 1 || line > lines.length + 1 || column < 1 || column > (lines[line - 1]?.length ?? 0) + 1 || found === '' || expected === '' || message === '');
        if (outcome.length === 0 || lost.length > 0) failed[`seed ${seed}`] = lost.map(({ line = 0, column, code, found, expected, message }) => `${line}:${column} of ${lines.length}, ${JSON.stringify(lines[line - 1])} [${code}] ${message}; ${found}; ${expected}`);
      }
    } catch (error) {
      failed[`seed ${seed}`] = error instanceof Error ? error.stack : String(error);
    }
  }
  expect(failed).toEqual({});
  expect([plans > 0, plans < SEEDS], `${plans} plans`).toEqual([true, true]);
});
