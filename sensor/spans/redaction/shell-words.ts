/** A word as the shell hands it to a program. */
export interface Word {
  readonly text: string;
  /** Where each character of `text` stands in the script: quotes and backslashes are left out of it. */
  readonly offsets: readonly number[];
}

/** One simple command of a script. */
export interface Command {
  readonly words: readonly Word[];
  /** Here-strings and the bodies of here-documents. */
  readonly input: readonly Word[];
  /** Files that its output goes to. */
  readonly outputs: readonly Word[];
  /** The command that reads its output. */
  readonly into: Command | null;
}

/** The simple commands of a shell script, in order. Takes any text, never throws, and looks at each character once. */
export function readScript(script: string): Command[] {
  return new Lexer(script).read();
}

interface Draft extends Command {
  readonly words: Word[];
  readonly input: Word[];
  readonly outputs: Word[];
  into: Draft | null;
}

class Lexer {
  readonly #script: string;
  readonly #commands: Draft[] = [];
  /** Here-documents whose bodies begin with the next line. */
  readonly #documents: { readonly delimiter: string; readonly of: Draft }[] = [];
  #at = 0;
  #command: Draft = emptyCommand();
  #word: { text: string; offsets: number[] } | null = null;
  /** What the next word is, if not one of the command's own. */
  #next: 'word' | 'input' | 'output' | 'document' | 'file' = 'word';

  constructor(script: string) {
    this.#script = script;
  }

  read(): Command[] {
    while (this.#at < this.#script.length) this.#step(this.#script.charAt(this.#at));
    this.#endCommand();
    return this.#commands;
  }

  #step(character: string): void {
    if (character === '\\') this.#escape();
    else if (character === "'" || character === '"') this.#quote(character);
    else if (character === '\n') this.#endLine();
    else if (character === '<' || character === '>') this.#redirect(character);
    else if (character === '|') this.#pipe();
    else if (/[;&()`]/.test(character)) this.#separate();
    else if (/\s/.test(character)) this.#skipBlank();
    else this.#take(1);
  }

  #escape(): void {
    this.#at += 1;
    if (this.#script[this.#at] === '\n') this.#at += 1;
    else this.#take(1);
  }

  /** To the closing quote or the end. In double quotes a backslash hides a quote. */
  #quote(quote: string): void {
    this.#open();
    this.#at += 1;
    while (this.#at < this.#script.length && this.#script[this.#at] !== quote) {
      if (quote === '"' && this.#script[this.#at] === '\\') this.#at += 1;
      this.#take(1);
    }
    this.#at += 1;
  }

  #redirect(character: string): void {
    const sign = /^(?:<<<|<<-?|<|>>|>\||>)/.exec(this.#script.slice(this.#at, this.#at + 3))?.[0] ?? character;
    if (/^\d$/.test(this.#word?.text ?? '')) this.#word = null; // `2>`
    this.#endWord();
    this.#at += sign.length;
    if (sign === '<<<') this.#next = 'input';
    else if (sign.startsWith('<<')) this.#next = 'document';
    else this.#next = sign === '<' ? 'file' : 'output';
  }

  #pipe(): void {
    const isOr = this.#script[this.#at + 1] === '|';
    const from = this.#endCommand();
    if (!isOr) from.into = this.#command;
    this.#at += isOr ? 2 : 1;
  }

  #separate(): void {
    const isRedirect = this.#script[this.#at] === '&' && this.#script[this.#at + 1] === '>';
    const isCopy = this.#script[this.#at] === '&' && this.#next === 'output' && this.#word === null;
    if (isRedirect || isCopy) this.#endWord();
    else this.#endCommand();
    this.#at += 1;
  }

  #skipBlank(): void {
    this.#endWord();
    this.#at += 1;
  }

  #endLine(): void {
    this.#endCommand();
    this.#at += 1;
    for (const { delimiter, of } of this.#documents.splice(0)) this.#readDocument(delimiter, of);
  }

  #readDocument(delimiter: string, of: Draft): void {
    const from = this.#at;
    let line = from;
    while (line < this.#script.length) {
      const end = endOfLine(this.#script, line);
      this.#at = Math.min(end + 1, this.#script.length);
      if (this.#script.slice(line, end).trim() === delimiter) break;
      line = this.#at;
    }
    of.input.push(slice(this.#script, from, line));
  }

  #open(): { text: string; offsets: number[] } {
    this.#word ??= { text: '', offsets: [] };
    return this.#word;
  }

  #take(count: number): void {
    if (this.#at >= this.#script.length) return;
    const word = this.#open();
    word.text += this.#script.slice(this.#at, this.#at + count);
    word.offsets.push(this.#at);
    this.#at += count;
  }

  #endWord(): void {
    const word = this.#word;
    if (word === null) return;
    this.#word = null;
    const next = this.#next;
    this.#next = 'word';
    if (next === 'word') this.#command.words.push(word);
    else if (next === 'input') this.#command.input.push(word);
    else if (next === 'output') this.#command.outputs.push(word);
    else if (next === 'document') this.#documents.push({ delimiter: word.text, of: this.#command });
  }

  /** Begins the next command, and answers with the one that ended. */
  #endCommand(): Draft {
    this.#endWord();
    this.#next = 'word';
    const ended = this.#command;
    this.#commands.push(ended);
    this.#command = emptyCommand();
    return ended;
  }
}

function emptyCommand(): Draft {
  return { words: [], input: [], outputs: [], into: null };
}

function slice(script: string, from: number, to: number): Word {
  const text = script.slice(from, to);
  return { text, offsets: Array.from({ length: text.length }, (_, index) => from + index) };
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}
