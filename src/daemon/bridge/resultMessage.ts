import { create } from '@bufbuild/protobuf'
import { RefMapDeprecatedSchema, ResultSchema, SolveResponseSchema, type Result, type SolveRequest, type SolveResponse } from '../../api/gen/gateway_pb.ts'
import type { Definition } from '../../api/gen/ops_pb.ts'
import { formatResultDefinition } from '../../api/llb/resultDefinition.ts'
import type { Answer } from '../../engine/engine.ts'
import { formatCanonicalJson } from '../../ground/canonicalJson.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import { formatImageConfig } from '../../image/imageConfigJson.ts'
import type { BuiltRefs } from '../gatewayBuilds.ts'
import { CONFIG_KEY, PLATFORMS_KEY } from './returnedResult.ts'

export function answerMessage({ metadata }: Answer): Result {
  return create(ResultSchema, { metadata: Object.fromEntries([...metadata].map(([key, value]) => [key, Buffer.from(value)])) })
}

/** Of a frontend's build: a reference for each platform, and the image's config beside it. What the client can build on is a name for the result. */
export function imageMessage({ built: { platforms, isMultiPlatform }, refs, inputIds }: BuiltRefs): Result {
  const found = platforms.map(({ id }, index) => [id, { id: refs[index] ?? '', def: formatResultDefinition(inputIds[index] ?? '') }] as const)
  const configs = platforms.map(({ id, image: { config } }) => [isMultiPlatform ? `${CONFIG_KEY}/${id}` : CONFIG_KEY, formatImageConfig(config)] as const)
  const listed = platforms.map(({ id, platform: { os, architecture, variant } }) => ({ ID: id, Platform: { os, architecture, ...(variant !== '' && { variant }) } }))
  return create(ResultSchema, {
    result: isMultiPlatform || found[0] === undefined ? { case: 'refs', value: { refs: Object.fromEntries(found) } } : { case: 'ref', value: found[0][1] },
    metadata: { ...Object.fromEntries(configs), [PLATFORMS_KEY]: Buffer.from(formatCanonicalJson({ Platforms: listed })) },
  })
}

/** Of a graph of the client's own: its files alone. What the client can build on is what it has sent. */
export function definitionMessage({ refs }: BuiltRefs, definition: Definition | undefined): Result {
  const isEmpty = definition === undefined || definition.def.length === 0
  return create(ResultSchema, { result: { case: 'ref', value: isEmpty ? { id: '' } : { id: refs[0] ?? '', def: definition } } })
}

/** In the form that the client knows: those before `proto.refarray` have ids alone, those before `return` one of them. */
export function solveResponse(result: Result, { allowResultReturn, allowResultArrayRef }: SolveRequest): SolveResponse {
  if (allowResultReturn) return create(SolveResponseSchema, { result: allowResultArrayRef ? result : withIdsOnly(result) })
  if (result.result.case === 'ref') return create(SolveResponseSchema, { ref: result.result.value.id })
  throw new InvalidValueError('solve did not return default result', { hint: 'this client takes one result: build for one platform' })
}

function withIdsOnly(result: Result): Result {
  const { result: refs } = result
  if (refs.case === 'ref') return { ...result, result: { case: 'refDeprecated', value: refs.value.id } }
  if (refs.case !== 'refs') return result
  const ids = Object.entries(refs.value.refs).map(([key, { id }]) => [key, id] as const)
  return { ...result, result: { case: 'refsDeprecated', value: create(RefMapDeprecatedSchema, { refs: Object.fromEntries<string>(ids) }) } }
}
