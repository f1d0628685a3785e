import { nearest } from '../../ground/nearest.ts'
import { UsageError } from '../flags/usageError.ts'
import type { BuildTarget } from '../../project/buildTarget.ts'

type Linked = Pick<BuildTarget, 'name' | 'contexts'>

/** Checks that every target that another stands on is there, and that none stands on itself. @throws UsageError */
export function checkLinks(targets: readonly Linked[]): void {
  const byName = new Map(targets.map((target) => [target.name, target]))
  const sound = new Set<string>()
  for (const target of targets) followLinks(target, { byName, path: [], sound })
}

interface Walk {
  readonly byName: ReadonlyMap<string, Linked>
  /** The targets on the way here. */
  readonly path: readonly string[]
  /** Those that were followed to their ends. */
  readonly sound: Set<string>
}

function followLinks({ name, contexts }: Linked, { byName, path, sound }: Walk): void {
  if (sound.has(name)) return
  if (path.includes(name)) throw new UsageError(`targets stand on each other: ${[...path.slice(path.indexOf(name)), name].join(' → ')}`, { hint: 'take one of these contexts out' })
  for (const [context, source] of contexts) {
    const wanted = /^target:(.*)$/s.exec(source)?.[1]
    if (wanted === undefined) continue
    const found = byName.get(wanted)
    if (found === undefined) throw unknownTarget({ name, context, wanted }, [...byName.keys()])
    followLinks(found, { byName, path: [...path, name], sound })
  }
  sound.add(name)
}

function unknownTarget({ name, context, wanted }: { readonly name: string; readonly context: string; readonly wanted: string }, known: readonly string[]): UsageError {
  const close = nearest(wanted, known)
  return new UsageError(`target ${name}: context ${context} is the target ${JSON.stringify(wanted)}, which is not there`, { hint: close === undefined ? `there is ${known.join(', ')}` : `did you mean ${close}?` })
}
