/** What a 401 asks for: RFC 9110, section 11.6.1; `Bearer` as in distribution's token specification. */
export interface Challenge {
  /** In lower case: `bearer`, `basic`. */
  readonly scheme: string
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>
}

/** Quotes of the wrong kind, and a last one that is missing, are read as they are meant. */
const PARAMETER = /^\s*,?\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)(?:"|$)|'([^']*)'|([^\s,"']*))/
const SCHEME = /^[\s,]*([\w!#$%&'*+.^`|~-]+)(?=\s|,|$)(?!\s*=)/

/** All challenges of the `www-authenticate` headers; what is no challenge ends the reading of its header. */
export function parseChallenges(headers: readonly string[]): readonly Challenge[] {
  return headers.flatMap(parseHeader)
}

function parseHeader(header: string): Challenge[] {
  const challenges: Challenge[] = []
  let rest = header
  for (let scheme = SCHEME.exec(rest); scheme !== null; scheme = SCHEME.exec(rest)) {
    rest = rest.slice(scheme[0].length)
    const parameters = new Map<string, string>()
    for (let parameter = PARAMETER.exec(rest); parameter !== null; parameter = PARAMETER.exec(rest)) {
      const [whole, name = '', quoted, apostrophed, plain = ''] = parameter
      parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? apostrophed ?? plain)
      rest = rest.slice(whole.length)
    }
    challenges.push({ scheme: (scheme[1] ?? '').toLowerCase(), parameters })
  }
  return challenges
}
