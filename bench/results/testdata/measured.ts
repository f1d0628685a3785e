import type { Sample } from '../../measure/sample.ts'
import type { BenchReport } from '../result.ts'

const MIB = 1024 * 1024

function sample(wallMs: number, cpuMs?: number, mib?: number): Sample {
  return { wallMs, cpuMs, peakBytes: mib === undefined ? undefined : mib * MIB }
}

/** A report as a run makes it: one case in which all kinds of outcomes are, and two of a scenario that grows. */
export const MEASURED: BenchReport = {
  machine: { cpu: 'A Processor', cores: 2, memoryBytes: 24 * 1024 * MIB, kernel: '6.18.0', node: 'v24.21.0', load: 0.25 },
  versions: { pelago: 'pelago 0.1.0', buildkit: 'BuildKit of dockerd 28.5.2, buildx 0.29.1' },
  startedAt: '2026-11-26T04:00:00.000Z',
  tookMs: 61_000,
  cases: [
    {
      scenario: 'cached',
      case: '1 platform',
      scale: 'small',
      outcomes: [
        { contestant: 'pelago', kind: 'measured', samples: [sample(300, 120, 64), sample(100, 80, 60), sample(200, 100, 66)] },
        { contestant: 'buildkit', kind: 'measured', samples: [sample(400, 400, 32)] },
        { contestant: 'docker', kind: 'refused', reason: 'builds one at a time' },
        { contestant: 'buildah', kind: 'measured', samples: [sample(1_600)] },
      ],
    },
    ...[10, 100].map((amount) => ({
      scenario: 'files',
      case: `${amount} files`,
      scale: 'full' as const,
      amount,
      outcomes: [
        { contestant: 'pelago' as const, kind: 'measured' as const, samples: [sample(amount * 10, amount ** 2, 64)] },
        { contestant: 'buildkit' as const, kind: 'measured' as const, samples: [sample(amount * 5, amount, 64)] },
        { contestant: 'buildah' as const, kind: 'failed' as const, reason: 'buildah build ended with 125:\n\n  Error: no space left <on> device\n' },
      ],
    })),
  ],
}
