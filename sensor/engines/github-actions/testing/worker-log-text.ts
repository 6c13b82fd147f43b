/** Builds what Runner.Worker writes into `_diag/Worker_*.log`, in its own forms. */
export class WorkerLogText {
  text = '\uFEFF[2023-11-14 22:13:21Z INFO HostContext] Version: 2.336.0\r\n';
  readonly #end: string;

  constructor(lineEnd = '\n') {
    this.#end = lineEnd;
  }

  line(source: string, text: string): this {
    this.text += `[2023-11-14 22:13:21Z INFO ${source}] ${text}${this.#end}`;
    return this;
  }

  message(message: unknown): this {
    const body = JSON.stringify(message, null, 2).replaceAll('\n', this.#end);
    return this.line('Worker', `Job message:${this.#end} ${body}`).line('JobRunner', 'Job ID 1');
  }

  /** What the runner writes around a step's process. */
  step(name: string, pid: number): this {
    return this.line('StepsRunner', `Processing step: DisplayName='${name}'`).process(pid);
  }

  embedded(name: string, pid: number): this {
    return this.line('CompositeActionHandler', `Processing embedded step: DisplayName='${name}'`).process(pid);
  }

  process(pid: number): this {
    return this.line('ProcessInvokerWrapper', `Process started with process id ${pid}, waiting for process exit.`);
  }
}

export interface MessageOptions {
  checkRunId?: unknown;
  steps?: unknown[];
  github?: Record<string, string>;
}

/** A job message in the serialisation of current services: compact context data, template tokens. */
export function jobMessage({ checkRunId = 26920038674, steps = [], github = {} }: MessageOptions = {}): unknown {
  const context = (values: Record<string, unknown>) => ({
    t: 2,
    d: Object.entries(values).map(([k, v]) => ({ k, v })),
  });
  return {
    messageType: 'PipelineAgentJobRequest',
    jobDisplayName: 'Build and test',
    variables: { 'system.github.job': { value: 'build' } },
    contextData: {
      github: context({
        run_id: '9753949763',
        run_attempt: '1',
        repository: 'octo/service',
        workflow: 'CI',
        ref: 'refs/tags/v1',
        sha: '8ebd4818138b0ff5dd4d325fd365e91b77536d87',
        server_url: 'https://git.example.com',
        job: 'build',
        ...github,
      }),
      job: context({ status: 'success', check_run_id: checkRunId }),
    },
    steps,
  };
}

export function scriptStep(key: string, name: unknown, script = 'make'): unknown {
  return {
    type: 'action',
    contextName: key,
    name: key,
    reference: { type: 'script' },
    ...(name === null ? {} : { displayNameToken: name }),
    inputs: { type: 2, map: [{ Key: { type: 0, lit: 'script' }, Value: { type: 0, file: 1, line: 3, lit: script } }] },
  };
}

export function actionStep(key: string, name: string, ref = 'v4'): unknown {
  const reference = { type: 'repository', name, ref, path: '', repositoryType: 'GitHub' };
  return { type: 'action', contextName: key, name: key, reference };
}
