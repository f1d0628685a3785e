import { BUILDKITD_CONFIG, startsEngines, type BuilderNode, type DriverName } from '../../../driver/builders/builder.ts'
import { OPTION_CHECKS } from '../../../driver/builders/driverOptions.ts'
import { splitCsv, splitKeyValue } from '../../flags/csv.ts'
import { UsageError } from '../../flags/usageError.ts'
import { splitWords } from './splitWords.ts'

/** What is said of a node's engine, but for where it is; undefined is what was not said. */
export interface SettingsWish {
  /** `--driver-opt` */
  readonly options: readonly string[]
  /** `--buildkitd-flags` */
  readonly flags: string | undefined
  /** What `--buildkitd-config` leads to: text by path. */
  readonly config: ReadonlyMap<string, string> | undefined
}

export type NodeSettings = Pick<BuilderNode, 'options' | 'flags' | 'files'>

/** With what was said in the place of what was, `before`. @throws UsageError; InvalidValueError */
export function planSettings(wish: SettingsWish, driver: DriverName, before: NodeSettings | undefined): NodeSettings {
  const options = wish.options.length === 0 ? (before?.options ?? new Map<string, string>()) : parseOptions(wish.options)
  OPTION_CHECKS.get(driver)?.(options)
  return { options, flags: planFlags(wish, { driver, options }, before), files: planFiles(wish, driver, before) }
}

/** Each value is a line of CSV; a later one of a key wins. */
function parseOptions(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    texts.flatMap(splitCsv).map((text) => {
      const { key, value } = splitKeyValue(text)
      if (value === undefined) throw new UsageError(`invalid --driver-opt: ${JSON.stringify(text)}`, { hint: 'write KEY=VALUE' })
      return [key, value]
    }),
  )
}

interface FlagsPlace {
  readonly driver: DriverName
  readonly options: ReadonlyMap<string, string>
}

const ENTITLEMENT = '--allow-insecure-entitlement'

function planFlags({ flags, config }: SettingsWish, place: FlagsPlace, before: NodeSettings | undefined): readonly string[] {
  const words = flags === undefined ? undefined : splitWords(flags)
  if (startsEngines(place.driver)) return withNetworkHost(words ?? before?.flags ?? [], (config ?? before?.files)?.get(BUILDKITD_CONFIG) ?? '', place)
  refuseFlags(words ?? [], place.driver)
  return []
}

/** As buildx: the network of a container is its own, so that to have the whole of it gives nothing of this machine's away. */
function withNetworkHost(words: readonly string[], config: string, { driver, options }: FlagsPlace): readonly string[] {
  const allowed = entitlementsOf(words)
  const isDefault = allowed.length === 0 && !/^\s*insecure-entitlements\s*=/m.test(config)
  const isNeeded = driver === 'docker-container' && options.get('network') === 'host'
  return (isDefault || isNeeded) && !allowed.includes('network.host') ? [...words, `${ENTITLEMENT}=network.host`] : words
}

function entitlementsOf(words: readonly string[]): readonly string[] {
  return words.flatMap((word, index) => (word === ENTITLEMENT ? [words[index + 1] ?? ''] : word.startsWith(`${ENTITLEMENT}=`) ? [word.slice(ENTITLEMENT.length + 1)] : []))
}

/** The embedded engine allows what a build is granted anyway; one that is not started here has flags where it is. */
function refuseFlags(words: readonly string[], driver: DriverName): void {
  const rest = words.filter((word, index) => word !== ENTITLEMENT && !word.startsWith(`${ENTITLEMENT}=`) && words[index - 1] !== ENTITLEMENT)
  const [refused] = driver === 'embedded' ? rest : words
  if (refused !== undefined) throw new UsageError(`--buildkitd-flags ${refused} is not supported by the driver ${driver}`, { hint: driver === 'embedded' ? 'leave it out' : 'give it to the buildkitd where that is started' })
}

function planFiles({ config }: SettingsWish, driver: DriverName, before: NodeSettings | undefined): ReadonlyMap<string, string> {
  if (config === undefined) return before?.files ?? new Map()
  if (startsEngines(driver)) return config
  const hint = driver === 'embedded' ? 'registries without TLS and mirrors are set in ~/.config/pelago/config.json, for all builders' : 'give it to the engine where that is started'
  throw new UsageError(`--buildkitd-config is not supported by the driver ${driver}`, { hint })
}
