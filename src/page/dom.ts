type Child = Node | string;

/** An element with these attributes and children; text is never read as markup. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** The same for a shape of an SVG. */
export function shape(
  tag: keyof SVGElementTagNameMap,
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly Child[]
): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/** What the document is known to have. */
export function found(selector: string, within: ParentNode = document): HTMLElement {
  const one = within.querySelector<HTMLElement>(selector);
  if (one === null) throw new Error(`the page has no ${selector}`);
  return one;
}

/** A text that stays the same is left alone, so that it can be selected and is not read out again. */
export function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Rows of a list or table by name, made once, so that the keyboard's place in them is kept. */
export class Rows<Row extends HTMLElement> {
  readonly #rows = new Map<string, Row>();

  constructor(
    private readonly parent: HTMLElement,
    private readonly make: (name: string) => Row,
  ) {}

  of(name: string): Row {
    const known = this.#rows.get(name);
    if (known !== undefined) return known;
    const made = this.make(name);
    this.#rows.set(name, made);
    this.parent.append(made);
    return made;
  }
}
