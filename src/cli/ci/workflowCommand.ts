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

/** Whether GitHub's runner reads what is printed: it does so whatever `PELAGO_CI` says of how the log is to look. */
export function isReadByRunner(env: Readonly<NodeJS.ProcessEnv>): boolean {
  return env['GITHUB_ACTIONS'] === 'true' || env['PELAGO_CI'] === 'github'
}

/** Text that may hold what others have written, such as the output of a step, where the runner may read it. */
export function forLog(text: string, env: Readonly<NodeJS.ProcessEnv>): string {
  return isReadByRunner(env) ? withoutCommands(text) : text
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
