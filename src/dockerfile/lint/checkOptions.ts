import { parseGoBoolean } from '../../ground/goBoolean.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import { trim } from '../words/whitespace.ts'

/** Which rules are asked for: of `# check=…`, or the build argument BUILDKIT_DOCKERFILE_CHECK, which takes its place. */
export interface CheckOptions {
  /** But for the experimental ones, which are left out unless named below. */
  readonly skip: 'all' | ReadonlySet<string>
  readonly experimental: 'all' | ReadonlySet<string>
  /** Whether a warning makes the build fail. */
  readonly isError: boolean
}

export const DEFAULT_CHECK_OPTIONS: CheckOptions = { skip: new Set(), experimental: new Set(), isError: false }

/** `skip=A,B;error=true;experimental=all`. @throws InvalidValueError */
export function parseCheckOptions(text: string): CheckOptions {
  if (trim(text) === '') return DEFAULT_CHECK_OPTIONS
  let options = DEFAULT_CHECK_OPTIONS
  for (const part of text.split(';')) {
    const [key = '', value] = part.split(/=(.*)/s).map(trim)
    if (value === undefined) throw invalid(part)
    options = withOption(options, key, value)
  }
  return options
}

function withOption(options: CheckOptions, key: string, value: string): CheckOptions {
  switch (key) {
    case 'skip':
      return { ...options, skip: parseRuleNames(value) }
    case 'experimental':
      return { ...options, experimental: parseRuleNames(value) }
    case 'error':
      return { ...options, isError: parseBoolean(value) }
    default:
      throw invalid(key)
  }
}

/** `all`, or names with commas between. */
export function parseRuleNames(text: string): 'all' | ReadonlySet<string> {
  const names = text.split(',').map(trim).filter((name) => name !== '')
  return names.includes('all') ? 'all' : new Set(names)
}

function parseBoolean(text: string): boolean {
  const value = parseGoBoolean(text)
  if (value !== undefined) return value
  throw new InvalidValueError(`failed to parse check option "error=${text}"`, { hint: 'write error=true or error=false' })
}

function invalid(option: string): InvalidValueError {
  return new InvalidValueError(`invalid check option ${JSON.stringify(trim(option))}`, { hint: 'write skip=NAME,…, error=true or experimental=NAME,…, with ";" between' })
}

/**
 * What the comments above an instruction ask for of it alone, `# check=skip=NAME // reason`, on top of `options`. A
 * comment that only looks like it is one for people.
 */
export function withComments(options: CheckOptions, comments: readonly string[]): CheckOptions {
  return comments.reduce((merged, comment) => {
    const text = /^check\s*=(.*)$/s.exec(comment)?.[1]?.replace(/\s\/\/.*$/s, '')
    return text === undefined ? merged : mergeOptions(merged, text)
  }, options)
}

function mergeOptions(options: CheckOptions, text: string): CheckOptions {
  try {
    const own = parseCheckOptions(text)
    return { ...options, skip: unite(options.skip, own.skip), experimental: unite(options.experimental, own.experimental) }
  } catch (error) {
    if (error instanceof InvalidValueError) return options
    throw error
  }
}

export function unite(a: CheckOptions['skip'], b: CheckOptions['skip']): CheckOptions['skip'] {
  return a === 'all' || b === 'all' ? 'all' : a.union(b)
}
