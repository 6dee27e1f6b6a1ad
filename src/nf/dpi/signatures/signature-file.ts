/** Reads a signature file: YAML, a list of signatures. Every mistake is reported with its line and column. */
import { readFile, stat } from 'node:fs/promises';
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { z } from 'zod';
import { signatureSchema } from './signature.js';
import type { Signature } from './signature.js';

/** Largest signature file: far more than the automaton can hold. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

interface FileProblem {
  message: string;
  /** 1-based; absent when the file as a whole is at fault. */
  line?: number;
  column?: number;
}

interface FileContent {
  signatures: Signature[];
  /** Of each signature, the line it begins at. */
  lines: number[];
  problems: FileProblem[];
}

const fileSchema = z.array(signatureSchema);

/** Reads and checks the file at an absolute path. Does not throw: what goes wrong is among the problems. */
export async function readSignatureFile(path: string): Promise<FileContent> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) return failed(`the file has ${size} bytes, expected at most ${MAX_FILE_BYTES}`);
    return parseSignatures(await readFile(path, 'utf8'));
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}

function failed(message: string): FileContent {
  return { signatures: [], lines: [], problems: [{ message }] };
}

/** Parses the text of a signature file. */
export function parseSignatures(text: string): FileContent {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const place = (offset: number): { line: number; column: number } => {
    const { line, col } = lineCounter.linePos(offset);
    return { line, column: col };
  };
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({ message: error.message, ...place(error.pos[0]) }));
    return { signatures: [], lines: [], problems };
  }
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
  const result = fileSchema.safeParse(value ?? []);
  if (!result.success) {
    const problems = result.error.issues.flatMap((issue) => {
      const paths = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
      return paths.map((path) => ({ message: describe(issue, path), ...place(offsetOf(document, path, issue.code === 'unrecognized_keys')) }));
    });
    problems.sort((a, b) => a.line - b.line || a.column - b.column);
    return { signatures: [], lines: [], problems };
  }
  return { signatures: result.data, lines: result.data.map((_, index) => place(offsetOf(document, [index], false)).line), problems: [] };
}

function describe(issue: z.core.$ZodIssue, path: readonly PropertyKey[]): string {
  const where = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('').replace(/^\./, '');
  const unknown = `unknown key "${String(path.at(-1))}", expected ${Object.keys(signatureSchema.shape).join(', ')}`;
  const what = issue.code === 'unrecognized_keys' ? unknown : issue.message;
  return where === '' ? what : `${where}: ${what}`;
}

/** Offset of the node at a path, or of the nearest one around it. */
function offsetOf(document: Document, path: readonly PropertyKey[], wantsKey: boolean): number {
  if (wantsKey) {
    const around = document.getIn(path.slice(0, -1), true);
    if (isMap(around)) {
      for (const { key } of around.items) if (isScalar(key) && String(key.value) === path.at(-1)) return key.range?.[0] ?? 0;
    }
  }
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}
