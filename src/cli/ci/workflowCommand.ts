/**
 * Lines by which a program speaks to GitHub's runner, `::name key=value,key=value::message`, after GitHub's
 * "Workflow commands". Properties without a value are left out.
 */
export function formatWorkflowCommand(name: string, properties: Readonly<Record<string, string | number | undefined>>, message: string): string {
  const given = Object.entries(properties).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${escapeProperty(String(value))}`]))
  return `::${name}${given.length === 0 ? '' : ` ${given.join(',')}`}::${escapeMessage(message)}`
}

/** Text in which the runner finds no command: they count at the beginning of a line. */
export function withoutCommands(text: string): string {
  return withoutOldCommands(text).replace(/^(\s*):(?=:)/gm, '$1: ')
}

/** What a command prints besides a build's progress, where the runner reads it. */
export function forLog(text: string, env: Readonly<NodeJS.ProcessEnv>): string {
  const isRead = env['PELAGO_CI'] === 'github' || (env['GITHUB_ACTIONS'] === 'true' && env['PELAGO_CI'] !== 'none')
  return isRead ? withoutCommands(text) : text
}

/** The runner's older form, `##[name]`, counts wherever it stands in a line. */
export function withoutOldCommands(text: string): string {
  return text.replaceAll('##[', '# #[')
}

function escapeMessage(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapeProperty(text: string): string {
  return escapeMessage(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
