/** What an agent tells of one call of a tool. It is the agent's claim: texts are its own, bounded, and not redacted. */
export interface ToldCall {
  readonly kind: 'call';
  /** Its own id of the call. */
  readonly id: string;
  readonly tool: string;
  /** Whether the tool runs a command in a shell, so that processes are to be seen. */
  readonly isShell: boolean;
  /** What the shell was given; `null`: not told. */
  readonly command: string | null;
  /** Unix time in nanoseconds, of the agent's clock. */
  readonly start: bigint;
  readonly end: bigint;
  /** Whether the tool worked; `null`: not told. A command that ends with another code than 0 is a success to some agents. */
  readonly succeeded: boolean | null;
  /** How the command ended, as the model was told; `null`: it was not. */
  readonly exitCode: number | null;
  /** The agent's own name of the sub-agent that called; `null`: the agent itself. */
  readonly subAgent: string | null;
  /** The agent's own span of the call, where it has one. */
  readonly span: SpanReference | null;
}

export interface SpanReference {
  readonly traceId: string;
  readonly spanId: string;
}

/** What an agent tells of one answer of its model. */
export interface ToldAnswer {
  readonly kind: 'answer';
  readonly model: string | null;
  readonly conversation: string | null;
  /** Unix time in nanoseconds. */
  readonly end: bigint;
  /** Tokens; 0 where nothing is told. */
  readonly input: number;
  readonly output: number;
}

export type Word = ToldCall | ToldAnswer;

/** How one coding agent tells of itself by OTLP. */
export interface Dialect {
  /** Where its words are; what it sends elsewhere is not read. */
  readonly signal: Signal;
  /** The words in what was sent at once, in their order. */
  read(records: readonly Telling[]): Word[];
}

export const signals = ['traces', 'logs'] as const;
export type Signal = (typeof signals)[number];

/** A span or a log record, as far as it is read. */
export interface Telling {
  /** Of a span; of a log record its `event.name`. */
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  /** Unix time in nanoseconds; of a log record both are when it was written. */
  readonly start: bigint;
  readonly end: bigint;
  /** The status is Error. */
  readonly isError: boolean;
  /** An attribute as text, whole; empty where there is none. */
  readonly text: (key: string) => string;
}
