/** What a Studio is to a plugin: a client by context, and places to render in. */
import type { SanityClient } from "@sanity/client"
import type { Path } from "@sanity/types"
import { type ComponentType, createContext, type ReactNode, useContext, useMemo } from "react"

/** A layout of the whole Studio, around what it is given. */
export interface LayoutProps {
  readonly children: ReactNode
}

/** A field of a form, around its input. */
export interface FieldProps {
  readonly documentId: string
  readonly path: Path
  readonly title: string
  readonly children: ReactNode
}

/** As `definePlugin` takes it: `studio.components.layout` and `form.components.field`. */
export interface Plugin {
  readonly layout: ComponentType<LayoutProps>
  readonly field: ComponentType<FieldProps>
}

const ClientContext = createContext<SanityClient | undefined>(undefined)

/** The Studio's client, of the user who is logged in. */
export const useClient = ({ apiVersion }: { readonly apiVersion: string }): SanityClient => {
  const client = useContext(ClientContext)
  if (client === undefined) throw new Error("useClient() is for what is inside a Studio.")
  return useMemo(() => client.withConfig({ apiVersion }), [client, apiVersion])
}

const fields: ReadonlyArray<{ readonly title: string; readonly path: Path }> = [
  { title: "Title", path: ["title"] },
  { title: "First author", path: ["authors", { _key: "a1" }, "name"] }
]

/** A Studio with one document open. */
export function StudioHost(props: {
  readonly client: SanityClient
  readonly plugins: ReadonlyArray<Plugin>
}) {
  const form = fields.map(({ path, title }) => {
    const input = (
      <label key={title}>
        {title} <input />
      </label>
    )
    return props.plugins.reduceRight(
      (children, { field: Field }) => (
        <Field key={title} documentId="drafts.book" path={path} title={title}>
          {children}
        </Field>
      ),
      input
    )
  })
  return (
    <ClientContext.Provider value={props.client}>
      {props.plugins.reduceRight<ReactNode>(
        (children, { layout: Layout }) => (
          <Layout>{children}</Layout>
        ),
        <main>{form}</main>
      )}
    </ClientContext.Provider>
  )
}
