/** What a terminal would obey instead of show: escape sequences (CSI, OSC, DCS and the like, two-character ones), broken-off ones too. */
const ESCAPE_SEQUENCE = /\u001b(?:\[[0-?]*[ -/]*[@-~]?|[\]PX^_][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|[ -/]*[0-~]?)|\u009b[0-?]*[ -/]*[@-~]?/g

/** C0, DEL, C1, line and paragraph separators, and the marks that turn the direction of writing. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

export function withoutEscapes(text: string): string {
  return text.replace(ESCAPE_SEQUENCE, '')
}

/** Of a text without escape sequences: `by` in the place of each control character. */
export function replaceControls(text: string, by: string): string {
  return text.replace(CONTROL, by)
}
