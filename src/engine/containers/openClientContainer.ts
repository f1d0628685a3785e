import { statSync } from 'node:fs'
import { ContainerEndedError, type AddedProcess, type ContainerProcess, type ProcessSpec, type TerminalSize } from '../../executor/executor.ts'
import type { ExecOp, Vertex } from '../../graph/vertex.ts'
import { digestOf } from '../../ground/digest.ts'
import { DEFAULT_PATH } from '../../ground/oci/defaultPath.ts'
import type { ExecDeps } from '../../ops/execOp.ts'
import { openMounts, type HeldMounts } from '../../ops/mounts/heldMounts.ts'
import { readSecretVariables } from '../../ops/mounts/stepSecrets.ts'
import { toSnapshot } from '../../ops/snapshotResult.ts'
import type { OpContext } from '../../solver/op.ts'
import { hostPlatform } from '../build/build.ts'
import { openFilesIn, ResultFileError, type FolderFiles } from '../build/resultFiles.ts'
import { EntitlementMissingError } from '../build/stepChecks.ts'
import type { Asker } from '../sources/sourceLookups.ts'
import type { ClientContainer, ClientContainerRequest } from './clientContainer.ts'

/** Brings what is to be mounted, and runs nothing. @throws EmulatorMissingError; EntitlementMissingError */
export async function openClientContainer(deps: ExecDeps, request: ClientContainerRequest, asker: Asker, signal: AbortSignal): Promise<ClientContainer> {
  const { exec, inputs, entitlements } = request
  const platform = request.platform ?? hostPlatform(deps.executor)
  deps.executor.runMode(platform)
  if (exec.network === 'host' && !entitlements.includes('network.host')) throw new EntitlementMissingError('network.host')
  const context = contextOf(asker)
  for (const input of inputs) await deps.presence.ensurePresent(toSnapshot(input), context, signal)
  const whole: ExecOp = { ...NOTHING, ...exec }
  await using stack = new AsyncDisposableStack()
  const held = stack.use(await openMounts(whole, inputs, { deps, context }, signal))
  const files = exec.mounts.map(({ target }) => openFilesAt(target, held, stack))
  const owned = stack.move()
  const base: ProcessSpec = { ...NOTHING, ...exec, platform, mounts: held.mounts, secretEnv: [], rootfs: held.root.path, isRootReadonly: held.root.readonly, twins: undefined }
  let first: Promise<ContainerProcess> | undefined
  return {
    async start({ terminal, ...process }, inner) {
      if (process.security === 'insecure' && !entitlements.includes('security.insecure')) throw new EntitlementMissingError('security.insecure')
      const secretEnv = await readSecretVariables(process.secretEnv, deps.secrets, context, inner)
      const added: AddedProcess = { ...process, env: withDefaults(process.env, terminal), secretEnv }
      const before = first
      const joined = before === undefined ? undefined : await (await before).exec(added, terminal, inner).catch(orUndefinedIfEnded)
      if (joined !== undefined) return joined
      first = deps.executor.open({ ...base, ...added }, terminal, inner)
      first.catch(() => (first = undefined))
      return owned.use(await first)
    },
    files: (mountIndex) => files[mountIndex] ?? raiseNoFiles(mountIndex),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function orUndefinedIfEnded(error: unknown): undefined {
  if (!(error instanceof ContainerEndedError)) throw error
  return undefined // the next one begins it anew, over the same files
}

const NOTHING = { kind: 'exec', argv: [], env: [], cwd: '/', user: '', proxyEnv: [], mounts: [], security: 'sandbox', ulimits: [], shmSizeBytes: 0, cgroupParent: '' } as const satisfies Partial<ExecOp>

/** Of no step: what it brings is told by nobody. */
function contextOf({ sessionId }: Asker): OpContext {
  const vertex: Vertex = { digest: digestOf('a container of a client'), op: { kind: 'merge' }, inputs: [], platform: undefined, note: { name: 'container of a client', ignoreCache: false, span: undefined } }
  return { vertex, sessionId, progress: () => undefined }
}

function withDefaults(env: readonly string[], terminal: TerminalSize | undefined): readonly string[] {
  const has = (name: string): boolean => env.some((setting) => setting.startsWith(`${name}=`))
  return [...env, ...(has('PATH') ? [] : [`PATH=${DEFAULT_PATH}`]), ...(terminal === undefined || has('TERM') ? [] : ['TERM=xterm'])]
}

/** Before a process runs, which could put a link in the folder's place; undefined where no folder is mounted. */
function openFilesAt(target: string, held: HeldMounts, stack: AsyncDisposableStack): FolderFiles | undefined {
  const mount = held.mounts.find((other) => other.target === target)
  const folder = target === '/' ? held.root.path : mount?.kind === 'bind' ? mount.source : undefined
  if (folder === undefined || !statSync(folder).isDirectory()) return undefined
  return stack.use(openFilesIn(folder))
}

function raiseNoFiles(index: number): never {
  throw new ResultFileError(`mount ${index} of the container has no files that can be read`, 'usage')
}
