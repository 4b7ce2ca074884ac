import { type Version, versions } from "../perspectives.ts"

interface VersionSwitchProps {
  /** Keeps the radio buttons of the two panes apart. */
  readonly pane: number
  /** Whose it is. */
  readonly name: string
  readonly version: Version
  readonly onChange: (version: Version) => void
}

/** Which version of the documents a person is in. */
export function VersionSwitch({ name, onChange, pane, version }: VersionSwitchProps) {
  return (
    <fieldset className="versions">
      <legend className="visually-hidden">Version for {name}</legend>
      {versions.map((one) => (
        <label key={one.name}>
          <input
            type="radio"
            name={`version-${pane}`}
            value={one.name}
            checked={one === version}
            onChange={() => onChange(one)}
          />
          <span>{one.title}</span>
        </label>
      ))}
    </fieldset>
  )
}
