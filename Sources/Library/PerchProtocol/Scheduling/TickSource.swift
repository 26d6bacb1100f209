/// Which ticks a schedule has: instants, as microseconds since 1970. It never changes, and asks no clock.
package protocol TickSource {
    /// The first tick later than the instant; nil: there is none any more.
    func next(after instant: Int64) -> Int64?
    /// The last tick at the instant or before it; nil: there was none.
    func last(atOrBefore instant: Int64) -> Int64?
}
