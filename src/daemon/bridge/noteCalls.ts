import type { ServiceImpl } from '@connectrpc/connect'
import type { LLBBridge, WarnRequest } from '../../api/gen/gateway_pb.ts'
import { spanOfMessage } from '../../api/sourceMapping.ts'
import { parseDigest } from '../../ground/digest.ts'
import type { BuildWarning } from '../../progress/progressEvent.ts'
import { buildOfCall } from './buildOfCall.ts'
import type { ClientBuilds } from './clientBuilds.ts'

/** What a frontend of the client's is told of its build, and tells of it. */
export function createNoteCalls(builds: Pick<ClientBuilds, 'find'>): Pick<ServiceImpl<typeof LLBBridge>, 'inputs' | 'warn'> {
  return {
    async inputs(_request, context) {
      const { inputs } = await buildOfCall(builds, context)
      return { Definitions: { ...inputs } }
    },
    async warn(request, context) {
      const { progress } = await buildOfCall(builds, context)
      progress(toWarning(request))
      return {}
    },
  }
}

/** @throws InvalidValueError where the vertex is no digest */
function toWarning({ digest, short, detail, url, info, ranges }: WarnRequest): BuildWarning {
  return {
    kind: 'warning',
    vertex: digest === '' ? undefined : parseDigest(digest),
    at: Date.now(),
    message: Buffer.from(short).toString(),
    detail: detail.map((line) => Buffer.from(line).toString()),
    url: url === '' ? undefined : url,
    span: info === undefined ? undefined : spanOfMessage(info, ranges),
  }
}
