/**
 * What of `LLBBridge` is served, by BuildKit's names (`frontend/gateway/pb/caps.go`); a client does without the rest, or
 * says that it cannot. Each stands beside the call that does it.
 */
const BY_CALL: Readonly<Record<string, readonly string[]>> = {
  solve: ['solve.base', 'importcaches', 'proto.refarray', 'reference.output', 'frontend.caps', 'frontend.inputs', 'gateway.solve.metadata', 'gateway.solve.evaluate'],
  evaluate: ['gateway.evaluate'],
  return: ['return', 'returnmap', 'reference.attestations'],
  readFile: ['readfile'],
  readDir: ['readdir'],
  statFile: ['statfile'],
  resolveImageConfig: ['resolveimage', 'resolveimage.resolvemode'],
  resolveSourceMeta: ['source.metaresolver'],
  warn: ['gateway.warnings'],
  execProcess: ['gateway.exec', 'gateway.exec.extrahosts', 'gateway.exec.secretenv', 'gateway.exec.signals'],
  readFileContainer: ['gateway.exec.filesystem'],
}

export const FRONTEND_CAPS: ReadonlySet<string> = new Set(Object.values(BY_CALL).flat())
