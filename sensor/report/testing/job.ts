import type { Attributes, FinishedSpan } from '../../spans/finished-span.ts';

/** Builds the spans of a job in seconds after its start; what is not said is as in a job where all went well. */
export class JobBuilder {
  readonly spans: FinishedSpan[] = [];
  readonly #origin = 1_795_000_000_000_000_000n;
  #next = 1;
  #ordinal = 0;

  job(name: string, from: number, to: number, given: Given = {}): FinishedSpan {
    const attributes = { 'chaperone.coverage.complete': true, ...taskAttributes('success', given) };
    return this.#span(null, name, [from, to], attributes, given);
  }

  step(parent: FinishedSpan, name: string, from: number, to: number, given: Given = {}): FinishedSpan {
    this.#ordinal += 1;
    const attributes = { 'chaperone.step.ordinal': this.#ordinal, ...taskAttributes('success', given) };
    return this.#span(parent, name, [from, to], attributes, given);
  }

  process(parent: FinishedSpan, args: string[], from: number, to: number, given: Given = {}): FinishedSpan {
    const [path = 'unknown'] = args;
    const name = path.slice(path.lastIndexOf('/') + 1);
    const attributes = {
      'process.executable.name': name,
      'process.command_args': args,
      'process.exit.code': 0,
      ...given.attributes,
    };
    return this.#span(parent, name, [from, to], attributes, given);
  }

  /** Processes of a job, each below the one of this index or, where there is none, the job; also round in circles. */
  processesUnder(job: FinishedSpan, parents: readonly number[]): FinishedSpan[] {
    const processes = parents.map((_, index) => this.process(job, [`p${index}`], 0, 1));
    return processes.map((span, index) => ({
      ...span,
      parentSpanId: processes[parents[index] ?? 0]?.spanId ?? job.spanId,
    }));
  }

  /** An agent's run below its process. */
  agent(process: FinishedSpan, name: string, toolCalls: number, given: Given = {}): FinishedSpan {
    const said = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': name };
    const attributes = { ...said, 'chaperone.agent.tool_calls.count': toolCalls, ...given.attributes };
    return this.#span(process, `invoke_agent ${name}`, this.#timesOf(process), attributes, given);
  }

  toolCall(agent: FinishedSpan, command: string, from: number, to: number, given: Given = {}): FinishedSpan {
    const said = { 'gen_ai.tool.name': 'Bash', 'chaperone.agent.command': command };
    return this.#span(agent, 'execute_tool Bash', [from, to], { ...said, ...given.attributes }, given);
  }

  mcpServer(agent: FinishedSpan, name: string, from: number, to: number, given: Given = {}): FinishedSpan {
    const said = { 'chaperone.agent.mcp.server': name, 'gen_ai.agent.name': 'claude-code' };
    return this.#span(agent, `mcp_server ${name}`, [from, to], { ...said, ...given.attributes }, given);
  }

  folded(parent: FinishedSpan, name: string, count: number, from: number, to: number): FinishedSpan {
    return this.#span(
      parent,
      name,
      [from, to],
      { 'aggregation.is_summary': true, 'aggregation.span_count': count },
      {},
    );
  }

  connection(
    parent: FinishedSpan,
    address: string,
    port: number,
    at: number,
    count = 1,
    given: Connected = {},
  ): FinishedSpan {
    const folded: Attributes = count === 1 ? {} : { 'aggregation.is_summary': true, 'aggregation.span_count': count };
    const outcome: Attributes = given.outcome === undefined ? {} : { 'chaperone.connection.outcome': given.outcome };
    const attributes = { 'server.address': address, 'server.port': port, ...folded, ...outcome, ...given.attributes };
    return this.#span(parent, `connect ${address}:${port}`, [at, at], attributes, { kind: 'client' });
  }

  /** A connection that came from `client` to port 8080 of 127.0.0.1. */
  accepted(parent: FinishedSpan, client: string, at: number): FinishedSpan {
    const attributes = { 'server.address': '127.0.0.1', 'server.port': 8080, 'client.address': client };
    return this.#span(parent, 'accept 127.0.0.1:8080', [at, at], attributes, { kind: 'server' });
  }

  lookup(parent: FinishedSpan, name: string, at: number, response: string): FinishedSpan {
    const failed = response === 'NOERROR' ? {} : { 'error.type': response };
    const attributes = { 'dns.question.name': name, 'chaperone.dns.response_code': response, ...failed };
    return this.#span(parent, `DNS lookup ${name}`, [at, at], attributes, response === 'NOERROR' ? {} : { error: {} });
  }

  /** A span of no length that is none of the others. */
  other(parent: FinishedSpan, name: string, at: number, { attributes = {} }: Given): FinishedSpan {
    return this.#span(parent, name, [at, at], attributes, {});
  }

  #timesOf({ start, end }: FinishedSpan): [number, number] {
    return [Number(start - this.#origin) / 1e9, Number(end - this.#origin) / 1e9];
  }

  #span(
    parent: FinishedSpan | null,
    name: string,
    [from, to]: [number, number],
    attributes: Attributes,
    given: Given,
  ): FinishedSpan {
    const span: FinishedSpan = {
      traceId: '0bd0afbe17036e89e4a05c993dace1da',
      spanId: (this.#next++).toString(16).padStart(16, '0'),
      parentSpanId: parent?.spanId ?? null,
      name,
      kind: given.kind ?? 'internal',
      start: this.#origin + BigInt(Math.round(from * 1e9)),
      end: this.#origin + BigInt(Math.round(to * 1e9)),
      attributes,
      events: [],
      links: [],
      error: given.error ?? null,
      priority: false,
    };
    this.spans.push(span);
    return span;
  }
}

type Given = Partial<Pick<FinishedSpan, 'attributes' | 'error' | 'kind'>>;

type Connected = Pick<Given, 'attributes'> & { readonly outcome?: string };

function taskAttributes(result: string, given: Given): Attributes {
  return { 'cicd.pipeline.task.run.result': given.error === undefined ? result : 'failure', ...given.attributes };
}
