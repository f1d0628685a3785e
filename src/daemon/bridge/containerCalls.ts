import { create } from '@bufbuild/protobuf'
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect'
import { encodeFileStat } from '../../api/fileStat.ts'
import type { LLBBridge, NewContainerRequest } from '../../api/gen/gateway_pb.ts'
import { ExecOpSchema, MetaSchema, type Mount as MountMessage } from '../../api/gen/ops_pb.ts'
import { GRPC, statusError } from '../../api/grpc/status.ts'
import { mapExec } from '../../api/llb/mapExec.ts'
import { checkWorker, type WorkerTraits } from '../../api/llb/workerFilter.ts'
import { toPlatform } from '../../api/platformMessage.ts'
import type { ClientContainer, ClientContainerRequest } from '../../engine/containers/clientContainer.ts'
import type { Engine } from '../../engine/engine.ts'
import { BuildError, InvalidValueError } from '../../ground/errors.ts'
import type { ResultId } from '../../solver/op.ts'
import { buildOfCall } from './buildOfCall.ts'
import type { ClientBuild, ClientBuilds } from './clientBuilds.ts'
import { serveProcesses } from './containerProcesses.ts'
import { partOf } from './fileCalls.ts'

/** Finds what a mount is to show: a reference that the build gave, or what a failed step has left. Does the work for it. */
export type FindResult = (id: string, context: HandlerContext) => Promise<ResultId>

export interface ContainerCallParts {
  readonly builds: Pick<ClientBuilds, 'find'>
  readonly open: Engine['openClientContainer']
  readonly findResult: FindResult
  readonly worker: WorkerTraits
}

type ContainerMethods = 'newContainer' | 'releaseContainer' | 'execProcess' | 'readFileContainer' | 'readDirContainer' | 'statFileContainer'

/** Containers of a client's own: they end with their build, or when they are released. */
export function createContainerCalls({ builds, open, findResult, worker }: ContainerCallParts): Pick<ServiceImpl<typeof LLBBridge>, ContainerMethods> {
  const containerOf = async (id: string, mountIndex: number, context: HandlerContext): Promise<ClientContainer> => {
    const { containers } = await buildOfCall(builds, context)
    return containers.get(id) ?? raise(new ContainerMissingError(`container details for ${id}@${mountIndex} not found`))
  }
  return {
    async newContainer(request, context) {
      const build = await buildOfCall(builds, context)
      const asked = await toRequest(request, { entitlements: build.entitlements, worker, find: (id) => findResult(id, context) })
      await build.containers.add(request.ContainerID, () => open(asked, build, context.signal))
      return {}
    },
    async releaseContainer({ ContainerID }, context) {
      const { containers } = await buildOfCall(builds, context)
      if (!(await containers.release(ContainerID))) throw new ContainerMissingError(`container details for ${ContainerID} not found`)
      return {}
    },
    async *execProcess(messages, context) {
      const { containers } = await buildOfCall(builds, context)
      const find = (id: string): ClientContainer => containers.get(id) ?? raise(statusError(GRPC.notFound, `container ${JSON.stringify(id)} previously released or not created`))
      yield* serveProcesses(find, messages, context.signal)
    },
    async readFileContainer({ Ref, MountIndex, FilePath, Range }, context) {
      return { Data: (await containerOf(Ref, MountIndex, context)).files(MountIndex).readFile(FilePath, partOf(Range)) }
    },
    async readDirContainer({ Ref, MountIndex, DirPath, IncludePattern }, context) {
      return { entries: (await containerOf(Ref, MountIndex, context)).files(MountIndex).readFolder(DirPath, IncludePattern).map(encodeFileStat) }
    },
    async statFileContainer({ Ref, MountIndex, Path }, context) {
      return { stat: encodeFileStat((await containerOf(Ref, MountIndex, context)).files(MountIndex).stat(Path)) }
    },
  }
}

/** There is no container of that name, or no more. */
class ContainerMissingError extends BuildError {
  readonly kind = 'not-found'
}

interface ContainerFor extends Pick<ClientBuild, 'entitlements'>, Pick<ContainerCallParts, 'worker'> {
  readonly find: (id: string) => Promise<ResultId>
}

async function toRequest({ Mounts, Network, platform, constraints, extraHosts, hostname }: NewContainerRequest, { entitlements, worker, find }: ContainerFor): Promise<ClientContainerRequest> {
  checkWorker(constraints?.filter ?? [], worker)
  const ids = [...new Set(Mounts.map(({ resultID }) => resultID))].filter((id) => id !== '')
  const inputs = await Promise.all(ids.map((id) => find(id)))
  const mounts = Mounts.map((mount) => showing(mount, ids.indexOf(mount.resultID)))
  if (!mounts.some(({ dest }) => dest === '/')) throw new InvalidValueError('a container needs a mount at /')
  // As of a step that has these mounts and runs nothing
  const { op } = mapExec(create(ExecOpSchema, { meta: create(MetaSchema, { args: ['-'], cwd: '/', extraHosts, hostname, removeMountStubsRecursive: true }), mounts, network: Network }), ids.length)
  return { platform: toPlatform(platform), exec: op, inputs, entitlements }
}

/** What is written there is of no use after the container. */
function showing(mount: MountMessage, input: number): MountMessage {
  return { ...mount, input: BigInt(input), output: -1n }
}

function raise(error: Error): never {
  throw error
}
