/** As the DOM writes it. */
const style = {
  position: "absolute",
  width: "1px",
  height: "1px",
  overflow: "hidden",
  clipPath: "inset(50%)",
  whiteSpace: "nowrap"
} satisfies Partial<CSSStyleDeclaration>

/** Before the first paint. What scripts set of a style, no content security policy refuses. */
const hide = (element: HTMLElement | null): void => {
  if (element === null) return
  Object.assign(element.style, style)
  element.hidden = false
}

/**
 * The props of an element whose text is read out but not seen. A server writes it as hidden altogether:
 * styles in HTML are refused under `style-src 'self'`, and the text would be seen.
 *
 * @example
 * <span {...visuallyHidden}>Ada Lovelace</span>
 */
export const visuallyHidden = { hidden: true, ref: hide }
