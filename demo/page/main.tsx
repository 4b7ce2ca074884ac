import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { App } from "./App.tsx"
import { loadConfig } from "./loadConfig.ts"
import { Problem } from "./Problem.tsx"
import { visitorsOf } from "./visitors.ts"

const container = document.getElementById("root")
if (container === null) throw new Error("The page has no element with the id root.")
const root = createRoot(container)

loadConfig().then(
  (config) => {
    const visitors = visitorsOf(config, location.search, Math.random)
    root.render(
      <StrictMode>
        <App config={config} visitors={visitors} />
      </StrictMode>
    )
  },
  () => root.render(<Problem />)
)
