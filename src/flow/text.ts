/** Tokens of the text language of matches and rules, and mistakes with their place. Runs before any traffic. */

/** A mistake in a text. Line and column are 1-based and point at what was found. */
export interface TextProblem {
  readonly message: string;
  readonly line: number;
  readonly column: number;
  readonly found: string;
  readonly expected: string;
}

/** A word, one of the marks `{` `}` `,`, or the end. Words keep their spelling; keywords compare in any case. */
export interface Token {
  readonly kind: 'word' | 'mark' | 'end';
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** Thrown by parsers on a token stream; `parseText` and `parseEach` turn it into the value that callers see. */
export class TextError extends Error {
  readonly problem: TextProblem;
  /** All of them, in the order of the text: a parser that can go on behind a mistake finds more than one. */
  readonly problems: readonly TextProblem[];

  constructor(problem: TextProblem, more: readonly TextProblem[] = []) {
    super(`${problem.message} (line ${problem.line}, column ${problem.column})`);
    this.name = 'TextError';
    this.problem = problem;
    this.problems = [problem, ...more];
  }

  /** @param problems at least one. */
  static of([first, ...more]: readonly TextProblem[]): TextError {
    return new TextError(first, more);
  }
}

const TOKEN = /[^\S\n]+|#[^\n]*|(?<newline>\n)|(?<mark>[{},])|(?<word>[^\s{},#]+)/gy;

/** Cuts a text into tokens. White space, line ends and comments (from `#` to the end of the line) only separate. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let lineStart = 0;
  for (const found of text.matchAll(TOKEN)) {
    const column = found.index - lineStart + 1;
    if (found.groups?.['newline'] !== undefined) {
      line++;
      lineStart = found.index + 1;
    } else if (found.groups?.['mark'] !== undefined) tokens.push({ kind: 'mark', text: found[0], line, column });
    else if (found.groups?.['word'] !== undefined) tokens.push({ kind: 'word', text: found[0], line, column });
  }
  tokens.push({ kind: 'end', text: '', line, column: text.length - lineStart + 1 });
  return tokens;
}

/** A cursor over tokens with one token of lookahead. */
export class TokenStream {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  get atEnd(): boolean {
    return this.peek().kind === 'end';
  }

  peek(): Token {
    return this.#tokens[this.#at];
  }

  /** Takes the next token. The end token stays. */
  next(): Token {
    const token = this.peek();
    if (token.kind !== 'end') this.#at++;
    return token;
  }

  /** True when the next token is the word (in any case) or mark. */
  is(text: string): boolean {
    const token = this.peek();
    return token.kind !== 'end' && token.text.toLowerCase() === text;
  }

  /** Takes the next token if it is the word or mark. */
  accept(text: string): boolean {
    const is = this.is(text);
    if (is) this.#at++;
    return is;
  }

  /** Takes a word. @throws TextError when there is none. */
  word(expected: string): Token {
    const token = this.peek();
    if (token.kind !== 'word') this.fail(token, `expected ${expected}`, expected);
    return this.next();
  }

  /**
   * One item, items with commas between, or such a list in braces: `80`, `80,443`, `{ 80, 443 }`.
   * @throws TextError when an item is missing or the braces do not close.
   */
  list<Item>(item: () => Item): Item[] {
    const braces = this.accept('{');
    const items = [item()];
    while (this.accept(',')) items.push(item());
    if (braces && !this.accept('}')) this.fail(this.peek(), 'the list does not end', '"," or "}"');
    return items;
  }

  /** @throws TextError always: says what is wrong with the token. */
  fail(token: Token, message: string, expected: string): never {
    const found = token.kind === 'end' ? 'the end of the text' : token.text;
    throw new TextError({ message, line: token.line, column: token.column, found, expected });
  }

  /** @throws TextError when something is left. */
  end(expected: string): void {
    const token = this.peek();
    if (token.kind !== 'end') this.fail(token, `"${token.text}" makes no sense here`, expected);
  }
}

/** What is wrong with a text: the first problem, and all that were found. */
export interface TextProblems {
  readonly problem: TextProblem;
  readonly problems: readonly TextProblem[];
}

/** Runs a parser over a text and gives its value or its problems. */
export function parseText<Value>(text: string, parse: (stream: TokenStream) => Value): { value: Value } | TextProblems {
  try {
    return { value: parse(new TokenStream(text)) };
  } catch (error) {
    if (error instanceof TextError) return { problem: error.problem, problems: error.problems };
    throw error;
  }
}

/** Runs a parser over each text of a list: values of those that parse, and every problem with the index of its text. */
export function parseEach<Value>(
  texts: readonly string[],
  parse: (stream: TokenStream) => Value,
): { values: Value[]; problems: (TextProblem & { readonly index: number })[] } {
  const values: Value[] = [];
  const problems: (TextProblem & { readonly index: number })[] = [];
  texts.forEach((text, index) => {
    const result = parseText(text, parse);
    if ('problem' in result) problems.push(...result.problems.map((problem) => ({ ...problem, index })));
    else values.push(result.value);
  });
  return { values, problems };
}
