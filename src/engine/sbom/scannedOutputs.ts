import type { LoweredStage } from '../../dockerfile/lower.ts'
import type { BuiltImage } from '../../dockerfile/lower/contexts/namedContext.ts'
import type { ScannedOutput } from './generatedSbom.ts'
import { CORE_NAME } from './ownSbom.ts'

/** The result, and what else the Dockerfile wants to be told of: stages by name, and the build context. */
export function scannedOutputs({ root }: Pick<BuiltImage, 'root'>, stages: readonly LoweredStage[]): readonly ScannedOutput[] {
  const context = stages.find(({ scan }) => scan.context !== undefined)?.scan.context
  const before = stages.slice(0, -1).filter(({ scan }) => scan.isScanned)
  const extras = before.map(({ stage, root: files }) => ({ name: stage.from.stageName === '' ? `stage-${stage.index}` : stage.from.stageName, root: files }))
  const all = [...(context === undefined ? [] : [{ name: 'context', root: context }]), ...extras]
  return [{ name: CORE_NAME, root }, ...all.map(({ name, root: files }) => ({ name: `${CORE_NAME}-${name.replace(/[^A-Za-z0-9._-]/g, '-')}`, root: files }))]
}
