/** Mistakes of a configuration, a capture or an option, as a list: where, what, what was found and what was expected. */
import type { Problem } from '../runtime/problems.js';
import { counted, printable } from './format.js';
import type { Style } from './terminal.js';

export function renderProblems(problems: readonly Problem[], style: Style): string {
  return `${[style.bad(style.strong(counted(problems.length, 'problem'))), ...problems.map((problem) => renderProblem(problem, style))].join('\n\n')}\n`;
}

/** What is no mistake, but will not do here. */
export function renderWarnings(warnings: readonly Problem[], style: Style): string {
  return `${[style.warn(style.strong(counted(warnings.length, 'warning'))), ...warnings.map((warning) => renderProblem(warning, style))].join('\n\n')}\n`;
}

function renderProblem(problem: Problem, style: Style): string {
  const { code, place, found, expected, message } = problem;
  const position = positionOf(problem);
  const head = [position === '' ? '' : style.name(position), place].filter((part) => part !== '').join('  ');
  const lines = [`${head}${head === '' ? '' : '  '}${style.faint(`[${code}]`)}`, `  ${style.strong(printable(message))}`];
  return [...lines, `  ${style.faint('found   ')} ${printable(found)}`, `  ${style.faint('expected')} ${printable(expected)}`].join('\n');
}

/** `office.yaml:12:9`, as editors and terminals follow it. Without a file, the position is in the text at the place. */
function positionOf({ file, line, column }: Problem): string {
  const position = line === undefined ? '' : column === undefined ? `${line}` : `${line}:${column}`;
  if (file === undefined) return position === '' ? '' : `line ${position}`;
  return position === '' ? file : `${file}:${position}`;
}
