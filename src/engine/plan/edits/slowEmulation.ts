import type { EditRule } from './editSubject.ts'

/** Shorter ones are not worth another machine. */
const LEAST_MS = 10_000

/** The emulated step that took longest, where nothing else is known to help. */
export const slowEmulation: EditRule = ({ scripts, warnings, timeOf }) => {
  const costs = scripts.map(({ step: { instruction: { span: { startLine, endLine } } } }) => ({ lines: { startLine, endLine }, cost: timeOf({ startLine, endLine }) }))
  const [slowest] = costs.toSorted((a, b) => b.cost.emulatedMs - a.cost.emulatedMs)
  if (slowest === undefined || slowest.cost.emulatedMs < LEAST_MS) return []
  const { lines, cost: { emulatedMs, emulatedSteps, nativeMs, nativeSteps, emulated } } = slowest
  if (warnings.some(({ rule, span }) => rule === 'EmulatedCompiler' && span.startLine === lines.startLine)) return []
  const saved = nativeSteps === 0 ? undefined : Math.round(emulatedMs - (emulatedSteps * nativeMs) / nativeSteps)
  return [{
    id: 'slow-emulation',
    message: `it took ${Math.round(emulatedMs / 1000)}s emulated for ${emulated.join(', ')} the last time: do it in a stage FROM --platform=$BUILDPLATFORM if its program can make files for other platforms, else build these platforms on machines of their own (pelago build --part there, then pelago merge)`,
    lines,
    savesMs: saved !== undefined && saved > 0 ? saved : undefined,
  }]
}
