/// What becomes of the ticks of a schedule that nobody ran in time: every process was down, or the schedule was paused.
public enum MissedTicks: String, Sendable, Hashable, CaseIterable {
    /// Each is run, in order: for what each tick does by itself.
    case all
    /// The latest is run, and it stands for those before it: for what catches up by itself.
    case latest
    /// None is run; the schedule goes on with the next tick to come. A tick that is less than a minute late is not missed.
    case none
}
