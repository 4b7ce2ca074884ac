interface AutopilotSwitchProps {
  readonly isOn: boolean
  readonly onChange: (isOn: boolean) => void
  /** Whom it moves. */
  readonly name: string
}

/** Whether a person moves from field to field alone. */
export function AutopilotSwitch({ isOn, name, onChange }: AutopilotSwitchProps) {
  return (
    <label className="switch">
      <span>
        Autopilot<span className="visually-hidden"> for {name}</span>
      </span>
      <input
        type="checkbox"
        role="switch"
        data-testid="autopilot"
        checked={isOn}
        onChange={(event) => onChange(event.target.checked)}
      />
    </label>
  )
}
