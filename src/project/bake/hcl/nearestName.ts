import { findNearest } from '../../../ground/suggestion.ts'

/** ` Did you mean "x"?`, to be put after a sentence; '' where nothing is near. */
export function findNearestName(name: string, options: Iterable<string>): string {
  const nearest = findNearest(name, options)
  return nearest === undefined ? '' : ` Did you mean ${JSON.stringify(nearest)}?`
}
