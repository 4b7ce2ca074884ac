// @vitest-environment happy-dom
import { assert, inject, it } from "@effect/vitest"
import { render, screen } from "@testing-library/react"
import { version } from "react"
import { version as domVersion } from "react-dom"
import { version as serverVersion } from "react-dom/server"
import { PresenceProvider, usePresenceStatus } from "../../src/react/index.ts"
import { fakePresence } from "./support/room.tsx"

it("the hooks, the tests and Testing Library have one React, of the version that the project names", () => {
  const expected = inject("react")
  assert.deepStrictEqual([version, domVersion, serverVersion], [expected, expected, expected])
  const Status = () => <p>{usePresenceStatus().status._tag}</p>
  render(
    <PresenceProvider layer={fakePresence().layer}>
      <Status />
    </PresenceProvider>
  )
  assert.isNotNull(screen.getByText("Connecting"))
})
