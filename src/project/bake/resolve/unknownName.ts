import { findNearest } from '../../../ground/suggestion.ts'
import { BakeError } from '../bakeError.ts'

/** Who asked for what there is not is told the nearest, or all there is. */
export function unknownName(what: 'target' | 'key', written: string, known: Iterable<string>, message = `unknown ${what}`): BakeError {
  const all = [...new Set(known)].filter((name) => !name.startsWith('_')).sort()
  const near = findNearest(written, all)
  const list = all.length === 0 ? `there is no ${what}` : `there are ${all.slice(0, MAX_LISTED).join(', ')}${all.length > MAX_LISTED ? ', …' : ''}`
  return new BakeError(`${message} ${JSON.stringify(written)}`, { hint: near === undefined ? list : `did you mean ${near}? ${list}` })
}

const MAX_LISTED = 30
