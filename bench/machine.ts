import { cpus, loadavg, release, totalmem } from 'node:os'
import type { Machine } from './results/result.ts'

export function readMachine(): Machine {
  const [first] = cpus()
  return { cpu: first?.model.trim() ?? 'unknown', cores: cpus().length, memoryBytes: totalmem(), kernel: release(), node: process.version, load: loadavg()[0] ?? 0 }
}
