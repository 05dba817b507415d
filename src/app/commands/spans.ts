import { styleText } from 'node:util';

/** A piece of a line, and how it looks where colours are shown. */
export interface Span {
  readonly text: string;
  readonly style?: 'bold' | 'dim' | 'green' | 'yellow' | 'red';
}

export type Line = readonly Span[];

/** Nobody reads more than that in one field. */
const MAX_TEXT_CHARS = 1_000;

const CUT = '…';

/**
 * Whatever is neither printable ASCII nor one of our own marks, as \uXXXX: text of another machine then steers no
 * terminal, and every character takes one column.
 */
function printable(text: string): string {
  return text.replace(
    /[^\x20-\x7e\u2714\u2260\u2026]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The text in lines of so many columns at most, broken at spaces; a longer word is left whole. */
export function wrapped(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of printable(text.slice(0, MAX_TEXT_CHARS)).split(' ')) {
    if (line === '') line = word;
    else if (line.length + 1 + word.length <= columns) line = `${line} ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

/** The lines as text, each cut where it is longer than `columns`. What is not printable is escaped here, in every span. */
export function paint(
  lines: readonly Line[],
  { columns, colored }: { readonly columns: number; readonly colored: boolean },
): readonly string[] {
  return lines.map((line) =>
    cut(line, columns)
      .map(({ text, style }) => {
        const plain = !colored || style === undefined || text === '';
        return plain ? text : styleText(style, text, { validateStream: false });
      })
      .join('')
      .trimEnd(),
  );
}

function cut(line: Line, columns: number): Line {
  const spans = line.map((span) => ({ ...span, text: printable(span.text.slice(0, MAX_TEXT_CHARS)) }));
  if (spans.reduce((length, { text }) => length + text.length, 0) <= columns) return spans;
  let left = Math.max(0, columns - CUT.length);
  const kept = spans.map((span) => {
    const text = span.text.slice(0, left);
    left -= text.length;
    return { ...span, text };
  });
  return [...kept, { text: CUT }];
}
