/** `did you mean X?`, where one of `options` is within two typing errors of `word`; undefined otherwise. Letter case is no error. */
export function suggest(word: string, options: Iterable<string>): string | undefined {
  const best = findNearest(word, options)
  return best === undefined ? undefined : `did you mean ${best}?`
}

/** Of `options`, the nearest within two typing errors of `word`. Letter case is no error. */
export function findNearest(word: string, options: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = MAX_DISTANCE + 1
  for (const option of options) {
    const distance = editDistance(word.toLowerCase(), option.toLowerCase())
    if (distance >= bestDistance || distance >= option.length) continue
    best = option
    bestDistance = distance
  }
  return best
}

const MAX_DISTANCE = 2

/** Levenshtein's. More than `MAX_DISTANCE` where the lengths tell already: `word` may be as long as a line. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MAX_DISTANCE) return MAX_DISTANCE + 1
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
