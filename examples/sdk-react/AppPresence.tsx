import { type ReactNode, useMemo, useSyncExternalStore } from "react"
import { getTokenState, useResource, useSanityInstance } from "@sanity/sdk-react"
import { PresenceProvider } from "../../src/react/index.ts"

/**
 * Presence in the room of an App SDK app: its project, its API host, its token. When the SDK renews
 * the token, the connection goes on with the new one.
 */
export function AppPresence({ children }: { readonly children: ReactNode }) {
  const instance = useSanityInstance()
  const resource = useResource()
  const tokens = useMemo(() => getTokenState(instance), [instance])
  const token = useSyncExternalStore(tokens.subscribe, tokens.getCurrent) ?? undefined
  return (
    <PresenceProvider {...resource} apiHost={instance.config.auth?.apiHost} token={token}>
      {children}
    </PresenceProvider>
  )
}
