/// Faults that the shells once had. The simulation puts each back, and has to catch it; everywhere else there are none.
package struct Mistakes: OptionSet, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    /// A version that no `int` of Postgres holds is read as one of ours.
    package static let widthNotChecked = Mistakes(rawValue: 1)
    /// A trim gives up after what one command drops, however much is left.
    package static let trimsOneSlice = Mistakes(rawValue: 2)
    /// An error reply behind an append that was refused counts as the end of the connection.
    package static let errorBehindRefusalEndsConnection = Mistakes(rawValue: 4)
}
