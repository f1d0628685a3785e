import type { SourceSpan } from '../../ground/sourceSpan.ts'
import type { VertexNote } from '../../graph/vertex.ts'
import type { LinuxResources, OpMetadata } from '../gen/ops_pb.ts'
import { LLB_CAPS } from './capabilities.ts'
import { DefinitionError } from './clientGraph.ts'

/** The kernel lets nobody make groups beside the processes of a session, and an engine is started in such a one. */
export const NO_CONTROL_GROUPS = 'all steps run in the control group of the engine: limit that one (systemd-run, or the unit of pelago serve), or limit the step by ulimits'

/** @throws DefinitionError where the op needs what is not there */
export function checkMetadata(metadata: OpMetadata | undefined): void {
  if (metadata === undefined) return
  const unknown = Object.entries(metadata.caps).find(([cap, isNeeded]) => isNeeded && !LLB_CAPS.has(cap))
  if (unknown !== undefined) throw new DefinitionError(`unsupported capability of LLB: ${unknown[0]}`, { hint: 'make the definition for what the engine says that it can do (Ping)' })
  const limited = metadata.linuxResources === undefined ? undefined : limitsOf(metadata.linuxResources)[0]
  if (limited !== undefined) throw new DefinitionError(`a limit of a step’s resources is not supported: ${limited}`, { hint: NO_CONTROL_GROUPS })
}

function limitsOf(resources: LinuxResources): readonly string[] {
  return Object.entries(resources).flatMap(([name, value]) => (name.startsWith('$') || !Boolean(value) ? [] : [name]))
}

export function toNote(name: string, metadata: OpMetadata | undefined, span: SourceSpan | undefined): VertexNote {
  const group = metadata?.progressGroup
  return {
    name: metadata?.description['llb.customname'] ?? name,
    ignoreCache: metadata?.ignoreCache ?? false,
    span,
    ...(metadata?.exportCache?.Value === false && { isCacheExported: false }),
    ...(group !== undefined && { group: { id: group.id, name: group.name, isWeak: group.weak } }),
  }
}
