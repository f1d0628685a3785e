import type { MessageInitShape } from '@bufbuild/protobuf'
import type { TransferProgressSchema } from '../api/gen/local_pb.ts'
import type { VertexProgress } from '../progress/progressEvent.ts'

export function toTransferProgress({ id, action, currentBytes, totalBytes, state }: VertexProgress): MessageInitShape<typeof TransferProgressSchema> {
  return { id, action, current: BigInt(currentBytes), total: BigInt(totalBytes), done: state === 'done' }
}
