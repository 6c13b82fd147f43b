/** The value below which the share `q` of the samples lies (nearest rank). */
export function quantile(samples: number[], q: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN;
}

export function line(samples: number[], unit: string): string {
  const [median, p99, min, max] = [
    quantile(samples, 0.5),
    quantile(samples, 0.99),
    Math.min(...samples),
    Math.max(...samples),
  ];
  return `median ${median.toFixed(2)} ${unit}, p99 ${p99.toFixed(2)} ${unit}, min ${min.toFixed(2)}, max ${max.toFixed(2)}`;
}
