/** As much of a terminal as the live view uses: what a person would see of the bytes that a program wrote. Throws at anything else. */

export class TerminalScreen {
  readonly #columns: number;
  /** Everything from the first line on; what has scrolled away too. */
  readonly lines: string[] = [''];
  #row = 0;
  #column = 0;

  constructor(columns: number) {
    this.#columns = columns;
  }

  write(text: string): void {
    // oxlint-disable-next-line no-control-regex -- these are the ones
    for (const [part, parameter, command] of text.matchAll(/\x1b\[\??([\d;]*)([A-Za-z])|[^]/gu)) {
      if (command !== undefined) this.#control(command, parameter);
      else if (part === '\r') this.#column = 0;
      else if (part === '\n') this.#down();
      else if (part >= ' ') this.#put(part);
      else throw new Error(`the terminal does not know ${JSON.stringify(part)}`);
    }
  }

  #control(command: string, parameter: string): void {
    switch (command) {
      case 'm':
      case 'h':
      case 'l':
        return;
      case 'A':
        this.#row -= Number(parameter);
        if (this.#row < 0) throw new Error('above the first line');
        return;
      case 'K':
        this.lines[this.#row] = this.lines[this.#row].slice(0, this.#column);
        return;
      case 'J':
        this.lines[this.#row] = this.lines[this.#row].slice(0, this.#column);
        this.lines.splice(this.#row + 1);
        return;
      default:
        throw new Error(`the terminal does not know ${command}`);
    }
  }

  #down(): void {
    this.#row++;
    if (this.#row === this.lines.length) this.lines.push('');
  }

  #put(character: string): void {
    if (this.#column === this.#columns) {
      this.#down();
      this.#column = 0;
    }
    const line = this.lines[this.#row].padEnd(this.#column);
    this.lines[this.#row] = line.slice(0, this.#column) + character + line.slice(this.#column + 1);
    this.#column++;
  }
}
