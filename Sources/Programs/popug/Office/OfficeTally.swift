/// What the people of the office have done.
struct OfficeTally: CustomStringConvertible {
    var created = 0
    var closed = 0
    var reassigned = 0
    /// Actions that came too late: the ticket was closed or had changed hands.
    var refused = 0
    /// Actions whose service was away; whether the last of them took effect is unknown.
    var interrupted = 0

    var actions: Int { created + closed + reassigned }

    var description: String {
        let trouble = interrupted > 0 ? " · \(interrupted) interrupted" : ""
        return "\(created) created · \(closed) closed · \(reassigned) reassigned\(trouble)"
    }
}

/// What the office is to do.
struct OfficePlan {
    /// Tickets to create and close; 0: work without an end.
    let tickets: Int
    /// Actions a second, over all people.
    let rate: Double
    let people: Int
    /// One action in this many is a press of the reassign button; 0: none.
    let reassignEvery: Int
    let seed: UInt64
}
