import { optionalString, parseJsonObject } from '../ground/jsonValue.ts'

/** The engine logs JSON; what it never came to run, such as the program that enters its namespaces, says plain text. */
export function parseLogLine(line: string): { readonly message: string; readonly hint: string | undefined } {
  try {
    const fields = parseJsonObject(line, 'log line')
    return { message: optionalString(fields, 'message') ?? line, hint: optionalString(fields, 'hint') }
  } catch {
    return { message: line, hint: undefined }
  }
}
