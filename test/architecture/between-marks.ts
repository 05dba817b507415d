/** The document with the text between the two marks replaced. */
export function betweenMarks(
  document: string,
  text: string,
  marks: { readonly start: string; readonly end: string },
): string {
  const start = document.indexOf(marks.start);
  const end = document.indexOf(marks.end);
  if (start < 0 || end < start) throw new Error(`the document lacks ${marks.start} and ${marks.end}`);
  return `${document.slice(0, start + marks.start.length)}\n\n${text}\n\n${document.slice(end)}`;
}
