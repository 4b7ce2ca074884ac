import { hydrateRoot } from "react-dom/client"
import { App } from "./App.tsx"

const root = document.getElementById("root")
const room = document.getElementById("room")?.textContent
if (root !== null && room !== undefined) {
  hydrateRoot(root, <App room={JSON.parse(room)} />)
}
