import { splitCsv, splitKeyValue } from '../flags/csv.ts'
import { UsageError } from '../flags/usageError.ts'
import type { BuildFlags } from './buildFlags.ts'

/** What is asked of the frontend instead of a build. */
export interface FrontendCall {
  /** BuildKit's name for it: `frontend.lint`. */
  readonly requestId: string
  readonly format: 'text' | 'json'
  /** Whether the answer's status code is no matter for the exit code. */
  readonly ignoresStatus: boolean
}

const REQUESTS: ReadonlyMap<string, string> = new Map([
  ['check', 'frontend.lint'],
  ['lint', 'frontend.lint'],
  ['outline', 'frontend.outline'],
  ['targets', 'frontend.targets'],
  ['subrequests.describe', 'frontend.subrequests.describe'],
])

/** `--call METHOD[,format=json|text][,ignorestatus=BOOLEAN]` and `--check`; undefined where it is a build. @throws UsageError */
export function parseCall({ call, check }: Pick<BuildFlags, 'call' | 'check'>): FrontendCall | undefined {
  const [method = '', ...options] = splitCsv(call)
  if (method === 'build' && !check) {
    if (options.length > 0) throw new UsageError(`--call=build takes no options: ${options.join(',')}`)
    return undefined
  }
  const requestId = REQUESTS.get(method === 'build' ? 'check' : method.replace(/^frontend\./, ''))
  if (requestId === undefined) throw new UsageError(`invalid --call: ${JSON.stringify(method)}`, { hint: `choose one of build, ${[...REQUESTS.keys()].join(', ')}` })
  if (check && requestId !== 'frontend.lint') throw new UsageError(`--check and --call=${method} exclude each other`)
  return options.reduce<FrontendCall>(withOption, { requestId, format: 'text', ignoresStatus: false })
}

function withOption(call: FrontendCall, option: string): FrontendCall {
  const { key, value } = splitKeyValue(option)
  if (key === 'format' && (value === 'text' || value === 'json')) return { ...call, format: value }
  if (key === 'ignorestatus' && (value === undefined || ['true', '1', 'false', '0'].includes(value))) return { ...call, ignoresStatus: value !== 'false' && value !== '0' }
  throw new UsageError(`invalid option of --call: ${JSON.stringify(option)}`, { hint: 'there are format=text, format=json and ignorestatus=true' })
}
