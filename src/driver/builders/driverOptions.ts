import { checkContainerOptions } from '../containers/containerOptions.ts'
import { checkKubernetesOptions } from '../kubernetes/kubernetesOptions.ts'
import { parseRemoteOptions } from '../remote/remoteOptions.ts'
import type { DriverName } from './builder.ts'
import { createOptionCheck, type OptionCheck } from './optionCheck.ts'

/** The options of each driver there is: what `create` takes. */
export const OPTION_CHECKS: ReadonlyMap<DriverName, OptionCheck> = new Map([
  ['embedded', createOptionCheck('embedded', new Map([['network', hostOnly]]))],
  ['remote', (options) => void parseRemoteOptions(options)],
  ['docker-container', checkContainerOptions],
  ['kubernetes', checkKubernetesOptions],
])

/** Steps of the embedded engine have the network of this machine anyway. */
function hostOnly(value: string): string | undefined {
  return value === 'host' ? undefined : 'leave it out: the engine has the network of this machine'
}
