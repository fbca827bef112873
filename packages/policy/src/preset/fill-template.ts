/** Values of parameters, by their names. A name is in one of the two. */
export interface TemplateValues {
  readonly texts: ReadonlyMap<string, string>
  readonly lists: ReadonlyMap<string, readonly string[]>
}

/** The template with `{name}` replaced in every text; a list element that names a list parameter is repeated for each value. */
export function fillTemplate<Template>(template: Template, values: TemplateValues): Template
export function fillTemplate(template: unknown, values: TemplateValues): unknown {
  if (typeof template === 'string') {
    return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const value = values.texts.get(name)
      if (value === undefined) throw new Error(`the template has no parameter ${name}`)
      return value
    })
  }
  if (Array.isArray(template)) return template.flatMap((element) => fillElement(element, values))
  if (typeof template !== 'object' || template === null) return template
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) => [fillTemplate(key, values), fillTemplate(value, values)]),
  )
}

function fillElement(element: unknown, values: TemplateValues): readonly unknown[] {
  for (const [name, list] of values.lists) {
    if (!names(element, `{${name}}`)) continue
    const lists = new Map([...values.lists].filter(([other]) => other !== name))
    return list.flatMap((value) => fillElement(element, { texts: new Map([...values.texts, [name, value]]), lists }))
  }
  return [fillTemplate(element, values)]
}

/** Whether the placeholder stands in the element itself, lists within it apart: their own elements are repeated then. */
function names(element: unknown, placeholder: string): boolean {
  if (typeof element === 'string') return element.includes(placeholder)
  if (typeof element !== 'object' || element === null || Array.isArray(element)) return false
  return Object.values(element).some((value) => names(value, placeholder))
}
