// Command line text as the byte strings that guests and paths are named by.

/** One latin1 character for each byte of the text. */
export function byteString(text: string): string {
  return Buffer.from(text).toString('latin1');
}
