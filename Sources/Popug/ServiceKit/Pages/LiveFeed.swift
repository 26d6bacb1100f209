package import Foundation
package import PageKit

/// A table of an open page that takes rows: which one, and up to where the page has it.
package struct LiveFeed: Sendable, Hashable {
    /// Names what the table shows; whoever makes pages sees to it that names differ.
    package let subject: LiveKey
    /// The number of the last row that the page has; rows are numbered in the order in which they come.
    package internal(set) var past: Int64
    /// The zone of whoever looks, for the times in the rows.
    package let zone: TimeZone

    /// - Parameter past: 0: the page has none.
    package init(_ subject: LiveKey, past: Int64, zone: TimeZone) {
        (self.subject, self.past, self.zone) = (subject, past, zone)
    }
}

/// What has come to such a table.
package struct LiveRows: Sendable {
    let rows: [FeedRow]
    let past: Int64
    let words: String?

    /// - Parameters:
    ///   - rows: The oldest first.
    ///   - past: The number of the last row that has come, also where it is not shown.
    ///   - words: What came and is not shown. Default: as before.
    package init(_ rows: [FeedRow], past: Int64, words: String? = nil) {
        (self.rows, self.past, self.words) = (rows, past, words)
    }
}
