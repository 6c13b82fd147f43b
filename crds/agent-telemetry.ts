/** Of the sensor's receiver in a pod, on 127.0.0.1; the first of those of which the kernel programs tell who asks for them (sensor/bpf/events.h). */
export const agentTelemetryPort = 14_320;

/** Where whatever the variables below do not reach can be pointed to by hand. */
const agentTelemetryVariable = 'CHAPERONE_AGENT_TELEMETRY';

/**
 * Environment by which coding agents tell of themselves to `url` (docs/agents.md). Only variables that concern one agent each: those that every
 * OpenTelemetry SDK reads would take the job's own telemetry along.
 */
export function agentTelemetryEnvironment(url: string): Readonly<Record<string, string>> {
  return {
    [agentTelemetryVariable]: url,
    // Claude Code. The last is its own, whatever it is called: without it commands are not told.
    ENABLE_BETA_TRACING_DETAILED: '1',
    BETA_TRACING_ENDPOINT: url,
    OTEL_LOG_TOOL_DETAILS: '1',
    // Gemini CLI. Without the last commands are not told.
    GEMINI_TELEMETRY_ENABLED: 'true',
    GEMINI_TELEMETRY_TRACES_ENABLED: 'true',
    GEMINI_TELEMETRY_TARGET: 'local',
    GEMINI_TELEMETRY_OTLP_ENDPOINT: url,
    GEMINI_TELEMETRY_OTLP_PROTOCOL: 'http',
    GEMINI_TELEMETRY_LOG_PROMPTS: 'true',
  };
}
