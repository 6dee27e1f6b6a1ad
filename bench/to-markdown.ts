/**
 * Turns results files into the tables of a page, in their order, each with the conditions that it was measured under:
 *
 *   node dist/bench/to-markdown.js chain.json latency.json … [page.md]
 *
 * With a page, what stands there between the two marks is replaced; without one, the tables are printed.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import type { Results } from './results.js';
import { tellErrors } from './tell-errors.js';
import { conditions, tables, type TextTable } from './tables.js';

const BEGIN = '<!-- results -->';
const END = '<!-- end of results -->';

function markdownTable({ title, columns, words, rows }: TextTable): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [`### ${title}`, '', line(columns), line(columns.map((_, at) => (at < words ? '---' : '--:'))), ...rows.map(line)].join('\n');
}

/** @throws Error for results that must not be published. */
export function toMarkdown(...runs: readonly Results[]): string {
  return runs.map(markdownOf).join('\n\n');
}

function markdownOf(results: Results): string {
  const which = `the results of ${results.environment.date}`;
  if (results.settings.profile === 'quick') throw new Error(`${which} are of a quick run, whose numbers mean nothing`);
  if (results.environment.endedEarly) throw new Error(`${which} are of a run that was ended early`);
  if (results.failures.length > 0) throw new Error(`${which}: ${results.failures.length} measurements failed their checks: ${results.failures[0].reason}`);
  return [...tables(results).map(markdownTable), conditions(results).map((text) => `- ${text}`).join('\n')].join('\n\n');
}

/** @throws Error when the page lacks the marks. */
export function fillIn(page: string, markdown: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the page has no place for results: expected ${BEGIN} and after it ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${markdown}\n\n${page.slice(end)}`;
}

async function main(words: readonly string[]): Promise<void> {
  const page = words.at(-1)?.endsWith('.md') === true ? words.at(-1) : undefined;
  const files = page === undefined ? words : words.slice(0, -1);
  if (files.length === 0) throw new Error('usage: node dist/bench/to-markdown.js results.json … [page.md]');
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const markdown = toMarkdown(...texts.map((text, at) => {
    try {
      return JSON.parse(text) as Results;
    } catch (error) {
      throw new Error(`${files[at]} is no file of results: ${(error as Error).message}`, { cause: error });
    }
  }));
  if (page === undefined) process.stdout.write(`${markdown}\n`);
  else await writeFile(page, fillIn(await readFile(page, 'utf8'), markdown));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await tellErrors(main(process.argv.slice(2)));
