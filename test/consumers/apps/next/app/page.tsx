import { PresenceProvider } from "effect-sanity-presence/react"
import { Title } from "./Title"

interface Props {
  readonly searchParams: Promise<{ readonly user?: string }>
}

/** Rendered on the server, where nothing connects; the browser does. */
export default async function Page({ searchParams }: Props) {
  const { user = "p-nobody" } = await searchParams
  return (
    <PresenceProvider
      projectId="demo"
      dataset="production"
      apiHost={process.env.NEXT_PUBLIC_API_HOST}
      token={user}
    >
      <Title />
    </PresenceProvider>
  )
}
