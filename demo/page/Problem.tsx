/** Shown where the local server does not answer. */
export function Problem() {
  return (
    <main className="problem">
      <h1>The demo does not answer</h1>
      <p>
        Start it with <code>npm start</code>, then reload this page.
      </p>
    </main>
  )
}
