import type { ProcessSpec } from '../../executor/executor.ts'
import { parseGoBoolean } from '../../ground/goBoolean.ts'
import { DEFAULT_PATH } from '../../ground/oci/defaultPath.ts'
import type { ContainerConfig } from '../../ground/oci/imageConfig.ts'
import type { Platform } from '../../ground/platform.ts'
import { FrontendCapMissingError } from '../build/unsupportedByFrontend.ts'

/** By which a frontend's image says that it wants no network. */
const NETWORK_LABEL = 'moby.buildkit.frontend.network.none'
/** By which it says what it can do besides. */
const CAPS_LABEL = 'moby.buildkit.frontend.caps'
const INPUTS_CAP = 'moby.buildkit.frontend.inputs'

/** What a frontend is started with. */
export interface FrontendStart {
  /** Of its image. */
  readonly config: ContainerConfig
  readonly attributes: ReadonlyMap<string, string>
  readonly sessionId: string
  /** The engine as a list of BuildKit's workers, in JSON. */
  readonly workers: string
  readonly rootfs: string
  readonly platform: Platform
}

/** As BuildKit starts one: its entrypoint, or `/run`, as root; what it is asked stands in its environment. */
export function frontendProcess({ config, attributes, sessionId, workers, rootfs, platform }: FrontendStart): ProcessSpec {
  const { env, entrypoint = [], workingDir = '', labels } = config
  const asked = [...attributes].map(([key, value], index) => `BUILDKIT_FRONTEND_OPT_${index}=${key}=${value}`)
  return {
    platform,
    argv: entrypoint.length > 0 ? entrypoint : ['/run'],
    env: [...(env.some((setting) => setting.startsWith('PATH=')) ? [] : [`PATH=${DEFAULT_PATH}`]), ...env, ...asked, `BUILDKIT_SESSION_ID=${sessionId}`, `BUILDKIT_WORKERS=${workers}`, 'BUILDKIT_EXPORTEDPRODUCT=pelago'],
    secretEnv: [],
    cwd: workingDir === '' ? '/' : workingDir,
    user: '',
    rootfs,
    isRootReadonly: false,
    mounts: [],
    network: parseGoBoolean(labels.get(NETWORK_LABEL) ?? '') === true ? 'none' : 'default',
    security: 'sandbox',
    hostname: '',
    extraHosts: [],
    ulimits: [],
    shmSizeBytes: 0,
    cgroupParent: '',
    twins: undefined,
  }
}

/** What is needed of it has to stand in a label of its image. @throws FrontendCapMissingError */
export function checkImageCaps({ labels }: ContainerConfig, attributes: ReadonlyMap<string, string>, hasInputs: boolean): void {
  const caps = capNames(labels.get(CAPS_LABEL))
  const needed = [...capNames(attributes.get('frontend.caps')), ...(hasInputs ? [INPUTS_CAP] : [])]
  const missing = needed.find((name) => !caps.has(name))
  if (missing !== undefined) throw new FrontendCapMissingError(missing, `the frontend’s image has to say that it can: by the label ${CAPS_LABEL}`)
}

/** What stands behind a `+` is no part of a name. */
function capNames(list = ''): ReadonlySet<string> {
  return new Set(list.split(',').map((name) => name.replace(/\+.*$/s, '')).filter((name) => name !== ''))
}
