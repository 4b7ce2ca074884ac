/** A page that a server rendered, taken over; its address says where the room is. */
import { hydrateRoot } from "react-dom/client"
import { StrictPage } from "./StrictPage.tsx"

const root = document.getElementById("root")
const apiHost = new URLSearchParams(location.search).get("apiHost")
if (root !== null && apiHost !== null) {
  hydrateRoot(root, <StrictPage apiHost={apiHost} />, {
    onRecoverableError: (error) => console.error("hydration", error)
  })
}
